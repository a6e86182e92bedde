package adapter

// Severity orders findings for a person.
type Severity string

// An Error stops a queue from doing what its admin set; a Warning may surprise
// the admin; Info is worth knowing.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityInfo    Severity = "info"
)

// Finding is something that the adapter saw in the settings and does not act on
// as the admin may expect. It names the row, the reason and what is done instead.
type Finding struct {
	Code        string   `json:"code"` // stable: "unsupported.action", "missing.configuration"
	Severity    Severity `json:"severity"`
	Table       string   `json:"table"`
	Row         string   `json:"row"`
	Name        string   `json:"name,omitempty"` // what the portal shows for the row
	Queue       QueueID  `json:"queue,omitempty"`
	Reason      string   `json:"reason"`
	Consequence string   `json:"consequence"`
}
