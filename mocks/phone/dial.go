package phone

import (
	"fmt"
	"time"
)

// show offers the notification to a representative, who needs a moment.
func (f *floor) show(n *notification, r *representative) {
	f.engage(r)
	n.state, n.by = notificationShown, r
	n.shown++
	f.progress(n, "offered", "")
	dice := f.luck.attempt("shown "+n.Phone, n.shown)
	declines := dice.Float64() < f.options.Behaviour.Decline
	shown := n.shown
	f.after(between(dice, 2*time.Second, 8*time.Second), func() {
		switch {
		case n.shown != shown || n.state != notificationShown:
			// Ended meanwhile, and the representative is free already.
		case declines:
			f.decline(n)
		default:
			f.accept(n)
		}
	})
}

func (f *floor) decline(n *notification) {
	n.state, n.notBefore = notificationOpen, f.now.Add(reofferAfter)
	f.progress(n, "declined", "")
	f.agenda.plan(n.notBefore, func() {}) // to be looked at again
	f.release(n.by)
}

func (f *floor) accept(n *notification) {
	if err := f.options.Deliveries.AcceptDelivery(n.ID); err != nil {
		f.note("delivery", n.ID, n.Phone, "not to be had: "+err.Error())
		f.forget(n)
		f.release(n.by)
		return
	}
	n.state = notificationDialling
	f.progress(n, "accepted", "")
	f.progress(n, "dialing", "")
	f.dial(n)
}

// dial rings the customer. Somebody who is on the phone does not answer.
func (f *floor) dial(n *notification) {
	f.books.dialled(n.promise, n.ID)
	attempt := 0
	p := n.customer
	free := p == nil || !p.busy()
	if p != nil {
		p.attempts++
		attempt = p.attempts
	}
	if p != nil && free {
		p.called = true
	}
	dice := f.luck.attempt("ring "+n.Phone, attempt)
	answers := dice.Float64() < f.options.Behaviour.Answer
	f.after(between(dice, 5*time.Second, 20*time.Second), func() {
		if free && answers {
			f.talk(n, dice.IntN(max(len(f.services), 1)))
			return
		}
		if p != nil && free {
			p.called = false
		}
		f.books.unanswered(n.promise, n.ID)
		f.finish(n, resultNoAnswer)
	})
}

// talk is the conversation, as long as the caller's own would have been.
func (f *floor) talk(n *notification, drawn int) {
	n.state = notificationTalking
	f.books.answered()
	f.progress(n, "connected", "")
	length := fallbackService
	if drawn < len(f.services) {
		length = f.services[drawn]
	}
	if n.promise != nil {
		length = f.calls[n.promise.call].service
	}
	f.after(length, func() {
		if n.customer != nil {
			n.customer.called, n.customer.lastEnded = false, f.now
		}
		f.books.completed(n.promise, n.ID)
		f.finish(n, resultTalked)
	})
}

func (f *floor) finish(n *notification, result string) {
	if err := f.options.Deliveries.FinishDelivery(n.ID, result); err != nil {
		f.note("delivery", n.ID, n.Phone, "finish: "+err.Error())
	}
	f.progress(n, "ended", result)
	f.forget(n)
	f.wrapUp(n.by)
}

func (f *floor) progress(n *notification, step, result string) {
	n.sequence++
	f.emit(event{
		id: fmt.Sprintf("%s%s/%d", f.prefix, n.ID, n.sequence), kind: typeProgress, subject: n.ID, session: n.session,
		sequence: n.sequence, data: progressData{CallbackID: n.callback, DeliveryID: n.ID, Step: step, Result: result},
	})
	f.note("callback", n.ID, n.Phone, step+" "+result)
}
