package serve

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
)

// slow is a Dynamics that takes its time.
type slow struct{ takes time.Duration }

func (s slow) Deliver(ctx context.Context, _ adapter.DeliveryRequest) (adapter.Delivery, error) {
	select {
	case <-time.After(s.takes):
		return adapter.Delivery{ID: "delivered"}, nil
	case <-ctx.Done():
		return adapter.Delivery{}, &adapter.DeliverError{Outcome: adapter.OutcomeLost, Err: ctx.Err()}
	}
}

func (slow) Cancel(context.Context, adapter.Delivery) error { return nil }

func (slow) Reports(context.Context, []adapter.Delivery) ([]adapter.DeliveryReport, error) {
	return nil, nil
}

func (slow) Find(context.Context, adapter.DeliveryRequest) (adapter.DeliveryReport, bool, error) {
	return adapter.DeliveryReport{}, false, nil
}

func TestDeliveriesUnderWayAreAnsweredAtTheEnd(t *testing.T) {
	t.Parallel()
	const signal = 3 * time.Second
	tests := []struct {
		name  string
		takes time.Duration
		want  adapter.Outcome // "" = delivered
		ended time.Duration   // after the request began
	}{
		{"before the signal", time.Second, "", time.Second},
		{"after the signal", signal + 10*time.Second, "", signal + 10*time.Second},
		{"never", time.Hour, adapter.OutcomeLost, signal + drainAnswers},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), signal)
			defer cancel()
			began := time.Now()
			made, err := patient{slow{test.takes}}.Deliver(ctx, adapter.DeliveryRequest{})
			if got := outcome(err); got != test.want || (made.ID == "delivered") != (test.want == "") {
				t.Errorf("%s: %q, %v", test.name, made.ID, err)
			}
			if took := time.Since(began); took != test.ended {
				t.Errorf("%s: took %v", test.name, took)
			}
		})
	}
}

func TestNothingBeginsAtTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (patient{slow{}}).Deliver(ctx, adapter.DeliveryRequest{}); outcome(err) != adapter.OutcomeNotSent {
		t.Error(err)
	}
}

func TestTheEndFitsIntoItsBudget(t *testing.T) {
	t.Parallel()
	if all := drainIntake + drainAnswers + drainWriting + drainClosing; all > 25*time.Second {
		t.Errorf("the end may take %v", all)
	}
}

func outcome(err error) adapter.Outcome {
	if failed, ok := errors.AsType[*adapter.DeliverError](err); ok {
		return failed.Outcome
	}
	return ""
}
