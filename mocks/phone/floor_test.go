package phone

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testQueue = "5f6d1a2b-0001-4c3d-8e4f-000000000001"

// bench is a floor under the hand of a test: time passes when the test says so.
type bench struct {
	t     *testing.T
	floor *floor
	books *books
	desk  *desk
	began time.Time
	seen  []event
}

// desk is a delivery service that says yes and remembers.
type desk struct {
	accepted, finished []string
	refuse             bool
}

var errGone = errors.New("gone")

func (d *desk) AcceptDelivery(id string) error {
	if d.refuse {
		return errGone
	}
	d.accepted = append(d.accepted, id)
	return nil
}

func (d *desk) FinishDelivery(id, result string) error {
	d.finished = append(d.finished, id+" "+result)
	return nil
}

// certain is a world without chance: everyone opts in and answers.
func certain() Behaviour { return Behaviour{OptIn: 1, Answer: 1, WrapUp: time.Second} }

func newBench(t *testing.T, traffic Traffic, behaviour Behaviour) *bench {
	t.Helper()
	b := &bench{t: t, desk: &desk{}, began: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	o := Options{
		QueueIDs: []string{testQueue}, Traffic: traffic, Behaviour: behaviour, Seed: 1, Deliveries: b.desk,
		Log: func(s Step) { t.Log(s) },
	}.withDefaults()
	b.books = newBooks(o.Margin)
	b.floor = newFloor(o, b.books)
	b.floor.open(b.began)
	b.collect()
	return b
}

func (b *bench) collect() { b.seen = append(b.seen, b.floor.taken()...) }

// at moves to a time after the start.
func (b *bench) at(d time.Duration) {
	b.floor.advance(b.began.Add(d))
	b.collect()
}

func (b *bench) react(what func()) {
	b.floor.react(b.floor.now, what)
	b.collect()
}

func (b *bench) command(c command) { b.react(func() { b.floor.obey(c) }) }

// call is the id of a call of the trace.
func (b *bench) call(name string) string { return b.floor.prefix + name }

func (b *bench) offer(id, call string) {
	b.command(decoded(b.t, id, commandPlay, map[string]any{
		"callId": b.call(call), "prompt": promptOffer, "text": "press 1", "locale": "en-US",
		"collect": map[string]string{"tones": "1"}, "onlyWhile": "waiting",
	}))
}

func (b *bench) confirm(id, call string) {
	b.command(decoded(b.t, id, commandPlay, map[string]any{
		"callId": b.call(call), "prompt": promptConfirmation, "then": "end", "onlyWhile": "waiting",
	}))
}

// deliver creates a delivery for a call's callback and shows it.
func (b *bench) deliver(id, callback, call string) {
	c := b.floor.calls[b.call(call)]
	d := Delivery{ID: id, QueueID: testQueue, Phone: c.caller.phone, Attributes: map[string]string{
		"type": "callback", "callbackId": callback, "queuedAt": stamp(c.queuedAt),
	}}
	b.react(func() { b.floor.created(d) })
	b.react(func() { b.floor.becameVisible(d) })
}

// kinds are the types of the events about a subject.
func (b *bench) kinds(subject string) []string {
	var kinds []string
	for _, e := range b.seen {
		if e.subject == subject {
			kinds = append(kinds, e.kind)
		}
	}
	return kinds
}

func (b *bench) report() Report {
	report, books := b.books.snapshot()
	report.books = books
	return report.With(AdapterFigures{})
}

// decoded sends a command through the decoder, as the bus does.
func decoded(t *testing.T, id, kind string, data map[string]any) command {
	t.Helper()
	body, err := json.Marshal(map[string]any{"specversion": "1.0", "id": id, "source": "adapter", "type": kind, "data": data})
	if err != nil {
		t.Fatal(err)
	}
	c, err := decodeCommand(message{contentType: contentType + "; charset=utf-8", body: body})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// caller is an arrival at so many seconds who would wait ten minutes.
func caller(name string, at int) Arrival {
	return Arrival{
		Call: name, Customer: "customer " + name, Phone: "+12125550" + name, Type: "PS",
		At: time.Duration(at) * time.Second, Wait: 10 * time.Minute, HungUp: true, Service: time.Minute,
	}
}

func callers(arrivals ...Arrival) Traffic { return Traffic{Arrivals: arrivals} }

// staffed adds representatives who start after a while.
func (t Traffic) staffed(after time.Duration, names ...string) Traffic {
	for _, name := range names {
		t.Shifts = append(t.Shifts, Shift{Server: name, From: after, To: 10 * time.Hour})
	}
	return t
}

func TestCallerWhoOptsInIsConfirmedAndPhonedBack(t *testing.T) {
	b := newBench(t, callers(caller("101", 0)).staffed(5*time.Minute, "s1"), certain())
	b.at(30 * time.Second)
	b.offer("offer-1", "101")
	b.at(45 * time.Second)
	b.confirm("confirm-1", "101")
	b.at(60 * time.Second)
	b.deliver("d1", "cb1", "101")
	b.at(10 * time.Minute)

	want := []string{typeQueued, typeTone, typeEnded}
	if got := b.kinds(b.call("101")); !slices.Equal(got, want) {
		t.Errorf("events of the call: %v, want %v", got, want)
	}
	var steps []string
	for _, e := range b.seen {
		if p, ok := e.data.(progressData); ok {
			steps = append(steps, p.Step)
			if p.CallbackID != "cb1" || p.DeliveryID != "d1" || e.session != testQueue {
				t.Errorf("progress %+v in session %s", p, e.session)
			}
		}
	}
	if want := []string{"offered", "accepted", "dialing", "connected", "ended"}; !slices.Equal(steps, want) {
		t.Errorf("progress: %v, want %v", steps, want)
	}
	if want := []string{"d1 CallEnded"}; !slices.Equal(b.desk.finished, want) {
		t.Errorf("finished: %v, want %v", b.desk.finished, want)
	}
	got := b.report()
	got.books = Books{}
	if want := (Report{
		CallsQueued: 1, OffersPlayed: 1, CallersOffered: 1, OptedIn: 1, DeliveriesCreated: 1,
		Dialled: 1, Connected: 1, Completed: 1,
	}); !sameReport(got, want) {
		t.Errorf("report %+v\nwant   %+v", got, want)
	}
}

func sameReport(a, b Report) bool {
	left, _ := json.Marshal(a)
	right, _ := json.Marshal(b)
	return string(left) == string(right)
}
