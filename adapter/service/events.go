package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// Handle takes a batch of events in one transaction. Each event gets its
// verdict: nil when it was taken, repeated, too old or parked; a Rejection when
// it never can be. An error means that none of the batch was taken.
func (s *Service) Handle(ctx context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error) {
	verdicts := make([]*adapter.Rejection, len(events))
	// Savepoints cost a fifth of an event. Hardly any batch needs one an event, and
	// one that does starts again with them.
	err := s.do(ctx, func(r *run) error { return r.applyAll(events) })
	if _, is := errors.AsType[*adapter.Rejection](err); is {
		err = s.do(ctx, func(r *run) error { return r.applyEach(events, verdicts) })
	}
	if err != nil {
		return nil, fmt.Errorf("handle events: %w", err)
	}
	s.skews.saw(events, s.o.Clock.Now())
	return verdicts, nil
}

// applyAll takes all events or, when one is rejected, is to be undone.
func (r *run) applyAll(events []adapter.CallEvent) error {
	if tx, is := r.tx.(expecter); is {
		if err := tx.Expect(events, r.now); err != nil {
			return err
		}
	}
	for _, e := range events {
		if err := r.apply(e); err != nil {
			return fmt.Errorf("event %s of %s: %w", e.ID, e.Source, err)
		}
	}
	return nil
}

// applyEach takes each event by itself: what is rejected takes no other with it.
func (r *run) applyEach(events []adapter.CallEvent, verdicts []*adapter.Rejection) error {
	clear(verdicts) // of an earlier run of this function
	for i, e := range events {
		err := r.attempt(func() error { return r.apply(e) })
		if rejection, is := errors.AsType[*adapter.Rejection](err); is {
			verdicts[i] = rejection
			continue
		}
		if err != nil {
			return fmt.Errorf("event %s of %s: %w", e.ID, e.Source, err)
		}
	}
	return nil
}

func (r *run) apply(e adapter.CallEvent) error {
	first, err := r.tx.FirstTime(e.Source, e.ID, r.now)
	if err != nil || !first {
		return err
	}
	return r.take(e)
}

// take is apply for an event that is known to be new.
func (r *run) take(e adapter.CallEvent) error {
	before := r.trace
	r.trace = e.Trace
	defer func() { r.trace = before }() // a parked event has its own
	switch data := e.Data.(type) {
	case adapter.RepresentativesChanged:
		return r.representatives(e, data)
	case adapter.CallbackProgress:
		return r.progress(e, data)
	case adapter.CallQueued:
		return r.queued(e, data)
	case adapter.ToneReceived:
		return r.tone(e, data)
	case adapter.CallUpdated, adapter.CallConnected, adapter.CallTransferred, adapter.CallEnded:
		return r.moved(e)
	case adapter.SettingsChanged:
		return r.settingsChanged(data)
	case adapter.DeliveryChanged:
		return r.deliveryChanged(data)
	case adapter.ConversationChanged:
		return r.conversationChanged(e, data)
	case adapter.EndpointChecked:
		return nil
	default:
		return &adapter.Rejection{Reason: "UnknownEventType", Description: fmt.Sprintf("the adapter has no use for %T", e.Data)}
	}
}

// park keeps an event that came before what it speaks of.
func (r *run) park(e adapter.CallEvent, waitsFor string) error {
	body, err := r.s.o.Codec.Encode(e)
	if err != nil {
		return err
	}
	return r.tx.Park(adapter.Parked{
		Source: e.Source, ID: e.ID, WaitsFor: waitsFor, Sequence: e.Sequence, Until: r.now.Add(r.s.o.ParkFor), Event: body,
	})
}

// unpark takes the events that waited for what is known now, in their order.
func (r *run) unpark(waitsFor string) error {
	parked, err := r.tx.Unpark(waitsFor)
	if err != nil {
		return err
	}
	for _, p := range parked {
		if err := r.takeParked(p); err != nil {
			return fmt.Errorf("parked event %s: %w", p.ID, err)
		}
	}
	return nil
}

// takeParked takes one event that waited. One that is rejected now is parked
// again, to be put aside with its time: it must not take with it what it waited for.
func (r *run) takeParked(p adapter.Parked) error {
	err := r.attempt(func() error {
		e, err := r.s.o.Codec.Decode(p.Event)
		if err != nil {
			return err
		}
		return r.take(e)
	})
	if rejection, is := errors.AsType[*adapter.Rejection](err); is {
		r.s.o.Logger.Warn("parked event is not taken", "source", p.Source, "event", p.ID, "error", rejection)
		return r.tx.Park(p)
	}
	return err
}

func (r *run) representatives(e adapter.CallEvent, data adapter.RepresentativesChanged) error {
	if _, ok := r.portal.plans.Plan(data.Queue); !ok {
		return r.park(e, "queue/"+string(data.Queue))
	}
	r.touch(data.Queue)
	return r.tx.SetAvailable(data.Queue, data.Available)
}

// moved takes the reports that change a known call.
func (r *run) moved(e adapter.CallEvent) error {
	call, err := r.tx.Call(e.Call)
	if ok, err := found(err); err != nil {
		return err
	} else if !ok {
		return r.park(e, "call/"+string(e.Call))
	}
	if !newer(&call, e) {
		return nil
	}
	switch data := e.Data.(type) {
	case adapter.CallUpdated:
		measure(&call, data.Measures)
		if data.Priority != nil {
			if *data.Priority < call.Priority {
				r.touch(call.Queue)
			}
			call.Priority = *data.Priority
		}
		return r.tx.SaveCall(call)
	case adapter.CallConnected:
		return r.connected(call, e)
	case adapter.CallTransferred:
		return r.leaves(call, adapter.CallMoved, e)
	default:
		return r.leaves(call, adapter.CallOver, e)
	}
}

// newer raises a call's watermark to an event's sequence. False means that the
// event comes too late, or from a source that is not the call's own.
func newer(call *adapter.Call, e adapter.CallEvent) bool {
	if e.Source != call.Source || e.Sequence <= call.Sequence {
		return false
	}
	call.Sequence = e.Sequence
	return true
}

func (r *run) connected(call adapter.Call, e adapter.CallEvent) error {
	if call.State == adapter.CallWaiting {
		if err := r.learn(call.Queue, e.At.Sub(call.QueuedAt)); err != nil {
			return err
		}
	}
	r.goes(call)
	call.State, call.ChangedAt, call.ConnectedAt = adapter.CallTaken, e.At, e.At
	if err := r.tx.SaveCall(call); err != nil {
		return err
	}
	if call.Callback != "" {
		own, err := r.tx.Callback(call.Callback)
		if err != nil {
			return err
		}
		if err := r.serve(own, "a representative was faster than the confirmation"); err != nil {
			return err
		}
	}
	held, err := r.tx.HeldBy(call.ID)
	if err != nil {
		return err
	}
	for _, c := range held {
		if err := r.serve(c, "the customer called again and was served"); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) serve(c adapter.Callback, reason string) error {
	c.HeldBy = ""
	switch c.State {
	case adapter.StateCancelling, adapter.StateDispatching, adapter.StateUncertain:
		c.After = adapter.StateServed
		_, err := r.save(c.State, c, string(callback.CustomerServed), reason)
		return err
	default:
		_, err := r.step(c, callback.CustomerServed, reason)
		return err
	}
}

// goes notes that a call stops waiting, which lets others move up if it stood in line.
func (r *run) goes(call adapter.Call) {
	if call.Waits() {
		r.touch(call.Queue)
	}
}

// leaves takes a call out of line: it ended, or went elsewhere.
func (r *run) leaves(call adapter.Call, to adapter.CallState, e adapter.CallEvent) error {
	r.goes(call)
	call.State, call.ChangedAt = to, e.At
	if err := r.tx.SaveCall(call); err != nil {
		return err
	}
	if to == adapter.CallMoved {
		return r.holdOwn(call)
	}
	if err := r.ownOver(call); err != nil {
		return err
	}
	held, err := r.tx.HeldBy(call.ID)
	if err != nil {
		return err
	}
	for _, c := range held {
		c.HeldBy = ""
		if c.ID == call.Callback && c.Attempts == 0 && !c.Throttled {
			c.ReleaseFrom = time.Time{}
		}
		if _, err := r.save(c.State, c, "resumed", "the customer's call left without a representative"); err != nil {
			return err
		}
	}
	return nil
}

// holdOwn keeps the callback that a call asked for from ringing while that call goes on
// elsewhere, in another queue or at another number: the line is busy until its end,
// or until adapter.CallForgotten.
func (r *run) holdOwn(call adapter.Call) error {
	if call.Callback == "" {
		return nil
	}
	own, err := r.tx.Callback(call.Callback)
	if err != nil || own.State.Ended() {
		return err
	}
	return r.holdBy(own, call.ID)
}

// ownOver lets the callback that a call asked for ring: its customer has hung up. A
// callback that was tried or put off meanwhile waits for that, not for the call.
func (r *run) ownOver(call adapter.Call) error {
	if call.Callback == "" {
		return nil
	}
	own, err := r.tx.Callback(call.Callback)
	if err != nil || own.HeldBy != "" || own.Attempts > 0 || own.Throttled || own.State != adapter.StateWaiting || !own.ReleaseFrom.After(r.now) {
		return err
	}
	own.ReleaseFrom = time.Time{}
	_, err = r.save(own.State, own, "own call over", "")
	return err
}

// hold keeps a number's pending callbacks from ringing while it is on the line.
func (r *run) hold(phone adapter.Phone, call adapter.CallID) error {
	if phone.IsZero() {
		return nil
	}
	pending, err := r.tx.PendingOf(phone)
	if err != nil {
		return err
	}
	for _, c := range pending {
		if c.Call == call {
			continue
		}
		if err := r.holdBy(c, call); err != nil {
			return err
		}
	}
	return nil
}

// holdBy keeps one callback from ringing while its customer is in a call.
func (r *run) holdBy(c adapter.Callback, call adapter.CallID) error {
	if c.HeldBy == call {
		return nil
	}
	c.HeldBy = call
	var err error
	switch c.State {
	case adapter.StateWaiting, adapter.StateDispatching, adapter.StateUncertain:
		_, err = r.save(c.State, c, string(callback.CustomerCallsNow), "held until that call is over")
	case adapter.StateDue, adapter.StateDispatched:
		_, err = r.step(c, callback.CustomerCallsNow, "held until that call is over")
	default: // scheduled: not yet; accepted or connected: too late
	}
	return err
}
