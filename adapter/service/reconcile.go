package service

import (
	"context"
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

// pollBatch is how many deliveries one reading asks for.
const pollBatch = 50

// readFor is how long a reading is left to the process that began it.
const readFor = time.Minute

// runReconcile reads what became of deliveries. Progress events tell sooner; the
// rows tell for certain.
func (s *Service) runReconcile(ctx context.Context) error {
	return s.repeat(ctx, s.poll, "deliveries cannot be read", s.reconcileOnce)
}

// seen is what a reading says of an attempt.
type seen struct {
	attempt adapter.Attempt
	report  adapter.DeliveryReport
	found   bool
	err     error // of this attempt alone: it could not be looked for
}

func (s *Service) reconcileOnce(ctx context.Context) (bool, error) {
	var due []adapter.Attempt
	callbacks := map[adapter.CallbackID]adapter.Callback{}
	now := s.o.Clock.Now()
	err := s.o.Update(ctx, func(tx Tx) (err error) {
		if due, err = tx.AttemptsToPoll(now, pollBatch); err != nil {
			return err
		}
		for _, a := range due {
			if callbacks[a.Callback], err = tx.Callback(a.Callback); err != nil {
				return err
			}
			if s.o.Lease == 0 {
				continue
			}
			a.NextPoll = now.Add(readFor) // so that no other process reads it meanwhile
			if err := tx.SaveAttempt(a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(due) == 0 {
		return false, err
	}
	read, err := s.read(ctx, due, callbacks)
	if err != nil {
		return false, err
	}
	err = s.do(ctx, func(r *run) error {
		for _, x := range read {
			if err := r.reconcile(x); err != nil {
				return fmt.Errorf("callback %s: %w", x.attempt.Callback, err)
			}
		}
		return nil
	})
	return len(due) == pollBatch, err
}

// read asks Dataverse: by delivery id where there is one, else for the attempt.
// One attempt that cannot be looked for keeps no other from being read.
func (s *Service) read(ctx context.Context, due []adapter.Attempt, callbacks map[adapter.CallbackID]adapter.Callback) ([]seen, error) {
	var known []adapter.Delivery
	tasks := 0 // each may be asked for its own
	for _, a := range due {
		if a.Delivery != "" {
			known = append(known, delivery(a))
			if a.Task != "" {
				tasks++
			}
		}
	}
	byID := map[adapter.DeliveryID]adapter.DeliveryReport{}
	if len(known) > 0 {
		if _, err := s.afford(ctx); err != nil {
			return nil, err
		}
		s.budget.spend(1+tasks, s.o.Clock.Now())
		reports, err := s.o.Deliverer.Reports(ctx, known)
		if err != nil {
			return nil, err
		}
		for _, report := range reports {
			byID[report.ID] = report
		}
	}
	all := make([]seen, 0, len(due))
	for _, a := range due {
		x := seen{attempt: a}
		if a.Delivery != "" {
			x.report, x.found = byID[a.Delivery]
		} else {
			if _, err := s.afford(ctx); err != nil {
				return nil, err
			}
			s.budget.spend(costOfFinding, s.o.Clock.Now())
			x.report, x.found, x.err = s.o.Deliverer.Find(ctx, deliveryRequest(callbacks[a.Callback], a))
		}
		if ctx.Err() != nil {
			return nil, ctx.Err() // which is nobody's failure
		}
		all = append(all, x)
	}
	return all, nil
}

// reconcile writes down what a reading says.
func (r *run) reconcile(x seen) error {
	c, err := r.tx.Callback(x.attempt.Callback)
	if err != nil {
		return err
	}
	attempt, err := r.tx.LastAttempt(c.ID)
	if err != nil {
		return err
	}
	if attempt.Number != x.attempt.Number || c.State.Ended() {
		if attempt.Number != x.attempt.Number {
			attempt = x.attempt
		}
		attempt.NextPoll = time.Time{}
		return r.saveAttempt(attempt)
	}
	if x.err != nil {
		wait := lookAgain(r.now.Sub(attempt.SentAt))
		r.s.o.Logger.Warn("an attempt cannot be looked for", "callback", c.ID, "attempt", attempt.Number, "again_in", wait, "error", x.err)
		attempt.NextPoll = r.now.Add(wait)
		return r.saveAttempt(attempt)
	}
	attempt.NextPoll = r.s.o.Policy.NextPoll(c, r.now)
	over := r.fenced(attempt)
	switch {
	case !x.found && forgettable(c, attempt):
		return r.notFound(c, attempt, over)
	case !x.found && over:
		c, err := r.step(c, callback.Contradicted, "Dynamics answered with a delivery whose row never came")
		if err != nil {
			return err
		}
		attempt.NextPoll = r.s.o.Policy.NextPoll(c, r.now)
		return r.saveAttempt(attempt)
	case !x.found:
		return r.saveAttempt(attempt)
	}
	if c.State == adapter.StateUncertain {
		if err := r.delivered(c, adapter.Delivery{ID: x.report.ID}); err != nil {
			return err
		}
		// Parked progress may have moved both on.
		if c, err = r.tx.Callback(c.ID); err != nil {
			return err
		}
		if attempt, err = r.tx.LastAttempt(c.ID); err != nil {
			return err
		}
		if c.State.Ended() || c.State == adapter.StateReview {
			return nil // the next poll, if any, ends the polling
		}
	}
	other, taken, err := r.taken(attempt, x.report.ID)
	if err != nil {
		return err
	}
	if taken {
		return r.contradicted(c, attempt, x.report.ID, other)
	}
	attempt.Delivery, attempt.NextPoll = x.report.ID, r.s.o.Policy.NextPoll(c, r.now)
	// Dynamics' own window counts where it is the longer one: ours was not understood.
	return r.news(c, attempt, x.report, over && !x.report.RingsUntil.After(r.now))
}

// forgettable tells whether an attempt without a row may be taken for never made,
// once it cannot ring any more. One that Dynamics gave an id was made: whether it rang
// nobody knows, and only a promise that ends anyway may leave it at that.
func forgettable(c adapter.Callback, a adapter.Attempt) bool {
	return c.State == adapter.StateUncertain || c.State == adapter.StateCancelling && (a.Delivery == "" || c.After.Ended())
}

// lookAgain is when an attempt that could not be looked for is looked for again:
// after as long again as it is old, so that the pauses grow.
func lookAgain(age time.Duration) time.Duration {
	const soon, late = 10 * time.Second, 5 * time.Minute
	return min(max(age, soon), late)
}

// notFound gives an attempt up once it cannot ring any more: nobody knows of it, or
// it was to be cancelled anyway.
func (r *run) notFound(c adapter.Callback, attempt adapter.Attempt, over bool) error {
	if over {
		attempt.NextPoll = time.Time{}
		attempt.EndedAt = r.now
	}
	if err := r.saveAttempt(attempt); err != nil || !over {
		return err
	}
	_, err := r.step(c, callback.AttemptGone, "no such delivery, and its window is over")
	return err
}

// news applies what a delivery's row says now; over says that its window is over.
func (r *run) news(c adapter.Callback, attempt adapter.Attempt, report adapter.DeliveryReport, over bool) error {
	if attempt.SeenAt.IsZero() {
		attempt.SeenAt = r.now
		if c.State == adapter.StateDispatched && !c.PlaceFreed {
			c.FreePlaceAt = r.now.Add(r.s.o.Policy.FreePlace)
			var err error
			if c, err = r.save(c.State, c, "row seen", report.Status); err != nil {
				return err
			}
		}
	}
	// What brought a callback into review is still there, and decides nothing.
	// A telephony that tells the result does not know how the row puts it.
	same := attempt.Result == report.Result && (report.Result != "" || attempt.Status == report.Status)
	repeated := c.State == adapter.StateReview && same
	attempt.Status, attempt.Result = report.Status, report.Result
	if report.SIP != "" {
		attempt.SIP = report.SIP
	}
	on, reason, something := callback.News(c, report.Status, report.Result, over)
	if report.GoesOn && !over && callback.FreesCustomer(on) {
		something = false // another attempt of ours could ring beside Dynamics' own
	}
	// What is no news in this state must not end the polling either.
	to, known := callback.Next(c.State, on)
	something = something && known && !repeated
	if something && on == callback.Accepted && attempt.AcceptedAt.IsZero() {
		attempt.AcceptedAt = r.now // as far as the row tells
	}
	switch {
	case !something || on == callback.Accepted:
	case to.To == adapter.StateReview:
		attempt.NextPoll = r.now.Add(r.s.o.Policy.PollRare)
	default:
		attempt.EndedAt, attempt.NextPoll = r.now, time.Time{}
	}
	if err := r.saveAttempt(attempt); err != nil || !something {
		return err
	}
	if answer := callback.NetworkAnswer(report.SIP); answer != "" {
		reason += " (" + answer + ")"
	}
	_, err := r.step(c, on, reason)
	return err
}

// progress takes what a telephony or Dynamics says of a delivery under way.
func (r *run) progress(e adapter.CallEvent, data adapter.CallbackProgress) error {
	var (
		c   adapter.Callback
		err error
	)
	if data.Delivery != "" {
		c, err = r.tx.CallbackOfDelivery(data.Delivery)
	} else {
		c, err = r.tx.Callback(data.Callback)
	}
	if ok, err := found(err); err != nil {
		return err
	} else if !ok {
		if data.Delivery != "" {
			return r.park(e, "delivery/"+string(data.Delivery))
		}
		return r.park(e, "callback/"+string(data.Callback))
	}
	if c.State == adapter.StateDispatching {
		return r.park(e, "callback/"+string(c.ID)) // until it is known what of
	}
	attempt, err := r.tx.LastAttempt(c.ID)
	if err != nil {
		return err
	}
	switch {
	case data.Delivery != "" && attempt.Delivery != data.Delivery:
		return nil // news of an attempt that is over
	case data.Delivery == "" && e.At.Before(r.earliestNews(attempt)):
		return r.readNow(attempt) // of the attempt before, or by a clock that is wrong
	}
	switch data.Step {
	case adapter.StepAccepted:
		attempt.AcceptedAt = r.now
		if err := r.saveAttempt(attempt); err != nil {
			return err
		}
		_, err = r.step(c, callback.Accepted, "")
	case adapter.StepConnected:
		_, err = r.step(c, callback.CustomerConnected, "")
	case adapter.StepEnded:
		return r.ended(c, attempt, data.Result)
	default: // offered, declined, dialing: the promise is where it was
	}
	return err
}

// earliestNews is since when news that name only the callback are taken for this
// attempt's. The first one may be told of by a clock that is behind ours; for a
// later one that would mix it up with the one before.
func (r *run) earliestNews(a adapter.Attempt) time.Time {
	if a.Number > 1 {
		return a.SentAt
	}
	return a.SentAt.Add(-r.s.o.Policy.ProgressSkew)
}

// ended takes the word of a telephony that a delivery is over. Without a result,
// or where the result does not fit what is known, the row has the last word.
func (r *run) ended(c adapter.Callback, attempt adapter.Attempt, result string) error {
	report := adapter.DeliveryReport{ID: attempt.Delivery, Status: "Complete", Result: result}
	on, _, _ := callback.News(c, report.Status, report.Result, false)
	if to, known := callback.Next(c.State, on); known && to.To != adapter.StateReview {
		return r.news(c, attempt, report, false)
	}
	return r.readNow(attempt)
}

// readNow has an attempt's row read at once, if it is still being read.
func (r *run) readNow(attempt adapter.Attempt) error {
	if !attempt.NextPoll.After(r.now) {
		return nil
	}
	attempt.NextPoll = r.now
	return r.saveAttempt(attempt)
}
