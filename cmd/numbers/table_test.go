package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const output = `goos: linux
BenchmarkDecide-2   	12345	        71.50 ns/op	       0 B/op	       0 allocs/op
BenchmarkByHand-2   	12345	        10.00 ns/op	       0 B/op	       0 allocs/op
BenchmarkCompile/10_changes-2 	 20	 300000000 ns/op
BenchmarkWholeWay-2 	40000	     81189 ns/op	     26678 bare/s	     12317 msg/s	         0.4617 ratio
--- SKIP: BenchmarkWholeWayPostgres
PASS
`

func TestTable(t *testing.T) {
	t.Parallel()
	measured := results{}
	measured.read(output)
	got := map[string]row{}
	for _, r := range table(measured) {
		got[strings.TrimSpace(r.what+" "+r.store)] = r
	}
	for name, want := range map[string]row{
		"Plan.Decide, 10 rules":                       {"Plan.Decide, 10 rules", "", "≤ 100 ns", "72 ns", "held", "10 ns the same rules by hand", "7.15"},
		"its allocations":                             {"its allocations", "", "≤ 0", "0", "held", "", ""},
		"… compiled again, 10 changed":                {"… compiled again, 10 changed", "", "≤ 200 ms", "300 ms", "MISSED", "", ""},
		"events, as a part of the bare loop sqlite":   {"events, as a part of the bare loop", "sqlite", "≥ 0.3", "0.46", "held", "", ""},
		"events a second sqlite":                      {"events a second", "sqlite", "", "12317/s", "", "26678/s receive, complete", "0.46"},
		"events, as a part of the bare loop postgres": {"events, as a part of the bare loop", "postgres", "≥ 0.15", "not measured", "is there a PostgreSQL? set TEST_POSTGRES_URL, or install the package postgresql", "", ""},
	} {
		if diff := cmp.Diff(want, got[name], cmp.AllowUnexported(row{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func runs(benchmark string) bool {
	for _, s := range suites() {
		if regexp.MustCompile(s.benchmarks).MatchString(benchmark) {
			return true
		}
	}
	return false
}

// Nobody looks for a figure that no benchmark of the suites gives.
func TestEachNumberHasItsSuite(t *testing.T) {
	t.Parallel()
	for _, n := range numbers() {
		top, _, _ := strings.Cut(n.is.benchmark, "/")
		if !runs("Benchmark" + top) {
			t.Errorf("%s: nothing runs %s", n.what, n.is.benchmark)
		}
	}
}
