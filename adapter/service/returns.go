package service

import (
	"context"
	"errors"

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
	var entries []adapter.Outgoing
	err := s.do(ctx, func(r *run) (err error) {
		if err := r.giveUpParked(); err != nil {
			return err
		}
		entries, err = r.claimReturns()
		return err
	})
	if err != nil || len(entries) == 0 {
		return false, err
	}
	parked := make([]adapter.Parked, 0, len(entries))
	for _, e := range entries {
		parked = append(parked, e.Parked)
	}
	err = errors.New("the lease ended before the bus was asked")
	if s.lease.valid(entries[0].Claim) {
		err = s.o.Publisher.Reject(ctx, parked, adapter.Rejection{
			Reason: "NeverKnown",
			Description: "the event names a call, queue or delivery that did not become known within " + s.o.ParkFor.String() +
				"; send its call.queued event, or check the queue id, then resubmit",
		})
	}
	written := s.record(ctx, func(r *run) error {
		if err == nil {
			return r.tx.Sent(entries...)
		}
		for _, e := range entries {
			if err := r.tx.Retry(e, r.now); err != nil {
				return err
			}
		}
		return nil
	})
	return len(entries) == batch, errors.Join(err, written)
}

// giveUpParked moves events whose time is over into the outbox, in one step with the
// end of their wait: so none is both taken and returned, or returned by two.
func (r *run) giveUpParked() error {
	parked, err := r.tx.ParkedBefore(r.now, batch)
	if err != nil {
		return err
	}
	for _, p := range parked {
		if err := r.tx.Unparked(p.Source, p.ID); err != nil {
			return err
		}
		if err := r.send(adapter.Outgoing{ID: r.s.o.NewID(), Kind: adapter.OutgoingReturn, Key: p.WaitsFor, Parked: p}); err != nil {
			return err
		}
	}
	return nil
}

// claimReturns takes what is to be returned now. An event that cannot even be read
// must not keep the others.
func (r *run) claimReturns() ([]adapter.Outgoing, error) {
	waiting, err := r.tx.Leaving(adapter.OutgoingReturn, r.now, batch)
	if err != nil {
		return nil, err
	}
	var entries []adapter.Outgoing
	for _, e := range waiting {
		why := e.Unreadable
		if _, err := r.s.o.Codec.Decode(e.Parked.Event); err != nil && why == "" {
			why = err.Error()
		}
		if why != "" {
			if err := r.die(e, "the event cannot be read any more: "+why); err != nil {
				return nil, err
			}
			continue
		}
		claimed, err := r.claimed(e)
		if err != nil {
			return nil, err
		}
		entries = append(entries, claimed)
	}
	return entries, nil
}
