package promisetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
)

// leaseLength is long beside the shipped one: each beat costs real time.
const leaseLength = 2 * time.Minute

var (
	errKilled = errors.New("this process was killed")
	errDown   = errors.New("the database cannot be reached")
)

// process is one adapter. Whatever it does with the world outside passes its gates,
// where it can be paused, as a machine that is moved, or killed, as by kill -9: then
// it changes nothing any more and gives no lease up.
type process struct {
	world   *world
	service *service.Service
	ctx     context.Context // ends when it is killed or stopped
	cancel  context.CancelFunc
	done    chan struct{}

	mu     sync.Mutex
	dead   bool          // guarded by mu
	down   bool          // guarded by mu: its database cannot be reached
	full   bool          // guarded by mu: its database does the work and then cannot keep it
	paused chan struct{} // guarded by mu; nil = it runs
	dozes  bool          // guarded by mu: it is paused when its next request leaves
	left   int           // guarded by mu: transactions until it is killed; 0 = it is not
	after  bool          // guarded by mu: killed after that commit, not before
	awake  int           // guarded by mu: transactions until it is paused, right after the commit; 0 = it is not
}

// launch starts a process; nil if it was killed while it started.
func (w *world) launch(name string) *process {
	w.launched++
	n, ids := w.launched, 0
	var mu sync.Mutex
	p := &process{world: w, done: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(w.ctx)
	p.service = service.New(service.Options{
		Update: p.update, Deliverer: p, Publisher: p, Settings: w.portal, Codec: codec{}, Clock: clock{},
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			ids++
			return fmt.Sprintf("%s-%d-%04d", name, n, ids)
		},
		Logger: slog.New(slog.DiscardHandler), Policy: callback.DefaultPolicy(), Lease: leaseLength, RefreshEvery: 24 * time.Hour,
	})
	if err := p.service.Start(p.ctx); err != nil {
		w.wrong("a process does not start: %v", err)
		p.cancel()
		return nil
	}
	go func() {
		defer close(p.done)
		if err := p.service.Run(p.ctx); err != nil && !p.killed() {
			w.wrong("a process ended: %v", err)
		}
	}()
	return p
}

// pass is a gate: it waits while the process is paused.
func (p *process) pass() error {
	for {
		p.mu.Lock()
		paused, dead := p.paused, p.dead
		p.mu.Unlock()
		switch {
		case dead:
			return errKilled
		case paused == nil:
			return nil
		}
		<-paused
	}
}

func (p *process) pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused == nil {
		p.paused = make(chan struct{})
	}
}

func (p *process) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dozes, p.awake = false, 0; p.paused != nil {
		close(p.paused)
		p.paused = nil
	}
}

func (p *process) kill() {
	p.mu.Lock()
	p.dead = true
	p.mu.Unlock()
	p.wake()
	p.cancel()
}

func (p *process) killed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

func (p *process) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// dies tells whether the process is killed by the transaction that begins now.
func (p *process) dies() (before, after bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return false, false
	}
	p.left--
	return p.left == 0 && !p.after, p.left == 0 && p.after
}

// freezes tells whether the process is paused after the transaction that ended now.
func (p *process) freezes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.awake == 0 {
		return false
	}
	p.awake--
	return p.awake == 0
}

// update is the process's way to the database.
func (p *process) update(ctx context.Context, f func(service.Tx) error) error {
	if err := p.pass(); err != nil {
		return err
	}
	p.mu.Lock()
	down, full := p.down, p.full
	p.mu.Unlock()
	if down {
		return errDown
	}
	before, after := p.dies()
	err := p.world.store.Update(ctx, func(tx *sqlite.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		if before {
			p.kill()
			return errKilled
		}
		if full {
			return errDown
		}
		return nil
	})
	if after {
		p.kill() // committed, and nobody is told
	}
	if p.freezes() {
		p.pause()
	}
	return errors.Join(p.pass(), err)
}

// Deliver is where a request leaves: one that was paused just before leaves when it
// wakes up, whatever was decided meanwhile.
func (p *process) Deliver(ctx context.Context, q adapter.DeliveryRequest) (adapter.Delivery, error) {
	p.stillAsks(q)
	p.mu.Lock()
	dozes := p.dozes
	p.dozes = false
	p.mu.Unlock()
	if dozes {
		p.pause()
	}
	if err := p.pass(); err != nil {
		return adapter.Delivery{}, err
	}
	made, err := p.world.dynamics.deliver(ctx, q)
	return made, errors.Join(p.pass(), err)
}

// Reports reads rows.
func (p *process) Reports(_ context.Context, of []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	if err := p.pass(); err != nil {
		return nil, err
	}
	return p.world.dynamics.reports(of)
}

// Find looks for a request's row.
func (p *process) Find(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	if err := p.pass(); err != nil {
		return adapter.DeliveryReport{}, false, err
	}
	return p.world.dynamics.find(q)
}

// Cancel asks.
func (p *process) Cancel(_ context.Context, x adapter.Delivery) error {
	if err := p.pass(); err != nil {
		return err
	}
	return errors.Join(p.world.dynamics.cancel(x.ID), p.pass())
}

// Publish sends to the telephony.
func (p *process) Publish(_ context.Context, commands []adapter.Command) error {
	if err := p.pass(); err != nil {
		return err
	}
	return errors.Join(p.world.telephony.take(commands), p.pass())
}

// Reject puts events aside; whoever runs the telephony submits them again.
func (p *process) Reject(_ context.Context, events []adapter.Parked, _ adapter.Rejection) error {
	if err := p.pass(); err != nil {
		return err
	}
	p.world.telephony.putAside(events)
	return nil
}

// stillAsks: who asks Dynamics has not been given up for dead, or nobody knows that
// it is asked.
func (p *process) stillAsks(q adapter.DeliveryRequest) {
	id := adapter.CallbackID(q.Attributes["callbackId"])
	err := p.world.store.Update(p.world.ctx, func(tx *sqlite.Tx) error {
		c, err := tx.Callback(id)
		if err != nil {
			return err
		}
		last, err := tx.LastAttempt(id)
		if c.State != adapter.StateDispatching || last.RequestID != q.RequestID {
			p.world.wrong("%s is asked for with request %s, but is %s with %s", id, q.RequestID, c.State, last.RequestID)
		}
		return err
	})
	if err != nil {
		p.world.wrong("%s is asked for: %v", id, err)
	}
}
