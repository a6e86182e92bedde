package check

import "strings"

// Configuration tells what is wrong with the environment; err is what reading it gave.
func Configuration(err error) Part {
	p := Part{Name: "configuration", Summary: "complete"}
	if err == nil {
		return p
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		p.find(broken("configuration", "environment", line, "The adapter does not start.",
			"Set or correct the variable; the README lists them all."))
	}
	for i := range p.Findings {
		p.Findings[i].Part = p.Findings[i].Reason
	}
	p.Summary = Count(len(p.Findings), "mistake")
	return p
}
