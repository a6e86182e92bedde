package main

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/cmd/mocks/world"
	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
	"directcallback/mocks/servicebus"
)

var update = flag.Bool("update", false, "write what is printed to testdata")

// broken is a way in which a set-up can be wrong.
type broken struct {
	spoil    func(t *testing.T, w *town)
	scenario string   // replaced in the demo's, as "old → new"
	environ  []string // said last, so that it counts
	code     int

	keys       []servicebus.AccessKey              // of Service Bus; nil lets everyone in
	connection func(connection string) (to string) // changes the connection string
}

// The keys of the policies of everything.
const (
	listenerKey = "bGlzdGVuZXI="
	senderKey   = "c2VuZGVy"
)

// everything are the policies of a namespace: the mocks' own, and two that may do less.
func everything() []servicebus.AccessKey {
	return []servicebus.AccessKey{
		{Name: "RootManageSharedAccessKey", Key: "SAS_KEY_VALUE"},
		{Name: "listener", Key: listenerKey, Rights: servicebus.Listen},
		{Name: "sender", Key: senderKey, Rights: servicebus.Send},
	}
}

var policyPattern = regexp.MustCompile(`SharedAccessKeyName=[^;]*;SharedAccessKey=[^;]*`)

// policy signs in as a policy.
func policy(name, key string) func(string) string {
	return func(connection string) string {
		return policyPattern.ReplaceAllString(connection, "SharedAccessKeyName="+name+";SharedAccessKey="+key)
	}
}

// brokenSetups are those that people get into, by what is wrong.
func brokenSetups() map[string]broken {
	return map[string]broken{
		"misspelt variable":    {environ: []string{"DIRECTCALLBACK_OFERS=off"}, code: 2},
		"short API token":      {environ: []string{"DIRECTCALLBACK_API_TOKEN=hunter2"}, code: 2},
		"wrong secret":         {environ: []string{"AZURE_CLIENT_SECRET=hunter2"}, code: 2},
		"no such organization": {environ: []string{"DIRECTCALLBACK_DATAVERSE_URL=http://127.0.0.1:1"}, code: 2},
		"no application user": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			if err := w.Dataverse.Inject(mock.Fault{Status: 403, Code: "0x80072560", Message: "The user is not a member of the organization.", Chance: 1}); err != nil {
				t.Fatal(err)
			}
		}, code: 2},
		"no omnichannel role": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			if err := w.Dataverse.SetRoles(world.ClientID, mock.RoleAdapter); err != nil {
				t.Fatal(err)
			}
		}, code: 2},
		"may not make contacts":   {spoil: narrowed(func(r *mock.Role) { r.Tables["contact"] = mock.Read }), code: 2},
		"reads its own rows only": {spoil: narrowed(func(r *mock.Role) { r.Depth = mock.DepthUser }), code: 1},
		"queues cannot be read":   {spoil: without("queue"), code: 2},
		"actions cannot be read":  {spoil: without("msdyn_overflowactionconfig"), code: 2},
		"missing column": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			if err := w.Dataverse.Inject(mock.Fault{Kind: "missing-column", Table: "queue", Column: "msdyn_inqueueoverflowrulesetid"}); err != nil {
				t.Fatal(err)
			}
		}, code: 2},
		"no voice queue": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			w.update(t, "queue", w.Demo.RetailQueue, map[string]any{"msdyn_queuetype": 192350000})
			w.update(t, "queue", w.Demo.MortgageQueue, map[string]any{"msdyn_queuetype": 192350000})
		}, code: 2},
		"not in dial mode preview": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			w.update(t, "msdyn_proactive_engagement_config", w.Demo.RetailEngagement, map[string]any{"msdyn_dialmode_type": 100000001})
		}, code: 2},
		"conversations are closed": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			w.update(t, "msdyn_proactive_engagement_config", w.Demo.RetailEngagement, map[string]any{"msdyn_close_existing_conversations": true})
		}, code: 1},
		"broken ruleset": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			w.update(t, "msdyn_decisionruleset", w.Demo.RetailPrequeue, map[string]any{"msdyn_rulesetdefinition": "<decision><rules>"})
		}, code: 2},
		"inactive action": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			w.update(t, "msdyn_overflowactionconfig", w.Demo.DirectCallback, map[string]any{"statecode": 1})
		}, code: 2},
		"nobody in the queue": {scenario: "    members: [one, two, three]\n → ", code: 2},
		"notification says nothing": {spoil: func(t *testing.T, w *town) {
			t.Helper()
			if _, err := w.Dataverse.Insert("msdyn_notificationtemplate", map[string]any{
				"msdyn_name": "Outbound agent dial", "msdyn_uniquename": "agent_dial_default", "msdyn_title": "Outbound call",
			}); err != nil {
				t.Fatal(err)
			}
			w.update(t, "msdyn_liveworkstream", w.Demo.Workstream, map[string]any{"msdyn_notificationtemplate_agent_dial": "agent_dial_default"})
		}, code: 1},
		"call events without sessions": {environ: []string{"DIRECTCALLBACK_CALL_EVENTS=platform-events"}, code: 2},
		"no such bus queue":            {environ: []string{"DIRECTCALLBACK_PLATFORM_EVENTS=platform"}, code: 2},
		"mistakes in the channels":     {environ: []string{"DIRECTCALLBACK_CHANNELS_FILE=testdata/channels/mistakes.yaml"}, code: 2},
		"channels of other queues":     {environ: []string{"DIRECTCALLBACK_CHANNELS_FILE=testdata/channels/others.yaml"}, code: 1},
		"no channels file":             {environ: []string{"DIRECTCALLBACK_CHANNELS_FILE=testdata/channels/none.yaml"}, code: 2},
		"wrong bus key":                {keys: everything(), connection: policy("RootManageSharedAccessKey", "hunter2="), code: 2},
		"bus key that may not send":    {keys: everything(), connection: policy("listener", listenerKey), code: 2},
		"bus key that may not listen":  {keys: everything(), connection: policy("sender", senderKey), code: 2},
		"no folder for the store":      {environ: []string{"DIRECTCALLBACK_DATABASE=/nowhere/adapter.db"}, code: 2},
		"store is another file":        {environ: []string{"DIRECTCALLBACK_DATABASE=/etc/hostname"}, code: 2},
	}
}

// without takes the privilege to read one table away.
func without(table string) func(*testing.T, *town) {
	return narrowed(func(r *mock.Role) { delete(r.Tables, table) })
}

// narrowed gives the application a role with what it needs, changed.
func narrowed(change func(*mock.Role)) func(*testing.T, *town) {
	return func(t *testing.T, w *town) {
		t.Helper()
		role := mock.Role{Name: mock.RoleAdapter, Tables: map[string]mock.Verbs{"contact": mock.AllVerbs}}
		for _, name := range []string{"systemuser", "role", "msdyn_proactive_delivery", "msdyn_ocliveworkitem", "calendarrule"} {
			role.Tables[name] = mock.Read
		}
		for _, need := range dataverse.SettingsNeeds() {
			if need.Table != "queuemembership" { // the rows between two tables have no privileges
				role.Tables[need.Table] = mock.Read
			}
		}
		change(&role)
		if err := w.Dataverse.DefineRole(role); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCheckNamesWhatIsBroken holds what is printed of each broken set-up: it must be
// fixable from its sentences alone.
func TestCheckNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, c := range brokenSetups() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t, c.prepare(t))
			if c.spoil != nil {
				c.spoil(t, w)
			}
			environ := slices.Concat(w.environ, c.environ)
			if c.connection != nil {
				environ = append(environ, "DIRECTCALLBACK_SERVICEBUS_CONNECTION="+c.connection(w.Connection))
			}
			out, code := exitOf(t, environ, "check")
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			golden(t, filepath.Join("testdata", "check", strings.ReplaceAll(name, " ", "-")+".txt"), w.anonymous(out))
			if strings.Contains(out, "hunter2") {
				t.Error("a secret is shown")
			}
		})
	}
}

// prepare changes the rows that the organization begins with.
func (c broken) prepare(t *testing.T) func(*world.Options) {
	t.Helper()
	return func(o *world.Options) {
		o.Keys = c.keys
		before, after, change := strings.Cut(c.scenario, " → ")
		if !change {
			return
		}
		scenario, err := mock.ParseScenario([]byte(strings.ReplaceAll(string(mock.DemoScenario()), before, after)))
		if err != nil {
			t.Fatal(err)
		}
		o.Scenario = scenario
	}
}

func TestCheckOfASoundSetup(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	out, code := exitOf(t, w.environ, "check")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	golden(t, filepath.Join("testdata", "check", "sound.txt"), w.anonymous(out))
	if out, code = exitOf(t, w.environ, "check", "-all"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	golden(t, filepath.Join("testdata", "check", "sound-all.txt"), w.anonymous(out))
	out, code = exitOf(t, w.environ, "check", "-json")
	var report struct {
		Parts []struct {
			Name     string
			Findings []struct{ ID, Severity, Reason, Remedy string }
		}
		ExitCode *int
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || report.ExitCode == nil || len(report.Parts) != 8 {
		t.Errorf("%v: %s", err, out)
	}
}

// A sound set-up is one with PostgreSQL, too.
func TestCheckAsksPostgreSQL(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	database := postgrestest.Open(t)
	out, code := exitOf(t, append(w.environ, "DIRECTCALLBACK_DATABASE="+database), "check")
	if code != 0 || !strings.Contains(out, "store          ok  postgres://") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	out, code = exitOf(t, append(w.environ, "DIRECTCALLBACK_DATABASE=postgres://adapter:hunter2@127.0.0.1:1/x"), "check")
	if code != 2 || !strings.Contains(out, "store          error  postgres://127.0.0.1:1/x") || strings.Contains(out, "hunter2") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// An application user that may not read users is told what is not known therefore.
func TestCheckWithoutTheRightToReadUsers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	narrowed(func(r *mock.Role) { delete(r.Tables, "systemuser") })(t, w)
	out, code := exitOf(t, w.environ, "check", "-all")
	if code != 1 { // nor who works in the queues
		t.Errorf("exit code %d", code)
	}
	golden(t, filepath.Join("testdata", "check", "users-cannot-be-read.txt"), w.anonymous(out))
}

// exitOf runs a command and returns its exit code.
func exitOf(t *testing.T, environ []string, args ...string) (string, int) {
	t.Helper()
	asked := exec.CommandContext(t.Context(), "adapter", args...)
	asked.Env = environ
	out, err := asked.CombinedOutput()
	if _, is := err.(*exec.ExitError); err != nil && !is { //nolint:errorlint // it is never wrapped
		t.Fatal(err)
	}
	return string(out), asked.ProcessState.ExitCode()
}

// golden compares text with a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

var findingPattern = regexp.MustCompile(`\b[0-9a-f]{16}\b`)

var guidPattern = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// anonymous replaces what is another one in every run.
func (w *town) anonymous(text string) string {
	text = strings.NewReplacer(
		w.DataverseURL, "https://contoso.crm4.dynamics.com", strings.TrimPrefix(w.EntraURL, "https://"), "login.microsoftonline.com",
		filepath.Dir(w.database()), "/var/lib/adapter", "sb://"+busHost(w.Connection), "sb://contoso.servicebus.windows.net",
	).Replace(text)
	text = findingPattern.ReplaceAllString(text, "0000000000000000")
	return guidPattern.ReplaceAllString(text, "00000000-0000-0000-0000-000000000000")
}

// busHost is the host of a connection string.
func busHost(connection string) string {
	_, rest, _ := strings.Cut(connection, "sb://")
	host, _, _ := strings.Cut(rest, ";")
	return strings.TrimSuffix(host, "/")
}
