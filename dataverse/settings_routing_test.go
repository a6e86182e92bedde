package dataverse_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
)

// put inserts a row and gives its id.
func (o *org) put(t *testing.T, table string, row map[string]any) string {
	t.Helper()
	id, err := o.mock.Insert(table, row)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestLoadWorkstreams(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	d := o.demo
	if err := o.mock.Update("msdyn_liveworkstream", d.Workstream, map[string]any{
		"msdyn_bot_user": d.Representatives[0], "msdyn_notificationtemplate_agent_dial": "cc_dial", "msdyn_notificationtemplate_pre_dial": "nowhere",
	}); err != nil {
		t.Fatal(err)
	}
	o.put(t, "msdyn_notificationtemplate", map[string]any{"msdyn_name": "Dial", "msdyn_uniquename": "cc_dial", "msdyn_title": "Callback"})
	inside := o.put(t, "msdyn_decisionruleset", map[string]any{"msdyn_name": "own", "msdyn_rulesettype": 192350000, "msdyn_rulesetdefinition": "<decision/>"})
	route := o.put(t, "msdyn_decisionruleset", map[string]any{
		"msdyn_name": "route", "msdyn_rulesettype": 192350000, "msdyn_rulesetdefinition": "<decision><rules><rule><rhs> {" + strings.ToUpper(inside) + "} </rhs></rule></rules></decision>",
	})
	active := o.put(t, "msdyn_routingconfiguration", map[string]any{"msdyn_name": "on", "msdyn_liveworkstreamid": d.Workstream, "msdyn_isactiveconfiguration": true})
	idle := o.put(t, "msdyn_routingconfiguration", map[string]any{"msdyn_name": "off", "msdyn_liveworkstreamid": d.Workstream, "msdyn_isactiveconfiguration": false})
	step := func(configuration string, order, kind int) string {
		return o.put(t, "msdyn_routingconfigurationstep", map[string]any{
			"msdyn_name": "step", "msdyn_routingconfigurationid": configuration, "msdyn_steporder": order, "msdyn_type": kind, "msdyn_rulesetid": route,
		})
	}
	second, first := step(active, 2, 192350002), step(active, 1, 192350000)
	step(idle, 0, 192350002)

	s := settingsOf(t, o)
	want := []adapter.Workstream{{
		ID: d.Workstream, Name: "Bank voice", Active: true, Stream: adapter.StreamVoice, Fallback: adapter.QueueID(d.RetailQueue), Bot: d.Representatives[0],
		Templates: []adapter.Template{
			{Purpose: "agent_dial", ID: "cc_dial", Name: "Dial", Title: "Callback"},
			{Purpose: "pre_dial", ID: "nowhere"},
		},
		Steps: []adapter.RoutingStep{
			{ID: first, Name: "step", Order: 1, Type: adapter.StepClassification, Ruleset: adapter.RulesetID(route)},
			{ID: second, Name: "step", Order: 2, Type: adapter.StepRouteToQueue, Ruleset: adapter.RulesetID(route)},
		},
	}}
	if diff := cmp.Diff(want, s.Workstreams); diff != "" {
		t.Error(diff)
	}
	for _, id := range []string{route, inside} {
		if s.Rulesets[adapter.RulesetID(id)].ID == "" {
			t.Errorf("ruleset %s is not read", s.Rulesets[adapter.RulesetID(id)].Name)
		}
	}
	if want := 3; s.Members[adapter.QueueID(d.RetailQueue)] != want || s.Members[adapter.QueueID(d.MessagingQueue)] != 0 {
		t.Errorf("members %v", s.Members)
	}
	if c := s.Configurations[0]; c.Workstream != d.Workstream {
		t.Errorf("the configuration's work stream is %q", c.Workstream)
	}
}

func TestTheFallbackQueueComesWithItsRow(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(_ http.ResponseWriter, r *http.Request) bool {
		// An organization whose plain column is always empty.
		r.RequestURI = strings.Replace(r.RequestURI, "_msdyn_defaultqueue_value", "_msdyn_outboundqueueid_value", 1)
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "_msdyn_defaultqueue_value", "_msdyn_outboundqueueid_value", 1)
		return false
	})
	if got := settingsOf(t, o).Workstreams[0].Fallback; got != adapter.QueueID(o.demo.RetailQueue) {
		t.Errorf("fallback %q", got)
	}
}

func TestLoadChannelsAndPresences(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	number := o.put(t, "msdyn_ocphonenumber", map[string]any{"msdyn_name": "main"})
	channel := o.put(t, "msdyn_ocvoicechannelsetting", map[string]any{
		"msdyn_name": "main", "msdyn_liveworkstreamid": o.demo.Workstream, "msdyn_phonenumberid": number, "msdyn_calleridphonenumberid": number,
		"msdyn_announceaveragewaittime": true, "msdyn_announcepositioninqueue": true, "msdyn_isanonymouscallerid": true,
		"msdyn_outboundcallregionallowlist": "FR,DE", "msdyn_recordingenabled": true, "msdyn_transcriptionenabled": true,
		"msdyn_stoptranscriptionandrecordingafterpstntransfer": true, "msdyn_usebridgetransferforpstntransfer": true, "msdyn_skipwaitmusicforivr": true,
	})
	presence := o.put(t, "msdyn_presence", map[string]any{"msdyn_name": "Lunch", "msdyn_basepresencestatus": 192360003})
	s := settingsOf(t, o)
	want := []adapter.VoiceChannel{{
		ID: channel, Name: "main", Active: true, Workstream: o.demo.Workstream, Number: number, CallerID: number,
		AnnouncesWait: true, AnnouncesPosition: true, AnonymousCallerID: true, Regions: "FR,DE", Records: true, Transcribes: true,
		StopsAfterTransfer: true, BridgesTransfer: true, SkipsMusicForVoicebot: true,
	}}
	if diff := cmp.Diff(want, s.Channels); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(s.Presences, adapter.Presence{ID: presence, Name: "Lunch", Base: 192360003, Active: true}) {
		t.Errorf("presences %+v", s.Presences)
	}
}

func TestMessagesOfNumbersAndInOtherLanguages(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const instance = "3B0E6F52-7A8C-4D1E-9F20-1A2B3C4D5E6F"
	english := o.put(t, "msdyn_oclanguage", map[string]any{"msdyn_languagename": "English", "msdyn_localecode": "en-US"})
	french := o.put(t, "msdyn_oclanguage", map[string]any{"msdyn_languagename": "French", "msdyn_localecode": "fr-FR"})
	message := o.put(t, "msdyn_ocsystemmessage", map[string]any{
		"msdyn_name": "offer of a number", "msdyn_systemmessageeventtype": int(adapter.MessageCallbackOffer), "msdyn_streamsource": adapter.StreamVoice,
		"msdyn_messagetext": "Press 1, {$Name$}", "msdyn_instanceid": "{" + instance + "}", "msdyn_defaultlanguage": english,
	})
	for language, text := range map[any]string{french: "Appuyez sur 1", nil: "Drücken Sie 1"} {
		row := map[string]any{"msdyn_systemmessageid": message, "msdyn_localizedtext": text, "msdyn_customerlanguageid": language}
		if language == nil {
			row["msdyn_languagecode"] = "de-DE"
		}
		o.put(t, "msdyn_oclocalizationdata", row)
	}
	o.put(t, "msdyn_oclocalizationdata", map[string]any{"msdyn_systemmessageid": message, "msdyn_localizedtext": "in no language"})
	s := settingsOf(t, o)
	i := slices.IndexFunc(s.Messages, func(m adapter.Message) bool { return m.ID == message })
	want := adapter.Message{
		ID: message, Event: adapter.MessageCallbackOffer, Stream: adapter.StreamVoice, Instance: strings.ToLower(instance), Locale: "en-US",
		Text: "Press 1, {$Name$}", Active: true, Translations: map[string]string{"fr-FR": "Appuyez sur 1", "de-DE": "Drücken Sie 1"},
	}
	if i < 0 {
		t.Fatalf("messages %+v", s.Messages)
	}
	if diff := cmp.Diff(want, s.Messages[i]); diff != "" {
		t.Error(diff)
	}
}

func TestActionsHaveTheOrganizationsOwnNames(t *testing.T) {
	t.Parallel()
	names := settingsOf(t, newOrg(t, nil)).ActionNames()
	for kind := adapter.ActionDefault; kind <= adapter.ActionStay; kind++ {
		if names[kind] == "" {
			t.Errorf("no name of %d", kind)
		}
	}
}

// TestAFollowerReadsWhatChangedAlone counts the requests that one edit costs.
func TestAFollowerReadsWhatChangedAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string // guarded by mu
	o := newOrg(t, func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(r.RequestURI, "deltatoken") {
			asked = append(asked, strings.TrimPrefix(r.URL.Path, "/api/data/v9.2/"))
		}
		return false
	})
	f := o.client.Follow()
	if _, err := f.LoadSettings(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	follow := func(written ...string) (adapter.Settings, bool) {
		t.Helper()
		mu.Lock()
		asked = nil
		mu.Unlock()
		s, changed, err := f.FollowSettings(t.Context(), now, written)
		if err != nil {
			t.Fatal(err)
		}
		return s, changed
	}
	if _, changed := follow(); changed || len(asked) > 0 {
		t.Errorf("nothing was edited: changed %v, asked %q", changed, asked)
	}
	if err := o.mock.Update("queue", o.demo.RetailQueue, map[string]any{"name": "Renamed"}); err != nil {
		t.Fatal(err)
	}
	s, changed := follow()
	if !changed || !slices.Equal(asked, []string{"queues"}) || !slices.ContainsFunc(s.Queues, func(q adapter.Queue) bool { return q.Name == "Renamed" }) {
		t.Errorf("a queue was renamed: changed %v, asked %q, %+v", changed, asked, s.Queues)
	}
	if _, changed := follow("queuemembership"); !changed || !slices.Equal(asked, []string{"queuememberships"}) {
		t.Errorf("memberships cannot be followed: changed %v, asked %q", changed, asked)
	}
	if _, changed := follow("queue"); changed || len(asked) > 0 {
		t.Errorf("queues are followed: changed %v, asked %q", changed, asked)
	}
}
