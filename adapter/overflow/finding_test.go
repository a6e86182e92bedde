package overflow_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

func TestFindings(t *testing.T) {
	t.Parallel()
	load := decision(rule(1, callback, atLeast(size, "5")))
	edit := func(id adapter.ActionID, change func(*adapter.OverflowAction)) func(*adapter.Settings) {
		return func(s *adapter.Settings) {
			row := s.Actions[id]
			change(&row)
			s.Actions[id] = row
		}
	}
	for name, c := range map[string]struct {
		pre, in string
		change  func(*adapter.Settings)
		want    map[string]adapter.Severity
	}{
		"nothing to find": {pre: load},
		"direct callback without a configuration": {
			pre:    load,
			change: func(s *adapter.Settings) { s.Configurations = nil },
			want:   map[string]adapter.Severity{"missing.configuration": adapter.SeverityError},
		},
		"an inactive configuration is none": {
			pre:    load,
			change: func(s *adapter.Settings) { s.Configurations[0].Active = false },
			want:   map[string]adapter.Severity{"missing.configuration": adapter.SeverityError},
		},
		"another dial mode is none": {
			pre:    load,
			change: func(s *adapter.Settings) { s.Configurations[0].DialMode++ },
			want:   map[string]adapter.Severity{"missing.configuration": adapter.SeverityError},
		},
		"no callback, no configuration needed": {
			pre:    decision(rule(1, voicemail, atLeast(size, "5"))),
			change: func(s *adapter.Settings) { s.Configurations = nil },
		},
		"two configurations": {
			pre: load,
			change: func(s *adapter.Settings) {
				second := s.Configurations[0]
				second.ID = "00000000-aaaa-4000-8000-000000000002"
				s.Configurations = append(s.Configurations, second)
			},
			want: map[string]adapter.Severity{"ambiguous.configuration": adapter.SeverityWarning},
		},
		"it closes conversations": {
			pre:    load,
			change: func(s *adapter.Settings) { s.Configurations[0].ClosesConversations = true },
			want:   map[string]adapter.Severity{"closes.conversations": adapter.SeverityWarning},
		},
		"a profile that was not read is linked": {
			pre:    load,
			change: edit(callback, func(a *adapter.OverflowAction) { a.Profile = "5a5e" }),
			want:   map[string]adapter.Severity{"missing.profile": adapter.SeverityError},
		},
		"callback while waiting": {
			in:   decision(rule(1, callback, atLeast(elapsed, "60"))),
			want: map[string]adapter.Severity{"overflow.page.only": adapter.SeverityInfo},
		},
		"size beyond the portal's range":    {pre: decision(rule(1, callback, atLeast(size, "101"))), want: map[string]adapter.Severity{"outside.range": adapter.SeverityWarning}},
		"size that is no integer":           {pre: decision(rule(1, callback, atLeast(size, "2.5"))), want: map[string]adapter.Severity{"outside.range": adapter.SeverityWarning}},
		"wait below the portal's range":     {pre: decision(rule(1, callback, atLeast(wait, "0.4"))), want: map[string]adapter.Severity{"outside.range": adapter.SeverityWarning}},
		"wait at both ends of the range":    {pre: decision(rule(1, callback, atLeast(wait, "0.5")), rule(2, callback, atLeast(wait, "60")))},
		"elapsed of 30 s, as has been seen": {in: decision(rule(1, voicemail, atLeast(elapsed, "30"))), want: map[string]adapter.Severity{"outside.range": adapter.SeverityWarning}},
		"the target queue was not read":     {pre: decision(rule(1, toQueue, atLeast(size, "5"))), want: map[string]adapter.Severity{"unknown.target": adapter.SeverityWarning}},
		"inactive queue":                    {pre: load, change: func(s *adapter.Settings) { s.Queues[0].Active = false }, want: map[string]adapter.Severity{"inactive.queue": adapter.SeverityInfo}},
		"unknown element in an action": {
			pre:  decision(`<rule id="1">` + reference(voicemail) + `<action><upsertrecords/></action>` + atLeast(size, "1") + `</rule>`),
			want: map[string]adapter.Severity{"unsupported.element": adapter.SeverityWarning},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings(c.pre, c.in)
			if c.change != nil {
				c.change(&s)
			}
			got, ids := map[string]adapter.Severity{}, map[string]bool{}
			for _, f := range plan(t, s).Findings() {
				got[f.Code] = f.Severity
				if f.Queue != queueA || f.Table == "" || f.Row == "" || f.Reason == "" || f.Consequence == "" || f.Remedy == "" {
					t.Errorf("incomplete: %+v", f)
				}
				if ids[f.ID()] {
					t.Errorf("two findings with one id: %+v", f)
				}
				ids[f.ID()] = true
			}
			if c.want == nil {
				c.want = map[string]adapter.Severity{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFindingsKeepTheirIDsWhenRulesAreMovedAbout(t *testing.T) {
	t.Parallel()
	ids := func(rules ...string) []string {
		var all []string
		for _, f := range plan(t, settings(decision(rules...), "")).Findings() {
			all = append(all, f.ID())
		}
		slices.Sort(all)
		return all
	}
	one := rule(1, callback, atLeast("queue_prequeue.mood", "5"), atLeast("queue_prequeue.weather", "1"))
	other := rule(2, "00000000-0000-4000-8000-00000000dead", atLeast(size, "500"))
	first, second := ids(one, other), ids(other, one)
	if len(first) < 4 {
		t.Fatalf("only %d findings", len(first))
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestFindingsOfTheSet(t *testing.T) {
	t.Parallel()
	s := settings(decision(rule(1, voicemail, atLeast(size, "5"))), "")
	s.Queues = append(s.Queues,
		adapter.Queue{ID: "c", Type: 192350009},
		adapter.Queue{ID: queueB, Type: adapter.QueueVoice},
		adapter.Queue{ID: "d", Type: adapter.QueueMessaging})
	set := overflow.Compile(s, nil)
	if got := set.Queues(); !slices.Equal(got, []adapter.QueueID{queueA, queueB}) {
		t.Errorf("plans for %v", got)
	}
	want := []string{"inactive.queue", "unsupported.queue", "possible.override"}
	if diff := cmp.Diff(want, codes(set.Findings())); diff != "" {
		t.Error(diff)
	}
	if f := set.Findings()[2]; f.Row != string(callback) {
		t.Errorf("the row that no ruleset names is %s", f.Row)
	}
	if _, ok := set.Plan("d"); ok {
		t.Error("a messaging queue has a plan")
	}
}

func TestTheConfigurationThatIsUsed(t *testing.T) {
	t.Parallel()
	s := settings("", "")
	first := s.Configurations[0]
	gentle, harsh, elsewhere, progressive := first, first, first, first
	gentle.ID = "9"
	harsh.ID, harsh.ClosesConversations = "1", true
	elsewhere.ID, elsewhere.Queue = "0", queueB
	progressive.ID, progressive.DialMode = "00", 100000001
	s.Configurations = []adapter.EngagementConfiguration{harsh, gentle, elsewhere, progressive}
	got, ok := plan(t, s).Configuration()
	if !ok || got.ID != "9" {
		t.Errorf("%v, %v; want the one that leaves conversations alone", got, ok)
	}
	s.Configurations = nil
	if _, ok := plan(t, s).Configuration(); ok {
		t.Error("a configuration out of nothing")
	}
}
