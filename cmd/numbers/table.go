package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// number is one that is to be held.
type number struct {
	what, store string
	atMost      bool // the target is an upper bound
	target      float64
	show        string // format of the measured value
	is          figure
	bare        figure // zero = there is none, and bareIs says why
	bareIs      string
}

// figure says which figure of which benchmark.
type figure struct {
	benchmark, unit string
	factor          float64 // 0 = 1
}

// numbers are those to hold, in the order of the table.
func numbers() []number {
	const perSecond, toSeconds, toMillis = 0, 1e-9, 1e-6
	all := []number{
		{"Plan.Decide, 10 rules", "", true, 100, "%.0f ns", figure{"Decide", "ns/op", 0}, figure{"ByHand", "ns/op", 0}, "the same rules by hand"},
		{"its allocations", "", true, 0, "%.0f", figure{"Decide", "allocs/op", 0}, figure{}, ""},
		{"settings of 5,000 queues, read", "", true, 10, "%.2f s", figure{"LoadSettings5000", "ns/op", toSeconds}, figure{}, ""},
		{"… compiled", "", true, 10, "%.2f s", figure{"Compile/5000_queues", "ns/op", toSeconds}, figure{}, ""},
		{"… 10 changes, read and compiled", "", true, 200, "%.0f ms", figure{"DeltaOfTen", "delta-ms", 0}, figure{"DeltaOfTen", "whole-ms", 0}, "all read and compiled"},
		{"… compiled again, 10 changed", "", true, 200, "%.0f ms", figure{"Compile/10_changes", "ns/op", toMillis}, figure{"Compile/5000_queues", "ns/op", toMillis}, "all compiled"},
	}
	for _, store := range []struct {
		name, way string
		ratio     float64
	}{{"sqlite", "WholeWay", 0.3}, {"postgres", "WholeWayPostgres", 0.15}} {
		crowd := "Resident/" + store.name
		all = append(
			all,
			number{"events, as a part of the bare loop", store.name, false, store.ratio, "%.2f", figure{store.way, "ratio", 0}, figure{}, ""},
			number{"events a second", store.name, false, 0, "%.0f/s", figure{store.way, "msg/s", 0}, figure{store.way, "bare/s", 0}, "receive, complete"},
			number{"event to command at 500/s, p99", store.name, true, 50, "%.1f ms", figure{"Latency/" + store.name, "p99-ms", 0}, figure{"Latency/" + store.name, "bare-p99-ms", 0}, "sending a command"},
			number{"POST /v1/callbacks, 32 clients", store.name, false, 1000, "%.0f/s", figure{"Requests/" + store.name, "requests/s", perSecond}, figure{"Requests/" + store.name, "bare-writes/s", 0}, "one-row commits"},
			number{"… p99", store.name, true, 100, "%.1f ms", figure{"Requests/" + store.name, "p99-ms", 0}, figure{}, ""},
			number{"slots of a week with 10,000 bookings", store.name, true, 10, "%.1f ms", figure{"Slots/" + store.name, "ns/op", toMillis}, figure{}, ""},
			number{"100,000 waiting, 1,000,000 over: memory", store.name, true, 200, "%.0f MB", figure{crowd, "MB", 0}, figure{crowd, "bare-MB", 0}, "an idle process"},
			number{"… start", store.name, true, 2000, "%.0f ms", figure{crowd, "start-ms", 0}, figure{}, ""},
			number{"… place of any one, p99", store.name, true, 5, "%.2f ms", figure{crowd, "place-p99-ms", 0}, figure{}, ""},
			number{"… the slowest page of the list, p99", store.name, true, 20, "%.2f ms", figure{crowd, "page-p99-ms", 0}, figure{}, ""},
		)
	}
	return append(all, number{
		"cmd/local, to the first page and call", "", true, 2, "%.2f s", figure{"FirstCall", "ns/op", toSeconds}, figure{"FirstCall", "bare-s/op", 0}, "its mocks alone",
	})
}

// row is a number as it is printed.
type row struct{ what, store, target, measured, verdict, bare, ratio string }

func table(r results) []row {
	var rows []row
	for _, n := range numbers() {
		rows = append(rows, n.row(r))
	}
	return rows
}

func (n number) row(r results) row {
	shown := row{what: n.what, store: n.store, target: n.bound()}
	value, is := r.figure(n.is)
	if !is {
		shown.measured, shown.verdict = "not measured", "its benchmark did not run"
		if n.store == "postgres" {
			shown.verdict = "is there a PostgreSQL? set TEST_POSTGRES_URL, or install the package postgresql"
		}
		return shown
	}
	shown.measured = fmt.Sprintf(n.show, value)
	switch {
	case !n.atMost && n.target == 0:
	case n.atMost && value <= n.target, !n.atMost && value >= n.target:
		shown.verdict = "held"
	default:
		shown.verdict = "MISSED"
	}
	if bare, is := r.figure(n.bare); is && bare > 0 {
		shown.bare = fmt.Sprintf(n.show, bare) + " " + n.bareIs
		shown.ratio = fmt.Sprintf("%.2f", value/bare)
	}
	return shown
}

func (n number) bound() string {
	_, unit, _ := strings.Cut(n.show, " ")
	if strings.HasSuffix(n.show, "/s") {
		unit = "/s"
	}
	switch {
	case n.atMost:
		return strings.TrimSpace(fmt.Sprintf("≤ %g %s", n.target, unit))
	case n.target > 0:
		return strings.TrimSpace(fmt.Sprintf("≥ %g %s", n.target, unit))
	default:
		return ""
	}
}

func write(to io.Writer, rows []row) error {
	columns := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, err := fmt.Fprintln(columns, "what\tstore\ttarget\tmeasured\t\tbare\tratio")
	for _, r := range rows {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(columns, strings.Join([]string{r.what, r.store, r.target, r.measured, r.verdict, r.bare, r.ratio}, "\t"))
	}
	if err != nil {
		return err
	}
	return columns.Flush()
}
