package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheReadmeShowsWhatIsPrinted holds the README's outputs to those that the tests of
// the commands hold.
func TestTheReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"check/conversations-are-closed.txt", "settings/show.txt", "settings/diff.txt", "explain/acts.txt", "explain/french.txt", "explain/workstream.txt", "register/dry-run.txt",
	} {
		printed, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		var shown strings.Builder
		for line := range strings.Lines(string(printed)) {
			if line != "\n" {
				shown.WriteString("    ")
			}
			shown.WriteString(line)
		}
		if !strings.Contains(string(readme), shown.String()) {
			t.Errorf("the README does not show %s:\n%s", name, shown.String())
		}
	}
}

// TestWhatTheReadmeExplains prints what the README shows of explain and register.
func TestWhatTheReadmeExplains(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.routed(t)
	for name, args := range map[string][]string{
		"explain/workstream.txt": {
			"explain", "-workstream", "Bank voice", "-with", "PreferredLanguage=FR", "-waiting", "Retail banking=14", "-at", "2026-11-22T10:00:00Z",
		},
		"explain/acts.txt":     {"explain", "-queue", "Mortgages", "-waiting", "14", "-at", "2026-11-22T10:00:00Z"},
		"explain/french.txt":   {"explain", "-queue", "Retail banking", "-in-queue", "90s", "-at", "2026-11-22T10:00:00Z", "-locale", "fr"},
		"register/dry-run.txt": {"register", "-dry-run"},
	} {
		out, code := exitOf(t, w.environ, args...)
		if code != 0 {
			t.Errorf("%q: exit code %d", args, code)
		}
		golden(t, filepath.Join("testdata", filepath.FromSlash(name)), w.anonymous(out))
	}
}

// routed gives the demo's work stream route-to-queue rules: French callers are split
// over two queues, and everybody else goes to the first of them.
func (w *town) routed(t *testing.T) {
	t.Helper()
	record := func(queue, percent string) string {
		return `<record><setattribute><lhs type="attribute">queuedetails.queueid</lhs><rhs type="staticvalue">{` + queue + `}</rhs></setattribute>` +
			`<setattribute><lhs type="attribute">queuedetails.percentage</lhs><rhs type="staticvalue">` + percent + `</rhs></setattribute></record>`
	}
	insert := func(table string, row map[string]any) string {
		t.Helper()
		id, err := w.Dataverse.Insert(table, row)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ruleset := insert("msdyn_decisionruleset", map[string]any{
		"msdyn_name": "Voice", "msdyn_rulesettype": 192350000, "msdyn_authoringmode": 192350000,
		"msdyn_rulesetdefinition": `<decision hit-policy="all" version="1"><rules>` +
			`<rule id="96c9a69a-2a30-48a6-9639-d74e416a26e9" name="French split"><logical operator="AND"><condition operator="=="><lhs type="attribute">liveworkitemcontext.PreferredLanguage</lhs><rhs type="staticvalue">FR</rhs></condition></logical>` +
			`<action><upsertrecords><target>percentagebaseddistribution</target><records>` + record(w.Demo.RetailQueue, "70") + record(w.Demo.MortgageQueue, "30") + `</records></upsertrecords></action></rule>` +
			`<rule id="a56b2ea3-0a93-4b6f-a5ff-211ff34db350" name="Everyone else"><condition operator="!="><lhs type="attribute">liveworkitemcontext.PreferredLanguage</lhs><rhs type="staticvalue">FR</rhs></condition>` +
			`<action><setattribute><lhs type="attribute">assign_to.queue</lhs><rhs type="staticvalue">` + w.Demo.RetailQueue + `</rhs></setattribute></action></rule>` +
			`</rules></decision>`,
	})
	configuration := insert("msdyn_routingconfiguration", map[string]any{
		"msdyn_name": "Voice", "msdyn_liveworkstreamid": w.Demo.Workstream, "msdyn_isactiveconfiguration": true,
	})
	insert("msdyn_routingconfigurationstep", map[string]any{
		"msdyn_name": "Route to queue", "msdyn_steporder": 1, "msdyn_type": 192350002,
		"msdyn_routingconfigurationid": configuration, "msdyn_rulesetid": ruleset,
	})
}
