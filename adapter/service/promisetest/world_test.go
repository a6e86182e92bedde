package promisetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
)

// world is two processes on one database with everything around them, in virtual time.
type world struct {
	ctx       context.Context
	begin     time.Time
	store     *sqlite.Store
	portal    portal
	dynamics  *dynamics
	telephony *telephony
	processes [2]*process // nil = it does not run
	launched  int
	requests  atomic.Int64

	mu sync.Mutex // guards wrongs of the ledger
	ledger
}

func newWorld(ctx context.Context, path string, day day) (*world, error) {
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	w := &world{ctx: ctx, begin: time.Now(), store: store, portal: newPortal()}
	w.telephony = &telephony{seen: map[string]bool{}, wrong: w.wrong}
	w.dynamics = &dynamics{busy: w.telephony.on, storesIDs: day.StoresIDs, fates: slices.Clone(day.Fates)}
	w.restart()
	return w, nil
}

// restart starts the processes that do not run.
func (w *world) restart() {
	for i, p := range w.processes {
		if p == nil {
			w.processes[i] = w.launch([]string{"a", "b"}[i])
		}
	}
	synctest.Wait()
}

// bury waits for the ends of processes that were killed.
func (w *world) bury() {
	for i, p := range w.processes {
		if p != nil && p.killed() {
			<-p.done
			w.processes[i] = nil
		}
	}
}

func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
	w.bury()
}

// close stops both cleanly.
func (w *world) close() error {
	for _, p := range w.processes {
		if p != nil {
			p.wake()
			p.cancel()
			<-p.done
		}
	}
	synctest.Wait()
	return w.store.Close()
}

// via has one of the processes do something, at first the n-th. One that is paused
// or killed meanwhile gives no answer, and the other is asked, as by a broker or a
// client that tries again; what the first one had begun goes on when it wakes up.
func via[T any](w *world, n int, do func(context.Context, *service.Service) (T, error)) (T, error) {
	type answer struct {
		of  T
		err error
	}
	last := answer{err: errors.New("no process runs")}
	for i := range w.processes {
		p := w.processes[(n+i)%len(w.processes)]
		if p == nil {
			continue
		}
		answers := make(chan answer, 1) // what comes too late nobody hears
		go func() {
			of, err := do(p.ctx, p.service)
			answers <- answer{of, err}
		}()
		synctest.Wait()
		select {
		case last = <-answers:
			if !errors.Is(last.err, errKilled) && !errors.Is(last.err, errDown) && !errors.Is(last.err, context.Canceled) {
				return last.of, last.err
			}
		default:
			last.err = errors.New("no answer")
		}
	}
	return last.of, fmt.Errorf("nobody answered: %w", errors.Join(errUnanswered, last.err))
}

var errUnanswered = errors.New("unanswered")

// deliver tells the telephony's events.
func (w *world) deliver(n int, how string) {
	events := w.telephony.post(how)
	if len(events) == 0 {
		return
	}
	verdicts, err := via(w, n, func(ctx context.Context, s *service.Service) ([]*adapter.Rejection, error) {
		return s.Handle(ctx, events)
	})
	for i, v := range verdicts {
		if v != nil {
			w.wrong("event %s is rejected: %v", events[i].ID, v)
		}
	}
	if err != nil && !errors.Is(err, errUnanswered) {
		w.wrong("events are not taken: %v", err)
	}
	w.telephony.taken(events, err == nil)
}

// request asks for a callback, or again what was not answered.
func (w *world) request(n int, q *ask) {
	receipt, err := via(w, n, func(ctx context.Context, s *service.Service) (service.Receipt, error) {
		return s.Request(ctx, service.Request{
			Client: "web", Key: q.Key, Payload: q.Key,
			Callback: adapter.Callback{
				ID: adapter.CallbackID(fmt.Sprint("web-", w.requests.Add(1))), Queue: q.Queue, Phone: parse(q.Number), Channel: adapter.ChannelWeb, Window: q.Window,
			},
		})
	})
	switch {
	case err == nil:
		w.granted(q, receipt.Callback)
	case errors.Is(err, adapter.ErrNotOffered), errors.Is(err, service.ErrWindowOver):
		q.Refused = true
	case !errors.Is(err, errUnanswered):
		w.wrong("request: %v", err)
	}
}

func (w *world) granted(q *ask, c adapter.Callback) {
	first(&q.At201)
	q.Granted = append(q.Granted, c.ID)
	w.answered(c)
}

func (w *world) answered(c adapter.Callback) {
	w.answers = append(w.answers, answer{c.ID, c.State, time.Now()})
}

// list reads all callbacks.
func (w *world) list(states ...adapter.State) []adapter.Callback {
	var all []adapter.Callback
	err := w.store.Update(w.ctx, func(tx *sqlite.Tx) (err error) {
		all, err = tx.List(adapter.CallbackQuery{States: states, Limit: 1000})
		return err
	})
	if err != nil {
		w.wrong("list: %v", err)
	}
	slices.Reverse(all)
	return all
}

// open are the promises that have not ended.
func (w *world) open() []adapter.Callback {
	return slices.DeleteFunc(w.list(), func(c adapter.Callback) bool { return c.State.Ended() })
}

// cancel takes a promise back.
func (w *world) cancel(n int, id adapter.CallbackID) {
	x := cancel{Promise: id, At: time.Now()}
	view, err := via(w, n, func(ctx context.Context, s *service.Service) (service.View, error) {
		return s.Cancel(ctx, id, "another plan")
	})
	if err == nil {
		w.answered(view.Callback)
	}
	switch {
	case errors.Is(err, adapter.ErrTooLate):
		x.TooLate = true
	case err != nil && !errors.Is(err, errUnanswered):
		w.wrong("cancel: %v", err)
	}
	w.cancels = append(w.cancels, x)
}

// move asks for another time.
func (w *world) move(n int, id adapter.CallbackID, window adapter.Window) {
	asked := time.Now()
	view, err := via(w, n, func(ctx context.Context, s *service.Service) (service.View, error) {
		return s.Change(ctx, id, service.Change{When: &window, Reason: "another plan"})
	})
	if err == nil {
		w.answered(view.Callback)
	}
	switch {
	case errors.Is(err, adapter.ErrTooLate), errors.Is(err, service.ErrWindowOver):
	case err == nil || errors.Is(err, errUnanswered): // then it may be, too
		w.moves = append(w.moves, move{id, window, asked})
	default:
		w.wrong("move: %v", err)
	}
}

// decide has a person look at what is in review, who says what is true.
func (w *world) decide(n int) {
	for _, c := range w.list(adapter.StateReview) {
		says := service.VerdictAgain
		switch talked, alive := w.dynamics.truth(string(c.ID)); {
		case talked:
			says = service.VerdictReached
		case alive:
			continue // let us see first
		case n%2 == 1:
			says = service.VerdictGiveUp
		}
		by := service.Signature{By: "supervisor", Reason: "looked it up"}
		view, err := via(w, n, func(ctx context.Context, s *service.Service) (service.View, error) {
			return s.Resolve(ctx, c.ID, says, by)
		})
		if err == nil {
			w.answered(view.Callback)
		} else if !errors.Is(err, errUnanswered) && !errors.Is(err, adapter.ErrTooLate) {
			w.wrong("resolve: %v", err)
		}
		w.verdicts = append(w.verdicts, verdict{c.ID, says == service.VerdictGiveUp})
	}
}

// retry has a person promise again what came to nothing.
func (w *world) retry(n int, c adapter.Callback) {
	q := &ask{Key: "retry of " + string(c.ID), Number: c.Phone.E164(), Queue: c.Queue, At: time.Now(), Refused: true}
	view, err := via(w, n, func(ctx context.Context, s *service.Service) (service.View, error) {
		return s.Retry(ctx, c.ID, service.Signature{By: "supervisor", Reason: "the customer wrote"})
	})
	if err == nil {
		w.granted(q, view.Callback)
	} else if !errors.Is(err, errUnanswered) && !errors.Is(err, adapter.ErrDuplicate) && !errors.Is(err, adapter.ErrNotOffered) {
		w.wrong("retry: %v", err)
	}
	w.asks = append(w.asks, q)
}

// truth tells what became of a promise's deliveries so far.
func (d *dynamics) truth(promise string) (talked, alive bool) {
	d.lock()
	defer d.mu.Unlock()
	for _, x := range d.deliveries {
		if x.Promise == promise {
			talked, alive = talked || !x.Talked.IsZero(), alive || x.Over.IsZero() && x.until().After(time.Now())
		}
	}
	for _, h := range d.happenings {
		alive = alive || h.at.After(time.Now()) && h.promise == promise
	}
	return talked, alive
}
