package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/service"
)

// Large is the largest store that is planned for, in so many queues.
func Large(queues int) Crowd {
	return Crowd{Finished: 1_000_000, Waiting: 100_000, Calls: 10_000, Queues: queues}
}

// Spread is how long something took that was done many times.
type Spread struct{ Median, P99, Worst time.Duration }

// spread does something n times.
func spread(n int, do func() error) (Spread, error) {
	all := make([]time.Duration, n)
	for i := range all {
		began := time.Now()
		if err := do(); err != nil {
			return Spread{}, err
		}
		all[i] = time.Since(began)
	}
	slices.Sort(all)
	return Spread{all[n/2], all[n*99/100], all[n-1]}, nil
}

// Places asks n times for the place of one who waits: the first, the last, and any.
// What it is told must be right.
func (c Crowd) Places(ctx context.Context, update service.Update, n int) (Spread, error) {
	random := rand.New(rand.NewPCG(3, 5))
	asked := []int{1, c.Waiting, c.Waiting / 2}
	return spread(n, func() error {
		i := 1 + random.IntN(c.Waiting)
		if len(asked) > 0 {
			i, asked = asked[0], asked[1:]
		}
		place := 0
		err := update(ctx, func(tx service.Tx) (err error) { place, err = tx.Place(string(c.WaitingID(i)), c.Now()); return err })
		if want := c.place(i); err == nil && place != want {
			err = fmt.Errorf("callback %d of those who wait has place %d, want %d", i, place, want)
		}
		return err
	})
}

// place is where the i-th callback of those who wait stands.
func (c Crowd) place(i int) int {
	callbacks := (i-1)/c.Queues + 1 // of its queue, itself included
	// The j-th call came right after the callback j*Waiting/Calls.
	calls := 0
	if c.Calls > 0 {
		for j := (i%c.Queues+c.Queues-1)%c.Queues + 1; j <= c.Calls; j += c.Queues {
			if j*(c.Waiting/c.Calls) < i {
				calls++
			}
		}
	}
	return callbacks + calls
}

// Page is one of the list.
type Page struct {
	Name  string
	Query adapter.CallbackQuery
}

// Pages are the first, one of the middle and the last, of all, of a queue, of
// states, and of both.
func (c Crowd) Pages() []Page {
	queue := c.Queue(0)
	waiting, review := []adapter.State{adapter.StateWaiting}, []adapter.State{adapter.StateReview, adapter.StateUncertain}
	ended := []adapter.State{adapter.StateCompleted, adapter.StateUnanswered}
	const soon = 40 * time.Second
	middle, last := CrowdBegan().Add(c.Now().Sub(CrowdBegan())/2), CrowdBegan().Add(soon)
	var pages []Page
	for _, of := range []struct {
		name         string
		query        adapter.CallbackQuery
		middle, last time.Time
	}{
		{"of all", adapter.CallbackQuery{}, middle, last},
		{"of a queue", adapter.CallbackQuery{Queue: queue}, middle, last},
		{"of those who wait", adapter.CallbackQuery{States: waiting}, c.Ends().Add(c.Now().Sub(c.Ends()) / 2), c.Ends().Add(soon)},
		{"of two ends", adapter.CallbackQuery{States: ended}, middle, last},
		{"of states that nobody is in", adapter.CallbackQuery{States: review}, middle, last},
		{"of those who wait in a queue", adapter.CallbackQuery{Queue: queue, States: waiting}, c.Ends().Add(c.Now().Sub(c.Ends()) / 2), c.Ends().Add(soon)},
		{"of a queue's in review", adapter.CallbackQuery{Queue: queue, States: review}, middle, last},
	} {
		for name, after := range map[string]time.Time{"first": {}, "middle": of.middle, "last": of.last} {
			q := of.query
			q.Limit, q.After = 50, adapter.CallbackPosition{CreatedAt: after}
			pages = append(pages, Page{name + " page " + of.name, q})
		}
	}
	slices.SortFunc(pages, func(a, b Page) int { return strings.Compare(a.Name, b.Name) })
	return pages
}

// Read reads the page n times.
func (p Page) Read(ctx context.Context, update service.Update, n int) (Spread, error) {
	return spread(n, func() error {
		return update(ctx, func(tx service.Tx) error { _, err := tx.List(p.Query); return err })
	})
}

// Moves lets n calls join a line and leave it, each in a transaction that also asks
// for its size and its front, as an event does.
func (c Crowd) Moves(ctx context.Context, update service.Update, n int) (Spread, error) {
	i := 0
	return spread(n, func() error {
		i++
		call := adapter.Call{
			ID: adapter.CallID(fmt.Sprint("moving-", i)), Source: "/pbx", Queue: c.Queue(0), State: adapter.CallWaiting,
			QueuedAt: c.Ends().Add(time.Duration(i%c.Waiting) * 2 * time.Second), Entry: adapter.EntryRoute, Bot: adapter.BotNone,
		}
		for _, state := range []adapter.CallState{adapter.CallWaiting, adapter.CallOver} {
			call.State = state
			err := update(ctx, func(tx service.Tx) error {
				if _, err := tx.Size(call.Queue, c.Now()); err != nil {
					return err
				}
				if err := tx.SaveCall(call); err != nil {
					return err
				}
				_, err := tx.Front(call.Queue, 1, c.Now())
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Start opens a store and makes a service ready over it, as serve does, to its first
// look at what is due.
func (c Crowd) Start(ctx context.Context, open Opener) (time.Duration, error) {
	began := time.Now()
	update, store, err := open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = store.Close() }()
	id := 0
	s := service.New(service.Options{
		Update: update, Settings: portal{c}, Clock: clock{c}, Logger: slog.New(slog.DiscardHandler), Policy: callback.DefaultPolicy(),
		NewID: func() string { id++; return fmt.Sprint("start-", began.UnixNano(), "-", id) },
	})
	if err := s.Start(ctx); err != nil {
		return 0, err
	}
	took := time.Since(began)
	running, stop := context.WithCancel(ctx)
	stop() // gives the lease up
	return took, s.Run(running)
}

// portal has the queues of a crowd.
type portal struct{ crowd Crowd }

func (p portal) LoadSettings(_ context.Context, now time.Time) (adapter.Settings, error) {
	s := adapter.Settings{ReadAt: now}
	for i := range p.crowd.Queues {
		s.Queues = append(s.Queues, adapter.Queue{ID: p.crowd.Queue(i), Name: fmt.Sprint("Queue ", i), Type: adapter.QueueVoice, Active: true})
	}
	return s, nil
}

// clock stands where all of a crowd are there.
type clock struct{ crowd Crowd }

func (c clock) Now() time.Time                     { return c.crowd.Now() }
func (clock) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }

// Crowded checks on a small crowd what Scale measures on a large one: places, pages
// and the start.
func Crowded(t *testing.T, prepare func(t *testing.T) Site) {
	t.Helper()
	for _, queues := range []int{1, 3} {
		t.Run(fmt.Sprint("queues=", queues), func(t *testing.T) {
			t.Parallel()
			Crowd{Finished: 200, Waiting: 1200, Calls: 300, Queues: queues}.check(t, prepare(t))
		})
	}
}

func (c Crowd) check(t *testing.T, site Site) {
	t.Helper()
	if err := errors.Join(c.Fill(t.Context(), site), site.countAnew(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context(), site.Open); err != nil {
		t.Fatal(err)
	}
	update, store, err := site.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if _, err := c.Places(t.Context(), update, 50); err != nil {
		t.Error(err)
	}
	if _, err := c.Moves(t.Context(), update, 5); err != nil {
		t.Error(err)
	}
	for _, page := range c.Pages() {
		page.check(t, update)
	}
}

// countAnew counts a line as if nobody had counted it before.
func (s Site) countAnew(ctx context.Context) error {
	db, err := s.Database(ctx)
	if err != nil {
		return err
	}
	_, forgotten := db.ExecContext(ctx, `DELETE FROM stretches`)
	_, counted := db.ExecContext(ctx, s.Joining)
	return errors.Join(forgotten, counted, db.Close())
}

// Joining cuts out of a migration how it counts who stands in line already.
func Joining(migration string) string {
	_, rest, _ := strings.Cut(migration, "-- Who stands in line joins it once more.\n")
	text, _, _ := strings.Cut(rest, "\n\n")
	return text
}

// check holds a page to what it was asked for.
func (p Page) check(t *testing.T, update service.Update) {
	t.Helper()
	all := get(subject{t, update}, func(tx service.Tx) ([]adapter.Callback, error) { return tx.List(p.Query) })
	nobody := slices.Contains(p.Query.States, adapter.StateReview)
	if nobody != (len(all) == 0) {
		t.Errorf("%s: %d callbacks", p.Name, len(all))
	}
	older := func(a, b adapter.Callback) int { return b.CreatedAt.Compare(a.CreatedAt) }
	if !slices.IsSortedFunc(all, older) {
		t.Errorf("%s is not in order", p.Name)
	}
	for _, c := range all {
		switch {
		case p.Query.Queue != "" && c.Queue != p.Query.Queue, len(p.Query.States) > 0 && !slices.Contains(p.Query.States, c.State),
			!p.Query.After.CreatedAt.IsZero() && !c.CreatedAt.Before(p.Query.After.CreatedAt):
			t.Errorf("%s: %s of queue %s, %s", p.Name, c.ID, c.Queue, c.State)
		}
	}
}

// Scale measures a store that holds a crowd in one queue, and in many.
func Scale(b *testing.B, prepare func(b *testing.B) Site) {
	b.Helper()
	for _, queues := range []int{1, 5_000} {
		b.Run(fmt.Sprint("queues=", queues), func(b *testing.B) { Large(queues).measure(b, prepare(b)) })
	}
}

func (c Crowd) measure(b *testing.B, site Site) {
	b.Helper()
	if err := c.Fill(b.Context(), site); err != nil {
		b.Fatal(err)
	}
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Start(b.Context(), site.Open); err != nil {
				b.Fatal(err)
			}
		}
	})
	update, store, err := site.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	spreads := func(name string, measure func(n int) (Spread, error)) {
		b.Run(name, func(b *testing.B) {
			s, err := measure(b.N)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(s.P99.Seconds()*1000, "p99-ms")
			b.ReportMetric(s.Worst.Seconds()*1000, "worst-ms")
		})
	}
	spreads("place", func(n int) (Spread, error) { return c.Places(b.Context(), update, n) })
	for _, page := range c.Pages() {
		spreads("list/"+page.Name, func(n int) (Spread, error) { return page.Read(b.Context(), update, n) })
	}
	spreads("join and leave", func(n int) (Spread, error) { return c.Moves(b.Context(), update, n) })
}
