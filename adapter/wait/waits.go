package wait

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Waits is what is remembered of a queue's connected conversations. The zero
// Waits has seen none. What was written down before there were Recent and Range has
// neither, and gets them with the next conversations.
type Waits struct {
	Running Mean      `json:"running"`         // up to the last conversation
	Worked  Mean      `json:"worked"`          // up to when it was last worked out before that
	LastAt  time.Time `json:"lastAt,omitzero"` // of the last conversation
	Recent  Recent    `json:"recent,omitzero"` // up to the last conversation
	Range   Range     `json:"range,omitzero"`  // of those that were recent when it was last worked out
}

// Mean is a moving average and what went into it.
type Mean struct {
	Count   int     `json:"count"`
	Seconds float64 `json:"seconds"`
}

// Snapshot writes it down.
func (w Waits) Snapshot() ([]byte, error) { return json.Marshal(w) }

// Restore reads what Snapshot wrote. Nothing at all is the zero Waits.
func Restore(text []byte) (Waits, error) {
	var w Waits
	if len(text) == 0 {
		return w, nil
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return Waits{}, fmt.Errorf("waits: %w", err)
	}
	if err := errors.Join(w.Running.check("running"), w.Worked.check("worked"), w.Range.check()); err != nil {
		return Waits{}, err
	}
	return w, nil
}

// maxSeconds is a year: no wait is longer, and all below it fit a Duration.
const maxSeconds = 366 * 24 * 60 * 60

func (m Mean) check(name string) error {
	if m.Count < 0 || m.Seconds < 0 || m.Seconds > maxSeconds {
		return fmt.Errorf("waits: %s: a count of %d with an average of %g seconds", name, m.Count, m.Seconds)
	}
	return nil
}
