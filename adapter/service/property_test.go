package service_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
)

// TestWhateverHappensNoPromiseIsLostAndNoneIsDialledTwice plays random days:
// callers who ring, press, hang up and ring again; events twice and out of
// order; a Dynamics that loses replies, throttles and ends calls as it likes;
// crashes. After every step the promises of the design are checked.
func TestWhateverHappensNoPromiseIsLostAndNoneIsDialledTwice(t *testing.T) {
	t.Parallel()
	for name, open := range disks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			rapid.Check(t, func(rt *rapid.T) {
				d.another(t)
				var failure string
				// A bubble per run. rapid's own panics must leave through the bubble, so
				// everything is drawn before and the run reports by a string.
				steps := rapid.SliceOfN(drawStep(), 1, 40).Draw(rt, "steps")
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, d)
					w.options.Channels = saying(func(c *channels.Channels) { c.Slots.Capacity = 1 })
					defer w.halt()
					w.start()
					failure = play(w, steps)
				})
				if failure != "" {
					rt.Fatal(failure)
				}
			})
		})
	}
}

// step is one random thing. Its numbers pick among what there is.
type step struct {
	What  string
	A, B  int
	Pause time.Duration
}

func drawStep() *rapid.Generator[step] {
	return rapid.Custom(func(t *rapid.T) step {
		return step{
			What: rapid.SampledFrom([]string{
				"ring", "ring", "ring", "press", "press", "press", "hang up", "hang up", "connect", "repeat", "reorder",
				"request", "cancel", "book", "book", "book", "hold", "release", "move", "row", "row", "progress", "free", "lose", "lose but make", "throttle", "hide", "heal", "crash",
			}).Draw(t, "what"),
			A:     rapid.IntRange(0, 5).Draw(t, "a"),
			B:     rapid.IntRange(0, 5).Draw(t, "b"),
			Pause: rapid.SampledFrom([]time.Duration{0, time.Second, 31 * time.Second, 2 * time.Minute, 16 * time.Minute}).Draw(t, "pause"),
		}
	})
}

// day is the state of a random day beside the world's.
type day struct {
	*world
	calls     []adapter.CallID
	told      []adapter.CallEvent
	kept      []adapter.CallEvent // told later, out of order
	callbacks map[adapter.CallbackID]bool
}

func play(w *world, steps []step) string {
	d := &day{world: w, callbacks: map[adapter.CallbackID]bool{}}
	for i, s := range steps {
		d.do(s)
		d.pass(s.Pause)
		if broken := d.check(); broken != "" {
			return fmt.Sprintf("after step %d of %+v: %s", i, steps[:i+1], broken)
		}
	}
	return ""
}

func (d *day) do(s step) {
	from := parse(d.T, fmt.Sprint("+1202555010", s.A))
	queue := []adapter.QueueID{billing, sales, support}[s.B%3]
	switch s.What {
	case "ring":
		d.numbers++
		id := adapter.CallID(fmt.Sprint("call-", d.numbers))
		d.calls = append(d.calls, id)
		d.say(id, adapter.CallQueued{Queue: queue, From: from, QueuedAt: time.Now(), Priority: s.B % 2, Entry: adapter.EntryRoute, Bot: adapter.BotNone})
	case "press":
		d.sayOf(s.A, adapter.ToneReceived{Tone: "1"})
	case "hang up":
		d.sayOf(s.A, adapter.CallEnded{Reason: "hung up"})
	case "connect":
		d.sayOf(s.A, adapter.CallConnected{})
	case "repeat":
		d.handle(d.told...)
	case "reorder":
		slices.Reverse(d.kept)
		d.handle(d.kept...)
		d.kept = nil
	case "request":
		d.numbers++
		receipt, err := d.tryAsk(service.Request{Key: strconv.Itoa(d.numbers), Callback: adapter.Callback{Queue: queue, Phone: from}})
		if err == nil {
			d.callbacks[receipt.Callback.ID] = true
		}
	case "free":
		d.free(queue, s.A)
	case "book", "hold", "release", "move":
		d.slots(s, from, queue)
	default:
		d.disturb(s)
	}
}

// slots is what customers do who want to be called at a time. Half of them want the
// same one, the others one that comes soon.
func (d *day) slots(s step, from adapter.Phone, queue adapter.QueueID) {
	start := d.begin.UTC().Truncate(time.Hour).Add(18 * time.Hour)
	if s.B < 3 {
		queue = billing
	} else {
		start = time.Now().UTC().Truncate(30 * time.Minute).Add(90 * time.Minute)
	}
	slot := adapter.Slot{Queue: queue, Window: adapter.Window{Start: start, End: start.Add(30 * time.Minute)}}
	hold := adapter.HoldID(fmt.Sprint("hold-", s.A))
	switch s.What {
	case "book":
		d.numbers++
		receipt, err := d.tryAsk(service.Request{Key: strconv.Itoa(d.numbers), Callback: adapter.Callback{Queue: queue, Phone: from, Window: slot.Window, Booked: true}, Hold: hold})
		if err == nil {
			d.callbacks[receipt.Callback.ID] = true
		}
	case "hold":
		_, _ = d.service.Hold(d.Context(), adapter.Hold{ID: hold, Slot: slot}) // it may be full
	case "release":
		_ = d.service.Release(d.Context(), adapter.Hold{ID: hold, Slot: slot})
	case "move":
		for id := range d.callbacks {
			if len(id)%3 == s.A%3 {
				_, _ = d.service.Change(d.Context(), id, service.Change{When: &slot.Window, Booked: s.A < 4, Hold: hold})
			}
		}
	}
}

// disturb is what Dynamics, the customer's second thoughts and the machine do.
func (d *day) disturb(s step) {
	switch s.What {
	case "cancel":
		for id := range d.callbacks {
			if len(id)%3 == s.A%3 {
				_, _ = d.service.Cancel(d.Context(), id, "by the test") // too late is an answer
			}
		}
	case "row":
		rows := [][2]string{{"InProcess", ""}, {"Complete", "LiveAnswer"}, {"Complete", "NoAnswer"}, {"Expired", ""}, {"Cancelled", "Cancelled"}, {"Error", "InvalidAddress"}}
		d.end(s.A, rows[s.B][0], rows[s.B][1])
	case "progress":
		steps := []adapter.ProgressStep{adapter.StepOffered, adapter.StepAccepted, adapter.StepConnected}
		d.tell("", adapter.CallbackProgress{Delivery: adapter.DeliveryID(fmt.Sprint("delivery-", s.A)), Step: steps[s.B%3]})
	case "lose":
		d.dynamics.set(func(x *dynamics) { x.answer = fails(adapter.OutcomeLost, 0) })
	case "lose but make":
		d.dynamics.set(func(x *dynamics) {
			x.answer = func(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryID, error) {
				x.create(q)
				return "", errDown
			}
		})
	case "throttle":
		d.dynamics.set(func(x *dynamics) { x.answer = fails(adapter.OutcomeThrottled, 30*time.Second) })
	case "hide":
		d.dynamics.set(func(x *dynamics) { x.hidden = true })
	case "heal":
		d.dynamics.set(func(x *dynamics) { x.answer, x.hidden = nil, false })
	case "crash":
		d.crash()
	}
}

// end lets a delivery's row say something, if it has not said its last word.
func (d *day) end(n int, status, result string) {
	d.dynamics.set(func(x *dynamics) {
		if n >= len(x.deliveries) {
			return
		}
		if row := x.deliveries[n]; !row.over(time.Now()) {
			row.Status, row.Result, row.ended = status, result, time.Now()
		}
	})
}

// say tells an event, or keeps every fourth for later.
func (d *day) say(call adapter.CallID, data adapter.EventData) {
	e := d.event(call, data)
	d.told = append(d.told, e)
	if len(d.told)%4 == 0 {
		d.kept = append(d.kept, e)
		return
	}
	d.handle(e)
}

func (d *day) sayOf(n int, data adapter.EventData) {
	if len(d.calls) > 0 {
		d.say(d.calls[len(d.calls)-1-n%len(d.calls)], data)
	}
}

// check says which promise is broken.
func (d *day) check() string {
	broken := see(d.world, func(tx service.Tx) (string, error) {
		inLine := map[string]int{}
		for _, q := range []adapter.QueueID{billing, sales, support} {
			items, err := tx.Front(q, 1000, time.Now())
			if err != nil {
				return "", err
			}
			for _, item := range items {
				inLine[string(item.Call)+string(item.Callback)]++
			}
		}
		for _, id := range d.calls {
			optedIn, err := d.optedIn(tx, id)
			if err != nil {
				return "", err
			}
			if n := inLine[string(id)]; n > 1 || optedIn && n > 0 {
				return fmt.Sprintf("call %s, opted in %v, stands in line %d times", id, optedIn, n), nil
			}
		}
		if broken, err := d.checkSeats(tx); broken != "" || err != nil {
			return broken, err
		}
		return d.checkCallbacks(tx, inLine)
	})
	if broken != "" {
		return broken
	}
	return d.dynamics.rangTwice()
}

// checkSeats finds a slot with more taken than it has, and a seat that is nobody's.
func (d *day) checkSeats(tx service.Tx) (string, error) {
	want := map[adapter.Slot]int{}
	for id := range d.callbacks {
		c, err := tx.Callback(id)
		if err != nil {
			return "", err
		}
		for _, w := range c.Seats() {
			want[adapter.Slot{Queue: c.Queue, Window: w}]++
		}
	}
	always := adapter.Window{Start: d.begin.Add(-time.Hour), End: d.begin.AddDate(0, 0, 9)}
	for _, queue := range []adapter.QueueID{billing, sales, support} {
		booked, err := tx.Booked(queue, always)
		if err != nil {
			return "", err
		}
		taken := map[adapter.Window]int{}
		for _, b := range booked {
			slot := adapter.Slot{Queue: queue, Window: b.Window}
			if taken[b.Window] += b.Seats; want[slot] != b.Seats {
				return fmt.Sprintf("%d seats of %v are booked, %d callbacks have one", b.Seats, slot, want[slot]), nil
			}
			delete(want, slot)
		}
		holds, err := tx.Holds(queue, always, time.Now())
		if err != nil {
			return "", err
		}
		for _, h := range holds {
			taken[h.Window]++
		}
		for w, n := range taken {
			if n > 1 {
				return fmt.Sprintf("%d seats of %v are taken", n, w), nil
			}
		}
	}
	if len(want) > 0 {
		return fmt.Sprintf("nobody keeps the seats of %v", want), nil
	}
	return "", nil
}

func (d *day) checkCallbacks(tx service.Tx, inLine map[string]int) (string, error) {
	pending := map[string]adapter.CallbackID{}
	for id := range d.callbacks {
		c, err := tx.Callback(id)
		if err != nil {
			return "", err
		}
		if place := c.Phone.E164() + string(c.Queue); !c.State.Ended() {
			if other, taken := pending[place]; taken {
				return fmt.Sprintf("%s and %s are pending for one number and queue", other, id), nil
			}
			pending[place] = id
		}
		want := 0
		if c.HoldsPlace(time.Now()) {
			want = 1
		}
		if inLine[string(id)] != want {
			return fmt.Sprintf("%s is %s and stands in line %d times, want %d", id, c.State, inLine[string(id)], want), nil
		}
	}
	return "", nil
}

// optedIn tells whether a call opted in; then it must have its callback.
func (d *day) optedIn(tx service.Tx, id adapter.CallID) (bool, error) {
	c, err := tx.Call(id)
	if errors.Is(err, adapter.ErrNotFound) {
		return false, nil // its first event is kept for later
	}
	if err != nil || c.Callback == "" {
		return false, err
	}
	d.callbacks[c.Callback] = true
	_, err = tx.Callback(c.Callback)
	return true, err
}

// rangTwice finds two deliveries of a callback that could ring at one time.
func (d *dynamics) rangTwice() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, later := range d.deliveries {
		for _, earlier := range d.deliveries[:i] {
			same := earlier.request.Attributes["callbackId"] == later.request.Attributes["callbackId"]
			if same && !earlier.over(later.made) {
				return fmt.Sprintf("%s and %s may both ring for %s", earlier.ID, later.ID, later.request.Attributes["callbackId"])
			}
		}
	}
	return ""
}

// over tells whether a delivery could not ring any more at t.
func (x *delivery) over(t time.Time) bool {
	last := x.Status != "Pending" && x.Status != "InProcess"
	return !t.Before(x.request.Window.End) || last && !t.Before(x.ended)
}
