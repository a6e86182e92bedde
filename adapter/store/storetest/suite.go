// Package storetest is what a store owes its callers: the contract of
// service.Tx as one suite, the same for each implementation.
//
// Each subtest is named as the sentence that it checks, so that the names read
// together as the documentation of the interface. A store's own test is
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) service.Update { … })
//	}
//
// What only one store can do, such as refusing a newer file, is tested beside it.
package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// subject is a subtest with an empty store.
type subject struct {
	*testing.T
	update service.Update
}

// check is one sentence of the contract.
type check func(t subject)

// Run checks the whole contract. open makes an empty store for one subtest and
// closes it with the test's own cleanup; subtests run in parallel.
func Run(t *testing.T, open func(t *testing.T) service.Update) {
	t.Helper()
	for _, group := range []struct {
		name   string
		checks map[string]check
	}{
		{"transactions", transactions()},
		{"inbox", inbox()},
		{"parked", parked()},
		{"calls", calls()},
		{"callbacks", callbacks()},
		{"changes", changes()},
		{"lookups", lookups()},
		{"attempts", attempts()},
		{"line", line()},
		{"representatives", representatives()},
		{"outbox", outbox()},
		{"notifications", notifications()},
		{"dead ends", deadEnds()},
		{"erasure", erasure()},
		{"next work", nextWork()},
		{"memory", memory()},
		{"leases", leases()},
		{"pauses", pauses()},
		{"lines to look at", linesToLook()},
		{"averages", averages()},
		{"bookings", bookings()},
		{"together", together()},
		{"conversations", conversations()},
		{"webhooks", webhooks()},
		{"keys", keys()},
		{"state changes", stateChanges()},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for name, check := range group.checks {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					check(subject{t, open(t)})
				})
			}
		})
	}
}

// start is a time as stores keep it: whole microseconds, UTC.
func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC) }

const (
	queueA = adapter.QueueID("0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001")
	queueB = adapter.QueueID("0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c002")
)

func phone(t subject, e164 string) adapter.Phone {
	t.Helper()
	p, err := adapter.ParsePhone(e164)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// do runs f in a transaction that must succeed.
func do(t subject, f func(service.Tx) error) {
	t.Helper()
	if err := t.update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// get reads one value in a transaction of its own.
func get[T any](t subject, f func(service.Tx) (T, error)) T {
	t.Helper()
	var value T
	do(t, func(tx service.Tx) (err error) { value, err = f(tx); return err })
	return value
}

// wantErr runs f in a transaction that must fail with target.
func wantErr(t subject, target error, f func(service.Tx) error) {
	t.Helper()
	if err := t.update(t.Context(), f); !errors.Is(err, target) {
		t.Errorf("error %v, want %v", err, target)
	}
}

// equal compares; a Phone counts as equal when its full number is.
func equal(t subject, got, want any) {
	t.Helper()
	numbers := cmp.Comparer(func(a, b adapter.Phone) bool { return a.E164() == b.E164() })
	if diff := cmp.Diff(want, got, numbers); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
