package promisetest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter"
)

// day is all that a sequence draws before it is played.
type day struct {
	StoresIDs bool   // Dynamics keeps our request ids
	Fates     []fate // of the requests for deliveries, in their order
	Steps     []step
}

// step is one random thing. Its numbers pick among what there is.
type step struct {
	What  string
	A, B  int
	Mail  string        // how the telephony's events of it are told
	Pause time.Duration // before the next one
}

func drawDay() *rapid.Generator[day] {
	return rapid.Custom(func(t *rapid.T) day {
		d := day{
			StoresIDs: rapid.Bool().Draw(t, "stores ids"),
			Fates:     rapid.SliceOfN(drawFate(), 0, 8).Draw(t, "fates"),
			Steps:     rapid.SliceOfN(drawStep(), 1, 30).Draw(t, "steps"),
		}
		// A delivery that nobody can ever know of is beyond what can be promised: a row
		// comes in the end where the answer was lost, or may have been.
		calm := !slices.ContainsFunc(d.Steps, func(s step) bool { return slices.Contains(upsets, s.What) })
		for i, f := range d.Fates {
			if f.Lag == never && (!calm || f.Reply != replyOK || f.Travel > patience) {
				d.Fates[i].Lag = 4 * time.Minute
			}
		}
		return d
	})
}

// upsets are the steps by which a process may lose an answer that it had.
var upsets = []string{"kill", "pause", "doze", "freeze", "database down", "database full"}

func drawFate() *rapid.Generator[fate] {
	return rapid.Custom(func(t *rapid.T) fate {
		return fate{
			Reply: rapid.SampledFrom([]reply{
				replyOK, replyOK, replyOK, replyOK, replyLost, replyLost, replyNothing, replyThrottled, replyNotSent, replyRefused, replyBlocked,
			}).Draw(t, "reply"),
			Travel:  rapid.SampledFrom([]time.Duration{0, 0, time.Second, 20 * time.Second, 3 * time.Minute, 13 * time.Minute}).Draw(t, "travel"),
			Lag:     rapid.SampledFrom([]time.Duration{0, 0, 20 * time.Second, 4 * time.Minute, never}).Draw(t, "lag"),
			Accept:  rapid.SampledFrom([]time.Duration{20 * time.Second, 20 * time.Second, 2 * time.Minute, 10 * time.Minute, never}).Draw(t, "accept"),
			Result:  rapid.SampledFrom([]string{"LiveAnswer", "LiveAnswer", "LiveAnswer", "Undetermined", "NoAnswer", "AnsweringMachine", "CSRCancelled", "NonRetriableError", "InvalidAddress", "", "SomethingNew"}).Draw(t, "result"),
			Untold:  rapid.Bool().Draw(t, "untold"),
			Cancels: rapid.SampledFrom([]string{"works", "works", "fails", "ignored"}).Draw(t, "cancels"),
		}
	})
}

// whats are the steps; a frequent one stands there often.
var whats = []string{
	"ring", "ring", "ring", "press", "press", "press", "hang up", "connect", "transfer", "request", "request", "request", "request later",
	"cancel", "cancel", "move", "progress", "hint", "free", "decide", "retry", "look", "ask again",
	"kill", "kill", "pause", "doze", "freeze", "freeze", "wake", "wake", "start", "start", "database down", "database full", "database up", "database up", "blind", "see", "bus",
}

func drawStep() *rapid.Generator[step] {
	return rapid.Custom(func(t *rapid.T) step {
		return step{
			What: rapid.SampledFrom(whats).Draw(t, "what"),
			A:    rapid.IntRange(0, 3).Draw(t, "a"),
			B:    rapid.IntRange(0, 3).Draw(t, "b"),
			Mail: rapid.SampledFrom([]string{"", "", "", "keep", "repeat", "reorder"}).Draw(t, "mail"),
			Pause: rapid.SampledFrom([]time.Duration{
				0, time.Second, 10 * time.Second, 31 * time.Second, 31 * time.Second, 2 * time.Minute, 5 * time.Minute, 16 * time.Minute,
			}).Draw(t, "pause"),
		}
	})
}

// play plays a day and the quiet time after it.
func (w *world) play(d day) {
	for _, s := range d.Steps {
		w.do(s)
		w.deliver(s.A, s.Mail)
		w.pass(s.Pause)
	}
	w.heal()
	for settled, waited := false, time.Duration(0); !settled && waited < 12*time.Hour; waited += 10 * time.Minute {
		w.pass(10 * time.Minute)
		settled = w.settled()
	}
}

// settled tells whether nothing is to be expected any more.
func (w *world) settled() bool {
	for _, c := range w.open() {
		if c.State != adapter.StateReview {
			return false
		}
	}
	return true
}

// heal ends all trouble, and tells what was not told.
func (w *world) heal() {
	w.bury()
	for _, p := range w.processes {
		if p != nil {
			p.wake()
			p.set(func() { p.down, p.full, p.left = false, false, 0 })
		}
	}
	w.restart()
	w.dynamics.set(func() { w.dynamics.blind, w.dynamics.fates = false, nil })
	w.telephony.mu.Lock()
	w.telephony.trouble = 0
	w.telephony.mu.Unlock()
	w.pass(leaseLength)
	w.telephony.endAll()
	w.telephony.resubmit()
	w.deliver(0, "")
	for _, q := range w.asks {
		if q.At201.IsZero() && !q.Refused {
			w.request(0, q)
		}
	}
	w.healed = time.Now()
}

func number(n int) string { return fmt.Sprint("+1202555010", n) }

func (w *world) do(s step) {
	queue := queues[s.B%2]
	switch s.What {
	case "ring":
		w.telephony.ring(number(s.A), queue, s.B/2)
	case "press":
		w.telephony.press(s.A)
	case "hang up":
		w.telephony.hangUp(s.A)
	case "connect":
		w.telephony.connect(s.A)
	case "transfer":
		w.telephony.transfer(s.A)
	case "request", "request later":
		q := &ask{Key: fmt.Sprint("key-", len(w.asks)), Number: number(s.A), Queue: queue, At: time.Now()}
		if s.What == "request later" {
			q.Window = s.window()
		}
		w.asks = append(w.asks, q)
		w.request(s.A+s.B, q)
	case "ask again":
		if n := len(w.asks); n > 0 && !w.asks[s.A%n].Refused {
			w.request(s.B, w.asks[s.A%n])
		}
	case "cancel":
		if all := w.open(); len(all) > 0 {
			w.cancel(s.B, all[s.A%len(all)].ID)
		}
	case "move":
		if all := w.open(); len(all) > 0 {
			w.move(s.B, all[s.A%len(all)].ID, s.window())
		}
	case "decide":
		w.decide(s.A)
	case "retry":
		if all := w.list(adapter.StateFailed, adapter.StateExpired, adapter.StateUnanswered); len(all) > 0 {
			w.retry(s.B, all[s.A%len(all)])
		}
	case "look":
		for _, c := range w.list() {
			w.answered(c)
		}
	case "free":
		w.telephony.free(queue, s.A)
	case "progress", "hint":
		w.news(s)
	default:
		w.disturb(s)
	}
}

// window is one that somebody may ask for.
func (s step) window() adapter.Window {
	from := time.Now().Add([]time.Duration{0, 10 * time.Minute, time.Hour, 3 * time.Hour}[s.B]).Truncate(time.Minute).UTC()
	return adapter.Window{Start: from, End: from.Add([]time.Duration{5 * time.Minute, time.Hour, 20 * time.Minute, 2 * time.Hour}[s.A])}
}

// disturb is what befalls the machines.
func (w *world) disturb(s step) {
	d, t := w.dynamics, w.telephony
	switch s.What {
	case "blind":
		d.set(func() { d.blind = true })
	case "see":
		d.set(func() { d.blind = false })
	case "bus":
		t.mu.Lock()
		t.trouble = s.A
		t.mu.Unlock()
	case "start":
		w.restart()
	}
	p := w.processes[s.A%2]
	if p == nil {
		return
	}
	switch s.What {
	case "kill":
		if s.B == 0 {
			p.kill()
			break
		}
		p.set(func() { p.left, p.after = s.B, s.A > 1 })
	case "pause":
		p.pause()
	case "doze":
		p.set(func() { p.dozes = true })
	case "freeze":
		p.set(func() { p.awake = s.B + 1 })
	case "wake":
		p.wake()
	case "database down":
		p.set(func() { p.down = true })
	case "database full":
		p.set(func() { p.full = true })
	case "database up":
		p.set(func() { p.down, p.full = false, false })
	}
	w.bury()
}

// news tells what Dynamics knows of a delivery, perhaps late.
func (w *world) news(s step) {
	w.dynamics.lock()
	defer w.dynamics.mu.Unlock()
	all := w.dynamics.deliveries
	if len(all) == 0 {
		return
	}
	x := all[len(all)-1-s.A%len(all)]
	data := adapter.CallbackProgress{Delivery: adapter.DeliveryID(x.ID), Step: adapter.StepOffered}
	if s.B%2 == 1 {
		data = adapter.CallbackProgress{Callback: adapter.CallbackID(x.Promise), Step: adapter.StepOffered}
	}
	last := x.rows[len(x.rows)-1]
	at := x.Made
	switch {
	case !x.Over.IsZero() && last.result != "":
		at, data.Step, data.Result = x.Over, adapter.StepEnded, last.result
	case !x.Talked.IsZero():
		at, data.Step = x.Talked, adapter.StepConnected
	case !x.Accepted.IsZero():
		at, data.Step = x.Accepted, adapter.StepAccepted
	}
	if s.What == "hint" {
		w.telephony.say(at, adapter.DeliveryChanged{Row: "row-" + x.ID, Delivery: adapter.DeliveryID(x.ID)})
		return
	}
	w.telephony.say(at, data)
}
