package check

import (
	"context"
	"slices"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
	"directcallback/dataverse"
)

// Settings reads the portal's settings and compiles them, as the adapter does when
// it starts. It gives the voice queues, too; nil where they cannot be read.
func Settings(ctx context.Context, c *dataverse.Client, now time.Time) (Part, []adapter.QueueID) {
	p := Part{Name: "queues", Summary: "cannot be read"}
	settings, err := c.LoadSettings(ctx, now)
	if err != nil {
		p.find(broken("unreadable.settings", c.Organization(), err.Error(), "The adapter decides nothing.", "Try again in a few minutes."))
		return p, nil
	}
	set := overflow.Compile(settings, nil)
	p.Summary = Count(len(set.Queues()), "voice queue")
	found := slices.Concat(settings.Findings, withoutEcho(settings.Findings, set.Findings()), hours.Compile(settings, time.LoadLocation).Findings())
	p.Findings = Linked(c.Organization(), found)
	return p, set.Queues()
}

// withoutEcho leaves out of the queues' findings what only repeats that their actions
// cannot be read at all.
func withoutEcho(read, queues []adapter.Finding) []adapter.Finding {
	if !slices.ContainsFunc(read, func(f adapter.Finding) bool {
		return f.Table == "msdyn_overflowactionconfig" && f.Row == "" && f.Severity == adapter.SeverityError
	}) {
		return queues
	}
	return slices.DeleteFunc(slices.Clone(queues), func(f adapter.Finding) bool { return f.Code == "missing.action" })
}

// Linked gives findings the addresses of their rows.
func Linked(organization string, findings []adapter.Finding) []adapter.Finding {
	for i, f := range findings {
		findings[i].Link = adapter.LinkTo(organization, f.Table, f.Row)
	}
	return findings
}
