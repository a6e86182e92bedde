package service_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"directcallback/adapter"
)

var errDown = errors.New("down, says the test")

// dynamics is a Deliverer that keeps every delivery it was asked for.
type dynamics struct {
	mu         sync.Mutex
	deliveries []*delivery // that exist
	asked      []asked     // every Deliver
	cancels    []adapter.Delivery

	// answer decides the next Deliver; nil = it works. It may make the delivery
	// and lose the reply, by calling create.
	answer func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error)
	down   error // of Reports and Find
	banned error // of Find
	hidden bool  // rows lag behind
	cancel error
}

type asked struct {
	at time.Time
	adapter.DeliveryRequest
}

type delivery struct {
	adapter.DeliveryReport
	request adapter.DeliveryRequest
	made    time.Time
	ended   time.Time
}

func (d *dynamics) Deliver(ctx context.Context, q adapter.DeliveryRequest) (adapter.Delivery, error) {
	d.mu.Lock()
	d.asked = append(d.asked, asked{time.Now(), q})
	answer := d.answer
	d.mu.Unlock()
	if answer != nil {
		id, err := answer(ctx, q)
		return adapter.Delivery{Configuration: q.Configuration, ID: id}, err
	}
	return adapter.Delivery{Configuration: q.Configuration, ID: d.create(q), Task: "task of " + adapter.DeliveryTaskID(q.RequestID)}, nil
}

// create makes a delivery, answered or not.
func (d *dynamics) create(q adapter.DeliveryRequest) adapter.DeliveryID {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := adapter.DeliveryID(fmt.Sprintf("delivery-%d", len(d.deliveries)+1))
	d.deliveries = append(d.deliveries, &delivery{adapter.DeliveryReport{ID: id, RequestID: q.RequestID, Status: "Pending"}, q, time.Now(), time.Time{}})
	return id
}

func (d *dynamics) Reports(_ context.Context, known []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var reports []adapter.DeliveryReport
	for _, x := range d.deliveries {
		if slices.ContainsFunc(known, func(k adapter.Delivery) bool { return k.ID == x.ID }) && !d.hidden {
			reports = append(reports, x.DeliveryReport)
		}
	}
	return reports, d.down
}

func (d *dynamics) Find(_ context.Context, q adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range d.deliveries {
		if x.RequestID == q.RequestID && !d.hidden && d.down == nil && d.banned == nil {
			return x.DeliveryReport, true, nil
		}
	}
	return adapter.DeliveryReport{}, false, cmp.Or(d.down, d.banned)
}

func (d *dynamics) Cancel(_ context.Context, k adapter.Delivery) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k.Configuration == "" || k.ID == "" {
		return errors.New("a delivery is cancelled by its id in its configuration")
	}
	d.cancels = append(d.cancels, k)
	return d.cancel
}

// report sets what a delivery's row says. An ended delivery never changes again.
func (d *dynamics) report(id adapter.DeliveryID, status, result string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range d.deliveries {
		if x.ID == id {
			x.Status, x.Result = status, result
		}
	}
}

func (d *dynamics) set(change func(*dynamics)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

// requests are what Deliver was asked for so far.
func (d *dynamics) requests() []asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.asked)
}

func (d *dynamics) cancelled() []adapter.DeliveryID {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []adapter.DeliveryID
	for _, k := range d.cancels {
		ids = append(ids, k.ID)
	}
	return ids
}

func (d *dynamics) cancelledTasks() []adapter.DeliveryTaskID {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []adapter.DeliveryTaskID
	for _, k := range d.cancels {
		ids = append(ids, k.Task)
	}
	return ids
}

// fails makes an answer that is always the same failure.
func fails(outcome adapter.Outcome, after time.Duration) func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) {
	return func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) {
		return "", &adapter.DeliverError{Outcome: outcome, RetryAfter: after, Err: errDown}
	}
}
