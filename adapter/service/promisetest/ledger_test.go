package promisetest

import (
	"fmt"
	"time"

	"directcallback/adapter"
)

// ledger is what customers and people were told, and what they asked for. With what
// Dynamics and the telephony did, and the audit of the end, it is all that the
// promises are judged by.
type ledger struct {
	asks     []*ask
	answers  []answer
	cancels  []cancel
	moves    []move
	verdicts []verdict
	healed   time.Time // since when nothing went wrong any more
	wrongs   []string
}

// ask is a customer's request by the web, repeated with its key until it is answered;
// or a person's to try a callback again.
type ask struct {
	Key     string
	Number  string
	Queue   adapter.QueueID
	Window  adapter.Window
	At      time.Time
	Granted []adapter.CallbackID // by every answer
	At201   time.Time
	Refused bool
}

// answer is what somebody was told of a promise.
type answer struct {
	Promise adapter.CallbackID
	State   adapter.State
	At      time.Time
}

// cancel is a customer's wish.
type cancel struct {
	Promise adapter.CallbackID
	At      time.Time
	TooLate bool
}

// move is another time that a customer asked for; refused ones are not kept.
type move struct {
	Promise adapter.CallbackID
	Window  adapter.Window
	At      time.Time
}

// verdict is what a person decided.
type verdict struct {
	Promise adapter.CallbackID
	GivesUp bool
}

// wrong notes what must not happen at all.
func (w *world) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongs = append(w.wrongs, fmt.Sprintf("%v: ", time.Since(w.begin))+fmt.Sprintf(format, args...))
}
