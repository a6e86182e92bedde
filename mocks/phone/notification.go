package phone

import (
	"errors"
	"slices"
	"strconv"
	"time"
)

// Delivery is a callback that the delivery service wants a representative to
// accept. Phone is E.164. A zero Start, End or VisibleAt sets no bound.
type Delivery struct {
	ID, QueueID, Phone    string
	Start, End, VisibleAt time.Time

	// Attributes are the delivery's input attributes. Read here: callbackId,
	// callId, queueId, queuedAt (RFC 3339) and priority (a whole number).
	Attributes map[string]string
}

// The results of a delivery that reached a representative.
const (
	resultTalked   = "CallEnded"
	resultNoAnswer = "NoAnswer"
)

// reofferAfter keeps a declined notification away from everyone for a while.
const reofferAfter = 10 * time.Second

type notificationState int

const (
	notificationOpen notificationState = iota // visible, nobody looks at it
	notificationShown
	notificationDialling
	notificationTalking
	notificationClosed // kept, so that late news of it makes no new one
)

// notification is a delivery as a representative sees it.
type notification struct {
	Delivery
	callback  string
	session   string
	rank      rank
	state     notificationState
	booked    bool
	visible   bool
	notBefore time.Time
	shown     int // times
	by        *representative
	customer  *person  // nil: never called us
	promise   *promise // nil: not one of ours
	sequence  int64
}

func (n *notification) workable(now time.Time) bool {
	return n.visible && n.state == notificationOpen && !now.Before(n.notBefore) && !now.Before(n.Start) &&
		(n.End.IsZero() || now.Before(n.End))
}

// created books a delivery that the service accepted and keeps it for later.
func (f *floor) created(d Delivery) {
	n := f.notification(d)
	if n.booked {
		return
	}
	n.booked = true
	n.promise = f.books.deliveryCreated(d, f.now, f.overtaken)
	f.note("delivery", n.ID, n.Phone, "created")
}

// notification finds or makes the record of a delivery; its news may come in any order.
func (f *floor) notification(d Delivery) *notification {
	if n, ok := f.notifications[d.ID]; ok {
		return n
	}
	n := &notification{Delivery: d, callback: d.Attributes["callbackId"], customer: f.byPhone[d.Phone]}
	n.rank = rankOf(d, f.now)
	n.session = f.queues[0].id
	for _, id := range []string{d.Attributes["queueId"], d.QueueID} {
		if q := f.queueNamed(id); q != nil {
			n.session = q.id
		}
	}
	f.notifications[d.ID] = n
	f.order = append(f.order, n)
	return n
}

// rankOf reads the place in line that the delivery carries from its callback.
// Without one it stands where it became visible.
func rankOf(d Delivery, now time.Time) rank {
	r := rank{queuedAt: d.VisibleAt}
	if r.queuedAt.IsZero() {
		r.queuedAt = now
	}
	if at, err := time.Parse(time.RFC3339, d.Attributes["queuedAt"]); err == nil {
		r.queuedAt = at
	}
	if priority, err := strconv.Atoi(d.Attributes["priority"]); err == nil {
		r.priority = priority
	}
	return r
}

func (f *floor) becameVisible(d Delivery) {
	f.created(d) // should that news be late
	n := f.notification(d)
	n.visible = true
	if n.Start.After(f.now) {
		f.agenda.plan(n.Start, func() {}) // settling afterwards is all it needs
	}
}

// ended forgets a delivery that the service ended by itself. One that already
// rings is not ours to stop; its result only has to be booked.
func (f *floor) ended(id, status, result string) {
	n := f.notifications[id]
	if n == nil || n.state == notificationClosed {
		return
	}
	if n.state == notificationDialling || n.state == notificationTalking {
		f.books.rangOut(n.promise, n.ID)
		return
	}
	f.note("delivery", n.ID, n.Phone, "ended "+status+" "+result)
	if n.state == notificationShown {
		f.release(n.by)
	}
	f.forget(n)
}

func (f *floor) forget(n *notification) {
	n.state = notificationClosed
	f.order = slices.DeleteFunc(f.order, func(other *notification) bool { return other == n })
}

func (f *floor) nextNotification() *notification {
	var best *notification
	for _, n := range f.order {
		if n.workable(f.now) && (best == nil || n.rank.before(best.rank)) {
			best = n
		}
	}
	return best
}

// errNoDeliveries is what a simulator without a delivery service answers.
var errNoDeliveries = errors.New("no delivery service")

// noDeliveries stands in where none was given.
type noDeliveries struct{}

func (noDeliveries) AcceptDelivery(string) error         { return errNoDeliveries }
func (noDeliveries) FinishDelivery(string, string) error { return errNoDeliveries }
