package dataverse

import "testing"

// TestSchemaHangsTogether checks what the compiler cannot: that names the tables use of each other exist.
func TestSchemaHangsTogether(t *testing.T) {
	t.Parallel()
	s, err := newSchema(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range s.byName {
		seen := map[string]bool{}
		for i, c := range table.columns {
			if (c.kind == kindKey) != (i == 0) {
				t.Errorf("%s.%s: the key comes first and there is one", table.name, c.name)
			}
			if seen[c.name] || seen[c.property()] {
				t.Errorf("%s.%s is there twice", table.name, c.name)
			}
			seen[c.name], seen[c.property()] = true, true
			if len(c.targets) > 0 != (c.kind == kindLookup) {
				t.Errorf("%s.%s has targets %v", table.name, c.name, c.targets)
			}
			if c.kind == kindInteger && c.low >= c.high {
				t.Errorf("%s.%s has no range", table.name, c.name)
			}
			if err := c.check(table, c.initial); err != nil {
				t.Errorf("%s.%s starts with what it would refuse: %v", table.name, c.name, err)
			}
		}
		if table.primaryName != "" && !table.has(table.primaryName) {
			t.Errorf("%s has no column %s", table.name, table.primaryName)
		}
		for _, c := range table.collections {
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
