package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"directcallback/mocks/phone"
)

// shownRows is how many broken rows are named one by one.
const shownRows = 10

// callers are who will call: made for -load, else read, from their busiest hour on.
// Broken rows are named and counted; the others are used.
func callers(o options, stderr io.Writer) (traffic phone.Traffic, err error) {
	if o.load > 0 {
		if traffic, err = o.steady().Traffic(); err != nil {
			return traffic, fmt.Errorf("-load: %w", err)
		}
		return traffic, nil
	}
	if o.trace == "" {
		traffic, err = phone.DefaultTraffic()
		return traffic.StartAtBusiest(), err
	}
	file, err := os.Open(o.trace)
	if err != nil {
		return traffic, fmt.Errorf("-trace: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	traffic, broken, err := phone.ReadTrace(file, o.day)
	if err != nil {
		return traffic, fmt.Errorf("-trace %s: %w", o.trace, err)
	}
	for i, row := range broken {
		if i == shownRows {
			_, _ = fmt.Fprintf(stderr, "local: … and %d more\n", len(broken)-shownRows)
			break
		}
		_, _ = fmt.Fprintf(stderr, "local: -trace %s: %v; the row is skipped\n", o.trace, row)
	}
	if len(broken) > 0 {
		_, _ = fmt.Fprintf(stderr, "local: %d rows of the trace were skipped, %d callers are left\n", len(broken), len(traffic.Arrivals))
	}
	if len(traffic.Arrivals) == 0 {
		return traffic, fmt.Errorf("-trace %s: nobody calls on day %d; choose another with -day", o.trace, o.day)
	}
	return traffic.StartAtBusiest(), nil
}
