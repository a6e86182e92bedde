package adapter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

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
// as the admin may expect. It names the row and the reason, what is done instead,
// and what a person can do about it.
type Finding struct {
	Code        string   `json:"code"` // stable: "unsupported.action", "missing.configuration"
	Severity    Severity `json:"severity"`
	Table       string   `json:"table"`
	Row         string   `json:"row"`
	Name        string   `json:"name,omitempty"` // what the portal shows for the row
	Part        string   `json:"part,omitempty"` // of the row, where it has several: a rule, a column
	Queue       QueueID  `json:"queue,omitempty"`
	QueueName   string   `json:"queueName,omitempty"`
	Reason      string   `json:"reason"`
	Consequence string   `json:"consequence"`
	Remedy      string   `json:"remedy,omitempty"`
	Link        string   `json:"link,omitempty"` // opens the row in a browser; see LinkTo
}

// ID names the finding for ever, so that a person can acknowledge it: whenever
// the same is found of the same part of the same row, it is the same finding,
// however it is worded and wherever it stands in a list.
func (f Finding) ID() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Code, f.Table, f.Row, f.Part, string(f.Queue)}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// MarshalJSON adds the id.
func (f Finding) MarshalJSON() ([]byte, error) {
	type fields Finding
	return json.Marshal(struct {
		ID string `json:"id"`
		fields
	}{f.ID(), fields(f)})
}

// LinkTo is the address of a row's form in the web application of an
// organization, as Microsoft documents it on "Open apps, forms, views, dialogs,
// and reports with a URL". It is empty where no single row is meant. The
// organization may be given by the address of its Web API.
func LinkTo(organization, table, row string) string {
	if organization == "" || table == "" || !IsGUID(row) || formless(table) {
		return ""
	}
	return strings.TrimSuffix(strings.Replace(organization, ".api.crm", ".crm", 1), "/") +
		"/main.aspx?pagetype=entityrecord&etn=" + table + "&id=" + row
}

// formless are the tables whose rows no form shows.
func formless(table string) bool {
	switch table {
	case "calendar", "calendarrule", "timezonedefinition", "queuemembership", "msdyn_decisionruleset":
		return true
	default:
		return false
	}
}
