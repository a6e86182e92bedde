package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
)

// accounts are the decisions that are kept with a call, the first first.
func (w *world) accounts(call adapter.CallID) (all []overflow.Account) {
	w.Helper()
	for _, j := range see(w, func(tx service.Tx) ([]adapter.Judgement, error) { return tx.Decisions(call) }) {
		if a, ok := overflow.ReadAccount(j); ok {
			all = append(all, a)
		}
	}
	return all
}

// What was decided can be explained later, by what is kept with the call alone.
func TestADecisionIsKeptWithAllThatExplainsIt(t *testing.T) {
	estimating(t, func(w *world) {
		w.rings("first", sales, w.phone())
		told := 3 * time.Minute
		w.tell("call", adapter.CallQueued{
			Queue: billing, From: w.phone(), QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotEscalated,
			Measures: adapter.Measures{EstimatedWait: &told},
		})
		w.rings("waits", support, w.phone())
		w.pass(2 * time.Minute)
		switch all := w.accounts("call"); {
		case len(all) != 1:
			t.Errorf("%d decisions are kept", len(all))
		case all[0].Queue != billing || all[0].QueueName != "Billing" || all[0].Bot != adapter.BotEscalated || all[0].Verdict != overflow.Act,
			all[0].Rule != 1 || all[0].ActionID != callBack || *all[0].Seen.Waiting != 0 || *all[0].Seen.EstimatedWait != 180,
			all[0].Seen.EstimateFrom != "platform" || all[0].At.IsZero(),
			all[0].Explanation != "The estimated wait is 3 minutes; the limit of this queue is 2 minutes (rule 1, Average wait time). Action: direct callback.":
			t.Errorf("%+v", all[0])
		}
		switch all := w.accounts("waits"); {
		case len(all) != 1:
			t.Errorf("%d decisions are kept", len(all))
		case all[0].Moment != overflow.InQueue || all[0].Seen.Elapsed != 120 || all[0].Seen.EstimateFrom != "":
			t.Errorf("%+v", all[0])
		}
		if n := len(w.accounts("first")); n != 0 {
			t.Errorf("%d decisions of a queue without rules", n)
		}
	})
}
