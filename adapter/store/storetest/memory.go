package storetest

import (
	"errors"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func memory() map[string]check {
	type pair struct{ Request, Answer string }
	answer := func(t subject, client, key string) pair {
		t.Helper()
		return get(t, func(tx service.Tx) (p pair, err error) {
			p.Request, p.Answer, err = tx.Answer(client, key)
			return p, err
		})
	}
	keep := func(t subject, client, key, answer string, at time.Time) {
		t.Helper()
		do(t, func(tx service.Tx) error { return tx.SaveAnswer(client, key, "request of "+answer, answer, at) })
	}
	return map[string]check{
		"an idempotency key is answered as before, each client for itself": func(t subject) {
			keep(t, "web", "key", "first", start())
			keep(t, "app", "key", "second", start())
			equal(t, answer(t, "web", "key"), pair{"request of first", "first"})
			equal(t, answer(t, "app", "key"), pair{"request of second", "second"})
		},
		"a new idempotency key has no answer": func(t subject) {
			equal(t, answer(t, "web", "key"), pair{})
		},
		"an idempotency key is answered once": func(t subject) {
			keep(t, "web", "key", "first", start())
			if err := t.update(t.Context(), func(tx service.Tx) error { return tx.SaveAnswer("web", "key", "r", "second", start()) }); err == nil {
				t.Error("a second answer was taken")
			}
			equal(t, answer(t, "web", "key").Answer, "first")
		},
		"keys older than the limit are forgotten, younger ones are not": func(t subject) {
			keep(t, "web", "old", "a", start())
			keep(t, "web", "young", "b", start().Add(time.Hour))
			do(t, func(tx service.Tx) error { return tx.Forget(start().Add(time.Hour)) })
			equal(t, answer(t, "web", "old"), pair{})
			equal(t, answer(t, "web", "young").Answer, "b")
		},
		"of what ended long ago only the life of callbacks is left": func(t subject) {
			before := start().Add(time.Hour)
			ended := fullCallback(t)
			ended.State, ended.HeldBy, ended.Since = adapter.StateCompleted, "", start()
			saved := save(t, ended)
			do(t, func(tx service.Tx) (err error) {
				saved, err = tx.SaveCallback(saved, adapter.History{At: start(), Event: "held", To: saved.State, Reason: "Zoë asked", By: "anna"})
				return err
			})
			open, late := pending("open", phone(t, "+33155501234"), queueA, start()), pending("late", phone(t, "+33155501235"), queueA, start())
			late.State, late.Since = adapter.StateServed, before
			open, late = save(t, open), save(t, late)
			over, waiting, fresh := fullCall(t), waitingCall("waiting", start()), waitingCall("fresh", start())
			over.State, over.ChangedAt, fresh.State, fresh.ChangedAt = adapter.CallOver, start(), adapter.CallOver, before
			saveCalls(t, over, waiting, fresh)
			purge := func() int {
				return get(t, func(tx service.Tx) (int, error) { return tx.Purge(before, 5) })
			}
			equal(t, purge(), 1)
			equal(t, purge(), 0)
			saved.Phone, saved.Name, saved.Email, saved.Contact, saved.Notes, saved.Attributes, saved.ManageHash = adapter.Phone{}, "", "", "", "", nil, ""
			saved.Wish, saved.Reason, saved.Consent.Text = adapter.Wish{}, "", ""
			for _, h := range get(t, func(tx service.Tx) ([]adapter.History, error) { return tx.History(saved.ID) }) {
				if h.By != "" && h.Reason != "" {
					t.Errorf("what a person wrote is left: %q", h.Reason)
				}
			}
			for _, want := range []adapter.Callback{saved, open, late} {
				equal(t, get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.Callback(want.ID) }), want)
			}
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Call(over.ID); return err })
			for _, want := range []adapter.Call{waiting, fresh} {
				equal(t, get(t, func(tx service.Tx) (adapter.Call, error) { return tx.Call(want.ID) }), want)
			}
		},
		"a purge takes on no more than it is told": func(t subject) {
			for _, id := range []adapter.CallID{"1", "2", "3"} {
				c := waitingCall(id, start())
				c.State = adapter.CallMoved
				saveCalls(t, c)
			}
			for _, want := range []int{2, 1, 0} {
				equal(t, get(t, func(tx service.Tx) (int, error) { return tx.Purge(start(), 2) }), want)
			}
		},
		"what is remembered of a queue's waits comes back, each queue for itself": func(t subject) {
			waits := func(queue adapter.QueueID) string {
				return string(get(t, func(tx service.Tx) ([]byte, error) { return tx.Waits(queue) }))
			}
			equal(t, waits(queueA), "")
			do(t, func(tx service.Tx) error { return tx.SaveWaits(queueA, []byte(`{"old":1}`)) })
			do(t, func(tx service.Tx) error {
				return errors.Join(tx.SaveWaits(queueA, []byte(`{"new":"\u00e9"}`)), tx.SaveWaits(queueB, []byte{0, 0xff}))
			})
			equal(t, waits(queueA), `{"new":"\u00e9"}`)
			equal(t, waits(queueB), "\x00\xff")
		},
		"a queue of which nothing is remembered has no waits": func(t subject) {
			if body := get(t, func(tx service.Tx) ([]byte, error) { return tx.Waits(queueA) }); body != nil {
				t.Errorf("waits %q", body)
			}
		},
		"of a day the first snapshot stays, and each day has its own": func(t subject) {
			day, next := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
			for _, s := range []struct {
				day  time.Time
				body string
			}{{next, "\x1f\x8b\x00"}, {day, "first"}, {day, "second"}} {
				do(t, func(tx service.Tx) error { return tx.SaveSnapshot(s.day, []byte(s.body)) })
			}
			snapshot := func(day time.Time) string {
				return string(get(t, func(tx service.Tx) ([]byte, error) { return tx.Snapshot(day) }))
			}
			equal(t, []string{snapshot(day), snapshot(next)}, []string{"first", "\x1f\x8b\x00"})
			equal(t, get(t, func(tx service.Tx) ([]time.Time, error) { return tx.Snapshots() }), []time.Time{day, next})
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Snapshot(day.Add(-24 * time.Hour)); return err })
			do(t, func(tx service.Tx) error { return tx.ForgetSnapshots(next) })
			equal(t, get(t, func(tx service.Tx) ([]time.Time, error) { return tx.Snapshots() }), []time.Time{next})
		},
		"settings that were never read are not found": func(t subject) {
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, _, err := tx.Settings(); return err })
		},
		"the last settings come back as they were saved": func(t subject) {
			const want = `{"queues":[{"name":"Billing <1> \u0026 \u2028 é"}],"definition":"<decision/>"}`
			do(t, func(tx service.Tx) error { return tx.SaveSettings(start().Add(-time.Hour), []byte(`{"queues":null}`)) })
			do(t, func(tx service.Tx) error { return tx.SaveSettings(start(), []byte(want)) })
			settings := func() (body string, readAt time.Time) {
				do(t, func(tx service.Tx) error {
					text, at, err := tx.Settings()
					body, readAt = string(text), at
					return err
				})
				return body, readAt
			}
			body, readAt := settings()
			equal(t, body, want)
			equal(t, readAt, start())
			do(t, func(tx service.Tx) error { return tx.SettingsStand(start().Add(time.Minute)) })
			body, readAt = settings()
			equal(t, body, want)
			equal(t, readAt, start().Add(time.Minute))
		},
	}
}
