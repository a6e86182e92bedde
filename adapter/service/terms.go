package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
)

// circumstances are what an offer to a caller depends on besides the rules. What
// costs a question is asked only where the answer counts.
func (r *run) circumstances(plan *overflow.Plan, call adapter.Call, terms adapter.Terms) (callback.Circumstances, error) {
	is := callback.Circumstances{OffersOff: r.s.o.OffersOff, Unreadable: terms.Unreadable != ""}
	configuration, ok := plan.Configuration()
	is.Configuration = ok
	var err error
	if _, is.Paused, err = r.paused(adapter.Paused{Queue: call.Queue}); err != nil {
		return is, err
	}
	if _, is.Blocked, err = r.paused(adapter.Paused{Configuration: configuration.ID}); err != nil {
		return is, err
	}
	if !call.From.IsZero() && !r.duplicatesAllowed(terms) {
		if _, is.Duplicate, err = r.duplicate(call.From, call.Queue, call.Workstream, terms); err != nil {
			return is, err
		}
	}
	if is.Full, err = r.full(call.Queue, terms); err != nil {
		return is, err
	}
	if r.s.o.SkipNext {
		place, err := r.tx.Place(string(call.ID), r.now)
		is.Next = place == 1
		return is, err
	}
	return is, nil
}

// notOffered keeps why a caller is offered nothing.
func (r *run) notOffered(call adapter.CallID, moment string, refusal callback.Refusal, terms adapter.Terms) error {
	told := map[string]any{"refused": string(refusal)}
	switch refusal {
	case callback.RefusedFull:
		told["limit"] = terms.Limit
	case callback.RefusedTerms:
		told["because"] = terms.Unreadable
	case callback.RefusedPaused, callback.RefusedBlocked:
		told["pauses"] = r.pauseReasons()
	default:
	}
	trace, err := json.Marshal(told)
	if err != nil {
		return err
	}
	return r.tx.SaveDecision(call, r.now, moment, "NotOffered", trace)
}

// duplicatesAllowed tells that a number that waits already may be offered a callback
// all the same: only where the portal alone decides. Asking for it joins the two,
// for two deliveries to one number could not be told apart.
func (r *run) duplicatesAllowed(t adapter.Terms) bool {
	return r.s.o.PortalDuplicates && t.Duplicates <= adapter.DuplicatesAllowed
}

// duplicate finds the callback that a number waits for already: in the same queue, or
// as far as the terms reach.
func (r *run) duplicate(phone adapter.Phone, queue adapter.QueueID, workstream string, t adapter.Terms) (adapter.Callback, bool, error) {
	pending, err := r.tx.PendingOf(phone)
	if err != nil {
		return adapter.Callback{}, false, err
	}
	for _, c := range pending {
		if c.Queue == queue {
			return c, true, nil
		}
	}
	for _, c := range pending {
		reached, err := r.reached(c, workstream, t.Duplicates)
		if err != nil || reached {
			return c, reached, err
		}
	}
	return adapter.Callback{}, false, nil
}

// reached tells whether a pending callback of another queue is within reach. Of a
// workstream only what the telephony told is known, so that what was asked for
// elsewhere than by telephone belongs to none.
func (r *run) reached(c adapter.Callback, workstream string, reach adapter.DuplicateReach) (bool, error) {
	switch {
	case reach == adapter.DuplicatesAnywhere:
		return true, nil
	case reach != adapter.DuplicatesInWorkstream || workstream == "" || c.Call == "":
		return false, nil
	}
	call, err := r.tx.Call(c.Call)
	known, err := found(err)
	return known && call.Workstream == workstream, err
}

// full tells whether the queue has as many pending callbacks as it may. Whoever is
// told no may add one in this transaction, and nobody else is told no meanwhile.
func (r *run) full(queue adapter.QueueID, t adapter.Terms) (bool, error) {
	if !t.Limited {
		return false, nil
	}
	n, err := r.tx.PendingIn(queue)
	return n >= t.Limit, err
}

// answerDuplicate tells a caller to whom the rules would offer a callback that the
// number waits for one already, where the terms want that, and says whether the call
// ends with it. It is asked once, when the rules come to it.
func (r *run) answerDuplicate(plan *overflow.Plan, call *adapter.Call) (ends bool, err error) {
	terms := plan.Terms(call.Action)
	if terms.OnDuplicate == adapter.DuplicateWaits || terms.Unreadable != "" || call.From.IsZero() || r.s.o.OffersOff {
		return false, nil
	}
	if _, paused, err := r.paused(adapter.Paused{Queue: call.Queue}); err != nil || paused {
		return false, err
	}
	_, is, err := r.duplicate(call.From, call.Queue, call.Workstream, terms)
	if err != nil || !is {
		return false, err
	}
	if err := r.notOffered(call.ID, "offer", callback.RefusedDuplicate, terms); err != nil {
		return false, err
	}
	text, locale := plan.TextFor(adapter.MessageCallbackPending, listener(*call))
	command := adapter.Command{
		Type: adapter.CommandPlay, Prompt: adapter.PromptDuplicate, Text: text, Locale: locale,
		Sequence: int64(call.Offers + 1), NotAfter: r.now.Add(promptLife),
	}
	if ends = terms.OnDuplicate == adapter.DuplicateIsToldEnds; ends {
		command.Then = adapter.ThenEnd
	}
	return ends, r.command(*call, command)
}

// neverReopens is when a line is looked at again whose queue is closed for as long as
// can be read.
const neverReopens = time.Hour

// closed tells whether a callback must wait because its queue is closed, and when the
// queue opens. Where the hours cannot be read and Dynamics keeps to them, it decides.
func (r *run) closed(c adapter.Callback) (opens time.Time, closed bool) {
	plan, ok := r.portal.plans.Plan(c.Queue)
	if !ok || plan.Queue().OperatingHours == "" || plan.GoesOutClosed(plan.Terms(c.Action)) {
		return time.Time{}, false
	}
	schedule := r.portal.hours.Of(plan.Queue())
	configuration, _ := plan.Configuration()
	switch is := schedule.Open(r.now); {
	case is == hours.Open, is == hours.Unknown && !configuration.IgnoresHours:
		return time.Time{}, false
	}
	opens, _ = schedule.NextOpening(r.now)
	if !opens.After(r.now) {
		opens = r.now.Add(neverReopens)
	}
	return opens, true
}

// holdsBack tells why a callback must not go out now although its turn has come.
func (r *run) holdsBack(c adapter.Callback) (reason string, err error) {
	if reason, err = r.queueHoldsBack(c); reason == "" && err == nil {
		_, reason, _ = r.quiet(c)
	}
	return reason, err
}

// queueHoldsBack tells why none of a callback's queue goes out now.
func (r *run) queueHoldsBack(c adapter.Callback) (reason string, err error) {
	pause, paused, err := r.paused(adapter.Paused{Queue: c.Queue})
	if err != nil || paused {
		return "the queue is paused: " + pause.Reason, err
	}
	if _, closed := r.closed(c); closed {
		return "the queue is closed", nil
	}
	return "", nil
}

// waitsOn tells whether a callback in front keeps its place and is not released: its
// queue is paused or closed, or representatives take long to accept.
func (r *run) waitsOn(c adapter.Callback) (bool, error) {
	reason, err := r.queueHoldsBack(c)
	if err != nil {
		return false, err
	}
	if reason != "" {
		if opens, closed := r.closed(c); closed {
			return true, r.tx.LookAtLine(c.Queue, opens)
		}
		return true, nil // whoever ends the pause looks
	}
	return r.throttled(c)
}

// throttled puts the turn of a callback off as its terms want, once.
func (r *run) throttled(c adapter.Callback) (bool, error) {
	plan, ok := r.portal.plans.Plan(c.Queue)
	if !ok || c.Throttled {
		return false, nil
	}
	terms := plan.Terms(c.Action)
	if terms.Throttle == 0 {
		return false, nil
	}
	average, _, err := r.tx.Acceptance(c.Queue, r.now.Add(-terms.LookBack))
	if err != nil {
		return false, err
	}
	delay := callback.Throttle(average, terms.Throttle)
	if delay == 0 {
		return false, nil
	}
	c.Throttled, c.ReleaseFrom = true, r.now.Add(delay)
	_, err = r.save(c.State, c, "turn put off", fmt.Sprintf("representatives took %v on average to accept, the target is %v", average.Round(time.Second), terms.Throttle))
	return true, err
}

// mayPromiseUnder tells whether the terms allow one more callback, by
// adapter.ErrNotOffered and why.
func (r *run) mayPromiseUnder(queue adapter.QueueID, terms adapter.Terms) error {
	full, err := r.full(queue, terms)
	switch {
	case err != nil:
		return err
	case full:
		return &refusedError{callback.RefusedFull}
	case terms.Unreadable != "":
		return &refusedError{callback.RefusedTerms}
	}
	return nil
}

// refusedError is adapter.ErrNotOffered with its reason.
type refusedError struct{ why callback.Refusal }

func (e *refusedError) Error() string { return adapter.ErrNotOffered.Error() + ": " + string(e.why) }

func (e *refusedError) Unwrap() error { return adapter.ErrNotOffered }

// refusalOf is the reason of a refusedError; false if err is none.
func refusalOf(err error) (callback.Refusal, bool) {
	refused, is := errors.AsType[*refusedError](err)
	if !is {
		return "", false
	}
	return refused.why, true
}
