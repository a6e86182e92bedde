package service

import (
	"context"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
	"directcallback/adapter/wait"
)

// QueueView is a queue as whoever asks for callbacks may know it.
type QueueView struct {
	ID          adapter.QueueID
	Name        string
	Open        overflow.Openness // HoursAbsent = it never closes
	NextOpening time.Time         // while it is closed; zero = never, or not known
	TimeZone    string            // IANA, of its hours; empty = it has none, or they cannot be read
	Languages   []string          // see [overflow.Plan.Languages]
	Refused     callback.Refusal  // why it takes no callbacks now; empty = it takes them
}

// Queues are all voice queues, in the order of their ids. Callbacks are not counted for
// it: a queue that takes none because as many as may be are pending says so when it is
// asked alone.
func (s *Service) Queues() []QueueView {
	r := &run{s: s, portal: s.portal.Load(), now: s.o.Clock.Now().UTC(), pauses: s.inForce(), pausesKnown: true}
	ids := r.portal.plans.Queues()
	all := make([]QueueView, 0, len(ids))
	for _, id := range ids {
		plan, _ := r.portal.plans.Plan(id)
		view := r.viewQueue(plan)
		terms := plan.Terms("")
		terms.Limited = false
		view.Refused, _ = r.refuses(id, terms) // it asks no store, and cannot fail
		all = append(all, view)
	}
	return all
}

// Queue is one of them; adapter.ErrNotFound if there is no such queue.
func (s *Service) Queue(ctx context.Context, id adapter.QueueID) (QueueView, error) {
	var view QueueView
	err := s.look(ctx, func(r *run) (err error) {
		plan, ok := r.portal.plans.Plan(id)
		if !ok {
			return adapter.ErrNotFound
		}
		view = r.viewQueue(plan)
		view.Refused, err = r.refuses(id, plan.Terms(""))
		return err
	})
	if err != nil {
		return QueueView{}, fmt.Errorf("queue: %w", err)
	}
	return view, nil
}

// refuses is why a queue makes no promise under these terms now, whoever asks; empty = it
// makes one.
func (r *run) refuses(queue adapter.QueueID, terms adapter.Terms) (callback.Refusal, error) {
	_, err := r.mayPromise(queue)
	if err == nil {
		err = r.mayPromiseUnder(queue, terms)
	}
	if refused, is := refusalOf(err); is {
		return refused, nil
	}
	return "", err
}

func (r *run) viewQueue(plan *overflow.Plan) QueueView {
	queue := plan.Queue()
	schedule := r.portal.hours.Of(queue)
	view := QueueView{ID: queue.ID, Name: queue.Name, Open: r.portal.open(queue, r.now), TimeZone: schedule.Zone(), Languages: plan.Languages()}
	if view.Open == overflow.Closed {
		if opens, is := schedule.NextOpening(r.now); is == hours.Open {
			view.NextOpening = opens
		}
	}
	return view
}

// LineView is what somebody who joins a queue now may expect.
type LineView struct {
	Waiting  int // calls and callbacks
	Estimate wait.Estimate
}

// Line tells how a queue's line stands; adapter.ErrNotFound if there is no such queue.
func (s *Service) Line(ctx context.Context, id adapter.QueueID) (LineView, error) {
	var view LineView
	err := s.look(ctx, func(r *run) (err error) {
		if _, ok := r.portal.plans.Plan(id); !ok {
			return adapter.ErrNotFound
		}
		if view.Waiting, err = r.tx.Size(id, r.now); err != nil {
			return err
		}
		view.Estimate, err = r.estimate(id, -1)
		return err
	})
	if err != nil {
		return LineView{}, fmt.Errorf("line of a queue: %w", err)
	}
	return view, nil
}
