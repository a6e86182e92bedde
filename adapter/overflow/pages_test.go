package overflow_test

import (
	"fmt"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

// sentence is one statement of a documentation page, in our words, as a case.
type sentence struct {
	says    string
	pre, in string // rulesets
	change  func(*adapter.Settings)
	at      overflow.Snapshot
	want    overflow.Verdict
	rule    int // that decides, from 0; -1 = none
	action  adapter.ActionID
}

func (s sentence) check(t *testing.T) {
	t.Helper()
	all := settings(s.pre, s.in)
	if s.change != nil {
		s.change(&all)
	}
	d := plan(t, all).Decide(s.at, noon)
	if d.Verdict != s.want || d.Rule != s.rule || d.ActionID != s.action {
		t.Errorf("%v, rule %d, action %s; want %v, rule %d, action %s: %s", d.Verdict, d.Rule, d.ActionID, s.want, s.rule, s.action, d.Explain())
	}
}

func runSentences(t *testing.T, all []sentence) {
	t.Helper()
	said := map[string]bool{}
	for _, s := range all {
		if said[s.says] {
			t.Errorf("said twice: %s", s.says)
		}
		said[s.says] = true
		t.Run(s.says, func(t *testing.T) {
			t.Parallel()
			s.check(t)
		})
	}
}

// closed is the condition of the rule that comes with operating hours.
func closed() string { return and(notNull(hours), condition(hours, "==", "false")) }

// arrival is a pre-queue snapshot, made different.
func arrival(changes ...func(*overflow.Snapshot)) overflow.Snapshot {
	s := overflow.Snapshot{EstimatedWait: overflow.NoEstimate}
	for _, change := range changes {
		change(&s)
	}
	return s
}

func with(n int) func(*overflow.Snapshot) { return func(s *overflow.Snapshot) { s.Size = n } }

func expecting(d time.Duration) func(*overflow.Snapshot) {
	return func(s *overflow.Snapshot) { s.EstimatedWait = d }
}

func when(is overflow.Openness) func(*overflow.Snapshot) {
	return func(s *overflow.Snapshot) { s.Hours = is }
}

func by(entry adapter.Entry) func(*overflow.Snapshot) {
	return func(s *overflow.Snapshot) { s.Entry = entry }
}

func bot(is adapter.Bot) func(*overflow.Snapshot) { return func(s *overflow.Snapshot) { s.Bot = is } }

func after(d time.Duration, changes ...func(*overflow.Snapshot)) overflow.Snapshot {
	s := waited(d)
	for _, change := range changes {
		change(&s)
	}
	return s
}

// TestManageOverflowOfWorkItems goes through the page of that name.
func TestManageOverflowOfWorkItems(t *testing.T) {
	t.Parallel()
	const none = adapter.ActionID("")
	limit := func(n string, do adapter.ActionID) string { return decision(rule(1, do, atLeast(size, n))) }
	average := func(m string, do adapter.ActionID) string { return decision(rule(1, do, atLeast(wait, m))) }
	lapsed := func(s string, do adapter.ActionID) string { return decision(rule(1, do, atLeast(elapsed, s))) }
	hoursLast := decision(rule(1, callback, atLeast(size, "2")), rule(2, voicemail, closed()))
	both := decision(rule(1, callback, atLeast(wait, "10")), rule(2, toQueue, atLeast(size, "5")))

	runSentences(t, []sentence{
		{"without overflow handling the item joins the queue and waits", "", "", nil, arrival(with(99)), overflow.NoRule, -1, none},
		{"without overflow handling the item goes on waiting", "", "", nil, after(time.Hour), overflow.NoRule, -1, none},

		// Two moments.
		{"pre-queue conditions are judged before the item is queued", limit("2", callback), "", nil, arrival(with(2)), overflow.Act, 0, callback},
		{"pre-queue conditions are not judged while it waits", limit("2", callback), "", nil, after(time.Hour), overflow.NoRule, -1, none},
		{"in-queue conditions are judged while it waits", "", lapsed("300", callback), nil, after(5 * time.Minute), overflow.Act, 0, callback},
		{"in-queue conditions are not judged as it enters", "", lapsed("300", callback), nil, arrival(with(99)), overflow.NoRule, -1, none},
		{"a queue may have both", limit("2", voicemail), lapsed("300", callback), nil, after(5 * time.Minute), overflow.Act, 0, callback},

		// Work item limit.
		{"limit 2: the first arrival is queued", limit("2", callback), "", nil, arrival(with(0)), overflow.NoRule, -1, none},
		{"limit 2: the second arrival is queued", limit("2", callback), "", nil, arrival(with(1)), overflow.NoRule, -1, none},
		{"limit 2: the third arrival overflows", limit("2", callback), "", nil, arrival(with(2)), overflow.Act, 0, callback},
		{"a limit may be 1", limit("1", callback), "", nil, arrival(with(1)), overflow.Act, 0, callback},
		{"a limit may be 100", limit("100", callback), "", nil, arrival(with(100)), overflow.Act, 0, callback},
		{"one below the limit of 100 is queued", limit("100", callback), "", nil, arrival(with(99)), overflow.NoRule, -1, none},
		{"a limit leads to a direct callback", limit("1", callback), "", nil, arrival(with(5)), overflow.Act, 0, callback},
		{"a limit leads to the end of the call", limit("1", endCall), "", nil, arrival(with(5)), overflow.Act, 0, endCall},
		{"a limit leads to another queue", limit("1", toQueue), "", nil, arrival(with(5)), overflow.Act, 0, toQueue},
		{"a limit leads to an external number", limit("1", toPhone), "", nil, arrival(with(5)), overflow.Act, 0, toPhone},
		{"a limit leads to voicemail", limit("1", voicemail), "", nil, arrival(with(5)), overflow.Act, 0, voicemail},
		{"a limit may leave the item in the queue, says the summary table", limit("1", stay), "", nil, arrival(with(5)), overflow.Act, 0, stay},

		// Average wait time.
		{"an average wait of 30 seconds is the least", average("0.5", callback), "", nil, arrival(expecting(30 * time.Second)), overflow.Act, 0, callback},
		{"a wait just below 30 seconds is not enough", average("0.5", callback), "", nil, arrival(expecting(29 * time.Second)), overflow.NoRule, -1, none},
		{"an average wait of 60 minutes is the most", average("60", callback), "", nil, arrival(expecting(time.Hour)), overflow.Act, 0, callback},
		{"the wait that equals the limit overflows", average("10", callback), "", nil, arrival(expecting(10 * time.Minute)), overflow.Act, 0, callback},
		{"a second less does not", average("10", callback), "", nil, arrival(expecting(10*time.Minute - time.Second)), overflow.NoRule, -1, none},
		{"with too few conversations the condition is not evaluated", average("10", callback), "", nil, arrival(), overflow.NoRule, -1, none},
		{"no average is not an average of zero", decision(rule(1, callback, condition(wait, "&lt;=", "5"))), "", nil, arrival(), overflow.NoRule, -1, none},
		{"an average wait leads to a direct callback", average("1", callback), "", nil, arrival(expecting(time.Hour)), overflow.Act, 0, callback},
		{"an average wait leads to the end of the call", average("1", endCall), "", nil, arrival(expecting(time.Hour)), overflow.Act, 0, endCall},
		{"an average wait leads to another queue", average("1", toQueue), "", nil, arrival(expecting(time.Hour)), overflow.Act, 0, toQueue},
		{"an average wait leads to an external number", average("1", toPhone), "", nil, arrival(expecting(time.Hour)), overflow.Act, 0, toPhone},
		{"an average wait leads to voicemail", average("1", voicemail), "", nil, arrival(expecting(time.Hour)), overflow.Act, 0, voicemail},
		{"an average wait may leave the item in the queue, says the summary table", average("1", stay), "", nil, arrival(expecting(time.Hour)), overflow.Act, 0, stay},

		// Out of operation hours.
		{"a closed queue is out of operation hours", decision(rule(1, voicemail, closed())), "", nil, arrival(when(overflow.Closed)), overflow.Act, 0, voicemail},
		{"an open queue is not", decision(rule(1, voicemail, closed())), "", nil, arrival(when(overflow.Open)), overflow.NoRule, -1, none},
		{"a queue without operating hours is always open", decision(rule(1, voicemail, closed())), "", nil, arrival(when(overflow.HoursAbsent)), overflow.NoRule, -1, none},
		{"hours bring the action assign to queue anyway", decision(rule(1, stay, closed())), "", nil, arrival(when(overflow.Closed)), overflow.Act, 0, stay},
		{"out of hours leads to another queue", decision(rule(1, toQueue, closed())), "", nil, arrival(when(overflow.Closed)), overflow.Act, 0, toQueue},
		{"out of hours leads to the end of the call", decision(rule(1, endCall, closed())), "", nil, arrival(when(overflow.Closed)), overflow.Act, 0, endCall},
		{"out of hours leads to an external number", decision(rule(1, toPhone, closed())), "", nil, arrival(when(overflow.Closed)), overflow.Act, 0, toPhone},
		{"out of hours leads to no direct callback in classic", decision(rule(1, callback, closed())), "", nil, arrival(when(overflow.Closed)), overflow.NotAvailable, 0, callback},
		{"hours that cannot be read decide nothing", decision(rule(1, voicemail, closed())), "", nil, arrival(when(overflow.HoursUnknown)), overflow.Indeterminate, -1, none},

		// Waiting time in queue.
		{"a wait of 1 minute is the least", "", lapsed("60", callback), nil, after(time.Minute), overflow.Act, 0, callback},
		{"a second less goes on waiting", "", lapsed("60", callback), nil, after(59 * time.Second), overflow.NoRule, -1, none},
		{"a wait of 60 minutes is the most", "", lapsed("3600", callback), nil, after(time.Hour), overflow.Act, 0, callback},
		{"30 seconds, as live organizations have, count as stored", "", lapsed("30", callback), nil, after(30 * time.Second), overflow.Act, 0, callback},
		{"a wait leads to a direct callback", "", lapsed("300", callback), nil, after(time.Hour), overflow.Act, 0, callback},
		{"a wait leads to another queue", "", lapsed("300", toQueue), nil, after(time.Hour), overflow.Act, 0, toQueue},
		{"a wait leads to an external number", "", lapsed("300", toPhone), nil, after(time.Hour), overflow.Act, 0, toPhone},
		{"a wait leads to voicemail", "", lapsed("300", voicemail), nil, after(time.Hour), overflow.Act, 0, voicemail},
		{"a wait does not end a voice call", "", lapsed("300", endCall), nil, after(time.Hour), overflow.NotAvailable, 0, endCall},

		// Precedence.
		{"out of hours goes first, although it is defined last", hoursLast, "", nil, arrival(with(7), when(overflow.Closed)), overflow.Act, 1, voicemail},
		{"within hours the other conditions count", hoursLast, "", nil, arrival(with(7), when(overflow.Open)), overflow.Act, 0, callback},
		{"without hours the other conditions count", hoursLast, "", nil, arrival(with(7)), overflow.Act, 0, callback},
		{"of two that hold the first defined decides", both, "", nil, arrival(with(9), expecting(12*time.Minute)), overflow.Act, 0, callback},
		{"the second decides when the first does not hold", both, "", nil, arrival(with(9), expecting(9*time.Minute)), overflow.Act, 1, toQueue},
		{"the second decides when the first is not evaluated", both, "", nil, arrival(with(9)), overflow.Act, 1, toQueue},
		{"none decides when none holds", both, "", nil, arrival(with(4), expecting(9*time.Minute)), overflow.NoRule, -1, none},
		{"only one action runs: the first stands though it cannot be had", decision(rule(1, missing, atLeast(size, "1")), rule(2, callback, atLeast(size, "1"))), "", nil, arrival(with(3)), overflow.Unsupported, 0, missing},

		// Who is judged pre-queue.
		{"a routed item is judged", limit("1", callback), "", nil, arrival(with(3), by(adapter.EntryRoute)), overflow.Act, 0, callback},
		{"an item for the fallback queue is not", limit("1", callback), "", nil, arrival(with(3), by(adapter.EntryFallback)), overflow.Excluded, -1, none},
		{"out of hours does not matter for the fallback queue either", hoursLast, "", nil, arrival(when(overflow.Closed), by(adapter.EntryFallback)), overflow.Excluded, -1, none},
		{"an item that a representative or supervisor moved is not", limit("1", callback), "", nil, arrival(with(3), by(adapter.EntryTransfer)), overflow.Excluded, -1, none},
		{"an item that overflowed from another queue is not", limit("1", callback), "", nil, arrival(with(3), by(adapter.EntryOverflow)), overflow.Excluded, -1, none},
		{"with an AI agent it waits for the escalation", limit("1", callback), "", nil, arrival(with(3), bot(adapter.BotHandling)), overflow.Excluded, -1, none},
		{"after the first escalation it is judged", limit("1", callback), "", nil, arrival(with(3), bot(adapter.BotEscalated)), overflow.Act, 0, callback},
		{"a second escalation comes as a transfer and is not judged", limit("1", callback), "", nil, arrival(with(3), bot(adapter.BotEscalated), by(adapter.EntryTransfer)), overflow.Excluded, -1, none},
		{"an escalation to the fallback queue is not judged", limit("1", callback), "", nil, arrival(with(3), bot(adapter.BotEscalated), by(adapter.EntryFallback)), overflow.Excluded, -1, none},

		// Who is judged in-queue.
		{"an AI agent's call does not wait in the queue", "", lapsed("60", callback), nil, after(time.Hour, bot(adapter.BotHandling)), overflow.Excluded, -1, none},
		{"an escalated call waits", "", lapsed("60", callback), nil, after(time.Hour, bot(adapter.BotEscalated)), overflow.Act, 0, callback},
		{"a fallback item is judged: nothing says otherwise", "", lapsed("60", callback), nil, after(time.Hour, by(adapter.EntryFallback)), overflow.Act, 0, callback},
		{"a transferred voice call gets no direct callback", "", lapsed("60", callback), nil, after(time.Hour, by(adapter.EntryTransfer)), overflow.NotAvailable, 0, callback},
		{"a transferred voice call gets no voicemail", "", lapsed("60", voicemail), nil, after(time.Hour, by(adapter.EntryTransfer)), overflow.NotAvailable, 0, voicemail},
		{"a transferred voice call can go to another queue", "", lapsed("60", toQueue), nil, after(time.Hour, by(adapter.EntryTransfer)), overflow.Act, 0, toQueue},
		{"a transferred voice call can go to an external number", "", lapsed("60", toPhone), nil, after(time.Hour, by(adapter.EntryTransfer)), overflow.Act, 0, toPhone},
		{"an overflowed voice call gets no direct callback", "", lapsed("60", callback), nil, after(time.Hour, by(adapter.EntryOverflow)), overflow.NotAvailable, 0, callback},
		{"an overflowed voice call gets no voicemail", "", lapsed("60", voicemail), nil, after(time.Hour, by(adapter.EntryOverflow)), overflow.NotAvailable, 0, voicemail},
		{"an overflowed voice call can go to another queue", "", lapsed("60", toQueue), nil, after(time.Hour, by(adapter.EntryOverflow)), overflow.Act, 0, toQueue},
		{"an overflowed voice call can go to an external number", "", lapsed("60", toPhone), nil, after(time.Hour, by(adapter.EntryOverflow)), overflow.Act, 0, toPhone},

		// What the page does not say and organizations have.
		{"an action with a number of its own is shown, and stops the evaluation", decision(rule(1, scheduled, atLeast(size, "1")), rule(2, callback, atLeast(size, "1"))), "", nil, arrival(with(3)), overflow.Unsupported, 0, scheduled},
		{"an inactive action stops the evaluation", limit("1", inactive), "", nil, arrival(with(3)), overflow.Unsupported, 0, inactive},
		{"the default action does nothing", limit("1", defaultRow), "", nil, arrival(with(3)), overflow.Act, 0, defaultRow},
		{"a rule that cannot be read casts its shadow on the next", decision(rule(1, toQueue, atLeast(strange, "1")), rule(2, callback, atLeast(size, "1"))), "", nil, arrival(with(3)), overflow.Shadowed, 1, callback},
		{"a disabled rule does not count", limit("1", callback), "", func(s *adapter.Settings) {
			r := s.Rulesets[preRules]
			r.DisabledRules = `["` + ruleID(1) + `"]`
			s.Rulesets[preRules] = r
		}, arrival(with(3)), overflow.NoRule, -1, none},
		{"a ruleset that is no decision list decides nothing", limit("1", callback), "", func(s *adapter.Settings) {
			r := s.Rulesets[preRules]
			r.Type = 192350001
			s.Rulesets[preRules] = r
		}, arrival(with(3)), overflow.Indeterminate, -1, none},
	})
}

// TestEveryConditionActionAndEntry goes through all combinations and compares with
// the reference's table, written down here once more.
func TestEveryConditionActionAndEntry(t *testing.T) {
	t.Parallel()
	actions := []adapter.ActionID{callback, endCall, toQueue, toPhone, voicemail, stay}
	conditions := map[string]struct {
		moment overflow.Moment
		rule   string
		allows []adapter.ActionID // besides staying, which the summary table allows everywhere
	}{
		"out of operation hours": {overflow.PreQueue, closed(), []adapter.ActionID{toQueue, endCall, toPhone, voicemail}},
		"work item limit":        {overflow.PreQueue, atLeast(size, "1"), []adapter.ActionID{callback, endCall, toQueue, toPhone, voicemail}},
		"average wait time":      {overflow.PreQueue, atLeast(wait, "1"), []adapter.ActionID{callback, endCall, toQueue, toPhone, voicemail}},
		"waiting time in queue":  {overflow.InQueue, atLeast(elapsed, "60"), []adapter.ActionID{callback, toQueue, toPhone, voicemail}},
	}
	entries := []adapter.Entry{adapter.EntryRoute, adapter.EntryTransfer, adapter.EntryOverflow, adapter.EntryFallback}
	bots := []adapter.Bot{adapter.BotNone, adapter.BotHandling, adapter.BotEscalated}
	combinations := 0
	for name, c := range conditions {
		for _, action := range actions {
			rules := decision(rule(1, action, c.rule))
			p := plan(t, settings(rules, ""))
			if c.moment == overflow.InQueue {
				p = plan(t, settings("", rules))
			}
			for _, entry := range entries {
				for _, bot := range bots {
					combinations++
					moved := entry == adapter.EntryTransfer || entry == adapter.EntryOverflow
					want := overflow.NotAvailable
					for _, allowed := range append(c.allows, stay) {
						if allowed == action {
							want = overflow.Act
						}
					}
					switch {
					case bot == adapter.BotHandling, c.moment == overflow.PreQueue && entry != adapter.EntryRoute:
						want = overflow.Excluded
					case moved && action != toQueue && action != toPhone:
						want = overflow.NotAvailable
					}
					d := p.Decide(overflow.Snapshot{
						Moment: c.moment, Size: 9, EstimatedWait: time.Hour, Elapsed: time.Hour, Hours: overflow.Closed, Entry: entry, Bot: bot,
					}, noon)
					if d.Verdict != want {
						t.Errorf("%s, action %s, %s, bot %s: %v, want %v", name, settings("", "").Actions[action].Name, entry, bot, d.Verdict, want)
					}
				}
			}
		}
	}
	if want := 4 * 6 * 4 * 3; combinations != want {
		t.Error(fmt.Sprint(combinations, " combinations, want ", want))
	}
}
