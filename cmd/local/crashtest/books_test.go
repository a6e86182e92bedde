package crashtest

import (
	"context"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/sqlite"
	"directcallback/cmd/adapter/serve"
	"directcallback/mocks/phone"
)

// check balances the books, when no adapter is left: what callers and those who
// asked on the web lived through, against what is in the store.
func (s *story) check(t *testing.T, open []serve.CallbackSummary) {
	t.Helper()
	kept := s.read(t)
	r := s.world.Phone.Report().With(kept.figures())
	t.Logf("seed %d: calls %d, offers %d, opted in %d, asked on the web %d (%d tries), callbacks %v, deliveries %d, dialled %d, completed %d",
		s.seed, r.CallsQueued, r.OffersPlayed, r.OptedIn, len(s.client.asked), s.client.tries(), kept.tally.Callbacks, r.DeliveriesCreated, r.Dialled, r.Completed)
	if r.Completed == 0 || len(s.client.asked) == 0 {
		t.Error("nothing happened that could be checked")
	}
	if r.OptedIn == 0 { // on a very busy machine adapters have no time between two deaths
		t.Log("NOT TESTED: nobody pressed 1 in answer to an offer")
	}
	if r.Lost > 0 || r.DialledTwice > 0 {
		t.Errorf("seed %d: lost %d (%v), dialled twice %d", s.seed, r.Lost, s.world.Phone.Books().Lost(kept.figures()), r.DialledTwice)
	}
	for _, c := range open {
		t.Errorf("seed %d: callback %s is stuck: %s since %v (%s)", s.seed, c.ID, c.State, c.Since, c.Reason)
	}
	s.checkRings(t)
	s.checkWishes(t, kept)
	if t.Failed() {
		s.explain(t, kept)
	}
}

// explain tells what the adapters said last, and what happened to each callback.
func (s *story) explain(t *testing.T, kept kept) {
	t.Helper()
	for _, p := range s.programs {
		t.Log(p.lastWords())
	}
	for id, history := range kept.history {
		for _, h := range history {
			t.Logf("%s %s %s: %s → %s (%s)", id, h.At.Format(time.TimeOnly), h.Event, h.From, h.To, h.Reason)
		}
	}
}

// checkRings goes through every ring of a customer's telephone: none for a callback
// of which another ring has no result yet, or that was talked about.
func (s *story) checkRings(t *testing.T) {
	t.Helper()
	of := map[string]string{} // callback by delivery
	for _, d := range s.world.Dataverse.Deliveries() {
		of[d.ID] = d.Attributes["callbackId"]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rings := map[string]string{} // what came of the last ring, by callback; empty = it rings
	for _, step := range s.steps {
		if step.What != "callback" || of[step.ID] == "" {
			continue
		}
		callback := of[step.ID]
		switch result, ended := strings.CutPrefix(step.Detail, "ended "); {
		case ended:
			rings[callback] = result
		case strings.HasPrefix(step.Detail, "dialing"):
			if last, rang := rings[callback]; rang && last != "NoAnswer" {
				t.Errorf("seed %d: callback %s is dialled again, after %q", s.seed, callback, last)
			}
			rings[callback] = ""
		}
	}
}

// checkWishes looks what became of what was promised on the web.
func (s *story) checkWishes(t *testing.T, kept kept) {
	t.Helper()
	rang := map[string]bool{}
	for _, d := range s.world.Dataverse.Deliveries() {
		if d.Status == "Complete" {
			rang[d.Attributes["callbackId"]] = true
		}
	}
	promised := map[adapter.CallbackID]bool{}
	for _, x := range s.client.asked {
		if x.callback == "" {
			t.Errorf("seed %d: %s was promised nothing in %d tries: %s", s.seed, x.key, x.tries, x.refused)
			continue
		}
		if promised[x.callback] {
			t.Errorf("seed %d: callback %s was promised twice", s.seed, x.callback)
		}
		promised[x.callback] = true
		c, known := kept.web[x.callback]
		switch {
		case !known:
			t.Errorf("seed %d: callback %s is lost", s.seed, x.callback)
		case c.State == adapter.StateCompleted || c.State == adapter.StateUnanswered:
			if !rang[string(c.ID)] {
				t.Errorf("seed %d: callback %s is %s, and nobody called", s.seed, c.ID, c.State)
			}
		case c.State.Ended() && c.Reason == "":
			t.Errorf("seed %d: callback %s is %s without a reason", s.seed, c.ID, c.State)
		}
	}
	if len(kept.web) != len(promised) {
		t.Errorf("seed %d: %d callbacks of %d that were asked for", s.seed, len(kept.web), len(promised))
	}
}

// kept is what the adapters left in their store.
type kept struct {
	tally adapter.Tally
	calls map[adapter.CallID]adapter.CallbackOfCall
	web   map[adapter.CallbackID]adapter.Callback

	history map[adapter.CallbackID][]adapter.History
}

// tx is what both stores tell tests beside what they owe the service.
type tx interface {
	service.Tx
	CallbacksOfCalls() (map[adapter.CallID]adapter.CallbackOfCall, error)
}

func (s *story) read(t *testing.T) kept {
	t.Helper()
	k := kept{web: map[adapter.CallbackID]adapter.Callback{}, history: map[adapter.CallbackID][]adapter.History{}}
	read := func(tx tx) (err error) {
		if k.tally, err = tx.Tally(); err != nil {
			return err
		}
		if k.calls, err = tx.CallbacksOfCalls(); err != nil {
			return err
		}
		q := adapter.CallbackQuery{Limit: 500}
		for {
			page, err := tx.List(q)
			if err != nil {
				return err
			}
			for _, c := range page {
				if c.Call == "" {
					k.web[c.ID] = c
				}
				if k.history[c.ID], err = tx.History(c.ID); err != nil {
					return err
				}
				q.After = adapter.CallbackPosition{CreatedAt: c.CreatedAt, ID: c.ID}
			}
			if len(page) < q.Limit {
				return nil
			}
		}
	}
	if err := s.readWith(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	return k
}

func (s *story) readWith(ctx context.Context, read func(tx) error) error {
	if strings.HasPrefix(s.database, "postgres") {
		store, err := postgres.Open(ctx, s.database, postgres.Options{Connections: 1})
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		return store.Update(ctx, func(tx *postgres.Tx) error { return read(tx) })
	}
	store, err := sqlite.Open(ctx, s.database)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	return store.Update(ctx, func(tx *sqlite.Tx) error { return read(tx) })
}

// figures is what the telephone's books want to know.
func (k kept) figures() phone.AdapterFigures {
	f := phone.AdapterFigures{Open: map[string]bool{}, Ended: map[string]phone.CallbackEnd{}}
	for call, c := range k.calls {
		switch {
		case c.State.Ended():
			f.Ended[string(call)] = phone.CallbackEnd{State: string(c.State), At: c.Since}
		case c.State != adapter.StateReview:
			f.Open[string(call)] = true
		}
	}
	return f
}
