package promisetest

import (
	"fmt"
	"slices"
	"time"

	"directcallback/adapter"
)

// What is promised, each rule by itself. A rule answers with what is broken. None of
// them knows how the adapter decides: they look at what customers were told, which
// phones rang, and what the audit says.
var promiseRules = []struct {
	name   string
	broken func(*world, *promise) string
}{
	{"at most one conversation", oneConversation},
	{"never two deliveries that can ring at once", oneAlive},
	{"nothing rings when it should not", ringsInTime},
	{"what can never succeed is not tried again", notInVain},
	{"the end has a reason in the world", justified},
	{"nothing is stuck", settled},
	{"the audit is complete", audited},
	{"the books are true", booked},
	{"nobody is phoned who is on the line", notOnTheLine},
}

var worldRules = []struct {
	name   string
	broken func(*world, []*promise) string
}{
	{"one pending a number and queue", onePending},
	{"each promise was asked for, each answer is kept", answersKept},
	{"each confirmed tone has a callback", tonesKept},
	{"what was told is what was", toldTrue},
	{"in the order of the line", inOrder},
}

func oneConversation(_ *world, p *promise) string {
	talked := 0
	for _, x := range p.deliveries {
		if !x.Talked.IsZero() {
			talked++
		}
	}
	if talked > 1 {
		return fmt.Sprintf("%d conversations", talked)
	}
	return ""
}

func oneAlive(_ *world, p *promise) string {
	for i, x := range p.deliveries {
		for _, y := range p.deliveries[:i] {
			if x.Made.Before(y.until()) {
				return fmt.Sprintf("%s was made while %s could ring", x.ID, y.ID)
			}
		}
	}
	return ""
}

func ringsInTime(w *world, p *promise) string {
	end := p.ended()
	for _, x := range p.deliveries {
		for _, at := range []time.Time{x.Made, x.Rang} {
			switch {
			case at.IsZero():
			case !end.IsZero() && at.After(end):
				return fmt.Sprintf("%s was made or rang at %s, and the promise was %s at %s", x.ID, clockTime(at), p.State, clockTime(end))
			case at.Before(p.CreatedAt):
				return x.ID + " was made before it was promised"
			case !w.asked(p, at):
				return fmt.Sprintf("%s was made or rang at %s, outside of the window that was asked for", x.ID, clockTime(at))
			}
		}
	}
	return ""
}

// asked tells whether an instant is in a window that was asked for, at first or when
// the promise was moved.
func (w *world) asked(p *promise, at time.Time) bool {
	free := p.Channel != adapter.ChannelWeb || p.history[0].By != "" // a person tried it again
	for _, q := range w.asks {
		of := slices.Contains(q.Granted, p.ID) || len(q.Granted) == 0 && q.Number == p.Phone.E164() && q.Queue == p.Queue
		free = free || of && (q.Window.IsZero() || q.Window.Contains(at))
	}
	for _, m := range w.moves {
		free = free || m.Promise == p.ID && !m.At.After(at) && (m.Window.IsZero() || m.Window.Contains(at))
	}
	return free
}

// notInVain: a number or configuration with which Dynamics says it never will work is
// left alone, but where it was to be called again for another reason anyway.
func notInVain(_ *world, p *promise) string {
	if slices.ContainsFunc(p.history, func(h adapter.History) bool { return h.To == adapter.StateCancelling }) {
		return ""
	}
	for _, x := range p.deliveries {
		for _, y := range p.deliveries {
			if final := x.rows[len(x.rows)-1].result; (final == "NonRetriableError" || final == "InvalidAddress") && y.Made.After(x.Over) {
				return fmt.Sprintf("%s was made after %s ended with %s", y.ID, x.ID, final)
			}
		}
	}
	return ""
}

// settled: when all trouble was over, and time enough has passed, a promise is at
// its end, or a person is to decide about what Dynamics made a riddle of.
func settled(_ *world, p *promise) string {
	switch {
	case p.State.Ended():
		return ""
	case p.State != adapter.StateReview:
		return "it is still " + string(p.State)
	}
	if !riddle(p) {
		return "a person is asked without need"
	}
	return ""
}

// riddle tells whether Dynamics said of a delivery what only a person can make sense of.
func riddle(p *promise) bool {
	return slices.ContainsFunc(p.deliveries, func(x *delivery) bool {
		return x.Fate.Lag == never || x.Fate.Result == "" || x.Fate.Result == "SomethingNew"
	})
}

// justified: what is said of the end did happen.
func justified(w *world, p *promise) string {
	is := func(yes bool, reason string) string {
		if yes {
			return ""
		}
		return fmt.Sprintf("%s, but %s", p.State, reason)
	}
	anyDelivery := func(f func(*delivery) bool) bool { return slices.ContainsFunc(p.deliveries, f) }
	talked := anyDelivery(func(x *delivery) bool { return !x.Talked.IsZero() })
	result := func(results ...string) bool {
		return anyDelivery(func(x *delivery) bool { return slices.Contains(results, x.rows[len(x.rows)-1].result) })
	}
	if talked && slices.Contains([]adapter.State{adapter.StateUnanswered, adapter.StateFailed}, p.State) {
		return fmt.Sprintf("%s, but there was a conversation", p.State)
	}
	switch p.State {
	case adapter.StateCompleted:
		return is(talked, "nobody talked")
	case adapter.StateUnanswered:
		return is(result("NoAnswer", "Busy", "AnsweringMachine"), "no attempt was in vain")
	case adapter.StateServed:
		return is(slices.ContainsFunc(p.calls, func(c *call) bool { return !c.Connected.IsZero() && !c.Connected.After(p.ended()) }), "nobody served the customer")
	case adapter.StateCancelled:
		return is(w.wanted(p), "nobody wanted that")
	case adapter.StateFailed:
		refused := slices.ContainsFunc(p.asked, func(x asked) bool { return x.Fate.Reply == replyRefused })
		return is(refused || result("NonRetriableError", "InvalidAddress"), "nothing failed")
	case adapter.StateExpired:
		return w.expired(p)
	default:
		return ""
	}
}

// wanted tells whether somebody asked for the end of a promise.
func (w *world) wanted(p *promise) bool {
	return slices.ContainsFunc(w.cancels, func(c cancel) bool { return c.Promise == p.ID && !c.TooLate && !c.At.After(p.ended()) }) ||
		slices.ContainsFunc(w.verdicts, func(v verdict) bool { return v.Promise == p.ID && v.GivesUp })
}

// enough is how long a customer may be waited for whom nothing keeps from being
// called: two lost attempts, and some turns in line.
const enough = 90 * time.Minute

// expired: its time was over, and trouble filled it, or a person who was to decide
// let it pass.
func (w *world) expired(p *promise) string {
	end := p.CreatedAt.Add(7 * 24 * time.Hour)
	if !p.Window.IsZero() {
		end = p.Window.End
	}
	free := w.healed
	if p.Window.Start.After(free) {
		free = p.Window.Start
	}
	switch {
	case p.ended().Before(end.Add(-time.Second)):
		return "before its time"
	case p.history[len(p.history)-1].From == adapter.StateReview && riddle(p):
		return ""
	case end.Sub(free) > enough:
		return fmt.Sprintf("nothing kept it from being called for %v", end.Sub(free))
	}
	return ""
}

// follows is the order of a life, as the design tells it: what may come after what.
var follows = map[adapter.State][]adapter.State{
	"":                       {adapter.StateScheduled, adapter.StateWaiting},
	adapter.StateScheduled:   {adapter.StateWaiting, adapter.StateCancelled, adapter.StateExpired},
	adapter.StateWaiting:     {adapter.StateScheduled, adapter.StateDue, adapter.StateCancelled, adapter.StateServed, adapter.StateExpired},
	adapter.StateDue:         {adapter.StateScheduled, adapter.StateDispatching, adapter.StateWaiting, adapter.StateCancelled, adapter.StateServed, adapter.StateExpired},
	adapter.StateDispatching: {adapter.StateDue, adapter.StateDispatched, adapter.StateUncertain, adapter.StateFailed, adapter.StateReview},
	adapter.StateDispatched: {
		adapter.StateAccepted, adapter.StateConnected, adapter.StateCompleted, adapter.StateWaiting, adapter.StateUnanswered,
		adapter.StateFailed, adapter.StateCancelled, adapter.StateCancelling, adapter.StateReview,
	},
	adapter.StateAccepted: {
		adapter.StateConnected, adapter.StateCompleted, adapter.StateWaiting, adapter.StateUnanswered, adapter.StateFailed, adapter.StateReview,
	},
	adapter.StateConnected: {adapter.StateCompleted, adapter.StateWaiting, adapter.StateUnanswered, adapter.StateFailed, adapter.StateReview},
	adapter.StateUncertain: {
		adapter.StateDispatched, adapter.StateAccepted, adapter.StateConnected, adapter.StateCompleted, adapter.StateWaiting, adapter.StateScheduled,
		adapter.StateCancelling, adapter.StateReview,
	},
	adapter.StateCancelling: {
		adapter.StateCancelled, adapter.StateWaiting, adapter.StateScheduled, adapter.StateServed, adapter.StateExpired,
		adapter.StateAccepted, adapter.StateConnected, adapter.StateCompleted, adapter.StateReview,
	},
	adapter.StateReview: {
		adapter.StateCompleted, adapter.StateUnanswered, adapter.StateFailed, adapter.StateCancelled, adapter.StateWaiting, adapter.StateExpired,
	},
}

// audited: every step is there, follows the one before, and leads to what is.
func audited(_ *world, p *promise) string {
	state, at := adapter.State(""), p.CreatedAt
	for i, h := range p.history {
		switch {
		case h.From != state && i > 0:
			return fmt.Sprintf("step %d begins at %q, the one before ended at %q", i, h.From, state)
		case h.Event == "":
			return fmt.Sprintf("step %d does not say what happened", i)
		case h.At.Before(at):
			return fmt.Sprintf("step %d is older than the one before", i)
		case h.To != state && !slices.Contains(follows[state], h.To):
			return fmt.Sprintf("step %d leads from %q to %q", i, state, h.To)
		}
		state, at = h.To, h.At
	}
	if state != p.State {
		return fmt.Sprintf("the last step leads to %q", state)
	}
	return ""
}

// booked: each request that left was written down before, once, and a delivery is
// noted with the attempt it came of.
func booked(_ *world, p *promise) string {
	for _, x := range p.asked {
		n := 0
		for _, a := range p.attempts {
			if a.RequestID == x.Request.RequestID && a.Window == x.Request.Window && !a.SentAt.After(x.At) {
				n++
			}
		}
		if n != 1 {
			return fmt.Sprintf("request %s is %d times among the attempts", x.Request.RequestID, n)
		}
	}
	for i, x := range p.asked {
		for _, y := range p.asked[:i] {
			if x.Request.RequestID == y.Request.RequestID {
				return fmt.Sprintf("request %s was sent twice", x.Request.RequestID)
			}
		}
	}
	for _, a := range p.attempts {
		for _, x := range p.deliveries {
			if a.Delivery == adapter.DeliveryID(x.ID) && a.RequestID != x.Request.RequestID {
				return fmt.Sprintf("%s is noted with attempt %d, which it did not come of", x.ID, a.Number)
			}
		}
	}
	return ""
}

// notOnTheLine: nothing is sent to Dynamics for a customer whom the adapter knows to
// wait in a call of their own.
func notOnTheLine(_ *world, p *promise) string {
	for _, h := range p.history {
		if h.To != adapter.StateDispatching || h.From == h.To {
			continue
		}
		for _, c := range p.calls {
			known := !c.ToldQueued.IsZero() && c.ToldQueued.Before(h.At)
			left := earlier(h.At, c.Connected, c.Moved, c.Ended)
			switch {
			case c.ID != p.Call && known && !left && !earlier(h.At, c.Pressed):
				return fmt.Sprintf("sending started at %s while %s was known to wait", clockTime(h.At), c.ID)
			case c.ID == p.Call && !left && h.At.Before(p.CreatedAt.Add(time.Minute)):
				return fmt.Sprintf("sending started at %s while its own call was not over", clockTime(h.At))
			}
		}
	}
	return ""
}

// earlier tells whether one of several things happened by an instant.
func earlier(at time.Time, happened ...time.Time) bool {
	return slices.ContainsFunc(happened, func(t time.Time) bool { return !t.IsZero() && !t.After(at) })
}

func onePending(_ *world, all []*promise) string {
	for i, p := range all {
		for _, q := range all[:i] {
			if p.Phone != q.Phone || p.Queue != q.Queue {
				continue
			}
			if p.before(q.ended()) && q.before(p.ended()) {
				return fmt.Sprintf("%s and %s", p.ID, q.ID)
			}
		}
	}
	return ""
}

// before tells whether the promise was made before an end, if there is one.
func (p *promise) before(end time.Time) bool { return end.IsZero() || p.CreatedAt.Before(end) }

func answersKept(w *world, all []*promise) string {
	for _, q := range w.asks {
		for _, id := range q.Granted {
			p := find(all, id)
			switch {
			case id != q.Granted[0]:
				return fmt.Sprintf("%s was answered with %s and with %s", q.Key, q.Granted[0], id)
			case p == nil:
				return fmt.Sprintf("%s, which was promised, is not there", id)
			case p.Phone.E164() != q.Number || p.Queue != q.Queue || !p.lived(q.At, q.At201):
				return fmt.Sprintf("%s is not what was asked for with %s", id, q.Key)
			}
		}
	}
	for _, p := range all {
		asked := slices.ContainsFunc(w.asks, func(q *ask) bool {
			return q.Number == p.Phone.E164() && q.Queue == p.Queue && !q.At.After(p.CreatedAt)
		})
		pressed := slices.ContainsFunc(p.calls, func(c *call) bool { return c.Queue == p.Queue && !c.Pressed.IsZero() && !c.Pressed.After(p.CreatedAt) })
		if !asked && !pressed {
			return fmt.Sprintf("nobody asked for %s", p.ID)
		}
		n := 0
		for _, q := range all {
			if p.Call != "" && p.Call == q.Call && q.history[0].By == "" { // nobody tried it again
				n++
			}
		}
		if n > 1 {
			return fmt.Sprintf("call %s has %d callbacks", p.Call, n)
		}
	}
	return ""
}

// tonesKept: who was told that they will be called has a callback, and who pressed
// in time has one too.
func tonesKept(w *world, all []*promise) string {
	for _, c := range w.telephony.calls {
		covered := slices.ContainsFunc(all, func(p *promise) bool {
			return p.Phone.E164() == c.Number && p.Queue == c.Queue && !c.Pressed.IsZero() && p.lived(c.Pressed, latest(c.ToldPressed, c.Confirmed))
		})
		slices.Sort(c.Confirmations)
		different := slices.Compact(slices.Clone(c.Confirmations))
		reviewed := slices.ContainsFunc(all, func(p *promise) bool {
			return p.Phone.E164() == c.Number && p.Queue == c.Queue && slices.ContainsFunc(p.history, func(h adapter.History) bool { return h.To == adapter.StateReview })
		})
		switch {
		case len(different) > 1:
			return fmt.Sprintf("%s is confirmed by %v", c.ID, different)
		case len(different) > 0 && !covered:
			return fmt.Sprintf("%s is confirmed, and has no callback", c.ID)
		case !c.Pressed.IsZero() && !c.ToldPressed.IsZero() && !c.ToldQueued.IsZero() && !covered && !reviewed && c.Connected.IsZero() && c.Moved.IsZero():
			return fmt.Sprintf("%s pressed at %s and has no callback", c.ID, clockTime(c.Pressed))
		}
	}
	return ""
}

func toldTrue(w *world, all []*promise) string {
	for _, a := range w.answers {
		p := find(all, a.Promise)
		if p == nil {
			return fmt.Sprintf("%s was told of, and is not there", a.Promise)
		}
		if !p.was(a.State, a.At) {
			return fmt.Sprintf("%s was told to be %s at %s", a.Promise, a.State, clockTime(a.At))
		}
	}
	return ""
}

// inOrder: nobody's place comes up while somebody stands before them who has waited
// in line all the time, undisturbed, and whose place does not.
func inOrder(w *world, all []*promise) string {
	for _, late := range all {
		for _, h := range late.history {
			if h.To != adapter.StateDue || h.From != adapter.StateWaiting {
				continue
			}
			if c := w.callAhead(late, h.At); c != nil {
				return fmt.Sprintf("%s came up at %s, before %s", late.ID, clockTime(h.At), c.ID)
			}
			for _, early := range all {
				if early.stoodBefore(late, h.At) {
					return fmt.Sprintf("%s came up at %s, before %s", late.ID, clockTime(h.At), early.ID)
				}
			}
		}
	}
	return ""
}

// callAhead is a live call that was known to wait before a promise at an instant, when
// no representatives were told to be free for more than one; nil if there is none.
func (w *world) callAhead(p *promise, at time.Time) *call {
	for _, c := range w.telephony.calls {
		waits := earlier(at.Add(-1), c.ToldQueued) && !earlier(at, c.Pressed, c.Connected, c.Moved, c.Ended)
		ahead := c.Priority > p.Priority || c.Priority == p.Priority && c.Queued.Before(p.QueuedAt)
		if c.Queue == p.Queue && waits && ahead && !w.telephony.freed {
			return c
		}
	}
	return nil
}

// stoodBefore tells whether p could have been released instead of other at an
// instant: it only ever waited, asked for by the web alone, and its number was not on
// the line, as far as the adapter could know.
func (p *promise) stoodBefore(other *promise, at time.Time) bool {
	if p.Queue != other.Queue || p.ID == other.ID || p.Call != "" {
		return false
	}
	for _, c := range p.calls {
		if !c.Queued.After(at) && !earlier(at.Add(-time.Second), c.ToldGone) {
			return false
		}
	}
	var since, until time.Time
	for _, h := range p.history {
		switch {
		case h.From == h.To && !h.At.After(at):
			return false // joined, held or delayed: not so simple
		case h.To == adapter.StateWaiting && since.IsZero():
			since = h.At
		case h.From == adapter.StateWaiting && until.IsZero():
			until = h.At
		}
	}
	waits := !since.IsZero() && since.Before(at) && (until.IsZero() || until.After(at))
	ahead := p.Priority > other.Priority || p.Priority == other.Priority && p.QueuedAt.Before(other.QueuedAt)
	return waits && ahead
}
