package promisetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/sqlite"
)

// promise is one promise with all that is known of it in the end.
type promise struct {
	adapter.Callback
	history    []adapter.History
	attempts   []adapter.Attempt
	deliveries []*delivery
	asked      []asked
	calls      []*call // of its number
}

// gather reads the audit once everything is over.
func (w *world) gather() []*promise {
	var all []*promise
	callbacks, settled := w.list(), w.settled()
	err := w.store.Update(w.ctx, func(tx *sqlite.Tx) error {
		for _, c := range callbacks {
			p := &promise{Callback: c}
			var err error
			if p.history, err = tx.History(c.ID); err != nil {
				return err
			}
			if p.attempts, err = tx.Attempts(c.ID); err != nil {
				return err
			}
			all = append(all, p)
		}
		tally, err := tx.Tally()
		if err == nil && tally.Leaving > 0 && settled {
			w.wrong("%d entries never leave", tally.Leaving)
		}
		return err
	})
	if err != nil {
		w.wrong("audit: %v", err)
	}
	w.dynamics.lock()
	defer w.dynamics.mu.Unlock()
	for _, p := range all {
		for _, x := range w.dynamics.deliveries {
			if x.Promise == string(p.ID) {
				p.deliveries = append(p.deliveries, x)
			}
		}
		for _, x := range w.dynamics.asked {
			if x.Promise == string(p.ID) {
				p.asked = append(p.asked, x)
			}
		}
		for _, c := range w.telephony.calls {
			if c.Number == p.Phone.E164() {
				p.calls = append(p.calls, c)
			}
		}
	}
	return all
}

// ended is when the promise came to its end; zero = it has not.
func (p *promise) ended() time.Time {
	for _, h := range p.history {
		if h.To.Ended() {
			return h.At
		}
	}
	return time.Time{}
}

// was tells whether the promise was in a state at an instant, in which it may have
// been in several.
func (p *promise) was(state adapter.State, at time.Time) bool {
	before := adapter.State("")
	for _, h := range p.history {
		if h.At.Before(at) {
			before = h.To
		} else if h.At.Equal(at) && h.To == state {
			return true
		}
	}
	return before == state
}

// lived tells whether the promise was made before to and not ended before from.
func (p *promise) lived(from, to time.Time) bool {
	end := p.ended()
	return !p.CreatedAt.After(to) && (end.IsZero() || !end.Before(from))
}

func (p *promise) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %s:", p.ID, p.State)
	for _, h := range p.history {
		fmt.Fprintf(&text, "\n    %s %s -> %s (%s)", clockTime(h.At), h.Event, h.To, h.Reason)
	}
	for _, x := range p.asked {
		fmt.Fprintf(&text, "\n    %s asked, window %s to %s, request %s, %+v", clockTime(x.At), clockTime(x.Request.Window.Start), clockTime(x.Request.Window.End), x.Request.RequestID, x.Fate)
	}
	for _, x := range p.deliveries {
		fmt.Fprintf(&text, "\n    %s of request %s: made %s, accepted %s, rang %s, talked %s, over %s",
			x.ID, x.Request.RequestID, clockTime(x.Made), clockTime(x.Accepted), clockTime(x.Rang), clockTime(x.Talked), clockTime(x.Over))
	}
	for _, a := range p.attempts {
		fmt.Fprintf(&text, "\n    attempt %d: request %s, delivery %s, %s %s", a.Number, a.RequestID, a.Delivery, a.Status, a.Result)
	}
	return text.String()
}

func clockTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("15:04:05.000")
}

// judge tells the first promise that is broken.
func (w *world) judge() string {
	all := w.gather()
	for _, rule := range promiseRules {
		for _, p := range all {
			if broken := rule.broken(w, p); broken != "" {
				return fmt.Sprintf("%s: %s\n  %v", rule.name, broken, p)
			}
		}
	}
	for _, rule := range worldRules {
		if broken := rule.broken(w, all); broken != "" {
			return fmt.Sprintf("%s: %s\n  %v", rule.name, broken, all)
		}
	}
	if len(w.wrongs) > 0 {
		return w.wrongs[0]
	}
	return ""
}

// find is the promise of an id.
func find(all []*promise, id adapter.CallbackID) *promise {
	i := slices.IndexFunc(all, func(p *promise) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return all[i]
}
