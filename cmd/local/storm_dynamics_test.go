package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// longLines is a portal where every queue offers a callback.
type longLines struct{}

func (longLines) LoadSettings(ctx context.Context, now time.Time) (adapter.Settings, error) {
	s, err := tooLong{}.LoadSettings(ctx, now)
	for id, action := range s.Actions {
		action.Type = adapter.ActionDirectCallback
		s.Actions[id] = action
	}
	for i, q := range s.Queues {
		s.Configurations = append(s.Configurations, adapter.EngagementConfiguration{
			ID: adapter.ConfigurationID(fmt.Sprintf("8d2f6a40-6c47-4a90-9b1d-%012d", i)), Name: q.Name, Active: true,
			Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview, Queue: q.ID,
		})
	}
	return s, err
}

// switchboard is a Dynamics that takes every request and says no more.
type switchboard struct {
	mu    sync.Mutex
	asked map[string]int // guarded by mu; by phone number and window
}

func (b *switchboard) Deliver(_ context.Context, q adapter.DeliveryRequest) (adapter.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked == nil {
		b.asked = map[string]int{}
	}
	b.asked[q.Attributes["callbackId"]+" "+q.Window.Start.Format(time.RFC3339)]++
	return adapter.Delivery{Configuration: q.Configuration, ID: adapter.DeliveryID("delivery-" + q.RequestID)}, nil
}

func (*switchboard) Reports(context.Context, []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	return nil, nil
}

func (*switchboard) Find(context.Context, adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	return adapter.DeliveryReport{}, false, nil
}

func (*switchboard) Cancel(context.Context, adapter.Delivery) error {
	return nil
}

func (b *switchboard) judge(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.asked) == 0 {
		t.Error("nobody was asked to call anybody back")
	}
	for attempt, n := range b.asked {
		if n != 1 {
			t.Errorf("attempt %s was made %d times", attempt, n)
		}
	}
}

var _ service.Deliverer = (*switchboard)(nil)
