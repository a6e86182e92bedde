package service_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// bus is a Publisher that keeps what it was given.
type bus struct {
	mu       sync.Mutex
	arrived  []arrival
	rejected []adapter.Parked
	reason   adapter.Rejection

	slow    time.Duration                 // how long each publishing takes
	publish func([]adapter.Command) error // nil = it works; what it refuses did not arrive
	reject  error
}

type arrival struct {
	at time.Time
	adapter.Command
}

func (b *bus) Publish(_ context.Context, commands []adapter.Command) error {
	b.mu.Lock()
	slow := b.slow
	b.mu.Unlock()
	if slow > 0 {
		<-time.After(slow)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.publish != nil {
		if err := b.publish(commands); err != nil {
			return err
		}
	}
	for _, c := range commands {
		b.arrived = append(b.arrived, arrival{time.Now(), c})
	}
	return nil
}

func (b *bus) Reject(_ context.Context, events []adapter.Parked, why adapter.Rejection) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reject != nil {
		return b.reject
	}
	b.rejected, b.reason = append(b.rejected, events...), why
	return nil
}

func (b *bus) set(change func(*bus)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
}

// commands are those that arrived for a call, in their order.
func (b *bus) commands(call adapter.CallID) []arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.arrived), func(a arrival) bool { return a.Call != call })
}

func (b *bus) rejections() []adapter.Parked {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.rejected)
}

// reader is a SettingsReader.
type reader struct {
	mu       sync.Mutex
	settings adapter.Settings
	err      error
}

func (r *reader) LoadSettings(_ context.Context, now time.Time) (adapter.Settings, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.settings
	s.ReadAt = now
	return s, r.err
}

func (r *reader) set(change func(*reader)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// codec is the real one.
type codec struct{}

func (codec) Encode(e adapter.CallEvent) ([]byte, error) { return event.Encode(e) }
func (codec) Decode(body []byte) (adapter.CallEvent, error) {
	return event.Decode(event.Envelope{Body: body, ContentType: event.ContentType})
}

// setClock is a clock whose time of day somebody set; its timers know better.
type setClock struct {
	clock
	ahead *atomic.Int64
}

func (c setClock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// clock is the bubble's.
type clock struct{}

func (clock) Now() time.Time                       { return time.Now() }
func (clock) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }
