package phone

import (
	"fmt"
	"time"
)

// Step is one line of what happens, for a person who watches.
type Step struct {
	At     time.Time
	What   string // "queued", "offer", "pressed", "connected", "ended", "refused", "delivery", "callback", "prompt"
	ID     string // of the call or the delivery
	Who    string // the customer's number, masked
	Detail string
}

// String is the step on one line.
func (s Step) String() string {
	return fmt.Sprintf("%s %-9s %s %s %s", s.At.UTC().Format(time.TimeOnly), s.What, s.ID, s.Who, s.Detail)
}

// tell logs a step of a call.
func (f *floor) tell(what string, c *call, detail string) { f.note(what, c.id, c.caller.phone, detail) }

func (f *floor) note(what, id, number, detail string) {
	if f.options.Log != nil {
		f.options.Log(Step{At: f.now, What: what, ID: id, Who: mask(number), Detail: detail})
	}
}
