package promisetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"directcallback/adapter"
)

// call is a caller's own call, as it is in truth.
type call struct {
	ID     adapter.CallID
	Number string
	Queue  adapter.QueueID

	Queued, Offered, Pressed, Confirmed, Connected, Ended, Moved time.Time // zero = did not happen

	Priority      int
	ToldQueued    time.Time // when an adapter had taken the event
	ToldPressed   time.Time
	ToldGone      time.Time
	Confirmations []string // ids of commands
	sequence      int64
}

func (c *call) waits() bool { return c.Connected.IsZero() && c.Ended.IsZero() && c.Moved.IsZero() }

// telephony has the calls and tells of them. Its commands may be repeated.
type telephony struct {
	mu      sync.Mutex
	calls   []*call             // guarded by mu
	mail    []adapter.CallEvent // guarded by mu: still to be told
	told    []adapter.CallEvent // guarded by mu
	seen    map[string]bool     // guarded by mu: ids of commands
	trouble int                 // guarded by mu: commands to come that fail, the odd ones after their effect
	aside   []adapter.Parked    // guarded by mu
	freed   bool                // representatives were told to be free
	said    int64               // guarded by mu
	wrong   func(string, ...any)
}

var errBus = errors.New("the bus is not there")

// on tells whether a number is on the line.
func (t *telephony) on(number string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.calls, func(c *call) bool { return c.Number == number && c.Ended.IsZero() })
}

// tell puts an event of a call into the mail.
func (t *telephony) tell(c *call, data adapter.EventData) {
	c.sequence++
	t.mail = append(t.mail, adapter.CallEvent{
		ID: fmt.Sprint(c.ID, "/", c.sequence), Source: "pbx", Call: c.ID, At: time.Now(), Sequence: c.sequence, Data: data,
	})
}

func (t *telephony) ring(number string, queue adapter.QueueID, priority int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &call{ID: adapter.CallID(fmt.Sprint("call-", len(t.calls)+1)), Number: number, Queue: queue, Queued: time.Now(), Priority: priority}
	t.calls = append(t.calls, c)
	t.tell(c, adapter.CallQueued{
		Queue: queue, From: parse(number), QueuedAt: c.Queued, Priority: priority, Locale: "en-US", Entry: adapter.EntryRoute, Bot: adapter.BotNone,
	})
}

// pick is the n-th newest of the calls that fit; nil if none does.
func (t *telephony) pick(n int, fits func(*call) bool) *call {
	var all []*call
	for _, c := range slices.Backward(t.calls) {
		if fits(c) {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[n%len(all)]
}

func (t *telephony) press(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.pick(n, func(c *call) bool { return c.waits() && !c.Offered.IsZero() })
	if c == nil {
		return
	}
	if c.Pressed.IsZero() {
		c.Pressed = time.Now()
	}
	t.tell(c, adapter.ToneReceived{Tone: "1"})
}

func (t *telephony) hangUp(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.pick(n, func(c *call) bool { return c.Ended.IsZero() }); c != nil {
		t.end(c)
	}
}

func (t *telephony) end(c *call) {
	c.Ended = time.Now()
	t.tell(c, adapter.CallEnded{Reason: "hung up"})
}

func (t *telephony) connect(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.pick(n, (*call).waits); c != nil {
		c.Connected = time.Now()
		t.tell(c, adapter.CallConnected{})
	}
}

func (t *telephony) transfer(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.pick(n, (*call).waits); c != nil {
		c.Moved = time.Now()
		t.tell(c, adapter.CallTransferred{ToPhone: parse("+12025550199")})
	}
}

func (t *telephony) endAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.calls {
		if c.Ended.IsZero() {
			t.end(c)
		}
	}
}

// take carries commands out, each once.
func (t *telephony) take(commands []adapter.Command) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	fails, lost := t.trouble > 0, t.trouble%2 == 1
	if fails {
		t.trouble--
	}
	if fails && !lost {
		return errBus
	}
	for _, c := range commands {
		if !t.seen[c.ID] {
			t.seen[c.ID] = true
			t.carryOut(c)
		}
	}
	if lost {
		return errBus
	}
	return nil
}

func (t *telephony) carryOut(command adapter.Command) {
	i := slices.IndexFunc(t.calls, func(c *call) bool { return c.ID == command.Call })
	if i < 0 {
		t.wrong("command %s names a call that there is not", command.ID)
		return
	}
	c := t.calls[i]
	if command.Prompt == adapter.PromptConfirmation {
		c.Confirmations = append(c.Confirmations, command.ID)
	}
	if !c.waits() || !command.NotAfter.After(time.Now()) {
		return // too late
	}
	switch command.Prompt {
	case adapter.PromptOffer:
		c.Offered = time.Now()
	case adapter.PromptConfirmation:
		c.Confirmed = time.Now()
		t.end(c)
	default:
	}
}

func (t *telephony) putAside(events []adapter.Parked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.aside = append(t.aside, events...)
}

// resubmit puts back what was put aside.
func (t *telephony) resubmit() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.aside {
		e, err := codec{}.Decode(p.Event)
		if err != nil {
			t.wrong("an event that was put aside cannot be read: %v", err)
			continue
		}
		t.mail = append(t.mail, e)
	}
	t.aside = nil
}

// post takes out what is to be told now.
func (t *telephony) post(how string) []adapter.CallEvent {
	t.mu.Lock()
	defer t.mu.Unlock()
	events := t.mail
	switch how {
	case "keep":
		return nil
	case "reorder":
		slices.Reverse(events)
	case "repeat":
		events = slices.Concat(t.told, events, events)
	}
	t.mail = nil
	return events
}

// taken notes that events are told; or, when they are not, keeps them.
func (t *telephony) taken(events []adapter.CallEvent, yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !yes {
		t.mail = slices.Concat(events, t.mail)
		return
	}
	t.told = append(t.told, events...)
	for _, e := range events {
		i := slices.IndexFunc(t.calls, func(c *call) bool { return c.ID == e.Call })
		if i < 0 {
			continue // of a queue or a delivery
		}
		c := t.calls[i]
		switch e.Data.(type) {
		case adapter.CallQueued:
			first(&c.ToldQueued)
		case adapter.ToneReceived:
			first(&c.ToldPressed)
		default:
			first(&c.ToldGone)
		}
	}
}

// first notes the first time of something.
func first(at *time.Time) {
	if at.IsZero() {
		*at = time.Now()
	}
}

// parse reads a number of the script, which is a good one.
func parse(e164 string) adapter.Phone {
	p, err := adapter.ParsePhone(e164)
	if err != nil {
		panic(err) // the script is wrong
	}
	return p
}

// say puts an event that is of no call into the mail.
func (t *telephony) say(at time.Time, data adapter.EventData) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said++
	t.mail = append(t.mail, adapter.CallEvent{ID: fmt.Sprint("said/", t.said), Source: "pbx", At: at, Sequence: t.said, Data: data})
}

func (t *telephony) free(queue adapter.QueueID, n int) {
	t.freed = true
	t.say(time.Now(), adapter.RepresentativesChanged{Queue: queue, Available: n})
}
