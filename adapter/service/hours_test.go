package service_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"directcallback/adapter"
	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

// hoursRule leads to action where the queue is closed, written last as the portal does.
func hoursRule(number int, action adapter.ActionID) string {
	const attribute = "queue_prequeue.iswithinoperatinghour"
	text := rule(number, action, attribute, "false")
	return strings.Replace(text, `operator=">="`, `operator="=="`, 1)
}

// An office in Paris that closes at half past five, on Sundays and at Christmas.
const insurer = `
hours:
  paris:
    name: Paris office
    week:
      zone: 105
      open:
        - {days: MO TU WE TH FR, from: "09:00", to: "17:30"}
      closed:
        - {name: Noël, on: 2026-12-25}

actions:
  callback: {name: Direct callback, does: Direct Callback}
  voicemail: {name: Voicemail, does: Voicemail}

queues:
  policies:
    name: Policies
    channel: Voice
    hours: paris
    before:
      - {when: queue size, reaches: 0, do: callback}
      - {when: out of hours, do: voicemail}
    members: [anna]

people:
  anna: {first: Anna, last: Sample, login: anna@contoso.example}

workstreams:
  voice: {name: Voice, channel: Voice, queue: policies}

configurations:
  policies: {name: Callback policies, queue: policies, workstream: voice}
`

type token struct{}

func (token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "administrator", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// fromDataverse reads the settings of the office over HTTP, and gives the id of its queue.
func fromDataverse(t *testing.T) (adapter.Settings, adapter.QueueID) {
	t.Helper()
	organization, err := mock.New(mock.Options{StaticToken: "administrator"})
	if err != nil {
		t.Fatal(err)
	}
	defer organization.Close()
	scenario, err := mock.ParseScenario([]byte(insurer))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := organization.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(organization.Handler())
	defer server.Close()
	client, err := dataverse.New(server.URL, token{}, &dataverse.Options{HTTPClient: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	settings, err := client.LoadSettings(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return settings, adapter.QueueID(ids["queue"]["policies"])
}

// TestHoursThroughEverything reads an office's hours from an organization, and
// lets people call it for a while.
func TestHoursThroughEverything(t *testing.T) {
	t.Parallel()
	settings, queue := fromDataverse(t)
	type arrival struct {
		call adapter.CallID
		at   time.Time
		want string
	}
	for name, arrivals := range map[string][]arrival{
		"in summer": {
			{"on Sunday", time.Date(2026, 7, 5, 10, 0, 0, 0, time.UTC), "voicemail"},
			{"too early", time.Date(2026, 7, 6, 6, 59, 30, 0, time.UTC), "voicemail"},
			{"at nine", time.Date(2026, 7, 6, 7, 0, 15, 0, time.UTC), "offer"},
			{"just before the end", time.Date(2026, 7, 6, 15, 29, 0, 0, time.UTC), "offer"},
			{"at the end", time.Date(2026, 7, 6, 15, 30, 0, 0, time.UTC), "voicemail"},
		},
		"in winter": {
			{"an hour later", time.Date(2026, 12, 24, 7, 30, 0, 0, time.UTC), "voicemail"},
			{"at nine", time.Date(2026, 12, 24, 8, 0, 0, 0, time.UTC), "offer"},
			{"at Christmas", time.Date(2026, 12, 25, 10, 0, 0, 0, time.UTC), "voicemail"},
		},
	} {
		disk := newFile(t.TempDir())
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, disk)
				defer w.halt()
				w.settings.settings = settings
				<-time.After(time.Until(arrivals[0].at.Add(-time.Hour)))
				w.start()
				codes := w.findings()
				delete(codes, "outside.range") // of the rule that offers to everyone
				if len(codes) > 0 {
					t.Errorf("findings %v", codes)
				}
				for _, a := range arrivals {
					w.pass(time.Until(a.at))
					w.rings(a.call, queue, w.phone())
					w.pass(30 * time.Second)
					if got := w.heard(a.call); got != a.want {
						t.Errorf("%s: %s, want %s", a.call, got, a.want)
					}
					w.tell(a.call, adapter.CallEnded{Reason: "hung up"})
				}
			})
		})
	}
}

// heard is what a call was told: "offer", "voicemail" or "nothing".
func (w *world) heard(call adapter.CallID) string {
	for _, c := range w.bus.commands(call) {
		switch {
		case c.Type == adapter.CommandVoicemail:
			return "voicemail"
		case c.Prompt == adapter.PromptOffer:
			return "offer"
		}
	}
	return "nothing"
}

func TestHoursThatCannotBeReadAreNotActedOn(t *testing.T) {
	virtual(t, func(w *world) {
		w.settings.set(func(r *reader) {
			r.settings.Rulesets[preRules] = ruleset(preRules, rule(1, callBack, queueSize, "0"), hoursRule(2, voicemail))
			r.settings.Queues[0].OperatingHours = "11111111-2222-4333-8444-555555555555"
		})
		if err := w.service.Refresh(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.rings("a", billing, w.phone())
		w.pass(time.Minute)
		if all := w.bus.commands("a"); len(all) != 0 {
			t.Errorf("commands %+v", all)
		}
		found := w.service.Findings()
		if !slices.ContainsFunc(found, func(f adapter.Finding) bool { return f.Code == "missing.hours" && f.Queue == billing }) {
			t.Errorf("findings %+v", found)
		}
		// Another queue with the same rules and no hours is always open.
		w.rings("b", orphans, w.phone())
		w.settings.set(func(r *reader) { r.settings.Queues[0].OperatingHours = "" })
		if err := w.service.Refresh(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.rings("c", billing, w.phone())
		w.pass(time.Minute)
		if n := len(w.offers("c")); n != 1 {
			t.Errorf("%d offers", n)
		}
	})
}
