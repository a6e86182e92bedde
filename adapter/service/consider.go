package service

import (
	"context"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/overflow"
	"directcallback/adapter/wait"
)

// Question is a call that nobody makes, to ask what a queue would do with it. What is nil
// is as it is now.
type Question struct {
	Queue         adapter.QueueID
	Moment        overflow.Moment
	Waiting       *int           // others in the queue
	EstimatedWait *time.Duration // may be overflow.NoEstimate
	InQueue       time.Duration  // how long it has waited, for the in-queue rules
	At            *time.Time     // for operating hours
	Entry         adapter.Entry
	Bot           adapter.Bot
}

// Considered answers a Question.
type Considered struct {
	overflow.Account
	// Refused is why the callback that it comes to would not be offered now; empty = it
	// would, or it comes to something else. Of the caller nothing is known.
	Refused callback.Refusal
}

// Consider says what a queue would do with a call. Nothing is changed, and nothing kept.
// It is adapter.ErrNotFound for an unknown queue.
func (s *Service) Consider(ctx context.Context, q Question) (Considered, error) {
	var answer Considered
	err := s.look(ctx, func(r *run) (err error) { answer, err = r.consider(q); return err })
	if err != nil {
		return Considered{}, fmt.Errorf("consider a call: %w", err)
	}
	return answer, nil
}

func (r *run) consider(q Question) (Considered, error) {
	plan, ok := r.portal.plans.Plan(q.Queue)
	if !ok {
		return Considered{}, adapter.ErrNotFound
	}
	at := r.now
	if q.At != nil {
		at = *q.At
	}
	snapshot := overflow.Snapshot{
		Moment: q.Moment, EstimatedWait: overflow.NoEstimate, Elapsed: q.InQueue, Hours: r.portal.open(plan.Queue(), at), Entry: q.Entry, Bot: q.Bot,
	}
	var err error
	if q.Waiting != nil {
		snapshot.Size = *q.Waiting
	} else if snapshot.Size, err = r.tx.Size(q.Queue, r.now); err != nil {
		return Considered{}, err
	}
	var estimate wait.Estimate
	if q.EstimatedWait != nil {
		snapshot.EstimatedWait = *q.EstimatedWait
	} else if estimate, err = r.estimateIn(&snapshot, plan, -1); err != nil {
		return Considered{}, err
	}
	decision := plan.Decide(snapshot, at)
	answer := Considered{Account: accountOf(decision, estimate)}
	if decision.Verdict == overflow.Act && decision.Action == adapter.ActionDirectCallback {
		answer.Refused, err = r.refuses(q.Queue, plan.Terms(decision.ActionID))
	}
	return answer, err
}
