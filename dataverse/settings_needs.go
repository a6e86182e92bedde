package dataverse

import (
	"context"

	"directcallback/adapter"
)

// Need is a table that [Client.LoadSettings] reads.
type Need struct {
	Table string // logical name
	Set   string // entity set
	Key   string
	// Needed: without it the settings cannot be read at all. Without another one
	// they are read, and Without says what is missing then.
	Needed  bool
	Without string

	lesser, absence adapter.Severity // as in table
}

// SettingsNeeds lists the tables whose rows an application must be allowed to read.
// Rows of calendarrule come with their calendar.
func SettingsNeeds() []Need {
	var all []Need
	add := func(t table, needed bool) {
		if t.set != "" {
			all = append(all, Need{Table: t.name, Set: t.set, Key: t.key, Needed: needed, Without: t.without, lesser: t.lesser, absence: t.absence})
		}
	}
	for _, p := range pieces() {
		add(p.table, p.needed)
		if p.needed {
			add(rulesetTable(), true) // read for the queues
		}
		for _, t := range p.also {
			add(t, false)
		}
	}
	return all
}

// Try asks for one row, to find out whether that is allowed: nil, or an error that
// is [ErrForbidden], [ErrNotFound], or of another kind, which may pass.
func (n Need) Try(ctx context.Context, c *Client) error {
	for _, err := range c.Query(ctx, Query{Set: n.Set, Select: []string{n.Key}, Top: 1}) {
		return err
	}
	return nil
}

// Finding tells of the error that Try gave, as reading the settings would.
func (n Need) Finding(err error) adapter.Finding {
	t := table{name: n.Table, without: n.Without, lesser: n.lesser, absence: n.absence}
	return t.unreadable(err)
}
