package channels

import (
	"fmt"

	"directcallback/adapter"
)

// Findings are the places where the file names a queue that is no voice queue of the
// portal.
func (c Channels) Findings(isVoice func(adapter.QueueID) bool) []adapter.Finding {
	var all []adapter.Finding
	for _, n := range c.Named {
		if isVoice(n.Queue) {
			continue
		}
		all = append(all, adapter.Finding{
			Code: "channels.unknown.queue", Severity: adapter.SeverityWarning, Table: "queue", Row: string(n.Queue), Name: "channels file", Part: n.Path,
			Reason:      fmt.Sprintf("line %d, column %d of the channels file names a queue that is no voice queue of the portal", n.Line, n.Column),
			Consequence: "What is said there counts for nobody, and a callback for such a topic is refused.",
			Remedy:      "Write the id of an active voice queue that unified routing uses, or remove the line.",
		})
	}
	return all
}
