package storetest

import (
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func inbox() map[string]check {
	seen := func(t subject, source, id string, at time.Time) bool {
		t.Helper()
		return !get(t, func(tx service.Tx) (bool, error) { return tx.FirstTime(source, id, at) })
	}
	return map[string]check{
		"an event is new once": func(t subject) {
			if seen(t, "pbx", "1", start()) {
				t.Error("not new the first time")
			}
			if !seen(t, "pbx", "1", start().Add(time.Hour)) {
				t.Error("new the second time")
			}
		},
		"another source may use the same id": func(t subject) {
			seen(t, "pbx", "1", start())
			if seen(t, "other", "1", start()) {
				t.Error("taken for the first source's")
			}
		},
		"events older than the limit are forgotten, younger ones are not": func(t subject) {
			seen(t, "pbx", "old", start())
			seen(t, "pbx", "young", start().Add(time.Hour))
			do(t, func(tx service.Tx) error { return tx.Forget(start().Add(time.Hour)) })
			if seen(t, "pbx", "old", start()) {
				t.Error("the old one is remembered")
			}
			if !seen(t, "pbx", "young", start()) {
				t.Error("the young one is forgotten")
			}
		},
	}
}

// parkedEvent is event n, which waits for what.
func parkedEvent(n int64, what string) adapter.Parked {
	return adapter.Parked{
		Source: "pbx", ID: fmt.Sprint("event-", n), WaitsFor: what, Sequence: n,
		Until: start().Add(time.Duration(n) * time.Minute), Event: fmt.Append(nil, "body ", n),
	}
}

func park(t subject, events ...adapter.Parked) {
	t.Helper()
	do(t, func(tx service.Tx) error {
		for _, p := range events {
			if err := tx.Park(p); err != nil {
				return err
			}
		}
		return nil
	})
}

func parked() map[string]check {
	unpark := func(t subject, what string) []adapter.Parked {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.Parked, error) { return tx.Unpark(what) })
	}
	one, two, ten := parkedEvent(1, "call/a"), parkedEvent(2, "call/a"), parkedEvent(10, "call/a")
	elsewhere := parkedEvent(3, "call/b")
	return map[string]check{
		"events come out complete, in their sequence, for what they wait for": func(t subject) {
			park(t, ten, elsewhere, one, two)
			equal(t, unpark(t, "call/a"), []adapter.Parked{one, two, ten})
			equal(t, unpark(t, "call/b"), []adapter.Parked{elsewhere})
		},
		"events come out once": func(t subject) {
			park(t, one)
			unpark(t, "call/a")
			equal(t, unpark(t, "call/a"), []adapter.Parked(nil))
		},
		"parking one event twice keeps one": func(t subject) {
			park(t, one, one)
			equal(t, unpark(t, "call/a"), []adapter.Parked{one})
		},
		"events that waited long enough are listed, the longest first, and stay": func(t subject) {
			park(t, ten, two, one)
			for range 2 {
				got := get(t, func(tx service.Tx) ([]adapter.Parked, error) { return tx.ParkedBefore(two.Until, 10) })
				equal(t, got, []adapter.Parked{one, two})
			}
		},
		"a listing has no more than its limit": func(t subject) {
			park(t, one, two, ten)
			got := get(t, func(tx service.Tx) ([]adapter.Parked, error) { return tx.ParkedBefore(ten.Until, 2) })
			equal(t, got, []adapter.Parked{one, two})
		},
		"a removed event waits no longer": func(t subject) {
			park(t, one, two)
			do(t, func(tx service.Tx) error { return tx.Unparked(one.Source, one.ID) })
			equal(t, unpark(t, "call/a"), []adapter.Parked{two})
		},
		"a removed event was never seen, so that it may be submitted again": func(t subject) {
			do(t, func(tx service.Tx) error { _, err := tx.FirstTime(one.Source, one.ID, start()); return err })
			park(t, one)
			do(t, func(tx service.Tx) error { return tx.Unparked(one.Source, one.ID) })
			if !get(t, func(tx service.Tx) (bool, error) { return tx.FirstTime(one.Source, one.ID, start()) }) {
				t.Error("a resubmitted event would be dropped as a repeat")
			}
		},
	}
}
