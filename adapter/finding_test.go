package adapter_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

const someRow = "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"

func TestTheIDOfAFindingIsThatOfWhatWasFoundWhere(t *testing.T) {
	t.Parallel()
	f := adapter.Finding{Code: "unsupported.action", Severity: adapter.SeverityError, Table: "queue", Row: someRow, Name: "Retail", Reason: "a", Consequence: "b"}
	const want = "990f2c98d6cc3f6a" // written down by whoever acknowledged it, so it must never change
	if got := f.ID(); got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	same := map[string]func(*adapter.Finding){
		"severity":    func(f *adapter.Finding) { f.Severity = adapter.SeverityInfo },
		"name":        func(f *adapter.Finding) { f.Name = "Other" },
		"reason":      func(f *adapter.Finding) { f.Reason = "at 10:04" },
		"consequence": func(f *adapter.Finding) { f.Consequence = "c" },
		"remedy":      func(f *adapter.Finding) { f.Remedy = "d" },
		"link":        func(f *adapter.Finding) { f.Link = "https://contoso.crm4.dynamics.com" },
	}
	for name, change := range same {
		changed := f
		if change(&changed); changed.ID() != want {
			t.Errorf("another %s makes another finding", name)
		}
	}
	other := map[string]func(*adapter.Finding){
		"code":  func(f *adapter.Finding) { f.Code = "unsupported.target" },
		"table": func(f *adapter.Finding) { f.Table = "msdyn_overflowactionconfig" },
		"row":   func(f *adapter.Finding) { f.Row = "" },
		"part":  func(f *adapter.Finding) { f.Part = "rule 2" },
		"queue": func(f *adapter.Finding) { f.Queue = someRow },
	}
	for name, change := range other {
		changed := f
		if change(&changed); changed.ID() == want {
			t.Errorf("another %s does not make another finding", name)
		}
	}
}

func TestFindingAsJSON(t *testing.T) {
	t.Parallel()
	f := adapter.Finding{Code: "missing.column", Severity: adapter.SeverityInfo, Table: "queue", Part: "msdyn_priority", Reason: "why", Consequence: "what", Remedy: "do"}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": f.ID(), "code": "missing.column", "severity": "info", "table": "queue", "row": "", "part": "msdyn_priority",
		"reason": "why", "consequence": "what", "remedy": "do",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Error(diff)
	}
	var back adapter.Finding
	if err := json.Unmarshal(text, &back); err != nil || back != f {
		t.Errorf("read back as %+v, %v", back, err)
	}
}

func TestLinkTo(t *testing.T) {
	t.Parallel()
	const form = "https://contoso.crm4.dynamics.com/main.aspx?pagetype=entityrecord&etn=queue&id=" + someRow
	tests := []struct{ organization, table, row, want string }{
		{"https://contoso.api.crm4.dynamics.com", "queue", someRow, form},
		{"https://contoso.crm4.dynamics.com/", "queue", someRow, form},
		{"http://127.0.0.1:8081", "queue", someRow, "http://127.0.0.1:8081/main.aspx?pagetype=entityrecord&etn=queue&id=" + someRow},
		{"https://contoso.crm4.dynamics.com", "queue", "", ""},
		{"https://contoso.crm4.dynamics.com", "", someRow, ""},
		{"https://contoso.crm4.dynamics.com", "calendar", someRow, ""},
		{"", "queue", someRow, ""},
	}
	for _, test := range tests {
		if got := adapter.LinkTo(test.organization, test.table, test.row); got != test.want {
			t.Errorf("LinkTo(%q, %q, %q) = %q, want %q", test.organization, test.table, test.row, got, test.want)
		}
	}
}
