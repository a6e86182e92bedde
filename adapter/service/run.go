package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// run is one transaction's worth of deciding: the store, the settings and the
// time it sees, and what it must tell others once it is durable.
type run struct {
	s      *Service
	tx     Tx
	portal *portal
	now    time.Time
	by     string        // the person who decides; empty = nobody
	trace  adapter.Trace // of what is being taken

	pauses        []adapter.Pause
	pausesKnown   bool
	pausesChanged bool

	told            map[string]bool // targets for which something waits now
	webhooksChanged bool

	touched  map[adapter.QueueID]bool // lines in which somebody may have moved up
	steps    []Step
	commands bool
	unread   []adapter.ConversationID // rows to be read
}

// touch notes that somebody in a queue's line may have moved up; it is looked at once, at the
// end of the transaction.
func (r *run) touch(queue adapter.QueueID) { r.touched[queue] = true }

// attempt is a savepoint: when f fails, nobody is told of what it did.
func (r *run) attempt(f func() error) error {
	steps, commands, unread := len(r.steps), r.commands, len(r.unread)
	err := r.tx.Savepoint(f)
	if err != nil {
		r.steps, r.commands, r.unread = r.steps[:steps], commands, r.unread[:unread]
	}
	return err
}

// step applies an event of a callback's life, stores the outcome and what must
// leave. An event that the table does not know changes nothing.
func (r *run) step(c adapter.Callback, on callback.Event, reason string) (adapter.Callback, error) {
	return r.stepLater(c, on, reason, r.now)
}

// stepLater is step for effects that must not leave before notBefore.
func (r *run) stepLater(c adapter.Callback, on callback.Event, reason string, notBefore time.Time) (adapter.Callback, error) {
	if !c.Wish.IsZero() {
		var err error
		if c, err = r.grantable(c); err != nil {
			return c, err
		}
	}
	then := wanted(c, r.now)
	next, effect, ok := callback.Step(c, on, reason, r.now, r.s.o.Policy)
	if !ok {
		return c, nil
	}
	next, err := r.save(c.State, next, string(on), reason)
	if err != nil {
		return c, err
	}
	if err := r.effect(next, effect, notBefore); err != nil {
		return c, err
	}
	done := !c.Wish.IsZero() && next.Wish.IsZero()
	if then == "" || done {
		return next, nil
	}
	return r.step(next, then, "decided while Dynamics was being asked to call")
}

// save stores a callback that changed and notes the step.
func (r *run) save(from adapter.State, c adapter.Callback, event, reason string) (adapter.Callback, error) {
	saved, err := r.tx.SaveCallback(c, adapter.History{At: r.now, From: from, Event: event, To: c.State, Reason: reason, By: r.by, Trace: r.trace})
	if err != nil {
		return c, err
	}
	r.touch(c.Queue)
	r.steps = append(r.steps, Step{
		At: r.now, Callback: c.ID, Call: c.Call, Queue: c.Queue, Phone: c.Phone, From: from, To: c.State, Event: event, Reason: reason,
	})
	if err := r.notifyAll(from, saved); err != nil {
		return c, err
	}
	if saved.Erase && saved.State.Ended() {
		return r.erase(saved)
	}
	return saved, nil
}

// send puts something into the outbox that must leave.
func (r *run) send(o adapter.Outgoing) error {
	o.PutAt = r.now
	return r.tx.Send(o)
}

func (r *run) effect(c adapter.Callback, effect callback.Effect, notBefore time.Time) error {
	kinds := map[callback.Effect]adapter.OutgoingKind{
		callback.Deliver:        adapter.OutgoingDeliver,
		callback.CancelDelivery: adapter.OutgoingCancel,
	}
	kind, ok := kinds[effect]
	if !ok {
		return nil
	}
	return r.send(adapter.Outgoing{ID: r.s.o.NewID(), Kind: kind, Key: string(c.Queue), Callback: c.ID, NotBefore: notBefore})
}

// command puts a command for a call into the outbox; in shadow it is only
// recorded what would have been sent.
func (r *run) command(call adapter.Call, c adapter.Command) error {
	if r.s.o.Shadow {
		trace, err := json.Marshal(map[string]any{"command": c.Type, "prompt": c.Prompt, "toQueue": c.ToQueue, "toPhone": c.ToPhone})
		if err != nil {
			return err
		}
		return r.tx.SaveDecision(call.ID, r.now, "command", "Shadow", trace)
	}
	c.ID, c.Call, c.Queue, c.At, c.OnlyWhile = r.s.o.NewID(), call.ID, call.Queue, r.now, adapter.CallWaiting
	r.commands = true
	return r.send(adapter.Outgoing{ID: c.ID, Kind: adapter.OutgoingCommand, Key: string(c.Queue), Command: c})
}

// advance releases the callbacks whose place came up in the lines that moved:
// the first in line, or the first n when n representatives are free.
func (r *run) advance() error {
	// Releasing touches the line again but frees no place, so one pass is enough.
	queues := make([]adapter.QueueID, 0, len(r.touched))
	for queue := range r.touched {
		queues = append(queues, queue)
	}
	slices.Sort(queues)
	for _, queue := range queues {
		if err := r.release(queue); err != nil {
			return fmt.Errorf("advance queue %s: %w", queue, err)
		}
	}
	clear(r.touched)
	return nil
}

func (r *run) release(queue adapter.QueueID) error {
	for again := true; again; {
		var err error
		if again, err = r.releaseFront(queue); err != nil {
			return err
		}
	}
	return nil
}

// releaseFront is release for the line as it stands. True means that somebody
// stepped aside, so that the line must be looked at again.
func (r *run) releaseFront(queue adapter.QueueID) (bool, error) {
	free, err := r.tx.Available(queue)
	if err != nil {
		return false, err
	}
	front, err := r.tx.Front(queue, max(free, 1), r.now)
	if err != nil {
		return false, err
	}
	for i, item := range front {
		if item.Callback == "" {
			continue
		}
		c, err := r.tx.Callback(item.Callback)
		if err != nil {
			return false, err
		}
		if c.State != adapter.StateWaiting || c.ReleaseFrom.After(r.now) {
			continue
		}
		live, err := r.tx.LiveCall(c.Phone, c.Call)
		if err != nil {
			return false, err
		}
		if live != "" {
			c.HeldBy = live
			_, err := r.save(c.State, c, string(callback.CustomerCallsNow), "held until that call is over")
			return true, err
		}
		if waits, err := r.waitsOn(c); err != nil {
			return false, err
		} else if waits {
			continue
		}
		if aside, err := r.stepsAside(c); aside || err != nil {
			return aside, err
		}
		if _, err := r.step(c, callback.PlaceReached, fmt.Sprintf("place %d, %d representatives free", i+1, free)); err != nil {
			return false, err
		}
	}
	return false, nil
}

// found turns "there is none" into false.
func found(err error) (bool, error) {
	if errors.Is(err, adapter.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
