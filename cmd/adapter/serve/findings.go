package serve

import (
	"context"
	"slices"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// lookForFindings is how often the service is asked what it finds. That is well
// below the minute for which it remembers a configuration that was refused.
const lookForFindings = 30 * time.Second

// FindingsChange is how the findings differ from those told before.
type FindingsChange struct{ New, Cleared []adapter.Finding }

// watchFindings tells all findings at first and then their changes, until ctx ends.
func watchFindings(ctx context.Context, clock service.Clock, findings func() []adapter.Finding, tell func(FindingsChange)) {
	var known []adapter.Finding
	for {
		now := findings()
		change := FindingsChange{New: without(now, known), Cleared: without(known, now)}
		if known = now; len(change.New)+len(change.Cleared) > 0 {
			tell(change)
		}
		timer := clock.NewTimer(lookForFindings)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// without lists the findings of which there is none alike among the others.
func without(findings, others []adapter.Finding) []adapter.Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f adapter.Finding) bool {
		return slices.ContainsFunc(others, func(other adapter.Finding) bool { return sameFinding(f, other) })
	})
}

// sameFinding compares all but the reason: that of a refusal holds the id of the
// request, which is another one at every try.
func sameFinding(a, b adapter.Finding) bool {
	a.Reason, b.Reason = "", ""
	return a == b
}

// logFindings is who is told on a server.
func (a *Adapter) logFindings(ctx context.Context) func(FindingsChange) {
	return func(c FindingsChange) {
		for _, f := range c.New {
			a.logger.WarnContext(ctx, "finding", "code", f.Code, "severity", string(f.Severity), "table", f.Table, "row", f.Row,
				"name", f.Name, "part", f.Part, "reason", f.Reason, "consequence", f.Consequence, "remedy", f.Remedy, "id", f.ID())
		}
		for _, f := range c.Cleared {
			a.logger.InfoContext(ctx, "finding cleared", "code", f.Code, "table", f.Table, "row", f.Row, "name", f.Name)
		}
	}
}
