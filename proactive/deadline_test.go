package proactive

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
)

// TestDeadline is a connection that takes requests and never answers.
func TestDeadline(t *testing.T) {
	t.Parallel()
	deliver := func(t *testing.T, o *org) error {
		t.Helper()
		_, err := o.Deliver(t.Context(), o.request(t))
		return err
	}
	tests := []struct {
		name, silent string // requests to this path get no answer
		call         func(*testing.T, *org) error
		want         adapter.Outcome // of Deliver
	}{
		{"looking for the contact", "contacts", deliver, adapter.OutcomeNotSent},
		{"asking for the delivery", createAction, deliver, adapter.OutcomeLost},
		{"finding", deliverySet, func(t *testing.T, o *org) error {
			t.Helper()
			_, _, err := o.Find(t.Context(), o.request(t))
			return err
		}, ""},
		{"reporting", deliverySet, func(t *testing.T, o *org) error {
			t.Helper()
			_, err := o.Reports(t.Context(), []adapter.Delivery{{ID: "11111111-2222-3333-4444-555555555555"}})
			return err
		}, ""},
		{"cancelling", operationAction, func(t *testing.T, o *org) error {
			t.Helper()
			return o.Cancel(t.Context(), adapter.Delivery{Configuration: o.request(t).Configuration, ID: "11111111-2222-3333-4444-555555555555"})
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOrg(t, nil)
				o.first = func(_ http.ResponseWriter, r *http.Request) bool {
					if _, path := asked(r); !strings.Contains(path, test.silent) {
						return false
					}
					_, _ = io.Copy(io.Discard, r.Body)
					<-r.Context().Done()
					return true
				}
				began := time.Now()
				err := test.call(t, o)
				if took := time.Since(began); took > time.Minute || err == nil {
					t.Errorf("%v after %v", err, took)
				}
				if test.want != "" {
					wantOutcome(t, err, test.want)
				}
			})
		})
	}
}
