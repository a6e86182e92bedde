package sqlite

import (
	"maps"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// maxRecent bounds how many calls, and how many callbacks, are remembered beside
// the file.
const maxRecent = 4096

// recent is what was read or saved last, exactly as the file has it: most events
// are about a call that was saved just before, and reading its 28 columns costs
// as much as saving them. Only this process writes to the file, and only through
// one owner goroutine, which owns this too. Whatever is rolled back empties it.
type recent struct {
	calls     map[adapter.CallID]adapter.Call
	callbacks map[adapter.CallbackID]adapter.Callback
	attempts  map[adapter.CallbackID]adapter.Attempt // the last of each; zero if it has none
	commands  map[int64]adapter.Outgoing             // that nobody tried to send
	available map[adapter.QueueID]int
	next      next

	// Of these there mostly are none at all, and then nobody looks for them.
	nobodyHeld, nothingParked bool
}

func newRecent() recent {
	return recent{
		calls:     map[adapter.CallID]adapter.Call{},
		callbacks: map[adapter.CallbackID]adapter.Callback{},
		attempts:  map[adapter.CallbackID]adapter.Attempt{},
		commands:  map[int64]adapter.Outgoing{},
		available: map[adapter.QueueID]int{},
	}
}

func (r *recent) forget() {
	clear(r.calls)
	clear(r.callbacks)
	clear(r.attempts)
	clear(r.commands)
	clear(r.available)
	r.next = next{}
	r.nobodyHeld, r.nothingParked = false, false
}

func (r *recent) call(id adapter.CallID) (adapter.Call, bool) {
	c, ok := r.calls[id]
	c.Attributes = maps.Clone(c.Attributes) // the reader's own
	return c, ok
}

// keepCall remembers a call, or forgets it once its caller has hung up.
func (r *recent) keepCall(c adapter.Call) {
	if c.State != adapter.CallWaiting && c.State != adapter.CallTaken {
		delete(r.calls, c.ID)
		return
	}
	record.AsKept(&c.QueuedAt, &c.ChangedAt, &c.ConnectedAt, &c.OverflowAt, &c.CheckAt, &c.FirstOffer, &c.LastOffer, &c.NextOffer, &c.ConfirmedAt)
	c.Attributes = maps.Clone(c.Attributes)
	keep(r.calls, c.ID, c)
}

func (r *recent) callback(id adapter.CallbackID) (adapter.Callback, bool) {
	c, ok := r.callbacks[id]
	c.Attributes = maps.Clone(c.Attributes)
	return c, ok
}

// keepCallback remembers a callback, also one that has ended: news of its delivery
// still come.
func (r *recent) keepCallback(c adapter.Callback) {
	record.AsKept(&c.Since, &c.QueuedAt, &c.ReleaseFrom, &c.InLineFrom, &c.FreePlaceAt, &c.Window.Start, &c.Window.End, &c.CreatedAt, &c.ExpiresAt, &c.Wish.Window.Start, &c.Wish.Window.End)
	c.Attributes = maps.Clone(c.Attributes)
	keep(r.callbacks, c.ID, c)
}

// keepAttempt remembers the last attempt of a callback.
func (r *recent) keepAttempt(id adapter.CallbackID, a adapter.Attempt) {
	record.AsKept(&a.Window.Start, &a.Window.End, &a.SentAt, &a.SeenAt, &a.AcceptedAt, &a.EndedAt, &a.NextPoll)
	keep(r.attempts, id, a)
}

// keepCommand remembers a command on its way out, which leaves at once.
func (r *recent) keepCommand(o adapter.Outgoing) {
	record.AsKept(&o.NotBefore, &o.PutAt)
	// Their JSON keeps the nanoseconds.
	o.Command.At, o.Command.NotAfter = o.Command.At.Round(0), o.Command.NotAfter.Round(0)
	keep(r.commands, o.Seq, o)
}

func keep[K comparable, V any](all map[K]V, key K, value V) {
	if len(all) >= maxRecent {
		clear(all)
	}
	all[key] = value
}

// stands tells that a call is known to be where it is to be in line, or out of it.
func (r *recent) stands(c adapter.Call) bool {
	was, ok := r.calls[c.ID]
	if !ok || was.Waits() != c.Waits() {
		return false
	}
	return !c.Waits() || was.Queue == c.Queue && was.Priority == c.Priority && record.Micros(was.QueuedAt) == record.Micros(c.QueuedAt)
}
