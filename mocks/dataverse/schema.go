package dataverse

import "slices"

// kind is a column's type as the entity reference prints it.
type kind uint8

const (
	kindKey      kind = iota // Uniqueidentifier that is the primary key
	kindGUID                 // any other Uniqueidentifier
	kindString               // String and Memo: one type on the wire
	kindInteger              // Integer
	kindBigInt               // BigInt
	kindBoolean              // Boolean
	kindChoice               // Picklist, State and Status
	kindDateTime             // DateTime, always UTC here
	kindLookup               // Lookup and Owner
)

// edm is the type's name in OData error texts.
func (k kind) edm() string {
	switch k {
	case kindKey, kindGUID, kindLookup:
		return "Edm.Guid"
	case kindInteger, kindChoice:
		return "Edm.Int32"
	case kindBigInt:
		return "Edm.Int64"
	case kindBoolean:
		return "Edm.Boolean"
	case kindDateTime:
		return "Edm.DateTimeOffset"
	default:
		return "Edm.String"
	}
}

// access says who may write a column.
type access uint8

const (
	readWrite access = iota
	createOnly
	readOnly // set by the server itself
)

// label is one option of a choice.
type label struct {
	value int64
	text  string
}

// target is a table a lookup can point at, with the navigation property that leads there. Its name need not be the
// column's: queue.msdyn_prequeueoverflowrulesetid is reached through msdyn_decisionrulesetid.
type target struct{ table, nav string }

// column is one row of an entity reference page.
type column struct {
	name      string
	kind      kind
	length    int   // of a text, in characters
	low, high int64 // of an integer
	labels    []label
	targets   []target
	initial   any  // value of a new row that does not say otherwise
	required  bool // application required: metadata only, the Web API does not enforce it
	cascade   bool // of a lookup: the row goes with the one it points at
	access    access
}

// property is the column's name on the wire.
func (c *column) property() string {
	if c.kind == kindLookup {
		return "_" + c.name + "_value"
	}
	return c.name
}

func (c *column) label(value int64) (text string, ok bool) {
	for _, l := range c.labels {
		if l.value == value {
			return l.text, true
		}
	}
	return "", false
}

// collection is a collection-valued navigation property. One to many: the rows of table whose lookup column points
// here. Many to many: table is the intersect, column its side that points here, far the other side.
type collection struct {
	nav           string
	table, column string
	farTable, far string
}

// Key declares an alternate key. Which tables have one is each organisation's own customisation.
type Key struct {
	Table   string   // logical name
	Name    string   // display name, which the duplicate error prints
	Columns []string // logical names; lookups included
}

// table is one entity reference page.
type table struct {
	name, set   string // logical name; entity set name
	primaryName string // the column a lookup shows
	elastic     bool
	columns     []*column // the primary key first
	collections []collection
	keys        []Key

	indexed    []int          // columns that collections and clients look rows up by
	byProperty map[string]int // wire name → index in columns
	byColumn   map[string]int // logical name → index in columns
}

func (t *table) key() *column { return t.columns[0] }

// at is the index of a column by logical name; the schema is complete or the program is wrong.
func (t *table) at(name string) int {
	i, ok := t.byColumn[name]
	if !ok {
		panic("no column " + name + " in " + t.name)
	}
	return i
}

// has is for the columns only some tables have.
func (t *table) has(name string) bool { _, ok := t.byColumn[name]; return ok }

// lookupByNav finds the single-valued navigation property.
func (t *table) lookupByNav(nav string) (index int, ok bool) {
	i := slices.IndexFunc(t.columns, func(c *column) bool {
		return slices.ContainsFunc(c.targets, func(g target) bool { return g.nav == nav })
	})
	return i, i >= 0
}

func (t *table) collectionByNav(nav string) (c collection, ok bool) {
	i := slices.IndexFunc(t.collections, func(c collection) bool { return c.nav == nav })
	if i < 0 {
		return collection{}, false
	}
	return t.collections[i], true
}

// type name as error texts print it.
func (t *table) typeName() string { return "Microsoft.Dynamics.CRM." + t.name }

// schema is every table the mock serves.
type schema struct {
	all    []*table
	byName map[string]*table
	bySet  map[string]*table
}

func newSchema(keys []Key) (*schema, error) {
	s := &schema{all: tables(), byName: map[string]*table{}, bySet: map[string]*table{}}
	for _, t := range s.all {
		t.byProperty, t.byColumn = map[string]int{}, map[string]int{}
		for i, c := range t.columns {
			t.byProperty[c.property()], t.byColumn[c.name] = i, i
		}
		s.byName[t.name], s.bySet[t.set] = t, t
	}
	s.chooseIndexes()
	for _, k := range keys {
		t, ok := s.byName[k.Table]
		if !ok {
			return nil, unknownName("table", k.Table)
		}
		for _, name := range k.Columns {
			if !t.has(name) {
				return nil, unknownName("column", k.Table+"."+name)
			}
		}
		t.keys = append(t.keys, k)
	}
	return s, nil
}

// chooseIndexes: every column a collection is read by, and the two identifiers clients search for.
func (s *schema) chooseIndexes() {
	choose := func(table, column string) {
		t := s.byName[table]
		if i := t.at(column); !slices.Contains(t.indexed, i) {
			t.indexed = append(t.indexed, i)
		}
	}
	for _, t := range s.all {
		for _, c := range t.collections {
			choose(c.table, c.column)
		}
	}
	choose("msdyn_proactive_delivery", "msdyn_delivery_id")
	choose("systemuser", "applicationid")
}

// tables in the order a reader meets them; each file holds the ones that belong together.
func tables() []*table {
	return slices.Concat(queueTables(), overflowTables(), engagementTables(), deliveryTables(), peopleTables())
}
