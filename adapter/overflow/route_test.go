package overflow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

const (
	routeRules = adapter.RulesetID("0d7e5a52-84c1-4a3b-9d0e-3b1c6f9a7e21")
	ownRules   = adapter.RulesetID("6f3c2b1a-9d8e-4f7a-8b6c-5d4e3f2a1b0c")
	routeID    = "96c9a69a-2a30-48a6-9639-d74e416a26e9"
)

func toQueueRoute(more string) string {
	return `<rule id="{` + strings.ToUpper(routeID) + `}" name="All"><condition operator="=="><lhs type="attribute">liveworkitemcontext.Language</lhs><rhs type="staticvalue">FR</rhs></condition>` +
		`<action><setattribute><lhs type="attribute">assign_to.queue</lhs><rhs type="staticvalue">{` + strings.ToUpper(string(queueA)) + `}</rhs></setattribute>` + more + `</action></rule>`
}

func splitRoute(a, b string) string {
	record := func(queue adapter.QueueID, percent string) string {
		return `<record><setattribute><lhs type="attribute">queuedetails.queueid</lhs><rhs type="staticvalue">` + string(queue) + `</rhs></setattribute>` +
			`<setattribute><lhs type="attribute">queuedetails.percentage</lhs><rhs type="staticvalue">` + percent + `</rhs></setattribute></record>`
	}
	return `<rule id="` + routeID + `" name="Split"><action><upsertrecords><target>percentagebaseddistribution</target><records>` +
		record(queueA, a) + record(queueB, b) + `</records></upsertrecords></action></rule>`
}

// routed is one voice queue whose own rules offer a callback to the second caller,
// a work stream that leads to it, and a ruleset that ends calls from the first on.
func routed(route string) adapter.Settings {
	s := settings(decision(rule(1, callback, atLeast(size, "1"))), "")
	s.Queues = append(s.Queues, adapter.Queue{ID: queueB, Name: "Other", Type: adapter.QueueVoice, Active: true})
	for id, text := range map[adapter.RulesetID]string{routeRules: decision(route), ownRules: decision(rule(7, endCall, atLeast(size, "0")))} {
		s.Rulesets[id] = adapter.Ruleset{ID: id, Name: string(id), Type: adapter.RulesetDeclarative, Definition: text}
	}
	s.Workstreams = []adapter.Workstream{{
		ID: "w", Name: "Voice", Active: true, Stream: adapter.StreamVoice,
		Steps: []adapter.RoutingStep{{ID: "s", Type: adapter.StepRouteToQueue, Ruleset: routeRules}},
	}}
	return s
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	set := overflow.Compile(routed(splitRoute("70", "30")), nil)
	want := []overflow.Route{{ID: routeID, Name: "Split", Workstream: "w", Shares: []overflow.Share{{Queue: queueA, Percent: 70}, {Queue: queueB, Percent: 30}}}}
	if diff := cmp.Diff(want, set.Routes()); diff != "" {
		t.Error(diff)
	}
	set = overflow.Compile(routed(toQueueRoute("")), nil)
	if got := set.Routes()[0]; got.ID != routeID || len(got.Shares) != 1 || got.Shares[0].Queue != queueA || got.Problem != "" {
		t.Errorf("%+v", got)
	}
}

func TestOverflowOfARoute(t *testing.T) {
	t.Parallel()
	own := `<setattribute><lhs type="attribute">overflow.rulesetid</lhs><rhs type="staticvalue">{` + strings.ToUpper(string(ownRules)) + `}</rhs></setattribute>`
	tests := map[string]struct {
		route, sentBy string
		size          int
		want          overflow.Verdict
		action        adapter.ActionID
		code          string
	}{
		"without handling of its own the queue's rules are asked":   {toQueueRoute(""), routeID, 1, overflow.Act, callback, ""},
		"its own rules replace those of the queue":                  {toQueueRoute(own), routeID, 1, overflow.Act, endCall, "rule.override"},
		"also where the queue's would not hold":                     {toQueueRoute(own), routeID, 0, overflow.Act, endCall, "rule.override"},
		"the event may spell the rule's id in another way":          {toQueueRoute(own), "{" + strings.ToUpper(routeID) + "}", 0, overflow.Act, endCall, "rule.override"},
		"calls that another rule routed are the queue's":            {toQueueRoute(own), ruleID(5), 1, overflow.Act, callback, "rule.override"},
		"calls of which nothing is said are the queue's":            {toQueueRoute(own), "", 1, overflow.Act, callback, "rule.override"},
		"percentages come before overflow: the picked queue counts": {splitRoute("70", "30"), routeID, 1, overflow.Act, callback, ""},
		"what cannot be read may be handling of its own":            {toQueueRoute("<overflow/>"), routeID, 1, overflow.Indeterminate, "", "possible.override"},
		"a reference that leads nowhere as well":                    {toQueueRoute(strings.ReplaceAll(own, strings.ToUpper(string(ownRules)), ruleID(9))), routeID, 1, overflow.Indeterminate, "", "possible.override"},
		"and so does one beside the action":                         {strings.Replace(toQueueRoute(""), "<action>", "<overflow/><action>", 1), routeID, 1, overflow.Indeterminate, "", "possible.override"},
		"percentages that do not add up are told":                   {splitRoute("70", "20"), routeID, 1, overflow.Act, callback, "odd.percentage"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := overflow.Compile(routed(test.route), nil)
			p, ok := set.PlanFor(queueA, test.sentBy)
			if !ok {
				t.Fatal("no plan")
			}
			if d := p.Decide(calls(test.size), noon); d.Verdict != test.want || d.ActionID != test.action {
				t.Errorf("%v, action %s: %s", d.Verdict, d.ActionID, d.Explain())
			} else if replaced := test.code == "rule.override" && test.action == endCall || test.want == overflow.Indeterminate; (d.Account().Route == routeID) != replaced {
				t.Errorf("the account names route %q", d.Account().Route)
			}
			found := slices.IndexFunc(set.Findings(), func(f adapter.Finding) bool { return f.Row == string(routeRules) && f.Code == test.code })
			if (found >= 0) != (test.code != "") {
				t.Errorf("findings %v", codes(set.Findings()))
			}
			if found >= 0 && (set.Findings()[found].Part != routeID || set.Findings()[found].Remedy == "") {
				t.Errorf("finding %+v", set.Findings()[found])
			}
		})
	}
}

func TestABrokenRouteRulesetLeavesTheQueueItsRules(t *testing.T) {
	t.Parallel()
	s := routed("<rule>")
	set := overflow.Compile(s, nil)
	p, _ := set.PlanFor(queueA, routeID)
	if d := p.Decide(calls(1), noon); d.ActionID != callback {
		t.Errorf("%v", d.Explain())
	}
	if !slices.Contains(codes(set.Findings()), "broken.ruleset") {
		t.Errorf("findings %v", codes(set.Findings()))
	}
}

func TestPrerequisitesOfDirectCallback(t *testing.T) {
	t.Parallel()
	s := routed(toQueueRoute(""))
	s.Members = map[adapter.QueueID]int{queueB: 3}
	s.Configurations[0].Workstream = "w"
	s.Workstreams[0].Templates = []adapter.Template{{Purpose: "agent_dial", ID: "t", Name: "Outbound", Title: "Outbound call"}}
	got := codes(overflow.Compile(s, nil).Findings())
	for _, code := range []string{"missing.members", "silent.template"} {
		if !slices.Contains(got, code) {
			t.Errorf("no %s in %v", code, got)
		}
	}
	s.Members[queueA] = 1
	s.Workstreams[0].Templates[0].Title = "Call back a customer"
	got = codes(overflow.Compile(s, nil).Findings())
	for _, code := range []string{"missing.members", "silent.template"} {
		if slices.Contains(got, code) {
			t.Errorf("%s in %v", code, got)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(rule(1, callback, atLeast(size, "5"))), ""))
	queue := func(waiting int, is overflow.Openness, opens time.Duration) overflow.Candidate {
		c := overflow.Candidate{Decision: p.Decide(overflow.Snapshot{Size: waiting, EstimatedWait: overflow.NoEstimate, Hours: is}, noon)}
		if opens > 0 {
			c.Opens = noon.Add(opens)
		}
		return c
	}
	free, full := queue(0, overflow.Open, 0), queue(9, overflow.Open, 0)
	tests := map[string]struct {
		candidates []overflow.Candidate
		want       int
	}{
		"no candidate":                            {nil, -1},
		"the first that does not overflow":        {[]overflow.Candidate{full, free, free}, 1},
		"which need not be open":                  {[]overflow.Candidate{full, queue(0, overflow.Closed, time.Hour)}, 1},
		"all overflow: one that operates":         {[]overflow.Candidate{queue(9, overflow.Closed, time.Hour), full}, 1},
		"one without hours operates":              {[]overflow.Candidate{queue(9, overflow.Closed, time.Hour), queue(9, overflow.HoursAbsent, 0)}, 1},
		"none operates: the one that opens first": {[]overflow.Candidate{queue(9, overflow.Closed, 3*time.Hour), queue(9, overflow.Closed, time.Hour), queue(9, overflow.Closed, 2*time.Hour)}, 1},
		"an opening that is not known comes last": {[]overflow.Candidate{queue(9, overflow.Closed, 0), queue(9, overflow.Closed, 48*time.Hour)}, 1},
	}
	for name, test := range tests {
		if got := overflow.Choose(test.candidates); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestTextsOfOneNumberAndOfOtherLanguages(t *testing.T) {
	t.Parallel()
	s := settings("", "")
	message := func(instance, locale, text string) adapter.Message {
		return adapter.Message{Event: adapter.MessageCallbackOffer, Stream: adapter.StreamVoice, Instance: instance, Locale: locale, Text: text, Active: true}
	}
	general := message("", "en-US", "General, {$Tier$} customer of {QueueName}")
	general.Translations = map[string]string{"fr-FR": "Général", "de-DE": "Allgemein"}
	const number, other = "3b0e6f52-7a8c-4d1e-9f20-1a2b3c4d5e6f", "4c1f7063-8b9d-4e2f-a031-2b3c4d5e6f70"
	s.Messages = []adapter.Message{general, message(number, "en-US", "Of this number"), message(other, "en-US", "Of another")}
	s.Channels = []adapter.VoiceChannel{{ID: number, Workstream: "one"}, {ID: number, Workstream: "two"}, {ID: other, Workstream: "two"}}
	p := plan(t, s)
	tests := map[string]struct {
		to           overflow.Listener
		text, locale string
	}{
		"of the channel, with what is known of the call": {overflow.Listener{Locale: "en-GB", Variables: map[string]string{"Tier": "gold"}}, "General, gold customer of Billing", "en-US"},
		"translated":                     {overflow.Listener{Locale: "fr-CA"}, "Général", "fr-FR"},
		"of the number":                  {overflow.Listener{Locale: "en-US", Workstream: "one"}, "Of this number", "en-US"},
		"of a work stream of two":        {overflow.Listener{Locale: "en-US", Workstream: "two"}, "General,  customer of Billing", "en-US"},
		"of a work stream without":       {overflow.Listener{Locale: "de", Workstream: "three"}, "Allgemein", "de-DE"},
		"a number's message wins anyway": {overflow.Listener{Locale: "de-DE", Workstream: "one"}, "Of this number", "en-US"},
	}
	for name, test := range tests {
		if text, locale := p.TextFor(adapter.MessageCallbackOffer, test.to); text != test.text || locale != test.locale {
			t.Errorf("%s: %q in %q, want %q in %q", name, text, locale, test.text, test.locale)
		}
	}
}
