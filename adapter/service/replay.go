package service

import (
	"context"
	"errors"
	"time"

	"directcallback/adapter"
)

// Replay says what of all that happened is to be told once more.
type Replay struct {
	After adapter.ChangePosition // it begins behind it; its time alone is that of the first
	Until time.Time              // the time of the last; zero = now
}

// Replayed is how far a replay came.
type Replayed struct {
	Count int    // notifications that leave now
	Rest  Replay // what is left of it
	Done  bool   // nothing is
}

// pieceOfReplay bounds how many steps one call looks through, in so many transactions:
// others work meanwhile, and somebody waits for the answer.
const pieceOfReplay = 8

// ReplayWebhook tells a webhook once more what it wants to know of all that happened, in
// the order in which it did and under the same ids. It takes its turn behind what waits
// already; what waits anyway is not told twice. A long replay is made in pieces: call
// again with the Rest, until it is Done.
func (s *Service) ReplayWebhook(ctx context.Context, id adapter.WebhookID, what Replay, by Signature) (Replayed, error) {
	if what.Until.IsZero() {
		what.Until = s.o.Clock.Now().UTC()
	}
	all := Replayed{Rest: what}
	err := s.decideWebhook(ctx, "replayed", id, by, func() error {
		for range pieceOfReplay {
			var some Replayed
			err := s.do(ctx, func(r *run) (err error) { some, err = r.replay(id, all.Rest); return err })
			if err != nil {
				return err
			}
			all = Replayed{Count: all.Count + some.Count, Rest: some.Rest, Done: some.Done}
			if all.Done {
				break
			}
		}
		return nil
	})
	return all, err
}

// replay puts some of what happened into the outbox.
func (r *run) replay(id adapter.WebhookID, what Replay) (Replayed, error) {
	w, err := r.tx.Webhook(id)
	if err != nil {
		return Replayed{}, err
	}
	switch {
	case !w.Enabled():
		return Replayed{}, errors.New("it is disabled; enable it first")
	case r.s.o.Shadow:
		return Replayed{}, errors.New("nothing leaves in shadow")
	}
	changes, err := r.tx.Changes(what.After, what.Until, batch)
	if err != nil {
		return Replayed{}, err
	}
	some := Replayed{Rest: what, Done: len(changes) < batch}
	for _, c := range changes {
		some.Rest.After = c.Position()
		for _, n := range c.Notifications() {
			if !w.Wants(n) {
				continue
			}
			is, err := r.notifyAgain(webhookName(id), n)
			if err != nil {
				return Replayed{}, err
			}
			if is {
				some.Count++
			}
		}
	}
	return some, nil
}

// notifyAgain is notify for what may wait anyway, or was put aside and now need not be.
func (r *run) notifyAgain(target string, n adapter.Notification) (bool, error) {
	known, err := r.tx.Outgoing(adapter.OutgoingQuery{ID: adapter.NotificationID(target, n), Limit: 1})
	if err != nil {
		return false, err
	}
	if len(known) > 0 && known[0].DeadAt.IsZero() {
		return false, nil
	}
	if err := r.tx.Sent(known...); err != nil {
		return false, err
	}
	return true, r.notify(target, n)
}
