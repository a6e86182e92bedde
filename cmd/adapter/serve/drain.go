package serve

import (
	"context"
	"errors"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// The budget of the end, from the first signal. All of it is shorter than the
// 30 s that container platforms grant, and than a message lock.
const (
	drainIntake  = 2 * time.Second  // requests under way are answered
	drainAnswers = 15 * time.Second // Dynamics answers what it was asked
	drainWriting = 5 * time.Second  // the service writes the answers down; its own bound
	drainClosing = 3 * time.Second  // connections are closed
)

// patient waits for the answers of Dynamics when the service is to end already.
// An answer that nobody waits for is an attempt of which nobody knows whether it
// rings, and the customer then waits until its window is over.
type patient struct{ service.Deliverer }

// Deliver goes on for drainAnswers after ctx has ended. It begins nothing then.
func (p patient) Deliver(ctx context.Context, r adapter.DeliveryRequest) (adapter.Delivery, error) {
	if ctx.Err() != nil {
		return adapter.Delivery{}, &adapter.DeliverError{Outcome: adapter.OutcomeNotSent, Err: errors.Join(errors.New("the adapter is stopping"), ctx.Err())}
	}
	asking, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(drainAnswers):
			cut()
		case <-asking.Done(): // answered
		}
	})()
	return p.Deliverer.Deliver(asking, r)
}
