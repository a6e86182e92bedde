package phone

import (
	"strconv"
	"time"
)

// person is a customer, with one telephone.
type person struct {
	name     string
	phone    string
	withheld bool
	locale   string

	call      *call     // in which they are now
	lastEnded time.Time // when their last call was over
	called    bool      // in a callback, ringing or talking
	attempts  int       // callbacks that rang
}

// busy tells whether their telephone would not ring.
func (p *person) busy() bool { return p.call != nil || p.called }

// callState is where a caller's call is. Commands name the first and the third.
type callState string

const (
	callWaiting   callState = "waiting"
	callLeaving   callState = "leaving" // hears the last words, holds no place any more
	callConnected callState = "connected"
	callOver      callState = "ended"
)

// The reasons of call.ended.
const (
	endedHangup      = "hangup"
	endedCallback    = "callback"
	endedOverflow    = "overflow"
	endedVoicemail   = "voicemail"
	endedTransferred = "transferred"
	endedCompleted   = "completed"
)

// call is one caller's call.
type call struct {
	character
	id       string
	caller   *person
	queue    *queue
	priority int
	queuedAt time.Time
	state    callState
	sequence int64

	obeyed     map[string]bool // commands, by id
	lastPrompt int64           // sequence of the last prompt
	decided    bool            // once per caller
	pressed    bool            // 1, in answer to an offer
	patience   *entry
}

func (c *call) rank() rank { return rank{c.priority, c.queuedAt} }

// report sends an event about the call, numbered.
func (f *floor) report(c *call, kind string, data any) {
	c.sequence++
	f.emit(event{
		id: c.id + "/" + strconv.FormatInt(c.sequence, 10), kind: kind, subject: c.id,
		session: c.queue.id, sequence: c.sequence, data: data,
	})
}

// arrive lets a caller of the trace reach the line. Somebody who is still on the
// phone, because things took longer here than in the trace, does not call.
func (f *floor) arrive(a Arrival) {
	p := f.person(a)
	if p.busy() {
		return
	}
	c := &call{
		character: f.luck.character(a, f.options.Traffic, f.services, f.options.Behaviour),
		id:        f.prefix + a.Call, caller: p, queue: f.queueOf(a.Type), priority: a.Priority,
		queuedAt: f.clock(a.At), state: callWaiting, obeyed: map[string]bool{},
	}
	if _, again := f.calls[c.id]; again {
		return // a trace that names two calls alike
	}
	f.calls[c.id], p.call = c, c
	c.queue.add(c)
	c.patience = f.agenda.plan(latest(c.queuedAt.Add(c.character.patience), f.now), func() { f.hangUp(c) })
	f.books.queued(p.phone)
	f.queued(c, "route")
}

func (f *floor) person(a Arrival) *person {
	if p, ok := f.people[a.Customer]; ok {
		return p
	}
	p := &person{name: a.Customer, phone: a.Phone}
	p.withheld, p.locale = f.luck.customer(a.Customer, f.options.Behaviour)
	f.people[p.name], f.byPhone[p.phone] = p, p
	return p
}

func (f *floor) queued(c *call, entry string) {
	data := queuedData{
		CallID: c.id, QueueID: c.queue.id, WorkstreamID: f.options.WorkstreamID, From: c.caller.phone,
		Priority: c.priority, QueuedAt: stamp(c.queuedAt), Locale: c.caller.locale, Entry: entry, Bot: "none",
		Position: c.queue.position(c), CallsWaiting: len(c.queue.waiting), EstimatedWait: c.queue.estimate.seconds(),
	}
	if c.caller.withheld {
		data.From = ""
	}
	f.report(c, typeQueued, data)
	f.tell("queued", c, entry)
}

// hear plays an offer. Callers make up their mind once; a later offer finds them
// settled.
func (f *floor) hear(c *call, offer command) {
	f.books.offered(!c.decided)
	f.tell("offer", c, offer.Text)
	if c.decided {
		return
	}
	c.decided = true
	wait := c.listens
	for _, p := range c.habit.presses {
		wait += p.after
		f.after(wait, func() { f.press(c, p.key, offer) })
	}
	if c.habit.hangsUp {
		f.after(wait+time.Second, func() { f.hangUp(c) })
	}
}

// press reports a key, if the caller is still there to press it. Only somebody
// who pressed before presses again during the last words.
func (f *floor) press(c *call, key string, offer command) {
	if c.state != callWaiting && (c.state != callLeaving || !c.pressed) {
		return
	}
	f.report(c, typeTone, toneData{CallID: c.id, Tone: key, PromptID: offer.answerTo()})
	f.tell("pressed", c, key)
	if key == optInKey && offer.collects(key) && !c.pressed {
		c.pressed = true
		f.books.optedIn(c.id, c.queue.id, c.caller.phone, c.rank(), f.now)
	}
}

func (f *floor) hangUp(c *call) {
	if c.state == callWaiting {
		f.end(c, endedHangup)
	}
}

// end closes a call in whatever state it is.
func (f *floor) end(c *call, reason string) {
	c.patience.off()
	c.queue.remove(c)
	c.state = callOver
	c.caller.call, c.caller.lastEnded = nil, f.now
	f.books.over(c.id, c.caller.phone, reason, f.now)
	f.report(c, typeEnded, endedData{CallID: c.id, Reason: reason})
	f.tell("ended", c, reason)
}
