package dataverse_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
	"directcallback/mocks/entra"
)

const (
	tenant = "11111111-0000-0000-0000-000000000001"
	app    = "11111111-0000-0000-0000-000000000002"
)

// org is an organization with its directory, and a client that signs in with the
// real azidentity.
type org struct {
	mock   *mock.Server
	demo   mock.Demo
	config dataverse.CredentialConfig
	client *dataverse.Client
	server *httptest.Server
}

// newOrg starts both. before may answer a request instead of the mock.
func newOrg(tb testing.TB, before func(http.ResponseWriter, *http.Request) bool) *org {
	tb.Helper()
	directory, err := entra.New(entra.Options{Tenant: tenant, ClientID: app, Secret: "s3cret"})
	if err != nil {
		tb.Fatal(err)
	}
	signIn := httptest.NewUnstartedServer(directory.Handler())
	signIn.TLS = directory.TLSConfig()
	signIn.StartTLS()
	tb.Cleanup(signIn.Close)
	trusting := &http.Transport{TLSClientConfig: signIn.Client().Transport.(*http.Transport).TLSClientConfig.Clone()}
	trusting.TLSClientConfig.RootCAs = directory.CertPool()
	tb.Cleanup(trusting.CloseIdleConnections)

	o := &org{}
	o.mock, err = mock.New(mock.Options{Tokens: directory, Applications: []string{app}, URL: ""})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(o.mock.Close)
	if o.demo, err = o.mock.Demo(); err != nil {
		tb.Fatal(err)
	}
	handler := o.mock.Handler()
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before == nil || !before(w, r) {
			handler.ServeHTTP(w, r)
		}
	}))
	tb.Cleanup(o.server.Close)
	tb.Cleanup(func() {
		if missing := o.mock.Unsupported(); len(missing) > 0 {
			tb.Errorf("the mock cannot do: %q", missing)
		}
	})
	o.config = dataverse.CredentialConfig{
		Kind: dataverse.CredentialSecret, TenantID: tenant, ClientID: app, Secret: "s3cret",
		AuthorityHost: signIn.URL, Transport: &http.Client{Transport: trusting},
	}
	o.client = o.newClient(tb, nil)
	return o
}

func (o *org) newClient(tb testing.TB, options *dataverse.Options) *dataverse.Client {
	tb.Helper()
	credential, err := dataverse.Credential(o.config)
	if err != nil {
		tb.Fatal(err)
	}
	if options == nil {
		options = &dataverse.Options{}
	}
	options.HTTPClient = o.server.Client()
	client, err := dataverse.New(o.server.URL, credential, options)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

var now = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)

func TestLoadSettings(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	s, err := o.client.LoadSettings(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	d := o.demo
	wantQueues := []adapter.Queue{
		{ID: adapter.QueueID(d.RetailQueue), Name: "Retail banking", Type: adapter.QueueVoice, Active: true, Priority: 1, Assignment: 192350003, PreQueue: adapter.RulesetID(d.RetailPrequeue), InQueue: adapter.RulesetID(d.RetailInqueue)},
		{ID: adapter.QueueID(d.MortgageQueue), Name: "Mortgages", Type: adapter.QueueVoice, Active: true, Priority: 1, Assignment: 192350003, PreQueue: adapter.RulesetID(d.MortgagePrequeue), OperatingHours: hoursOf(s)},
		{ID: adapter.QueueID(d.MessagingQueue), Name: "Chat", Type: adapter.QueueMessaging, Active: true, Priority: 1, Assignment: 192350003},
	}
	slices.SortFunc(wantQueues, func(a, b adapter.Queue) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if diff := cmp.Diff(wantQueues, s.Queues); diff != "" {
		t.Error(diff)
	}
	if !s.ReadAt.Equal(now) {
		t.Errorf("read at %v", s.ReadAt)
	}
	wantRulesets := []adapter.RulesetID{adapter.RulesetID(d.MortgagePrequeue), adapter.RulesetID(d.RetailInqueue), adapter.RulesetID(d.RetailPrequeue)}
	slices.Sort(wantRulesets)
	if got := slices.Sorted(maps.Keys(s.Rulesets)); !slices.Equal(got, wantRulesets) {
		t.Errorf("rulesets %v", got)
	}
	if r := s.Rulesets[adapter.RulesetID(d.RetailInqueue)]; r.Type != adapter.RulesetDeclarative || r.Name != "queue_inqueue_Retail banking" || !strings.HasPrefix(r.Definition, "<decision") {
		t.Errorf("ruleset %+v", r)
	}
	if a := s.Actions[adapter.ActionID(d.DirectCallback)]; a.Type != adapter.ActionDirectCallback || !a.Active || a.Name != "Direct callback" {
		t.Errorf("action %+v", a)
	}
	if label := s.ActionNames()[adapter.ActionDirectCallback]; !strings.Contains(strings.ToLower(label), "callback") {
		t.Errorf("label %q", label)
	}
	if len(s.Messages) != 2 || s.Messages[0].Stream != adapter.StreamVoice || s.Messages[0].Text == "" || !s.Messages[0].Active {
		t.Errorf("messages %+v", s.Messages)
	}
	if len(s.Configurations) != 2 || !s.Configurations[0].PlacesCallbacks() || s.Configurations[0].ClosesConversations || s.Configurations[0].Queue == "" {
		t.Errorf("configurations %+v", s.Configurations)
	}
	for _, f := range s.Findings {
		if f.Severity != adapter.SeverityInfo {
			t.Errorf("finding %+v", f)
		}
	}
}

// hoursOf is the id of the only operating hours.
func hoursOf(s adapter.Settings) string {
	for id := range s.Hours {
		return id
	}
	return "none"
}

// answer is a refusal in Dataverse's form.
func answer(w http.ResponseWriter, status int, code, message string) bool {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"code":%q,"message":%q}}`, code, message)
	return true
}

func asks(r *http.Request, set string) bool {
	return strings.HasPrefix(r.URL.Path, "/api/data/v9.2/"+set)
}

func TestWhatCannotBeReadIsAFinding(t *testing.T) {
	t.Parallel()
	forbidden := func(w http.ResponseWriter) bool {
		return answer(w, 403, "0x80040220", "Principal user (Id=x, type=8) is missing prvRead privilege")
	}
	tests := []struct {
		name     string
		before   func(http.ResponseWriter, *http.Request) bool
		finding  adapter.Finding // compared by what is set
		empty    func(adapter.Settings) bool
		failsFor error
	}{
		{
			name: "messages forbidden",
			before: func(w http.ResponseWriter, r *http.Request) bool {
				return asks(r, "msdyn_ocsystemmessages") && forbidden(w)
			},
			finding: adapter.Finding{Code: "unreadable.table", Severity: adapter.SeverityError, Table: "msdyn_ocsystemmessage"},
			empty:   func(s adapter.Settings) bool { return len(s.Messages) == 0 && len(s.Queues) == 3 },
		},
		{
			name: "no engagement configurations in this organization",
			before: func(w http.ResponseWriter, r *http.Request) bool {
				return asks(r, "msdyn_proactive_engagement_configs") &&
					answer(w, 404, "0x8006088a", "Resource not found for the segment 'msdyn_proactive_engagement_configs'.")
			},
			finding: adapter.Finding{Code: "missing.table", Severity: adapter.SeverityError, Table: "msdyn_proactive_engagement_config"},
			empty:   func(s adapter.Settings) bool { return len(s.Configurations) == 0 && len(s.Actions) > 0 },
		},
		{
			name: "no column for callback profiles",
			before: func(w http.ResponseWriter, r *http.Request) bool {
				return asks(r, "msdyn_overflowactionconfigs") && strings.Contains(r.RequestURI, "msdyn_proactive_callback_profileid") &&
					answer(w, 400, "0x0", "Could not find a property named '_msdyn_proactive_callback_profileid_value' on type 'Microsoft.Dynamics.CRM.msdyn_overflowactionconfig'.")
			},
			finding: adapter.Finding{Code: "missing.column", Severity: adapter.SeverityInfo, Table: "msdyn_overflowactionconfig", Part: "_msdyn_proactive_callback_profileid_value"},
			empty:   func(s adapter.Settings) bool { return len(s.Actions) == 5 },
		},
		{
			name: "a queue with a word for a number",
			before: func(w http.ResponseWriter, r *http.Request) bool {
				if !asks(r, "queues") {
					return false
				}
				_, _ = w.Write([]byte(`{"value":[{"queueid":"{AAAAAAAA-2222-3333-4444-555555555555}","name":"Odd","msdyn_queuetype":"voice"},{"name":"lost"}]}`))
				return true
			},
			finding: adapter.Finding{Code: "unreadable.row", Severity: adapter.SeverityError, Table: "queue", Row: "aaaaaaaa-2222-3333-4444-555555555555", Name: "Odd"},
			empty:   func(s adapter.Settings) bool { return len(s.Queues) == 1 && len(s.Findings) >= 2 },
		},
		{
			name:     "queues forbidden",
			before:   func(w http.ResponseWriter, r *http.Request) bool { return asks(r, "queues") && forbidden(w) },
			failsFor: dataverse.ErrForbidden,
		},
		{
			name: "rulesets forbidden",
			before: func(w http.ResponseWriter, r *http.Request) bool {
				return asks(r, "msdyn_decisionrulesets") && forbidden(w)
			},
			failsFor: dataverse.ErrForbidden,
		},
		{
			name: "actions unavailable just now",
			before: func(w http.ResponseWriter, r *http.Request) bool {
				return asks(r, "msdyn_overflowactionconfigs") && answer(w, 500, "0x80040224", "plug-in")
			},
			failsFor: dataverse.ErrUnavailable,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, test.before)
			s, err := o.client.LoadSettings(t.Context(), now)
			if !errors.Is(err, test.failsFor) {
				t.Fatalf("error %v", err)
			}
			if test.failsFor != nil {
				return
			}
			if !slices.ContainsFunc(s.Findings, func(f adapter.Finding) bool {
				return f.Code == test.finding.Code && f.Severity == test.finding.Severity && f.Table == test.finding.Table &&
					f.Row == test.finding.Row && f.Part == test.finding.Part && f.Reason != "" && f.Consequence != "" && f.Remedy != ""
			}) {
				t.Errorf("findings %+v", s.Findings)
			}
			if !test.empty(s) {
				t.Errorf("settings %+v", s)
			}
		})
	}
}

func TestSettingsOfManyQueues(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	addQueues(t, o, 120)
	s, err := o.client.LoadSettings(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Queues) != 123 || len(s.Rulesets) != 123 {
		t.Errorf("%d queues, %d rulesets", len(s.Queues), len(s.Rulesets))
	}
	for _, q := range s.Queues {
		if _, ok := s.Rulesets[q.PreQueue]; q.PreQueue != "" && !ok {
			t.Errorf("queue %s lacks its ruleset", q.Name)
		}
	}
}

// addQueues adds queues with a ruleset each.
func addQueues(tb testing.TB, o *org, n int) {
	tb.Helper()
	for i := range n {
		ruleset, err := o.mock.Insert("msdyn_decisionruleset", map[string]any{
			"msdyn_name": fmt.Sprint("rules ", i), "msdyn_rulesettype": adapter.RulesetDeclarative, "msdyn_authoringmode": 192350000,
			"msdyn_rulesetdefinition": "<decision><rules>" + strings.Repeat(" ", 2000) + "</rules></decision>",
		})
		if err == nil {
			_, err = o.mock.Insert("queue", map[string]any{
				"name": fmt.Sprint("queue ", i), "msdyn_isomnichannelqueue": true, "msdyn_queuetype": int(adapter.QueueVoice),
				"msdyn_priority": 1, "msdyn_prequeueoverflowrulesetid": ruleset,
			})
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func BenchmarkLoadSettings5000(b *testing.B) {
	o := newOrg(b, nil)
	addQueues(b, o, 5000)
	for b.Loop() {
		if _, err := o.client.LoadSettings(context.Background(), now); err != nil {
			b.Fatal(err)
		}
	}
}
