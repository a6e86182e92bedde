package promisetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"directcallback/adapter"
)

// reply is how Dynamics answers a request for a delivery.
type reply string

const (
	replyOK        reply = "ok"
	replyLost      reply = "made, reply lost"
	replyNothing   reply = "not made, reply lost"
	replyThrottled reply = "429"
	replyNotSent   reply = "not reached"
	replyRefused   reply = "number refused"
	replyBlocked   reply = "401"
)

const (
	never    = time.Duration(-1)
	patience = 30 * time.Second // how long a reply is waited for
)

// fate is what becomes of one request for a delivery.
type fate struct {
	Reply   reply
	Travel  time.Duration // until the request has its effect; beyond patience the reply is lost
	Lag     time.Duration // how far what is read of its row is behind; never = it does not come
	Accept  time.Duration // until a representative accepts; never = nobody does
	Result  string        // of the call
	Untold  bool          // that nobody accepted is never written down
	Cancels string        // "works", "fails" at first, or is "ignored"
}

// kind is what happens otherwise, and always once all is well again.
func kind() fate {
	return fate{Reply: replyOK, Travel: time.Second, Accept: 20 * time.Second, Result: "LiveAnswer", Cancels: "works"}
}

// delivery is what came of a request that had an effect. Its times are the truth;
// what is read of it is behind.
type delivery struct {
	ID      string
	Request adapter.DeliveryRequest
	Promise string
	Fate    fate

	Made, Accepted, Rang, Talked, Over time.Time // zero = did not happen

	rows    []row
	refused int // cancels that failed
}

type row struct {
	at             time.Time
	status, result string
}

// asked is a request as it left for Dynamics.
type asked struct {
	At      time.Time
	Request adapter.DeliveryRequest
	Promise string
	Fate    fate
}

// dynamics is an honest small world: what it makes may ring inside its window only.
type dynamics struct {
	busy      func(number string) bool // the customer is on the line
	storesIDs bool

	mu         sync.Mutex
	fates      []fate      // guarded by mu: of the requests to come
	blind      bool        // guarded by mu: rows cannot be read
	happenings []happening // guarded by mu: by their time
	asked      []asked     // guarded by mu
	deliveries []*delivery // guarded by mu
}

type happening struct {
	at      time.Time
	promise string
	do      func(at time.Time)
}

// later plans something; the same instant keeps its order.
func (d *dynamics) later(at time.Time, promise string, do func(time.Time)) {
	i := slices.IndexFunc(d.happenings, func(h happening) bool { return h.at.After(at) })
	if i < 0 {
		i = len(d.happenings)
	}
	d.happenings = slices.Insert(d.happenings, i, happening{at, promise, do})
}

// lock lets happen what has happened by now.
func (d *dynamics) lock() {
	d.mu.Lock()
	for now := time.Now(); len(d.happenings) > 0 && !d.happenings[0].at.After(now); {
		first := d.happenings[0]
		d.happenings = d.happenings[1:]
		first.do(first.at)
	}
}

func (d *dynamics) set(change func()) {
	d.lock()
	defer d.mu.Unlock()
	change()
}

func (d *dynamics) nextFate() fate {
	if len(d.fates) == 0 {
		return kind()
	}
	next := d.fates[0]
	d.fates = d.fates[1:]
	return next
}

var errDynamics = errors.New("as Dynamics has it today")

func failed(outcome adapter.Outcome) error {
	return &adapter.DeliverError{Outcome: outcome, RetryAfter: 20 * time.Second, Err: errDynamics}
}

// deliver takes a request that left.
func (d *dynamics) deliver(ctx context.Context, q adapter.DeliveryRequest) (adapter.Delivery, error) {
	var made *delivery
	var late bool
	d.lock()
	f := d.nextFate()
	promise := q.Attributes["callbackId"]
	d.asked = append(d.asked, asked{time.Now(), q, promise, f})
	if f.Reply == replyOK || f.Reply == replyLost {
		d.later(time.Now().Add(f.Travel), promise, func(at time.Time) {
			if late = !at.Before(q.Window.End); !late {
				made = d.make(q, promise, f, at)
			}
		})
	}
	d.mu.Unlock()
	switch f.Reply {
	case replyThrottled:
		return adapter.Delivery{}, failed(adapter.OutcomeThrottled)
	case replyNotSent:
		return adapter.Delivery{}, failed(adapter.OutcomeNotSent)
	case replyRefused:
		return adapter.Delivery{}, failed(adapter.OutcomeRefused)
	case replyBlocked:
		return adapter.Delivery{}, failed(adapter.OutcomeBlocked)
	default:
	}
	select {
	case <-time.After(min(f.Travel, patience)):
	case <-ctx.Done():
		return adapter.Delivery{}, failed(adapter.OutcomeLost)
	}
	d.lock()
	defer d.mu.Unlock()
	switch {
	case late:
		return adapter.Delivery{}, failed(adapter.OutcomeNotSent) // refused: the window is over
	case f.Reply != replyOK || made == nil:
		return adapter.Delivery{}, failed(adapter.OutcomeLost)
	}
	return adapter.Delivery{Configuration: q.Configuration, ID: adapter.DeliveryID(made.ID)}, nil
}

func (d *dynamics) make(q adapter.DeliveryRequest, promise string, f fate, at time.Time) *delivery {
	x := &delivery{ID: fmt.Sprint("delivery-", len(d.deliveries)+1), Request: q, Promise: promise, Fate: f, Made: at}
	d.deliveries = append(d.deliveries, x)
	x.write(at, "Pending", "")
	from := at
	if q.Window.Start.After(from) {
		from = q.Window.Start
	}
	if accepted := from.Add(f.Accept); f.Accept != never && accepted.Before(q.Window.End.Add(-time.Minute)) {
		d.later(accepted, promise, func(at time.Time) { d.accept(x, at) })
		return x
	}
	d.later(q.Window.End, promise, func(at time.Time) {
		if x.Over.IsZero() {
			x.Over = at
			if !f.Untold {
				x.write(at, "Expired", "Terminated")
			}
		}
	})
	return x
}

func (d *dynamics) accept(x *delivery, at time.Time) {
	if !x.Over.IsZero() {
		return // cancelled
	}
	x.Accepted = at
	x.write(at, "InProcess", "")
	switch x.Fate.Result {
	case "CSRCancelled", "NonRetriableError", "InvalidAddress":
		d.later(at.Add(10*time.Second), x.Promise, func(at time.Time) { x.end(at, x.Fate.Result) })
	default:
		d.later(at.Add(15*time.Second), x.Promise, func(at time.Time) { d.ring(x, at) })
	}
}

func (d *dynamics) ring(x *delivery, at time.Time) {
	x.Rang = at
	result, length := x.Fate.Result, 30*time.Second
	switch {
	case d.busy(x.Request.Phone.E164()):
		result, length = "Busy", time.Second
	case result != "NoAnswer" && result != "AnsweringMachine":
		x.Talked, length = at.Add(5*time.Second), time.Minute
	}
	d.later(at.Add(length), x.Promise, func(at time.Time) { x.end(at, result) })
}

func (x *delivery) end(at time.Time, result string) {
	x.Over = at
	x.write(at, "Complete", result)
}

func (x *delivery) write(at time.Time, status, result string) {
	x.rows = append(x.rows, row{at, status, result})
}

// visible is what is read of a delivery at now.
func (x *delivery) visible(now time.Time) (adapter.DeliveryReport, bool) {
	report := adapter.DeliveryReport{ID: adapter.DeliveryID(x.ID), RequestID: x.Request.RequestID}
	found := false
	for _, r := range x.rows {
		if x.Fate.Lag != never && !r.at.Add(x.Fate.Lag).After(now) {
			report.Status, report.Result, found = r.status, r.result, true
		}
	}
	return report, found
}

// report is what a row says to who may read it.
func (d *dynamics) report(x *delivery) (adapter.DeliveryReport, bool) {
	report, found := x.visible(time.Now())
	if !d.storesIDs {
		report.RequestID = ""
	}
	return report, found
}

func (d *dynamics) reports(of []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	d.lock()
	defer d.mu.Unlock()
	if d.blind {
		return nil, errDynamics
	}
	var all []adapter.DeliveryReport
	for _, x := range d.deliveries {
		if report, found := d.report(x); found && slices.ContainsFunc(of, func(known adapter.Delivery) bool { return known.ID == report.ID }) {
			all = append(all, report)
		}
	}
	return all, nil
}

func (d *dynamics) find(q adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	d.lock()
	defer d.mu.Unlock()
	if d.blind {
		return adapter.DeliveryReport{}, false, errDynamics
	}
	for _, x := range d.deliveries {
		same := x.Request.Configuration == q.Configuration && x.Request.Phone == q.Phone && x.Request.Window.Start.Equal(q.Window.Start)
		if d.storesIDs {
			same = x.Request.RequestID == q.RequestID
		}
		if report, found := d.report(x); found && same {
			return report, true, nil
		}
	}
	return adapter.DeliveryReport{}, false, nil
}

func (d *dynamics) cancel(id adapter.DeliveryID) error {
	d.lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.deliveries, func(x *delivery) bool { return x.ID == string(id) })
	if i < 0 {
		return errDynamics
	}
	x := d.deliveries[i]
	switch x.Fate.Cancels {
	case "ignored":
		return nil // accepted is not done
	case "fails":
		if x.refused++; x.refused < 3 {
			return errDynamics
		}
	}
	d.later(time.Now().Add(2*time.Second), x.Promise, func(at time.Time) {
		if x.Over.IsZero() && x.Accepted.IsZero() {
			x.Over = at
			x.write(at, "Cancelled", "Cancelled")
		}
	})
	return nil
}

// until is when a delivery can ring no more, as far as that is decided.
func (x *delivery) until() time.Time {
	if x.Over.IsZero() {
		return latest(x.Request.Window.End, x.Accepted)
	}
	return x.Over
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
