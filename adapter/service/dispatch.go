package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/channels"
)

// request is one thing to ask of Dynamics, already written down as under way.
type request struct {
	entry    adapter.Outgoing
	delivery adapter.DeliveryRequest // of OutgoingDeliver
	target   adapter.Attempt         // of OutgoingCancel
}

// runDispatch asks Dynamics for what the outbox holds for it, as many requests at
// once as there are dispatchers. One slow answer holds up nobody else's.
func (s *Service) runDispatch(ctx context.Context) error {
	group, free := errgroup.Group{}, make(chan struct{}, s.o.Dispatchers)
	for range s.o.Dispatchers {
		free <- struct{}{}
	}
	defer func() { _ = group.Wait() }()
	return s.repeat(ctx, s.dispatch, "claim deliveries", func(ctx context.Context) (bool, error) {
		affordable, err := s.afford(ctx)
		if err != nil {
			return false, err
		}
		n := min(len(free), max(affordable/costOfDelivery, 1))
		requests, err := s.claim(ctx, n)
		for _, q := range requests {
			s.budget.spend(q.cost(), s.o.Clock.Now())
			<-free // there are at least as many
			group.Go(func() error {
				if err := s.ask(ctx, q); err != nil && ctx.Err() == nil {
					s.o.Logger.ErrorContext(ctx, "write down what Dynamics answered", "error", err)
				}
				free <- struct{}{}
				signal(s.dispatch) // there may be more than was free
				return nil
			})
		}
		return n > 0 && len(requests) == n, err
	})
}

// claim takes at most n entries out of the outbox's waiting part and writes each
// attempt down before anybody is asked.
func (s *Service) claim(ctx context.Context, n int) ([]request, error) {
	var requests []request
	if n == 0 {
		return nil, nil
	}
	err := s.do(ctx, func(r *run) error {
		requests = nil
		// First who is no longer to be phoned.
		for _, kind := range []adapter.OutgoingKind{adapter.OutgoingCancel, adapter.OutgoingDeliver} {
			entries, err := r.tx.Leaving(kind, r.now, n-len(requests))
			if err != nil {
				return err
			}
			for _, e := range entries {
				q, ok, err := r.prepare(e)
				if err != nil {
					return fmt.Errorf("callback %s: %w", e.Callback, err)
				}
				if ok {
					requests = append(requests, q)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err // nothing is written down, so nobody may be asked
	}
	return requests, nil
}

// prepare says what to ask for an entry; false when there is nothing to ask now.
func (r *run) prepare(e adapter.Outgoing) (request, bool, error) {
	c, err := r.tx.Callback(e.Callback)
	if is, err := found(err); err != nil {
		return request{}, false, err
	} else if !is {
		return request{}, false, r.die(e, "its callback is gone")
	}
	last, err := r.tx.LastAttempt(c.ID)
	if err != nil {
		return request{}, false, err
	}
	if e.Kind == adapter.OutgoingCancel {
		if c.State != adapter.StateCancelling || last.Delivery == "" {
			return request{}, false, r.tx.Sent(e)
		}
		claimed, err := r.claimed(e)
		return request{entry: claimed, target: last}, true, err
	}
	if c.State != adapter.StateDue {
		return request{}, false, r.tx.Sent(e) // cancelled or held meanwhile
	}
	if reason, err := r.holdsBack(c); err != nil {
		return request{}, false, err
	} else if reason != "" {
		_, err := r.step(c, callback.HeldBack, reason)
		return request{}, false, errors.Join(err, r.tx.Sent(e))
	}
	configuration, wait, err := r.configuration(c.Queue)
	if err != nil || wait > 0 {
		return request{}, false, errors.Join(err, r.tx.Retry(e, r.now.Add(wait)))
	}
	attempt := callback.NewAttempt(c, last, configuration, r.s.o.NewID(), r.now, r.s.o.Policy)
	attempt.Window = r.untilQuiet(c, attempt.Window)
	if !attempt.Window.End.After(attempt.Window.Start) {
		_, err := r.step(c, callback.LifeOver, "no time is left for an attempt")
		return request{}, false, errors.Join(err, r.tx.Sent(e))
	}
	if err := r.saveAttempt(attempt); err != nil {
		return request{}, false, err
	}
	c.Attempts = attempt.Number
	if _, err := r.step(c, callback.SendingStarted, fmt.Sprintf("attempt %d", attempt.Number)); err != nil {
		return request{}, false, err
	}
	claimed, err := r.claimed(e)
	delivery := deliveryRequest(c, attempt)
	delivery.DoNotPhone = r.s.o.Channels.DoNotPhone == channels.Honour && mindsDoNotPhone(c.Channel)
	return request{entry: claimed, delivery: delivery}, true, err
}

// claimed puts an entry under this process's lease.
func (r *run) claimed(e adapter.Outgoing) (adapter.Outgoing, error) {
	by := r.s.lease.claim()
	err := r.tx.Claim(by, e)
	e.Claim, e.Tries = by, e.Tries+1
	return e, err
}

// configuration names the configuration that places a queue's callbacks, or how
// long to wait until there may be one.
func (r *run) configuration(queue adapter.QueueID) (adapter.ConfigurationID, time.Duration, error) {
	const untilMended = time.Minute
	plan, ok := r.portal.plans.Plan(queue)
	if !ok {
		return "", untilMended, nil
	}
	configuration, ok := plan.Configuration()
	if !ok {
		return "", untilMended, nil
	}
	pause, paused, err := r.paused(adapter.Paused{Configuration: configuration.ID})
	switch {
	case err != nil || !paused:
		return configuration.ID, 0, err
	case pause.Until.IsZero():
		return "", untilMended, nil
	default:
		return "", pause.Until.Sub(r.now), nil
	}
}

// deliveryRequest is what Dynamics is told. The attributes travel to the
// representative's screen and to whoever reports progress.
func deliveryRequest(c adapter.Callback, a adapter.Attempt) adapter.DeliveryRequest {
	attributes := make(map[string]string, len(c.Attributes)+6)
	maps.Copy(attributes, c.Attributes)
	attributes["type"] = "callback"
	attributes["callbackId"] = string(c.ID)
	attributes["queueId"] = string(c.Queue)
	attributes["queuedAt"] = c.QueuedAt.UTC().Format(time.RFC3339Nano)
	attributes["priority"] = strconv.Itoa(c.Priority)
	for name, value := range map[string]string{"callId": string(c.Call), "locale": c.Locale, "notes": c.Notes} {
		if value != "" {
			attributes[name] = value
		}
	}
	return adapter.DeliveryRequest{
		RequestID: a.RequestID, Configuration: a.Configuration, Phone: c.Phone, Window: a.Window,
		Contact: c.Contact, Name: c.Name, Email: c.Email, Priority: c.Priority, Attributes: attributes,
	}
}

// mindsDoNotPhone tells by the door through which a callback was asked for whether the
// contact's wish not to be phoned counts. Who pressed 1 has just asked to be, and
// a web page cannot know who it is that asks.
func mindsDoNotPhone(channel adapter.Channel) bool { return channel != adapter.ChannelVoice }

// delivery is what Dynamics made of an attempt.
func delivery(a adapter.Attempt) adapter.Delivery {
	return adapter.Delivery{Configuration: a.Configuration, ID: a.Delivery, Task: a.Task}
}

// ask sends a request and writes down what came of it.
func (s *Service) ask(ctx context.Context, q request) error {
	if !s.lease.valid(q.entry.Claim) {
		// This process was away for so long that another may have given the request up.
		err := &adapter.DeliverError{Outcome: adapter.OutcomeNotSent, Err: errors.New("the lease ended before Dynamics was asked")}
		if q.entry.Kind == adapter.OutgoingCancel {
			return s.record(ctx, func(r *run) error { return r.cancelAsked(q, err) })
		}
		return s.record(ctx, func(r *run) error { return r.answered(q, adapter.Delivery{}, err) })
	}
	if q.entry.Kind == adapter.OutgoingCancel {
		err := s.o.Deliverer.Cancel(ctx, delivery(q.target))
		return s.record(ctx, func(r *run) error { return r.cancelAsked(q, err) })
	}
	made, failed := s.o.Deliverer.Deliver(ctx, q.delivery)
	err := s.insist(ctx, func(r *run) error { return r.answered(q, made, failed) })
	if errors.Is(err, adapter.ErrTakenOver) {
		return s.record(ctx, func(r *run) error { return r.answeredLate(q, made) })
	}
	return err
}

// lastWrite bounds the last try to write an answer down when the process stops.
const lastWrite = 5 * time.Second

// record writes an answer down, unless another process has taken over what it is
// about: it has noted that nobody knows what Dynamics answered.
func (s *Service) record(ctx context.Context, f func(*run) error) error {
	err := s.insist(ctx, f)
	if errors.Is(err, adapter.ErrTakenOver) {
		s.o.Logger.WarnContext(ctx, "an answer came too late: another process has taken over")
		return nil
	}
	return err
}

// insist runs f again and again until the store takes it: an answer that was had
// is not thrown away, and what this process claimed nobody else would ever settle.
// Once ctx has ended it tries for the last time; what is given up then is uncertain
// to the next process.
func (s *Service) insist(ctx context.Context, f func(*run) error) error {
	for pause := (backoff{}); ctx.Err() == nil; {
		err := s.do(ctx, f)
		if err == nil || errors.Is(err, adapter.ErrTakenOver) {
			return err
		}
		s.o.Logger.ErrorContext(ctx, "an answer is not written down yet", "error", err)
		if s.wait(ctx, nil, pause.next()) != nil {
			break
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
	defer cancel()
	return s.do(last, f)
}

// cancelAsked keeps asking until the row says that the delivery is gone or over.
func (r *run) cancelAsked(q request, err error) error {
	if err == nil {
		return r.tx.Sent(q.entry)
	}
	r.s.o.Logger.Warn("cancel delivery", "callback", q.entry.Callback, "error", err)
	wait := min(time.Second<<min(q.entry.Tries, 6), time.Minute)
	return r.tx.Retry(q.entry, r.now.Add(wait))
}

// answered settles an attempt by the outcome table of the design: only what was
// certainly not sent is sent again.
func (r *run) answered(q request, made adapter.Delivery, err error) error {
	c, readErr := r.tx.Callback(q.entry.Callback)
	if readErr != nil {
		return readErr
	}
	if err := r.tx.Sent(q.entry); err != nil {
		return err
	}
	if err == nil && made.ID != "" {
		return r.delivered(c, made)
	}
	if err == nil {
		err = errors.New("success without a delivery id")
	}
	failure, is := errors.AsType[*adapter.DeliverError](err)
	if !is {
		failure = &adapter.DeliverError{Outcome: adapter.OutcomeLost, Err: err}
	}
	r.s.o.Logger.Warn("no delivery", "callback", c.ID, "outcome", failure.Outcome, "error", failure.Err)
	switch failure.Outcome {
	case adapter.OutcomeRefused:
		_, err := r.step(c, callback.RequestRefused, failure.Err.Error())
		return err
	case adapter.OutcomeNotSent:
		// Each try is an attempt and a new entry, so the attempts count.
		wait := min(time.Second<<min(max(c.Attempts-1, 0), 6), time.Minute)
		return r.sendAgain(c, "Dynamics was not reached", wait)
	case adapter.OutcomeThrottled:
		wait := max(failure.RetryAfter, time.Second)
		r.s.budget.pause(r.now.Add(wait))
		return r.sendAgain(c, "Dynamics is throttling", wait)
	case adapter.OutcomeBlocked:
		if err := r.block(q.delivery.Configuration, failure.Err); err != nil {
			return err
		}
		return r.sendAgain(c, "the configuration cannot be used: "+failure.Err.Error(), time.Minute)
	default:
		return r.lost(c, failure.Err.Error())
	}
}

// delivered notes that Dynamics will place the call, and what that unlocks.
func (r *run) delivered(c adapter.Callback, made adapter.Delivery) error {
	id := made.ID
	attempt, err := r.tx.LastAttempt(c.ID)
	if err != nil {
		return err
	}
	other, taken, err := r.taken(attempt, id)
	if err != nil {
		return err
	}
	if taken {
		return r.contradicted(c, attempt, id, other)
	}
	attempt.Delivery, attempt.Task, attempt.NextPoll = id, made.Task, r.now.Add(r.s.o.Policy.FirstPoll)
	if err := r.saveAttempt(attempt); err != nil {
		return err
	}
	if err := r.allow(attempt.Configuration); err != nil {
		return err
	}
	if c, err = r.step(c, callback.DeliveryCreated, ""); err != nil {
		return err
	}
	if c.HeldBy != "" && c.State == adapter.StateDispatched {
		if _, err := r.step(c, callback.CustomerCallsNow, "the customer is calling"); err != nil {
			return err
		}
	}
	return errors.Join(r.unpark("delivery/"+string(id)), r.unpark("callback/"+string(c.ID)))
}

// answeredLate takes the one thing from an answer that came after another process
// had given the request up: which delivery it made. Without it the delivery would
// have to be found, and where its row does not come it is taken for never made.
func (r *run) answeredLate(q request, made adapter.Delivery) error {
	if made.ID == "" {
		return nil // it told nothing
	}
	c, err := r.tx.Callback(q.entry.Callback)
	if err != nil {
		return err
	}
	attempt, err := r.tx.LastAttempt(c.ID)
	if err != nil {
		return err
	}
	if c.State != adapter.StateUncertain || attempt.RequestID != q.delivery.RequestID || attempt.Delivery != "" {
		return nil // it was found, or is of an attempt that is over
	}
	return r.delivered(c, made)
}

// taken tells whether a delivery is known as that of another attempt, and of
// whose. A delivery is one attempt's: Dynamics, or who stands in for it, is wrong.
func (r *run) taken(attempt adapter.Attempt, id adapter.DeliveryID) (adapter.CallbackID, bool, error) {
	if attempt.Delivery == id {
		return "", false, nil
	}
	owner, err := r.tx.CallbackOfDelivery(id)
	taken, err := found(err)
	return owner.ID, taken, err
}

// contradicted leaves an attempt to a person whose delivery is another's: looking
// for it again would only find the same.
func (r *run) contradicted(c adapter.Callback, attempt adapter.Attempt, id adapter.DeliveryID, other adapter.CallbackID) error {
	attempt.NextPoll = time.Time{}
	if err := r.saveAttempt(attempt); err != nil {
		return err
	}
	reason := fmt.Sprintf("Dynamics answered with delivery %s, which is an earlier attempt's of callback %s", id, other)
	if _, err := r.step(c, callback.Contradicted, reason); err != nil {
		return err
	}
	return r.unpark("callback/" + string(c.ID))
}

// sendAgain gives the attempt up, which certainly does not ring, and asks again
// later. The table puts a new entry into the outbox; it gets the delay.
func (r *run) sendAgain(c adapter.Callback, reason string, wait time.Duration) error {
	c, err := r.stepLater(c, callback.NotSent, reason, r.now.Add(wait))
	if err == nil && c.HeldBy != "" {
		_, err = r.step(c, callback.CustomerCallsNow, "the customer is calling")
	}
	return err
}

// lost notes that there may or may not be a delivery.
func (r *run) lost(c adapter.Callback, reason string) error {
	attempt, err := r.tx.LastAttempt(c.ID)
	if err != nil {
		return err
	}
	attempt.NextPoll = r.now.Add(r.s.o.Policy.FirstPoll)
	if err := r.saveAttempt(attempt); err != nil {
		return err
	}
	if _, err = r.step(c, callback.ReplyLost, reason); err != nil {
		return err
	}
	return r.unpark("callback/" + string(c.ID))
}

// adopt settles what processes that are gone left half done: a request that was
// under way may or may not have reached Dynamics, and a command is sent again.
func (r *run) adopt() error {
	for _, kind := range []adapter.OutgoingKind{
		adapter.OutgoingDeliver, adapter.OutgoingCancel, adapter.OutgoingCommand, adapter.OutgoingNotify, adapter.OutgoingReturn,
	} {
		entries, err := r.tx.Orphans(kind)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := r.adoptEntry(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) adoptEntry(e adapter.Outgoing) error {
	switch e.Kind {
	case adapter.OutgoingCancel:
		return r.tx.Retry(e, r.now) // asking twice to cancel is harmless
	case adapter.OutgoingCommand:
		r.commands = true
		return r.tx.Retry(e, e.NotBefore) // its id tells a repeat
	case adapter.OutgoingNotify, adapter.OutgoingReturn:
		return r.tx.Retry(e, e.NotBefore) // so does theirs
	default:
	}
	c, err := r.tx.Callback(e.Callback)
	if is, err := found(err); err != nil {
		return err
	} else if !is {
		return r.die(e, "its callback is gone")
	}
	if err := r.tx.Sent(e); err != nil || c.State != adapter.StateDispatching {
		return err
	}
	return r.lost(c, "the adapter stopped while Dynamics was being asked")
}
