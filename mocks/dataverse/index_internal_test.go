package dataverse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestIndexesFindWhatAScanFinds puts, changes and removes rows at random and compares.
func TestIndexesFindWhatAScanFinds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		schema, err := newSchema(nil)
		if err != nil {
			t.Fatal(err)
		}
		db := newStore(schema)
		table := schema.byName["msdyn_proactive_engagement_config"]
		column, now := table.at("msdyn_queue"), time.Now()
		for range 300 {
			id := fmt.Sprint("row", random.IntN(40))
			old := db.get(table, id, "", now)
			if old != nil && random.IntN(3) == 0 {
				db.remove(table, old, cause{})
				continue
			}
			r := &row{id: id, cells: make([]any, len(table.columns))}
			if queue := random.IntN(4); queue > 0 {
				r.cells[column] = ref{"queue", fmt.Sprint("queue", queue)}
			}
			db.put(table, r, cause{})
		}
		for queue := range 4 {
			value := fmt.Sprint("queue", queue)
			var scan []*row
			for r := range db.all(table, now) {
				if r.cells[column] == any(ref{"queue", value}) {
					scan = append(scan, r)
				}
			}
			if got := slices.Collect(db.matching(table, column, value, now)); !slices.Equal(got, scan) {
				t.Errorf("seed %d, %s: %d rows by index, %d by scan", seed, value, len(got), len(scan))
			}
		}
	}
}

func TestOnlyConditionsThatMustHoldSeek(t *testing.T) {
	t.Parallel()
	schema, err := newSchema(nil)
	if err != nil {
		t.Fatal(err)
	}
	table := schema.byName["msdyn_proactive_delivery"]
	for filter, want := range map[string]string{
		"msdyn_delivery_id eq 'ABC'":                               "abc",
		"msdyn_status eq 'x' and (msdyn_delivery_id eq 'a')":       "a",
		"msdyn_delivery_id eq @id":                                 "z",
		"msdyn_delivery_id eq 'a' or msdyn_status eq 'x'":          "",
		"not (msdyn_delivery_id eq 'a')":                           "",
		"msdyn_delivery_id ne 'a'":                                 "",
		"msdyn_delivery_id eq null":                                "",
		"msdyn_delivery_id eq msdyn_status":                        "",
		"contains(msdyn_delivery_id,'a') and msdyn_status eq 'eq'": "",
	} {
		_, found, err := parseFilter(schema, table, filter, queryOptions{{name: "@id", value: "'z'"}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if found != nil {
			got = found.value
		}
		if got != want {
			t.Errorf("%s seeks %q, want %q", filter, got, want)
		}
	}
}
