package service_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/service"
)

// world is a running service with everything around it, in virtual time.
type world struct {
	*testing.T
	dynamics *dynamics
	bus      *bus
	settings *reader
	options  service.Options // of the next start

	service *service.Service
	disk    disk
	store   store // of the running process
	stop    func()
	ids     atomic.Int64
	seqs    map[adapter.CallID]int64
	begin   time.Time
	numbers int
	broken  func() error                 // what the store answers instead of working; nil = it works; set before the start
	outage  atomic.Pointer[func() error] // the same, at any time
	commits func() error                 // what a commit answers, of work that was done; nil = it works
	after   func()                       // called after every piece of the store's work; may be nil
}

// virtual runs a test in a bubble, with a service that has started, on the store
// that needs nothing installed. TEST_EVERY_STORE=1 runs it on the others too.
func virtual(t *testing.T, f func(*world)) {
	t.Helper()
	t.Parallel()
	if os.Getenv("TEST_EVERY_STORE") == "1" {
		onEveryStore(t, f)
		return
	}
	on(t, newFile(t.TempDir()), f)
}

// everywhere is virtual for what a store may break: the test runs on each.
func everywhere(t *testing.T, f func(*world)) {
	t.Helper()
	t.Parallel()
	onEveryStore(t, f)
}

func onEveryStore(t *testing.T, f func(*world)) {
	t.Helper()
	for name, open := range disks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on(t, open(t), f)
		})
	}
}

func on(t *testing.T, d disk, f func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, d)
		defer w.halt()
		w.start()
		f(w)
	})
}

func newWorld(t *testing.T, d disk) *world {
	t.Helper()
	w := &world{
		T: t, disk: d, dynamics: &dynamics{}, bus: &bus{}, settings: &reader{settings: portal()},
		seqs: map[adapter.CallID]int64{}, begin: time.Now(), stop: func() {},
	}
	w.options = service.Options{
		Deliverer: w.dynamics, Publisher: w.bus, Settings: w.settings, Codec: codec{}, Clock: clock{},
		NewID:  func() string { return fmt.Sprintf("id-%04d", w.ids.Add(1)) },
		Logger: slog.New(slog.DiscardHandler), Policy: callback.DefaultPolicy(),
	}
	return w
}

// start starts a process on the file.
func (w *world) start() {
	w.Helper()
	if err := w.tryStart(); err != nil {
		w.Fatal(err)
	}
}

func (w *world) tryStart() error {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	store, err := w.disk.open(ctx)
	if err != nil {
		w.Fatal(err)
	}
	w.store = store
	w.options.Update = func(ctx context.Context, f func(service.Tx) error) error {
		if fails := w.outage.Load(); fails != nil {
			if err := (*fails)(); err != nil {
				return err
			}
		}
		if w.broken != nil {
			if err := w.broken(); err != nil {
				return err
			}
		}
		err := store.Update(ctx, func(tx service.Tx) error {
			err := f(tx)
			if err == nil && w.commits != nil {
				err = w.commits()
			}
			return err
		})
		if w.after != nil {
			w.after()
		}
		return err
	}
	w.service = service.New(w.options)
	if err := w.service.Start(ctx); err != nil {
		cancel()
		return errors.Join(err, store.Close())
	}
	done := make(chan error, 1)
	go func(s *service.Service) { done <- s.Run(ctx) }(w.service)
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.Errorf("run: %v", err)
		}
		if err := store.Close(); err != nil {
			w.Error(err)
		}
		w.stop = func() {}
	}
	synctest.Wait()
	return nil
}

// halt ends the process, as a clean stop does.
func (w *world) halt() { w.stop() }

// pass lets time pass and everything happen that then happens.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// until lets time pass up to a time since the beginning.
func (w *world) until(d time.Duration) {
	w.Helper()
	if d < w.elapsed() {
		w.Fatalf("%v is over", d)
	}
	w.pass(d - w.elapsed())
}

func (w *world) elapsed() time.Duration { return time.Since(w.begin) }

// phone is a number of its own.
func (w *world) phone() adapter.Phone {
	w.Helper()
	w.numbers++
	return parse(w.T, fmt.Sprintf("+1202555%04d", 100+w.numbers))
}

func parse(t *testing.T, e164 string) adapter.Phone {
	t.Helper()
	p, err := adapter.ParsePhone(e164)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// event makes the next event of a call, at now.
func (w *world) event(call adapter.CallID, data adapter.EventData) adapter.CallEvent {
	w.seqs[call]++
	return adapter.CallEvent{
		ID: fmt.Sprintf("%s/%d", call, w.seqs[call]), Source: "pbx", Call: call, At: time.Now(), Sequence: w.seqs[call], Data: data,
	}
}

// handle gives events to the service, which must take them all.
func (w *world) handle(events ...adapter.CallEvent) {
	w.Helper()
	verdicts, err := w.service.Handle(w.Context(), events)
	if err != nil {
		w.Fatal(err)
	}
	for i, v := range verdicts {
		if v != nil {
			w.Fatalf("event %s: %v", events[i].ID, v)
		}
	}
	synctest.Wait()
}

// tell is handle for the next event of a call.
func (w *world) tell(call adapter.CallID, data adapter.EventData) {
	w.Helper()
	w.handle(w.event(call, data))
}

// rings queues a call at now.
func (w *world) rings(call adapter.CallID, queue adapter.QueueID, from adapter.Phone) {
	w.Helper()
	w.tell(call, adapter.CallQueued{
		Queue: queue, From: from, QueuedAt: time.Now(), Locale: "en-US", Entry: adapter.EntryRoute, Bot: adapter.BotNone,
	})
}

// see runs f in a transaction.
func see[T any](w *world, f func(service.Tx) (T, error)) T {
	w.Helper()
	var value T
	err := w.options.Update(w.Context(), func(tx service.Tx) (err error) { value, err = f(tx); return err })
	if err != nil {
		w.Fatal(err)
	}
	return value
}

func (w *world) call(id adapter.CallID) adapter.Call {
	w.Helper()
	return see(w, func(tx service.Tx) (adapter.Call, error) { return tx.Call(id) })
}

func (w *world) callback(id adapter.CallbackID) adapter.Callback {
	w.Helper()
	return see(w, func(tx service.Tx) (adapter.Callback, error) { return tx.Callback(id) })
}

// line names who stands in a queue's line, in order.
func (w *world) line(queue adapter.QueueID) []string {
	w.Helper()
	names := []string{}
	for _, item := range see(w, func(tx service.Tx) ([]adapter.LineItem, error) { return tx.Front(queue, 100, time.Now()) }) {
		names = append(names, string(item.Call)+string(item.Callback))
	}
	return names
}

// wantState checks where a callback is.
func (w *world) wantState(id adapter.CallbackID, want adapter.State) adapter.Callback {
	w.Helper()
	c := w.callback(id)
	if c.State != want {
		w.Fatalf("%v: callback is %s (%s), want %s\n%v", w.elapsed(), c.State, c.Reason, want, w.events(id))
	}
	return c
}

// events names what happened to a callback.
func (w *world) events(id adapter.CallbackID) []string {
	w.Helper()
	names := []string{}
	for _, h := range see(w, func(tx service.Tx) ([]adapter.History, error) { return tx.History(id) }) {
		names = append(names, h.Event)
	}
	return names
}

// wantAsked checks at which times Dynamics was asked for a delivery.
func (w *world) wantAsked(want ...time.Duration) {
	w.Helper()
	got := []time.Duration{}
	for _, a := range w.dynamics.requests() {
		got = append(got, a.at.Sub(w.begin))
	}
	if !slices.Equal(got, want) {
		w.Fatalf("Dynamics was asked at %v, want %v", got, want)
	}
}

// request asks billing for a callback by the web, as soon as possible.
func (w *world) request(number string) adapter.CallbackID {
	w.Helper()
	w.numbers++
	return w.ask(service.Request{
		Callback: adapter.Callback{Queue: billing, Phone: parse(w.T, number)}, Key: fmt.Sprint("key-", w.numbers),
	}).Callback.ID
}

// ask makes a request, which must be granted.
func (w *world) ask(q service.Request) service.Receipt {
	w.Helper()
	receipt, err := w.tryAsk(q)
	if err != nil {
		w.Fatal(err)
	}
	return receipt
}

func (w *world) tryAsk(q service.Request) (service.Receipt, error) {
	w.numbers++
	q.Callback.ID = adapter.CallbackID(fmt.Sprint("web-", w.numbers))
	q.Callback.Channel, q.Client = adapter.ChannelWeb, "web"
	receipt, err := w.service.Request(w.Context(), q)
	synctest.Wait()
	return receipt, err
}

// everyCallback reads all callbacks, by the history of their ids.
func everyCallback(tx service.Tx) ([]adapter.Callback, error) {
	of, err := tx.(interface {
		CallbacksOfCalls() (map[adapter.CallID]adapter.CallbackOfCall, error)
	}).CallbacksOfCalls()
	var all []adapter.Callback
	for call := range of {
		c, callErr := tx.Call(call)
		cb, cbErr := tx.Callback(c.Callback)
		all, err = append(all, cb), errors.Join(err, callErr, cbErr)
	}
	return all, err
}
