package service

import (
	"errors"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/overflow"
)

// offer plays the offer to a waiting caller, or keeps why not, and plans the
// next one either way: a pause may end, a duplicate may be served.
func (r *run) offer(plan *overflow.Plan, call *adapter.Call) error {
	terms := plan.Terms(call.Action)
	call.NextOffer = callback.NextOffer(call.NextOffer, r.now, r.s.o.Policy.Under(terms))
	if call.From.IsZero() {
		call.NextOffer = time.Time{} // that will not change
	}
	is, err := r.circumstances(plan, *call, terms)
	if err != nil {
		return err
	}
	if refusal, ok := callback.Offerable(*call, is); !ok {
		return r.notOffered(call.ID, "offer", refusal, terms)
	}
	text, locale := plan.TextFor(adapter.MessageCallbackOffer, listener(*call))
	err = r.command(*call, adapter.Command{
		Type: adapter.CommandPlay, Prompt: adapter.PromptOffer, Text: text, Locale: locale,
		Collect: "1", Sequence: int64(call.Offers + 1), NotAfter: call.NextOffer,
	})
	if err != nil {
		return err
	}
	call.Offers++
	call.LastOffer = r.now
	if call.FirstOffer.IsZero() {
		call.FirstOffer = r.now
	}
	return nil
}

// tone takes a key that a caller pressed. An opt-in is one transaction: the
// callback exists, stands in the call's place, and one command confirms and
// ends the call.
func (r *run) tone(e adapter.CallEvent, data adapter.ToneReceived) error {
	call, err := r.tx.Call(e.Call)
	if ok, err := found(err); err != nil {
		return err
	} else if !ok {
		return r.park(e, "call/"+string(e.Call))
	}
	meaning, reason := callback.JudgeTone(call, data.Tone, e.At, r.now, r.s.o.Policy)
	if meaning == callback.ToneIgnored || call.From.IsZero() || r.s.o.Shadow {
		return nil // in shadow: it answered somebody else's offer
	}
	c, joined, err := r.promise(call)
	if refusal, is := refusalOf(err); is {
		return r.notOffered(call.ID, "opt-in", refusal, r.termsOf(call))
	}
	if errors.Is(err, adapter.ErrNotOffered) {
		return nil // nothing can be promised, so nothing is confirmed: the caller waits on
	}
	if err != nil {
		return err
	}
	if joined && meaning == callback.ToneOptsIn {
		if err := r.join(c, call); err != nil {
			return err
		}
	}
	waiting := call.Waits()
	call.Callback, call.ConfirmedAt = c.ID, r.now
	if err := r.tx.SaveCall(call); err != nil {
		return err
	}
	r.touch(call.Queue)
	switch {
	case meaning == callback.ToneServed && !joined:
		return r.serve(c, reason)
	case waiting:
		return r.confirm(call)
	}
	return nil
}

// promise makes the callback of a call, in the call's place. A number that
// already waits for one joins it: the earlier place is kept.
func (r *run) promise(call adapter.Call) (c adapter.Callback, joined bool, err error) {
	terms := r.termsOf(call)
	if c, joined, err = r.duplicate(call.From, call.Queue, call.Workstream, terms); err != nil {
		return c, joined, err
	}
	if joined {
		c, err = r.wantAgain(c)
		return c, joined, err
	}
	if full, err := r.full(call.Queue, terms); err != nil {
		return c, false, err
	} else if full {
		return c, false, &refusedError{callback.RefusedFull} // others were faster than this caller
	}
	c = callback.Open(adapter.Callback{
		ID: adapter.CallbackID(r.s.o.NewID()), Queue: call.Queue, Phone: call.From, Channel: adapter.ChannelVoice, Call: call.ID,
		Priority: call.Priority, QueuedAt: call.QueuedAt, Locale: call.Locale, Attributes: call.Attributes,
		Consent: adapter.Consent{Given: true, At: r.now, Text: "pressed 1"}, Action: terms.Action,
	}, r.now, r.s.o.Policy.Under(terms))
	if call.State == adapter.CallWaiting {
		c.ReleaseFrom = r.now.Add(r.s.o.Policy.CallOver)
	}
	// The call gives its place up in the same transaction, see tone.
	c, err = r.save("", c, "opted in", "pressed 1")
	return c, false, err
}

// termsOf are those under which a call's callback stands.
func (r *run) termsOf(call adapter.Call) adapter.Terms {
	plan, ok := r.portal.plans.Plan(call.Queue)
	if !ok {
		return adapter.Terms{}
	}
	return plan.Terms(call.Action)
}

// join gives a callback that waits already, in the same queue, the better of the two places, and
// keeps it from ringing before the call is over.
func (r *run) join(c adapter.Callback, call adapter.Call) error {
	if c.State != adapter.StateWaiting {
		return nil
	}
	better := call.Priority > c.Priority || call.Priority == c.Priority && call.QueuedAt.Before(c.QueuedAt)
	if better && call.Queue == c.Queue {
		c.Priority, c.QueuedAt = call.Priority, call.QueuedAt
	}
	if over := r.now.Add(r.s.o.Policy.CallOver); call.State == adapter.CallWaiting && over.After(c.ReleaseFrom) {
		c.ReleaseFrom = over // else it waits longer for its next attempt
	}
	_, err := r.save(c.State, c, "joined", "pressed 1")
	return err
}

// promptLife is how long a prompt that ends the call may still be played. The
// state it names keeps a late one from cutting a conversation.
const promptLife = 10 * time.Minute

func (r *run) confirm(call adapter.Call) error {
	plan, ok := r.portal.plans.Plan(call.Queue)
	if !ok {
		return nil
	}
	text, locale := plan.TextFor(adapter.MessageCallbackResponse, listener(call))
	return r.command(call, adapter.Command{
		Type: adapter.CommandPlay, Prompt: adapter.PromptConfirmation, Text: text, Locale: locale,
		Then: adapter.ThenEnd, Sequence: int64(call.Offers + 1), NotAfter: r.now.Add(promptLife),
	})
}

// listener is the caller, as texts are made for.
func listener(call adapter.Call) overflow.Listener {
	return overflow.Listener{Locale: call.Locale, Workstream: adapter.NormalizeID(call.Workstream), Variables: call.Attributes}
}
