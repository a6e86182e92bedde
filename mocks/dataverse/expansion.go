package dataverse

import (
	"slices"
	"strings"
)

func newExpansion(s *schema, t *table, item string) (*expansion, error) {
	name, inner, hasOptions := strings.Cut(item, "(")
	if hasOptions {
		if !strings.HasSuffix(inner, ")") {
			return nil, badRequest(codeCrmHTTP, "Found an unbalanced bracket expression.")
		}
		inner = strings.TrimSuffix(inner, ")")
	}
	e := &expansion{}
	e.nav, e.reference = strings.CutSuffix(name, "/$ref")
	options, err := nestedOptions(inner)
	if err != nil {
		return nil, err
	}
	e.options = options
	if c, ok := t.collectionByNav(e.nav); ok {
		return e.ofCollection(s, c, options)
	}
	reached, ok := t.byNav[e.nav]
	if !ok {
		return nil, noProperty(e.nav, t)
	}
	e.lookup = reached.column
	return e.ofLookup(s, t, reached, options)
}

// nestedOptions are separated by semicolons and already decoded.
func nestedOptions(inner string) (all queryOptions, err error) {
	for _, raw := range splitOutside(inner, ';') {
		name, value, ok := strings.Cut(raw, "=")
		if !ok {
			return nil, badRequest(codeCrmHTTP, "Invalid option '%s' inside $expand.", raw)
		}
		if strings.HasPrefix(value, "@") || slices.ContainsFunc(all, func(o option) bool { return o.name == name }) {
			return nil, badRequest(codeCrmHTTP, "Invalid option '%s' inside $expand.", raw)
		}
		all = append(all, option{name: strings.TrimSpace(name), value: value, raw: raw})
	}
	return all, nil
}

const onlySelect = "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship."

func (e *expansion) ofLookup(s *schema, t *table, reached reach, options queryOptions) (*expansion, error) {
	c := t.columns[reached.column]
	far := c.targets[reached.target].table
	if e.table = s.byName[far]; e.table == nil {
		return nil, unsupported("$expand of %s: the table %s is not served", e.nav, far)
	}
	e.anyTarget = c.attribute == "Owner"
	for _, o := range options {
		if o.name != "$select" && o.name != "$expand" {
			return nil, badRequest(codeCrmHTTP, "%s", onlySelect)
		}
	}
	var err error
	if e.selection, err = newSelection(s, e.table, options); err != nil {
		return nil, err
	}
	return e, nil
}

// checkNesting holds a tree of expansions against the rules that come with a second level: collections are neither
// sorted nor cut, and many-to-many relationships stay out.
func checkNesting(all []*expansion) error {
	if !slices.ContainsFunc(all, func(e *expansion) bool { return len(e.expands) > 0 }) {
		return nil
	}
	return checkInner(all)
}

// checkInner walks a tree that is nested.
func checkInner(all []*expansion) error {
	for _, e := range all {
		switch {
		case e.collection != nil && e.collection.far != "":
			return badRequest(codeCrmHTTP, "The many-to-many relationship '%s' cannot be expanded beside or inside another $expand.", e.nav)
		case len(e.order) > 0, e.collection != nil && e.top >= 0:
			return badRequest(codeCrmHTTP, "%s", onlySelect)
		}
		e.paged = true
		if err := checkInner(e.expands); err != nil {
			return err
		}
	}
	return nil
}

func (e *expansion) ofCollection(s *schema, c collection, options queryOptions) (*expansion, error) {
	if e.reference {
		return nil, badRequest(codeCrmHTTP, "Expand with $ref is only supported on lookup type navigation property.")
	}
	if err := options.allow("$select", "$filter", "$orderby", "$top", "$expand"); err != nil {
		return nil, err
	}
	e.collection, e.table = &c, s.byName[c.table]
	if c.far != "" {
		e.table = s.byName[c.farTable]
	}
	var err error
	e.query, err = newQuery(s, e.table, options, nil)
	return e, err
}
