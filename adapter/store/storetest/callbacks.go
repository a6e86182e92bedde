package storetest

import (
	"reflect"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// fullCallback has every field set to a value of its own.
func fullCallback(t subject) adapter.Callback {
	t.Helper()
	at := start()
	return adapter.Callback{
		ID: "callback-1", Queue: queueA, Phone: phone(t, "+12025550123"), Channel: adapter.ChannelWeb, Call: "call-1",
		State: adapter.StateDispatched, Reason: "because", Since: at.Add(1 * time.Second), Priority: -3, QueuedAt: at.Add(2 * time.Second),
		ReleaseFrom: at.Add(3 * time.Second), InLineFrom: at.Add(4 * time.Second), HeldBy: "call-2", PlaceFreed: true,
		FreePlaceAt: at.Add(5 * time.Second), After: adapter.StateServed,
		Window: adapter.Window{Start: at.Add(6 * time.Second), End: at.Add(7 * time.Second)}, Booked: true,
		CreatedAt: at.Add(8 * time.Second), ExpiresAt: at.Add(9 * time.Second), Attempts: 2, MaxAttempts: 3, Rings: 1, Action: "action-1", RetryDelay: 7 * time.Minute, Throttled: true,
		Contact: "contact-1", Name: "Zoë", Email: "zoe@example.com", Locale: "en-US", TimeZone: "America/New_York", Notes: "a 'quoted' note",
		Attributes: map[string]string{"topic": "billing"}, Consent: adapter.Consent{Given: true, At: at, Text: "yes"}, ManageHash: "abc",
		Wish: adapter.Wish{Phone: phone(t, "+12025550124"), Moved: true, Booked: true, Window: adapter.Window{Start: at.Add(10 * time.Second), End: at.Add(11 * time.Second)}},
	}
}

// pending waits in line since at.
func pending(id adapter.CallbackID, number adapter.Phone, queue adapter.QueueID, at time.Time) adapter.Callback {
	return adapter.Callback{ID: id, Queue: queue, Phone: number, State: adapter.StateWaiting, QueuedAt: at}
}

func save(t subject, c adapter.Callback) adapter.Callback {
	t.Helper()
	return get(t, func(tx service.Tx) (adapter.Callback, error) {
		return tx.SaveCallback(c, adapter.History{At: start(), Event: "test", To: c.State})
	})
}

func trySave(c adapter.Callback) func(service.Tx) error {
	return func(tx service.Tx) error {
		_, err := tx.SaveCallback(c, adapter.History{At: start(), Event: "test", To: c.State})
		return err
	}
}

func callbacks() map[string]check {
	read := func(t subject, id adapter.CallbackID) adapter.Callback {
		t.Helper()
		return get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.Callback(id) })
	}
	return map[string]check{
		"a callback comes back as it was saved, with its new version": func(t subject) {
			want := fullCallback(t)
			got := save(t, want)
			want.Version = 1
			equal(t, got, want)
			equal(t, read(t, want.ID), want)
		},
		"whichever field of a callback changes is saved": func(t subject) {
			saved := save(t, fullCallback(t))
			everyField(t, reflect.ValueOf(&saved).Elem(), func() {
				saved = save(t, saved)
				forget(t)
				equal(t, read(t, saved.ID), saved)
			})
		},
		"a change comes back as it was saved": func(t subject) {
			c := save(t, pending("callback-1", phone(t, "+33155501234"), queueB, start()))
			want := fullCallback(t)
			want.Version = c.Version
			save(t, want)
			want.Version = 2
			equal(t, read(t, want.ID), want)
		},
		"a callback of which little is known comes back as it was saved": func(t subject) {
			want := pending("callback-1", phone(t, "+33155501234"), queueA, start())
			save(t, want)
			want.Version = 1
			equal(t, read(t, want.ID), want)
		},
		"a callback that nobody saved is not found": func(t subject) {
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Callback("nobody"); return err })
		},
		"a number that waits in a queue already is no other callback's there": func(t subject) {
			taken := phone(t, "+33155501234")
			save(t, pending("1", taken, queueA, start()))
			other := save(t, pending("2", phone(t, "+33155501235"), queueA, start()))
			other.Phone = taken
			wantErr(t, adapter.ErrDuplicate, trySave(other))
			equal(t, read(t, "2").Phone, phone(t, "+33155501235"))
			elsewhere := save(t, pending("3", phone(t, "+33155501235"), queueB, start()))
			elsewhere.Phone = taken
			equal(t, save(t, elsewhere).Phone, taken)
			equal(t, len(get(t, func(tx service.Tx) ([]adapter.Callback, error) { return tx.PendingOf(taken) })), 2)
		},
		"history is kept in order with every change": func(t subject) {
			c := pending("callback-1", phone(t, "+33155501234"), queueA, start())
			want := []adapter.History{
				{At: start(), Event: "opted in", To: adapter.StateWaiting, Reason: "pressed 1"},
				{At: start(), From: adapter.StateWaiting, Event: "place reached", To: adapter.StateDue, Reason: "place 1"},
				{At: start().Add(time.Second), From: adapter.StateDue, Event: "cancel asked", To: adapter.StateCancelled, By: "anna", Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
			}
			do(t, func(tx service.Tx) (err error) {
				for _, h := range want {
					c.State = h.To
					if c, err = tx.SaveCallback(c, h); err != nil {
						return err
					}
				}
				return nil
			})
			equal(t, get(t, func(tx service.Tx) ([]adapter.History, error) { return tx.History(c.ID) }), want)
		},
		"an unknown callback has no history": func(t subject) {
			equal(t, get(t, func(tx service.Tx) ([]adapter.History, error) { return tx.History("nobody") }), []adapter.History(nil))
		},
		"a tally counts calls, overflowed calls, attempts, entries and callbacks by state": func(t subject) {
			saveCalls(t, fullCall(t), waitingCall("call-2", start()))
			save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			save(t, pending("2", phone(t, "+33155501234"), queueB, start()))
			save(t, fullCallback(t))
			do(t, func(tx service.Tx) error { return tx.SaveAttempt(fullAttempt("1", 1)) })
			send(t, entry("a", adapter.OutgoingDeliver))
			got := get(t, func(tx service.Tx) (adapter.Tally, error) { return tx.Tally() })
			equal(t, got, adapter.Tally{
				Calls: 2, Overflowed: 1, Attempts: 1, Leaving: 1,
				Callbacks: map[adapter.State]int{adapter.StateWaiting: 2, adapter.StateDispatched: 1},
			})
		},
	}
}

func changes() map[string]check {
	return map[string]check{
		"a change of an older version is a conflict and changes nothing": func(t subject) {
			old := save(t, pending("callback-1", phone(t, "+33155501234"), queueA, start()))
			want := save(t, old)
			old.State = adapter.StateCancelled
			wantErr(t, adapter.ErrConflict, trySave(old))
			equal(t, get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.Callback(old.ID) }), want)
			if n := len(get(t, func(tx service.Tx) ([]adapter.History, error) { return tx.History(old.ID) })); n != 2 {
				t.Errorf("%d rows of history, want 2", n)
			}
		},
		"a change of a callback that is not there is a conflict": func(t subject) {
			c := pending("callback-1", phone(t, "+33155501234"), queueA, start())
			c.Version = 1
			wantErr(t, adapter.ErrConflict, trySave(c))
		},
		"a second pending callback of a number and queue is a duplicate and changes nothing": func(t subject) {
			number := phone(t, "+33155501234")
			first := save(t, pending("1", number, queueA, start()))
			wantErr(t, adapter.ErrDuplicate, trySave(pending("2", number, queueA, start())))
			equal(t, get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.Pending(number, queueA) }), first)
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Callback("2"); return err })
		},
		"a duplicate inside a savepoint leaves the transaction usable": func(t subject) {
			number := phone(t, "+33155501234")
			do(t, func(tx service.Tx) error {
				if err := trySave(pending("1", number, queueA, start()))(tx); err != nil {
					return err
				}
				wantDuplicate := tx.Savepoint(func() error { return trySave(pending("2", number, queueA, start()))(tx) })
				if wantDuplicate == nil {
					t.Error("no error")
				}
				return trySave(pending("3", number, queueB, start()))(tx)
			})
			equal(t, get(t, func(tx service.Tx) (int, error) { return tx.Size(queueB, start()) }), 1)
		},
		"a number may wait in another queue": func(t subject) {
			save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			save(t, pending("2", phone(t, "+33155501234"), queueB, start()))
		},
		"a number whose callback ended may have a new one": func(t subject) {
			for _, state := range adapter.States() {
				if state.Ended() {
					c := pending(adapter.CallbackID(state), phone(t, "+33155501234"), queueA, start())
					c.State = state
					save(t, c)
				}
			}
			save(t, pending("new", phone(t, "+33155501234"), queueA, start()))
		},
		"a callback is pending in every state that is no end": func(t subject) {
			c := save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			for _, state := range adapter.States() {
				if state.Ended() {
					continue
				}
				c.State = state
				c = save(t, c)
				wantErr(t, adapter.ErrDuplicate, trySave(pending("2", c.Phone, queueA, start())))
			}
		},
	}
}
