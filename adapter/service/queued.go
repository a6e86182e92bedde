package service

import (
	"encoding/json"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/overflow"
	"directcallback/adapter/wait"
)

// queued takes a call that starts to wait: it gets its place, and its queue's
// pre-queue rules are judged, once.
func (r *run) queued(e adapter.CallEvent, data adapter.CallQueued) error {
	plan, ok := r.portal.plans.PlanFor(data.Queue, data.RoutingRule)
	if !ok {
		return r.park(e, "queue/"+string(data.Queue))
	}
	old, err := r.tx.Call(e.Call)
	known, err := found(err)
	if err != nil {
		return err
	}
	if known && old.State != adapter.CallWaiting && data.QueuedAt.After(old.ChangedAt) {
		// The id of a call that is over names another one now, as telephonies do
		// that count their calls. What is known of the old one would only confuse.
		if err := r.tx.DropCall(old.ID); err != nil {
			return err
		}
		known = false
	}
	if known && old.Source != e.Source {
		return &adapter.Rejection{
			Reason:      "CallOfAnotherSource",
			Description: "data.callId names a live call of another source; call ids must be unique over all telephonies that send to this adapter",
		}
	}
	if known {
		if !newer(&old, e) {
			return nil
		}
		if old.Callback != "" {
			return r.tx.SaveCall(old)
		}
		r.touch(old.Queue)
		if old.Waits() && old.Queue == data.Queue && old.Bot != adapter.BotHandling {
			// The same wait, told again: decided once, and what was offered counts.
			old.Priority = data.Priority
			measure(&old, data.Measures)
			return r.tx.SaveCall(old)
		}
	}
	call := newCall(e, data)
	size, err := r.size(data.Queue)
	if err != nil {
		return err
	}
	if known && old.Waits() && old.Queue == call.Queue {
		size = max(size-1, 0) // itself, reported again
	}
	if err := r.decide(plan, &call, overflow.PreQueue, size); err != nil {
		return err
	}
	if wait, ok := plan.NextCheck(-1); ok {
		call.CheckAt = call.QueuedAt.Add(wait)
	}
	// Nobody moves up because somebody joins: its queue need not be looked at.
	if err := r.tx.SaveCall(call); err != nil {
		return err
	}
	if err := r.hold(call.From, call.ID); err != nil {
		return err
	}
	return r.unpark("call/" + string(e.Call))
}

func newCall(e adapter.CallEvent, data adapter.CallQueued) adapter.Call {
	call := adapter.Call{
		ID: e.Call, Source: e.Source, Sequence: e.Sequence, Queue: data.Queue, Workstream: data.Workstream, RoutingRule: data.RoutingRule,
		From: data.From, Priority: data.Priority, QueuedAt: data.QueuedAt, Locale: data.Locale, Entry: data.Entry, Bot: data.Bot,
		State: adapter.CallWaiting, ChangedAt: e.At, CallsWaiting: -1, EstimatedWait: -1, Attributes: data.Attributes,
	}
	measure(&call, data.Measures)
	return call
}

// measure keeps what the platform says it knows.
func measure(call *adapter.Call, m adapter.Measures) {
	if m.CallsWaiting != nil {
		call.CallsWaiting = *m.CallsWaiting
	}
	if m.EstimatedWait != nil {
		call.EstimatedWait = *m.EstimatedWait
	}
}

// decide judges a call by its queue's rules and does what they say.
func (r *run) decide(plan *overflow.Plan, call *adapter.Call, moment overflow.Moment, size int) error {
	snapshot := overflow.Snapshot{
		Moment: moment, Size: size, EstimatedWait: overflow.NoEstimate, Elapsed: r.now.Sub(call.QueuedAt),
		Hours: r.portal.open(plan.Queue(), r.now), Entry: call.Entry, Bot: call.Bot,
	}
	estimate, err := r.estimateIn(&snapshot, plan, call.EstimatedWait)
	if err != nil {
		return err
	}
	decision := plan.Decide(snapshot, r.now)
	if decision.Verdict == overflow.NoRule {
		return nil
	}
	if err := r.keep(call.ID, decision, estimate); err != nil {
		return err
	}
	if decision.Verdict != overflow.Act || decision.Action == call.Overflow {
		return nil
	}
	call.Overflow, call.Action, call.OverflowAt = decision.Action, decision.ActionID, r.now
	return r.act(plan, call, decision, moment)
}

// estimateIn puts the estimated wait of a queue into a snapshot, where its rules ask for
// it: before a call is queued. told is the platform's, of the call; below 0 is nothing.
func (r *run) estimateIn(snapshot *overflow.Snapshot, plan *overflow.Plan, told time.Duration) (wait.Estimate, error) {
	if snapshot.Moment != overflow.PreQueue || !plan.AsksEstimate() {
		return wait.Estimate{}, nil
	}
	estimate, err := r.estimate(plan.Queue().ID, told)
	if err == nil && estimate.Known() {
		snapshot.EstimatedWait = estimate.Wait
	}
	return estimate, err
}

// accountOf writes a decision down, and where its estimate came from.
func accountOf(decision overflow.Decision, estimate wait.Estimate) overflow.Account {
	account := decision.Account()
	account.Seen.EstimateFrom = string(estimate.Source)
	return account
}

// keep writes down why a call is treated as it is.
func (r *run) keep(call adapter.CallID, decision overflow.Decision, estimate wait.Estimate) error {
	account := accountOf(decision, estimate)
	body, err := json.Marshal(account)
	if err != nil {
		return err
	}
	return r.tx.SaveDecision(call, r.now, account.Moment.String(), account.Verdict.String(), body)
}

// act turns an overflow action into its command, or plans the first offer.
func (r *run) act(plan *overflow.Plan, call *adapter.Call, decision overflow.Decision, moment overflow.Moment) error {
	var command adapter.Command
	call.NextOffer = time.Time{} // what was offered before applies no more
	switch decision.Action {
	case adapter.ActionDirectCallback:
		if ends, err := r.answerDuplicate(plan, call); err != nil || ends {
			return err
		}
		since := call.QueuedAt
		if moment == overflow.InQueue {
			since = r.now
		}
		call.NextOffer = callback.FirstOffer(call.QueuedAt, since, r.s.o.Policy)
		return nil
	case adapter.ActionEnd:
		text, locale := plan.TextFor(adapter.MessageOverflowEnd, listener(*call))
		command = adapter.Command{
			Type: adapter.CommandPlay, Prompt: adapter.PromptOverflowEnd, Text: text, Locale: locale, Then: adapter.ThenEnd,
			Sequence: int64(call.Offers + 1), NotAfter: r.now.Add(promptLife),
		}
	case adapter.ActionTransferToPhone:
		command = adapter.Command{Type: adapter.CommandTransfer, ToPhone: decision.TargetPhone}
	case adapter.ActionTransferToQueue:
		command = adapter.Command{Type: adapter.CommandTransfer, ToQueue: decision.TargetQueue}
	case adapter.ActionVoicemail:
		command = adapter.Command{Type: adapter.CommandVoicemail}
	default: // stay, or nothing to do
		return nil
	}
	return r.command(*call, command)
}

// look does what a waiting call wants without any event: its in-queue rules and
// its next offer.
func (r *run) look(call adapter.Call) error {
	if due(call.QueuedAt.Add(adapter.CallForgotten), r.now) {
		r.s.o.Logger.Warn("call forgotten: no word of its end", "call", call.ID, "queue", call.Queue)
		return r.leaves(call, adapter.CallOver, adapter.CallEvent{At: r.now})
	}
	plan, ok := r.portal.plans.Plan(call.Queue)
	if !ok { // the queue left the portal: nothing applies to it any more
		call.NextOffer, call.CheckAt = time.Time{}, time.Time{}
		return r.tx.SaveCall(call)
	}
	if due(call.CheckAt, r.now) {
		size, err := r.tx.Size(call.Queue, r.now)
		if err != nil {
			return err
		}
		if err := r.decide(plan, &call, overflow.InQueue, max(size-1, 0)); err != nil {
			return err
		}
		call.CheckAt = time.Time{}
		if wait, ok := plan.NextCheck(r.now.Sub(call.QueuedAt)); ok {
			call.CheckAt = call.QueuedAt.Add(wait)
		}
	}
	if due(call.NextOffer, r.now) {
		if err := r.offer(plan, &call); err != nil {
			return err
		}
	}
	return r.tx.SaveCall(call)
}

func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }
