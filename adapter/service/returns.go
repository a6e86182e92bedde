package service

import (
	"context"

	"directcallback/adapter"
)

// runReturns puts events that waited in vain where a person finds them. It has a
// loop of its own: a bus that takes commands may refuse these, because they go
// back to a queue that the adapter otherwise only reads.
func (s *Service) runReturns(ctx context.Context) error {
	return s.repeat(ctx, s.returns,
		"events that waited in vain cannot be returned; the adapter needs the right to send to the queue of call events", s.returnParked)
}

// returnParked returns a batch and tells whether there may be more.
func (s *Service) returnParked(ctx context.Context) (bool, error) {
	var parked []adapter.Parked
	now := s.o.Clock.Now()
	err := s.o.Update(ctx, func(tx Tx) (err error) { parked, err = tx.ParkedBefore(now, batch); return err })
	if err != nil || len(parked) == 0 {
		return false, err
	}
	err = s.o.Publisher.Reject(ctx, parked, adapter.Rejection{
		Reason: "NeverKnown",
		Description: "the event names a call, queue or delivery that did not become known within " + s.o.ParkFor.String() +
			"; send its call.queued event, or check the queue id, then resubmit",
	})
	if err != nil {
		return false, err
	}
	err = s.do(ctx, func(r *run) error { // the next one has a time of its own
		for _, p := range parked {
			if err := r.tx.Unparked(p.Source, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return len(parked) == batch, err
}
