package overflow_test

import (
	"slices"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// TestConditionsAndActions is the table "conditions × actions" of Microsoft's
// page for voice, with what is done about combinations that it does not list.
func TestConditionsAndActions(t *testing.T) {
	t.Parallel()
	const yes, no = overflow.Act, overflow.NotAvailable
	columns := []adapter.ActionID{stay, toQueue, endCall, toPhone, voicemail, callback, defaultRow}
	for name, row := range map[string]struct {
		moment    overflow.Moment
		condition string
		want      []overflow.Verdict
	}{
		"out of operation hours":        {overflow.PreQueue, condition(hours, "==", "false"), []overflow.Verdict{yes, yes, yes, yes, yes, no, yes}},
		"work item limit":               {overflow.PreQueue, atLeast(size, "1"), []overflow.Verdict{yes, yes, yes, yes, yes, yes, yes}},
		"average wait time":             {overflow.PreQueue, atLeast(wait, "1"), []overflow.Verdict{yes, yes, yes, yes, yes, yes, yes}},
		"waiting time in queue":         {overflow.InQueue, atLeast(elapsed, "60"), []overflow.Verdict{yes, yes, no, yes, yes, yes, yes}},
		"out of hours beside a limit":   {overflow.PreQueue, condition(hours, "==", "false") + atLeast(size, "1"), []overflow.Verdict{yes, yes, yes, yes, yes, no, yes}},
		"no condition at all, pre":      {overflow.PreQueue, "", []overflow.Verdict{yes, yes, yes, yes, yes, yes, yes}},
		"no condition at all, in-queue": {overflow.InQueue, "", []overflow.Verdict{yes, yes, yes, yes, yes, yes, yes}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, action := range columns {
				rules := decision(rule(1, action, row.condition))
				p := plan(t, settings(rules, ""))
				if row.moment == overflow.InQueue {
					p = plan(t, settings("", rules))
				}
				d := p.Decide(overflow.Snapshot{Moment: row.moment, Size: 9, EstimatedWait: time.Hour, Elapsed: time.Hour, Hours: overflow.Closed}, noon)
				if d.Verdict != row.want[i] || d.ActionID != action || d.Action != settings("", "").Actions[action].Type {
					t.Errorf("action %d: %v, want %v: %s", d.Action, d.Verdict, row.want[i], d.Explain())
				}
				if got := slices.Contains(codes(p.Findings()), "unavailable.action"); got != (row.want[i] == no) {
					t.Errorf("action %d: finding %v", d.Action, got)
				}
			}
		})
	}
}

func TestAMovedCallCanOnlyBeTransferred(t *testing.T) {
	t.Parallel()
	for action, want := range map[adapter.ActionID]overflow.Verdict{
		toQueue: overflow.Act, toPhone: overflow.Act,
		callback: overflow.NotAvailable, voicemail: overflow.NotAvailable, stay: overflow.NotAvailable,
		scheduled: overflow.Unsupported, missing: overflow.Unsupported,
	} {
		for _, entry := range []adapter.Entry{adapter.EntryTransfer, adapter.EntryOverflow} {
			s := waited(time.Hour)
			s.Entry = entry
			d := plan(t, settings("", decision(rule(1, action, atLeast(elapsed, "60"))))).Decide(s, noon)
			if d.Verdict != want {
				t.Errorf("%s: %v, want %v: %s", entry, d.Verdict, want, d.Explain())
			}
		}
	}
}

func TestTargetsOfTransfers(t *testing.T) {
	t.Parallel()
	p := plan(t, settings(decision(rule(1, toQueue, atLeast(size, "9")), rule(2, toPhone, atLeast(size, "1"))), ""))
	if d := p.Decide(calls(9), noon); d.TargetQueue != queueB || !d.TargetPhone.IsZero() {
		t.Errorf("target %q %v", d.TargetQueue, d.TargetPhone)
	}
	if d := p.Decide(calls(1), noon); d.TargetQueue != "" || d.TargetPhone.E164() != "+33155501234" {
		t.Errorf("target %q %v", d.TargetQueue, d.TargetPhone)
	}
}

func TestAnActionThatIsNotUnderstoodStopsTheEvaluation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code   string
		rule   string
		action adapter.OverflowActionType
	}{
		"unknown number": {"unsupported.action", rule(1, scheduled, atLeast(size, "1")), unknownAction},
		"no such row":    {"missing.action", rule(1, missing, atLeast(size, "1")), 0},
		"inactive row":   {"inactive.action", rule(1, inactive, atLeast(size, "1")), adapter.ActionDirectCallback},
		"bad target":     {"unsupported.target", rule(1, badTarget, atLeast(size, "1")), adapter.ActionTransferToQueue},
		"no GUID":        {"missing.action", rule(1, "callback", atLeast(size, "1")), 0},
		"no action":      {"missing.action", `<rule id="` + ruleID(1) + `">` + atLeast(size, "1") + `</rule>`, 0},
		"two actions":    {"missing.action", `<rule id="` + ruleID(1) + `">` + reference(callback) + reference(voicemail) + atLeast(size, "1") + `</rule>`, 0},
		"two actions and a third": {
			"missing.action", `<rule id="` + ruleID(1) + `">` + reference(callback) + reference(voicemail) + reference(callback) + atLeast(size, "1") + `</rule>`, 0,
		},
		"two references, one unreadable": {
			"missing.action", `<rule id="` + ruleID(1) + `">` + reference(callback) + reference("?") + atLeast(size, "1") + `</rule>`, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, settings(decision(c.rule, rule(2, callback, atLeast(size, "1"))), ""))
			expect(t, p.Decide(calls(5), noon), expectation{overflow.Unsupported, c.action, 0})
			expect(t, p.Decide(calls(0), noon), none)
			if !slices.Contains(codes(p.Findings()), c.code) {
				t.Errorf("findings %q lack %s", codes(p.Findings()), c.code)
			}
		})
	}
}

// reference is an <action> that names one row.
func reference(id adapter.ActionID) string {
	return `<action><setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs>` +
		`<rhs type="staticvalue">` + string(id) + `</rhs></setattribute></action>`
}
