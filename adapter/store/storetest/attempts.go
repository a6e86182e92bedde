package storetest

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// fullAttempt has every field set to a value of its own.
func fullAttempt(id adapter.CallbackID, number int) adapter.Attempt {
	at := start().Add(time.Duration(number) * time.Hour)
	return adapter.Attempt{
		Callback: id, Number: number, RequestID: "request", Configuration: "configuration",
		Window:   adapter.Window{Start: at.Add(1 * time.Second), End: at.Add(2 * time.Second)},
		Delivery: adapter.DeliveryID("delivery of " + string(id) + " " + at.String()), Task: "task", Status: "Complete", Result: "NoAnswer", SIP: "486",
		SentAt: at.Add(3 * time.Second), SeenAt: at.Add(4 * time.Second), AcceptedAt: at.Add(5 * time.Second),
		EndedAt: at.Add(6 * time.Second), NextPoll: at.Add(7 * time.Second),
	}
}

func attempts() map[string]check {
	put := func(t subject, all ...adapter.Attempt) {
		t.Helper()
		do(t, func(tx service.Tx) error {
			for _, a := range all {
				if err := tx.SaveAttempt(a); err != nil {
					return err
				}
			}
			return nil
		})
	}
	last := func(t subject, id adapter.CallbackID) adapter.Attempt {
		t.Helper()
		return get(t, func(tx service.Tx) (adapter.Attempt, error) { return tx.LastAttempt(id) })
	}
	return map[string]check{
		"the last attempt is the one of the highest number": func(t subject) {
			put(t, fullAttempt("1", 2), fullAttempt("1", 10), fullAttempt("1", 1), fullAttempt("2", 11))
			equal(t, last(t, "1"), fullAttempt("1", 10))
		},
		"a callback without attempts has the zero attempt": func(t subject) {
			equal(t, last(t, "1"), adapter.Attempt{})
		},
		"saving an attempt again keeps what was asked and replaces what became of it": func(t subject) {
			want := fullAttempt("1", 1)
			put(t, adapter.Attempt{
				Callback: "1", Number: 1, RequestID: want.RequestID, Configuration: want.Configuration, Window: want.Window, NextPoll: start(),
			}, want)
			equal(t, last(t, "1"), want)
		},
		"many attempts may wait for their delivery id": func(t subject) {
			put(t, adapter.Attempt{Callback: "1", Number: 1}, adapter.Attempt{Callback: "2", Number: 1})
		},
		"attempts to poll are those whose time has come, the longest overdue first": func(t subject) {
			soon, later, never := fullAttempt("1", 1), fullAttempt("2", 2), fullAttempt("3", 0)
			never.NextPoll = time.Time{}
			put(t, later, soon, never)
			poll := func(now time.Time, limit int) []adapter.Attempt {
				return get(t, func(tx service.Tx) ([]adapter.Attempt, error) { return tx.AttemptsToPoll(now, limit) })
			}
			equal(t, poll(soon.NextPoll.Add(-time.Microsecond), 10), []adapter.Attempt(nil))
			equal(t, poll(soon.NextPoll, 10), []adapter.Attempt{soon})
			equal(t, poll(later.NextPoll, 10), []adapter.Attempt{soon, later})
			equal(t, poll(later.NextPoll, 1), []adapter.Attempt{soon})
		},
	}
}
