package dataverse_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"directcallback/adapter"
)

// labelled is an option of a choice column as metadata has it, in English and German.
func labelled(number int, english, german string) string {
	return fmt.Sprintf(`{"Value":%d,"Label":{"LocalizedLabels":[{"Label":%q,"LanguageCode":1031},{"Label":%q,"LanguageCode":1033}],"UserLocalizedLabel":{"Label":%q}}}`,
		number, german, english, german)
}

// withChoices is an organization whose metadata says something else of one column.
func withChoices(t *testing.T, table, column string, options ...string) *org {
	t.Helper()
	return newOrg(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "EntityDefinitions(LogicalName='"+table+"')/Attributes") {
			return false
		}
		_, err := fmt.Fprintf(w, `{"value":[{"LogicalName":%q,"OptionSet":{"Options":[%s]}}]}`, column, strings.Join(options, ","))
		if err != nil {
			t.Error(err)
		}
		return true
	})
}

// TestNumbersAreHeldAgainstTheMetadata: what an organization has more, has not, or calls
// otherwise is told, and nothing is decided by a label.
func TestNumbersAreHeldAgainstTheMetadata(t *testing.T) {
	t.Parallel()
	const action, kind = "msdyn_overflowactionconfig", "msdyn_overflowactiontype"
	documented := []string{
		labelled(192350000, "Default", "Standard"), labelled(192350001, "End Conversation", "Beenden"), labelled(192350002, "Transfer to an external number", "Extern"),
		labelled(192350003, "Direct callback", "Rückruf"), labelled(192350004, "Voicemail", "Mailbox"), labelled(192350005, "Queue Transfer", "Warteschlange"),
		labelled(192350006, "Remain In Queue", "Bleiben"),
	}
	with := func(more ...string) []string { return append(slices.Clone(documented), more...) }
	for name, c := range map[string]struct {
		table, column string
		options       []string
		code          string // of the finding; empty = none
		severity      adapter.Severity
		says          []string
	}{
		"as documented, in any language": {action, kind, documented, "", "", nil},
		"one more":                       {action, kind, with(labelled(192350007, "Scheduled callback", "Geplant")), "unknown.option", adapter.SeverityInfo, []string{"192350007", `"Geplant"`}},
		"direct callback is missing": {
			action, kind, slices.DeleteFunc(with(labelled(192350013, "Direct Callback", "Rückruf")), func(o string) bool { return strings.Contains(o, "192350003") }),
			"missing.option", adapter.SeverityError,
			[]string{"192350003", `"Direct Callback"`, "it has 192350013 of that name", "no rule can lead to a direct callback"},
		},
		"a name that is another one": {
			action, kind, slices.DeleteFunc(with(labelled(192350004, "Send a text", "SMS")), func(o string) bool { return strings.Contains(o, "Voicemail") }),
			"renamed.option", adapter.SeverityInfo,
			[]string{"192350004", `"Send a text"`, `taken for "Voicemail"`},
		},
		"no voice queues": {
			"queue", "msdyn_queuetype",
			[]string{labelled(192350000, "Messaging", "Nachrichten"), labelled(192350001, "Record", "Datensatz")},
			"missing.option", adapter.SeverityError,
			[]string{"192350002", "no queue is taken for a voice queue"},
		},
		"no offer of a callback": {
			"msdyn_ocsystemmessage", "msdyn_systemmessageeventtype",
			[]string{labelled(192350055, "End conversation due to overflow", "x"), labelled(192350074, "Customer callback response", "x"), labelled(192350099, "Something new", "x")},
			"missing.option", adapter.SeverityWarning,
			[]string{"192350073", "default offer"},
		},
		"no dial mode preview": {
			"msdyn_proactive_engagement_config", "msdyn_dialmode_type",
			[]string{labelled(100000000, "Copilot", "x"), labelled(100000001, "Progressive", "x"), labelled(100000003, "Predictive", "x")},
			"missing.option", adapter.SeverityError,
			[]string{"100000002", "no callback can be placed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := withChoices(t, c.table, c.column, c.options...)
			s, err := o.client.LoadSettings(t.Context(), now)
			if err != nil {
				t.Fatal(err)
			}
			var found []adapter.Finding
			for _, f := range s.Findings {
				if strings.HasSuffix(f.Code, ".option") && f.Table == c.table {
					found = append(found, f)
				}
			}
			if c.code == "" {
				if len(found) > 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			i := slices.IndexFunc(found, func(f adapter.Finding) bool { return f.Code == c.code })
			if i < 0 || found[i].Severity != c.severity || found[i].Remedy == "" {
				t.Fatalf("found %+v", found)
			}
			if len(found) > 1 && !strings.Contains(found[1].Reason, "192350013") {
				t.Errorf("more than was asked for: %+v", found)
			}
			for _, want := range c.says {
				if text := found[i].Reason + " " + found[i].Consequence; !strings.Contains(text, want) {
					t.Errorf("%q is not in %q", want, text)
				}
			}
		})
	}
}

// TestTheOrganizationsNumbersAreKept: they are shown, and survive a restart.
func TestTheOrganizationsNumbersAreKept(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, newOrg(t, nil))
	if got := s.Choices["queue.msdyn_queuetype"][int(adapter.QueueVoice)]; got != "Voice" {
		t.Errorf("a voice queue is called %q", got)
	}
	for _, f := range s.Findings {
		if strings.HasSuffix(f.Code, ".option") {
			t.Errorf("of the documented numbers: %+v", f)
		}
	}
	if len(s.Choices) < 15 {
		t.Errorf("%d columns", len(s.Choices))
	}
}
