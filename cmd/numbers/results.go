package main

import (
	"regexp"
	"strconv"
	"strings"
)

// results are the figures of benchmarks, by name without "Benchmark", then by unit.
type results map[string]map[string]float64

var line = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// read takes the lines of benchmarks out of what go test prints.
func (r results) read(output string) {
	for text := range strings.Lines(output) {
		parts := line.FindStringSubmatch(strings.TrimSpace(text))
		if parts == nil {
			continue
		}
		figures := map[string]float64{}
		fields := strings.Fields(parts[2])
		for i := 0; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				figures[fields[i+1]] = value
			}
		}
		r[parts[1]] = figures
	}
}

// figure is that of a benchmark in a unit, times a factor; false if there is none.
func (r results) figure(of figure) (float64, bool) {
	value, is := r[of.benchmark][of.unit]
	if of.factor != 0 {
		value *= of.factor
	}
	return value, is
}
