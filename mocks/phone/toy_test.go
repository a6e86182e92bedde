package phone

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// toy is the smallest adapter that keeps the promises: it offers after 30 s and
// every 120 s, confirms a tone, keeps the place, and has one delivery made when
// that place comes up. Faults break it on purpose.
type toy struct {
	faults faults

	items     []*toyItem // live calls and callbacks, as they came
	available int
	prompts   int
	made      int
}

// faults are the mistakes that the books must see.
type faults struct {
	forget   func(n int) bool // the n-th callback is confirmed and dropped
	twice    func(n int) bool // two deliveries are made for it
	overtake func(n int) bool // it does not wait for its turn
	silent   bool             // nothing is offered at all
}

type toyItem struct {
	call, phone string
	rank        rank
	offerAt     time.Time
	ended       bool // the caller's own call
	callback    string
	delivered   bool
	done        bool
	freeAt      time.Time
	n           int
}

func (i *toyItem) live() bool { return i.callback == "" }

// holds tells whether the item stands in line.
func (i *toyItem) holds(now time.Time) bool {
	return i.live() && !i.ended || !i.live() && (!i.delivered || i.freeAt.After(now))
}

func (y *toy) find(call string) *toyItem {
	for _, i := range y.items {
		if i.call == call {
			return i
		}
	}
	return nil
}

// hear takes an event and answers with commands.
func (y *toy) hear(t *testing.T, e event) []command {
	t.Helper()
	switch d := e.data.(type) {
	case queuedData:
		at, err := time.Parse(time.RFC3339, d.QueuedAt)
		if err != nil {
			t.Fatal(err)
		}
		y.items = append(y.items, &toyItem{
			call: d.CallID, phone: d.From, rank: rank{d.Priority, at}, offerAt: latest(at.Add(30*time.Second), e.at),
		})
	case toneData:
		i := y.find(d.CallID)
		if d.Tone != "1" || i == nil || !i.live() {
			break
		}
		if y.pending(i.phone) { // joins it, and holds no place of its own
			i.callback, i.delivered = "joined", true
			return []command{y.play(t, i, map[string]any{"prompt": promptConfirmation, "then": "end"})}
		}
		y.made++
		i.n = y.made
		i.callback = fmt.Sprintf("cb-%d", y.made)
		i.delivered = y.faults.forget != nil && y.faults.forget(i.n) // it is as if it had been
		return []command{y.play(t, i, map[string]any{"prompt": promptConfirmation, "then": "end"})}
	case connectedData:
		y.drop(d.CallID)
	case endedData:
		if i := y.find(d.CallID); i != nil {
			i.ended, i.freeAt = true, e.at
			if i.live() {
				y.drop(d.CallID)
			}
		}
	case representativesData:
		y.available = d.Available
	case progressData:
		for _, i := range y.items {
			if i.callback != d.CallbackID {
				continue
			}
			if d.Step == "accepted" {
				i.freeAt = e.at
			}
			i.done = i.done || d.Step == "ended"
		}
	}
	return nil
}

func (y *toy) pending(phone string) bool {
	for _, i := range y.items {
		if i.phone == phone && i.n > 0 && !i.done {
			return true
		}
	}
	return false
}

// figures are what the toy says of itself.
func (y *toy) figures() AdapterFigures {
	a := AdapterFigures{Open: map[string]bool{}, Ended: map[string]CallbackEnd{}}
	for _, i := range y.items {
		switch {
		case i.n == 0 || y.faults.forget != nil && y.faults.forget(i.n):
		case i.done:
			a.Ended[i.call] = CallbackEnd{State: "completed"}
		default:
			a.Open[i.call] = true
		}
	}
	return a
}

func (y *toy) drop(call string) {
	for n, i := range y.items {
		if i.call == call {
			y.items = append(y.items[:n], y.items[n+1:]...)
			return
		}
	}
}

func (y *toy) play(t *testing.T, i *toyItem, data map[string]any) command {
	t.Helper()
	y.prompts++
	data["callId"], data["onlyWhile"], data["sequence"] = i.call, "waiting", y.prompts
	data["text"] = "…"
	return decoded(t, fmt.Sprintf("outbox-%d", y.prompts), commandPlay, data)
}

// tick makes the offers and deliveries that are due.
func (y *toy) tick(t *testing.T, now time.Time, queueID string) ([]command, []Delivery) {
	t.Helper()
	var offers []command
	var due []Delivery
	for _, i := range y.items {
		if i.live() && !y.faults.silent && i.phone != "" && !i.ended && !now.Before(i.offerAt) {
			i.offerAt = now.Add(120 * time.Second)
			offers = append(offers, y.play(t, i, map[string]any{
				"prompt": promptOffer, "collect": map[string]string{"tones": "1"}, "notAfter": now.Add(20 * time.Second),
			}))
		}
		if i.live() || i.delivered || !i.ended {
			continue
		}
		early := y.faults.overtake != nil && y.faults.overtake(i.n)
		if y.ahead(i, now) >= max(1, y.available) && !early {
			continue
		}
		i.delivered, i.freeAt = true, now.Add(time.Minute)
		d := Delivery{
			ID: fmt.Sprintf("delivery-%d", i.n), QueueID: queueID, Phone: i.phone, VisibleAt: now.Add(10 * time.Second),
			Start: now, End: now.Add(15 * time.Minute),
			Attributes: map[string]string{
				"type": "callback", "callbackId": i.callback, "queuedAt": stamp(i.rank.queuedAt),
				"priority": strconv.Itoa(i.rank.priority),
			},
		}
		due = append(due, d)
		if y.faults.twice != nil && y.faults.twice(i.n) {
			d.ID += "-again"
			due = append(due, d)
		}
	}
	return offers, due
}

func (y *toy) ahead(of *toyItem, now time.Time) int {
	n := 0
	for _, i := range y.items {
		if i != of && i.holds(now) && i.rank.before(of.rank) {
			n++
		}
	}
	return n
}

// live lives through a stretch of the day with the toy on the other side.
func (b *bench) live(y *toy, length time.Duration) {
	heard := 0
	type showing struct {
		at time.Time
		d  Delivery
	}
	var later []showing
	for d := time.Duration(0); d <= length; d += time.Second {
		b.at(d)
		for ; heard < len(b.seen); heard++ {
			for _, c := range y.hear(b.t, b.seen[heard]) {
				b.command(c)
			}
		}
		offers, due := y.tick(b.t, b.floor.now, testQueue)
		for _, c := range offers {
			b.command(c)
		}
		for _, d := range due {
			b.react(func() { b.floor.created(d) })
			later = append(later, showing{d.VisibleAt, d})
		}
		for len(later) > 0 && !later[0].at.After(b.floor.now) {
			b.react(func() { b.floor.becameVisible(later[0].d) })
			later = later[1:]
		}
	}
}
