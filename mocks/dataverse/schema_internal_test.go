package dataverse

import (
	"strings"
	"testing"
)

// TestSchemaHangsTogether checks what the compiler cannot: that names the tables use of each other exist.
func TestSchemaHangsTogether(t *testing.T) {
	t.Parallel()
	s, err := newSchema(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.byName) != len(s.all) || len(s.bySet) != len(s.all) {
		t.Errorf("%d tables, %d names, %d sets", len(s.all), len(s.byName), len(s.bySet))
	}
	relationships := map[string]string{}
	for _, table := range s.all {
		seen := map[string]bool{}
		unique := func(name string) {
			if seen[name] {
				t.Errorf("%s.%s is there twice", table.name, name)
			}
			seen[name] = true
		}
		if !strings.EqualFold(table.schema, table.name) {
			t.Errorf("%s has the schema name %s", table.name, table.schema)
		}
		for i, c := range table.columns {
			if (c.kind == kindKey) != (i == 0) {
				t.Errorf("%s.%s: the key comes first and there is one", table.name, c.name)
			}
			if unique(c.name); c.property() != c.name {
				unique(c.property())
			}
			if len(c.targets) > 0 != (c.kind == kindLookup) || len(c.targets) > 1 && c.access == readOnly {
				t.Errorf("%s.%s has targets %v", table.name, c.name, c.targets)
			}
			if c.kind == kindInteger && c.low >= c.high {
				t.Errorf("%s.%s has no range", table.name, c.name)
			}
			if err := c.check(table, c.initial); err != nil {
				t.Errorf("%s.%s starts with what it would refuse: %v", table.name, c.name, err)
			}
			for value, state := range c.stateOf {
				if _, known := c.label(value); !known {
					t.Errorf("%s.%s: status %d of state %d has no label", table.name, c.name, value, state)
				}
			}
			if c.tells != "" && !table.has(c.tells) {
				t.Errorf("%s.%s tells of %s", table.name, c.name, c.tells)
			}
			for _, g := range c.targets {
				if g.nav != c.name && c.attribute != "Owner" {
					unique(g.nav)
				}
				at := table.name + "." + c.name
				if other, taken := relationships[g.schema]; taken && other != at {
					t.Errorf("%s is the relationship of %s and of %s", g.schema, other, at)
				}
				relationships[g.schema] = at
			}
		}
		if table.primaryName != "" && !table.has(table.primaryName) {
			t.Errorf("%s has no column %s", table.name, table.primaryName)
		}
		if table.has("statecode") != table.has("statuscode") {
			t.Errorf("%s has half a state", table.name)
		}
		for _, c := range table.collections {
			unique(c.nav)
			many := s.byName[c.table]
			if many == nil || !many.has(c.column) || c.far != "" && (!many.has(c.far) || s.byName[c.farTable] == nil) {
				t.Errorf("%s.%s leads nowhere", table.name, c.nav)
			}
		}
	}
}

func TestNumbersAreFormattedInGroups(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 100000: "100,000"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %s, want %s", n, got, want)
		}
	}
}
