package service_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

// inProcess carries requests to a handler without a network. A handler that cuts
// the connection is an error, as it is on a wire.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	defer func() {
		if cut := recover(); cut != nil {
			answer, err = nil, errors.New("connection reset by peer")
		}
	}()
	received := r.Clone(r.Context())
	received.RequestURI, received.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	if received.Body == nil {
		received.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, received)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// given is a follower that remembers what it gave last.
type given struct {
	*dataverse.Follower
	mu       sync.Mutex
	settings adapter.Settings // guarded by mu
	readings struct{ whole, changed, unchanged int }
}

func (g *given) LoadSettings(ctx context.Context, now time.Time) (adapter.Settings, error) {
	s, err := g.Follower.LoadSettings(ctx, now)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.settings = s
		g.readings.whole++
	}
	return s, err
}

func (g *given) FollowSettings(ctx context.Context, now time.Time, written []string) (adapter.Settings, bool, error) {
	s, changed, err := g.Follower.FollowSettings(ctx, now, written)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err != nil:
	case changed:
		g.settings = s
		g.readings.changed++
	default:
		g.readings.unchanged++
	}
	return s, changed, err
}

func (g *given) last() adapter.Settings {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.settings
	s.ReadAt = time.Time{}
	return s
}

// admin edits the portal at random.
type admin struct {
	t      *testing.T
	random *rand.Rand
	org    *mock.Server
	client *dataverse.Client
	rows   map[string][]string // ids by table
	done   map[string]int      // edits by table
}

func (a *admin) any(table string) string {
	all := a.rows[table]
	if len(all) == 0 {
		return ""
	}
	return all[a.random.IntN(len(all))]
}

// lookup is a row of the table, or nothing.
func (a *admin) lookup(table string) any {
	if id := a.any(table); id != "" && a.random.IntN(5) > 0 {
		return id
	}
	return nil
}

func (a *admin) chance(n int) bool { return a.random.IntN(n) == 0 }

// definition is a ruleset: good, odd, or broken.
func (a *admin) definition() string {
	attribute := []string{"queue_prequeue.currentqueuesize", "queue_inqueue.lapsedwaittime", "queue_prequeue.mood"}[a.random.IntN(3)]
	action := adapter.ActionID(a.any("msdyn_overflowactionconfig"))
	text := `<decision hit-policy="all" version="1"><rules>` + rule(1, action, attribute, strconv.Itoa(a.random.IntN(90))) + `</rules></decision>`
	if a.chance(8) {
		return text[:len(text)/2]
	}
	return text
}

// row is what an admin could enter for a row of the table.
func (a *admin) row(table string) map[string]any {
	name := fmt.Sprint(table, " ", a.random.IntN(1000))
	switch table {
	case "queue":
		return map[string]any{
			"name": name, "msdyn_isomnichannelqueue": !a.chance(6), "msdyn_queuetype": 192350000 + a.random.IntN(3), "msdyn_priority": 1 + a.random.IntN(9),
			"msdyn_operatinghourid":           a.lookup("msdyn_operatinghour"),
			"msdyn_prequeueoverflowrulesetid": a.lookup("msdyn_decisionruleset"), "msdyn_inqueueoverflowrulesetid": a.lookup("msdyn_decisionruleset"),
		}
	case "msdyn_decisionruleset":
		return map[string]any{"msdyn_name": name, "msdyn_rulesettype": 192350000, "msdyn_authoringmode": 192350000, "msdyn_rulesetdefinition": a.definition()}
	case "msdyn_overflowactionconfig":
		return map[string]any{"msdyn_name": name, "msdyn_overflowactiontype": 192350000 + a.random.IntN(7), "msdyn_overflowactiondata": a.any("queue") + " "}
	case "msdyn_proactive_callback_profile":
		return map[string]any{"msdyn_name": name, "msdyn_repeat_message_interval_seconds": 30 + a.random.IntN(300), "msdyn_max_callback_limit": a.random.IntN(9)}
	case "msdyn_ocsystemmessage":
		return map[string]any{
			"msdyn_name": name, "msdyn_systemmessageeventtype": []int{192350073, 192350074, 192350055, 192350000}[a.random.IntN(4)],
			"msdyn_messagetext": name, "msdyn_streamsource": []int{192370000, 192360000}[a.random.IntN(2)],
		}
	case "msdyn_oclocalizationdata":
		return map[string]any{"msdyn_localizedtext": name, "msdyn_languagecode": []string{"fr-FR", "de"}[a.random.IntN(2)], "msdyn_systemmessageid": a.lookup("msdyn_ocsystemmessage")}
	case "msdyn_proactive_engagement_config":
		return map[string]any{
			"msdyn_name": name, "msdyn_description": name, "msdyn_type": 100000000, "msdyn_dialmode_type": 100000000 + a.random.IntN(4),
			"msdyn_engagement_type": 100000101, "msdyn_queue": a.any("queue"), "msdyn_workstream": a.any("msdyn_liveworkstream"),
			"msdyn_close_existing_conversations": a.chance(2),
		}
	case "msdyn_operatinghour":
		return map[string]any{"msdyn_name": name}
	case "calendar":
		return map[string]any{"name": name}
	case "msdyn_liveworkstream":
		return map[string]any{"msdyn_name": name, "msdyn_streamsource": 192370000, "msdyn_defaultqueue": a.lookup("queue"), "msdyn_notificationtemplate_agent_dial": "callback"}
	case "msdyn_notificationtemplate":
		return map[string]any{"msdyn_name": name, "msdyn_uniquename": []string{"callback", name}[a.random.IntN(2)], "msdyn_title": name}
	case "msdyn_routingconfiguration":
		return map[string]any{"msdyn_name": name, "msdyn_liveworkstreamid": a.lookup("msdyn_liveworkstream"), "msdyn_isactiveconfiguration": !a.chance(3)}
	case "msdyn_routingconfigurationstep":
		return map[string]any{
			"msdyn_name": name, "msdyn_steporder": a.random.IntN(3), "msdyn_type": 192350000 + a.random.IntN(4),
			"msdyn_routingconfigurationid": a.lookup("msdyn_routingconfiguration"), "msdyn_rulesetid": a.lookup("msdyn_decisionruleset"),
		}
	case "msdyn_ocvoicechannelsetting":
		return map[string]any{"msdyn_name": name, "msdyn_liveworkstreamid": a.lookup("msdyn_liveworkstream"), "msdyn_announcepositioninqueue": a.chance(2)}
	case "msdyn_proactive_engagement_config_status":
		return map[string]any{"msdyn_name": name, "msdyn_suspended": a.chance(2), "msdyn_proactive_engagement_config": a.lookup("msdyn_proactive_engagement_config")}
	default: // msdyn_presence
		return map[string]any{"msdyn_name": name, "msdyn_basepresencestatus": 192360000 + a.random.IntN(5)}
	}
}

// edit makes, changes or deletes a row.
func (a *admin) edit() (table string) {
	tables := slices.Sorted(maps.Keys(setsOf()))
	table = tables[a.random.IntN(len(tables))]
	id := a.any(table)
	switch {
	case id == "" || a.chance(4):
		made, err := a.org.Insert(table, a.row(table))
		if err != nil { // it names a row that was deleted
			a.done["refused"]++
			return table
		}
		a.rows[table] = append(a.rows[table], made)
	case a.chance(6) && table != "queue":
		// Rows that others need stay, and a lost answer may hide that it is done: both are fine.
		err := a.client.Delete(a.t.Context(), setsOf()[table], dataverse.GUID(id), nil)
		if err == nil || errors.Is(err, dataverse.ErrNotFound) {
			a.rows[table] = slices.DeleteFunc(a.rows[table], func(one string) bool { return one == id })
		}
	default:
		row := a.row(table)
		if a.chance(5) && table != "calendar" {
			row = map[string]any{"statecode": 1, "statuscode": 2}
		}
		if err := a.org.Update(table, id, row); err != nil { // it went with another one
			a.done["refused"]++
			return table
		}
	}
	a.done[table]++
	return table
}

// quietly makes or changes a row of which no change tells: whoever works in a queue, and
// when an office is open. Dataverse hands out calendar rules with their calendar only.
func (a *admin) quietly() {
	var err error
	switch inner, queue := a.any("calendar"), a.any("queue"); {
	case a.chance(2) && queue != "":
		_, err = a.org.Insert("queuemembership", map[string]any{"queueid": queue, "systemuserid": a.any("systemuser")})
	case inner != "":
		_, err = a.org.Insert("calendarrule", map[string]any{
			"calendarid": inner, "offset": a.random.IntN(1440), "duration": 1 + a.random.IntN(600), "timecode": 0, "subcode": 1, "rank": 0, "issimple": true, "timezonecode": -1,
		})
	}
	if err != nil {
		a.done["refused"]++
		return
	}
	a.done["quiet"]++
}

// told is what change tracking can tell of; the rest is good after a full reading.
func told(s adapter.Settings) adapter.Settings {
	s.Members, s.Calendars = nil, nil
	return s
}

// setsOf are the entity sets of the tables that the admin edits.
func setsOf() map[string]string {
	return map[string]string{
		"queue": "queues", "msdyn_decisionruleset": "msdyn_decisionrulesets", "msdyn_overflowactionconfig": "msdyn_overflowactionconfigs",
		"msdyn_ocsystemmessage": "msdyn_ocsystemmessages", "msdyn_oclocalizationdata": "msdyn_oclocalizationdatas",
		"msdyn_proactive_engagement_config": "msdyn_proactive_engagement_configs", "msdyn_operatinghour": "msdyn_operatinghours",
		"calendar": "calendars", "msdyn_liveworkstream": "msdyn_liveworkstreams", "msdyn_notificationtemplate": "msdyn_notificationtemplates",
		"msdyn_routingconfiguration": "msdyn_routingconfigurations", "msdyn_routingconfigurationstep": "msdyn_routingconfigurationsteps",
		"msdyn_proactive_callback_profile": "msdyn_proactive_callback_profiles",
		"msdyn_ocvoicechannelsetting":      "msdyn_ocvoicechannelsettings", "msdyn_presence": "msdyn_presences",
		"msdyn_proactive_engagement_config_status": "msdyn_proactive_engagement_config_statuses",
	}
}

// TestAnHourOfEditsEndsAsAFullReading lets admins work in the portal for an hour
// while Dataverse misbehaves, and compares what the service goes by with what a
// reader who knows nothing yet sees: every few minutes what change tracking tells of,
// and all of it once the hour is over. TEST_EDIT_SEEDS=20 is for those who have time.
func TestAnHourOfEditsEndsAsAFullReading(t *testing.T) {
	t.Parallel()
	seeds := uint64(6)
	if text := os.Getenv("TEST_EDIT_SEEDS"); text != "" {
		var err error
		if seeds, err = strconv.ParseUint(text, 10, 16); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range seeds {
		disk := newFile(t.TempDir())
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { anHourOfEdits(t, disk, seed) })
		})
	}
}

func anHourOfEdits(t *testing.T, disk disk, seed uint64) {
	t.Helper()
	organization, err := mock.New(mock.Options{StaticToken: "administrator", URL: "http://127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	defer organization.Close()
	transport := inProcess{organization.Handler()}
	connect := func() *dataverse.Client {
		client, err := dataverse.New("http://127.0.0.1:8080", token{}, &dataverse.Options{HTTPClient: &http.Client{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	a := &admin{t: t, random: rand.New(rand.NewPCG(seed, 0)), org: organization, client: connect(), rows: map[string][]string{}, done: map[string]int{}}
	scenario, err := mock.ParseScenario([]byte(insurer))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := organization.Load(scenario)
	if err != nil {
		t.Fatal(err)
	}
	for table := range setsOf() {
		a.rows[table] = slices.Sorted(maps.Values(ids[table]))
	}
	a.rows["systemuser"] = slices.Sorted(maps.Values(ids["systemuser"]))
	a.rows["queue"] = nil // the one of the scenario stays: without any voice queue the last settings stay in force

	w := newWorld(t, disk)
	defer w.halt()
	g := &given{Follower: connect().Follow()}
	w.options.Settings = g
	w.start()
	organization.SeedFaults(seed)
	compare := func(after time.Duration, part func(adapter.Settings) adapter.Settings) {
		t.Helper()
		organization.ClearFaults()
		w.pass(after)
		fresh, err := connect().LoadSettings(t.Context(), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(part(fresh), part(g.last())); diff != "" {
			t.Errorf("seed %d, at %v, after %v: a full reading (-) and what the service goes by (+) differ:\n%s", seed, w.elapsed(), a.done, diff)
		}
		if err := organization.Misbehave(0.02); err != nil {
			t.Fatal(err)
		}
	}
	const soon = 4 * time.Minute // what a wait in the client held up, too
	all := func(s adapter.Settings) adapter.Settings { return s }
	compare(soon, all)
	for checked := w.elapsed(); w.elapsed() < time.Hour; {
		w.pass(time.Duration(1+a.random.IntN(20)) * time.Second)
		if a.chance(5) {
			a.quietly()
		}
		table := a.edit()
		if a.chance(3) {
			w.handle(w.event("", adapter.SettingsChanged{Table: table}))
		}
		// Before the next full reading makes everything good.
		if w.elapsed()-checked > 3*time.Minute {
			compare(soon, told)
			checked = w.elapsed()
		}
	}
	compare(15*time.Minute, all) // a full reading is among these
	if quiet := a.done["quiet"]; quiet < 5 {
		t.Errorf("%d quiet edits", quiet)
	}
	if refused := a.done["refused"]; refused > 20 {
		t.Errorf("%d edits were refused", refused)
	}
	fresh := g.last()
	if got := w.service.Plans().Queues(); !slices.Equal(got, voiceQueuesOf(fresh)) {
		t.Errorf("plans of %v, voice queues %v", got, voiceQueuesOf(fresh))
	}
	if g.readings.whole < 4 || g.readings.whole > 11 || g.readings.changed < 10 {
		t.Errorf("readings %+v", g.readings)
	}
}

func voiceQueuesOf(s adapter.Settings) []adapter.QueueID {
	var all []adapter.QueueID
	for _, q := range s.Queues {
		if q.Type == adapter.QueueVoice {
			all = append(all, q.ID)
		}
	}
	return all
}
