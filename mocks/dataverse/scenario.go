package dataverse

import (
	"fmt"
	"strings"
)

// Scenario is what an organisation holds when a test begins, as a YAML file says it:
//
//	actions:
//	  callback: {name: Direct callback, does: Direct Callback}
//	queues:
//	  retail:
//	    name: Retail banking
//	    channel: Voice
//	    before:  [{when: queue size, reaches: 3, do: callback}]
//	    waiting: [{when: elapsed wait, reaches: 60, do: callback}]
//	    members: [one]
//	people:
//	  one: {first: Representative, last: One}
//	rows:
//	  contact:
//	    caller: {lastname: Sample, mobilephone: "+33155500001"}
//
// Every row has a key of the file's own, by which others name it. Sections are those of scenarioSections; columns they
// have no word for stand under "columns", tables under "rows", both with their logical names. A choice takes its label
// or its number, a lookup a key or an identifier. Whatever is not known is an error that names its line.
type Scenario struct{ items []*item }

// item is a row to be.
type item struct {
	table  string
	key    string // empty for what nobody names
	at     yamlNode
	id     string // fixed by the file, or empty
	values map[string]value
}

// value of a column: what Insert takes, once the rows have their identifiers.
type value func(idOf func(table, key string) string) any

func literal(v any) value { return func(func(table, key string) string) any { return v } }

// ParseScenario reads a scenario, strictly.
func ParseScenario(text []byte) (*Scenario, error) {
	root, err := parseYAML(text)
	if err != nil {
		return nil, err
	}
	schema, err := newSchema(nil)
	if err != nil {
		return nil, err
	}
	r := &scenarioReader{schema: schema, keys: map[rowKey]bool{}}
	if err := r.document(root); err != nil {
		return nil, err
	}
	for _, check := range r.references {
		if !r.keys[check.rowKey] {
			return nil, check.at.wrong("there is no row %q of the table %s in this scenario", check.key, check.table)
		}
	}
	return &Scenario{items: r.items}, nil
}

// rowNames are identifiers by table and key.
type rowNames map[string]map[string]string

func (n rowNames) set(table, key, id string) {
	if n[table] == nil {
		n[table] = map[string]string{}
	}
	n[table][key] = id
}

// with is both; the second wins.
func (n rowNames) with(more rowNames) rowNames {
	all := rowNames{}
	for _, names := range []rowNames{n, more} {
		for table, keys := range names {
			for key, id := range keys {
				all.set(table, key, id)
			}
		}
	}
	return all
}

// Load adds a scenario's rows, all or none, and says which identifier each key got: by table, then by key.
func (s *Server) Load(scenario *Scenario) (ids map[string]map[string]string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := rowNames{}
	all := make([]string, len(scenario.items))
	for i, item := range scenario.items {
		all[i] = item.id
		if item.id == "" {
			all[i] = s.newID()
		}
		if item.key != "" {
			names.set(item.table, item.key, all[i])
		}
	}
	idOf := func(table, key string) string { return names[table][key] }
	if err := s.loadRows(scenario, all, idOf); err != nil {
		return nil, err
	}
	s.loaded = s.loaded.with(names)
	return names, nil
}

// Loaded are the identifiers of everything that scenarios gave a key: by table, then by key.
func (s *Server) Loaded() map[string]map[string]string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.loaded.with(nil)
}

func (s *Server) loadRows(scenario *Scenario, all []string, idOf func(table, key string) string) error {
	return s.db.transact(func() error {
		for i, item := range scenario.items {
			row := map[string]any{}
			for column, v := range item.values {
				row[column] = v(idOf)
			}
			if err := s.loadRow(item, all[i], row); err != nil {
				return err
			}
		}
		return nil
	})
}

// loadRow is called with the lock held.
func (s *Server) loadRow(item *item, id string, row map[string]any) error {
	t, set, err := s.seedChanges(item.table, row)
	if err == nil && item.table == "systemuser" && set[t.at("businessunitid")] == nil {
		set[t.at("businessunitid")] = ref{"businessunit", s.organisation.businessUnit}
	}
	if err == nil {
		_, err = s.insert(s.local(), t, id, set)
	}
	if err != nil {
		return item.at.wrong("%v", err)
	}
	return nil
}

// rowKey names a row of a scenario.
type rowKey struct{ table, key string }

// reference is a key somebody used.
type reference struct {
	rowKey

	at yamlNode
}

// scenarioReader collects the rows of a file.
type scenarioReader struct {
	schema     *schema
	items      []*item
	keys       map[rowKey]bool
	references []reference
}

func (r *scenarioReader) document(root yamlNode) error {
	sections, err := root.entries()
	if err != nil {
		return err
	}
	for _, e := range sections {
		if e.key == "rows" {
			err = r.rows(e.value)
		} else if section := sectionNamed(e.key); section != nil {
			err = r.section(section, e.value)
		} else {
			err = e.at.wrong("there is no such section: %s and rows are known", strings.Join(sectionNames(), ", "))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rows are given by table and key, under logical names.
func (r *scenarioReader) rows(n yamlNode) error {
	tables, err := n.entries()
	if err != nil {
		return err
	}
	for _, e := range tables {
		if r.schema.byName[e.key] == nil {
			return e.at.wrong("the mock has no table of this logical name")
		}
		keyed, err := e.value.entries()
		if err != nil {
			return err
		}
		for _, row := range keyed {
			item, err := r.add(e.key, row)
			if err != nil {
				return err
			}
			if err := r.columns(item, row.value); err != nil {
				return err
			}
		}
	}
	return nil
}

// add makes a row under its key.
func (r *scenarioReader) add(table string, e yamlEntry) (*item, error) {
	if r.keys[rowKey{table, e.key}] {
		return nil, e.at.wrong("the table %s has a row of this key already", table)
	}
	r.keys[rowKey{table, e.key}] = true
	return r.addUnnamed(table, e.key, e.at), nil
}

func (r *scenarioReader) addUnnamed(table, key string, at yamlNode) *item {
	i := &item{table: table, key: key, at: at, values: map[string]value{}}
	r.items = append(r.items, i)
	return i
}

// columns reads logical names and their values.
func (r *scenarioReader) columns(i *item, n yamlNode) error {
	entries, err := n.entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := r.column(i, e.key, e); err != nil {
			return err
		}
	}
	return nil
}

// column reads one value for the column of a logical name.
func (r *scenarioReader) column(i *item, name string, e yamlEntry) (err error) {
	t := r.schema.byName[i.table]
	if !t.has(name) {
		return e.at.wrong("the table %s has no column %s", i.table, name)
	}
	if i.values[name] != nil {
		return e.at.wrong("the column %s is given twice", name)
	}
	c := t.columns[t.at(name)]
	if i.values[name], err = r.value(t, c, e.value); err != nil {
		return err
	}
	if t.at(name) == 0 {
		i.id, _ = i.values[name](nil).(string)
		delete(i.values, name)
	}
	return nil
}

// value converts a node for a column.
func (r *scenarioReader) value(t *table, c *column, n yamlNode) (value, error) {
	if n.isNull() {
		return literal(nil), nil
	}
	text, err := n.text()
	if err != nil {
		return nil, err
	}
	if c.kind == kindLookup || c.kind == kindGUID && r.schema.byName[keyedTable(c.name)] != nil {
		return r.link(c, n, text)
	}
	cell, err := c.fromScenario(text)
	if err != nil {
		return nil, n.wrong("%v", err)
	}
	if err := c.check(t, cell); err != nil {
		return nil, n.wrong("%s", asFailure(err).message)
	}
	return literal(cell), nil
}

// keyedTable is the table whose key an intersect's plain identifier holds.
func keyedTable(column string) string { return strings.TrimSuffix(column, "id") }

// link is a lookup's value: an identifier, or the key of another row.
func (r *scenarioReader) link(c *column, n yamlNode, text string) (value, error) {
	if id, ok := parseGUID(text); ok {
		return literal(id), nil
	}
	table := keyedTable(c.name)
	if c.kind == kindLookup {
		table = c.targets[0].table
	}
	return r.refer(table, text, n), nil
}

// refer is the identifier of the row with a key, which may come later in the file.
func (r *scenarioReader) refer(table, key string, n yamlNode) value {
	r.references = append(r.references, reference{rowKey{table, key}, n})
	return func(idOf func(table, key string) string) any { return idOf(table, key) }
}

// fromScenario converts what stands in a scenario.
func (c *column) fromScenario(text string) (any, error) {
	switch c.kind {
	case kindString:
		return text, nil
	case kindBoolean:
		for i, word := range []string{"false", "true"} {
			if strings.EqualFold(text, word) {
				return i == 1, nil
			}
		}
		return nil, fmt.Errorf("%s wants true or false", c.name)
	case kindChoice:
		for _, l := range c.labels {
			if strings.EqualFold(l.text, text) {
				return l.value, nil
			}
		}
		if v, ok := parseInteger(text); ok {
			return v, nil
		}
		return nil, fmt.Errorf("%s has no choice %q: it has %s", c.name, text, c.choices())
	case kindInteger, kindBigInt:
		if v, ok := parseInteger(text); ok {
			return v, nil
		}
		return nil, fmt.Errorf("%s wants a whole number", c.name)
	default:
		if cell, ok := c.fromJSONText(text); ok {
			return cell, nil
		}
		return nil, fmt.Errorf("%s wants a value of type %s", c.name, c.kind.edm())
	}
}

// choices are few enough to print, mostly.
func (c *column) choices() string {
	const most = 8
	var texts []string
	for _, l := range c.labels[:min(most, len(c.labels))] {
		texts = append(texts, l.text)
	}
	if len(c.labels) > most {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}
