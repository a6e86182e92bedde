package storetest

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func callbackIDs(all []adapter.Callback) []adapter.CallbackID {
	ids := make([]adapter.CallbackID, 0, len(all))
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids
}

func lookups() map[string]check {
	return map[string]check{
		"the pending callback of a number and queue is found, an ended one is not": func(t subject) {
			c := save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			find := func(tx service.Tx) (adapter.Callback, error) { return tx.Pending(c.Phone, queueA) }
			equal(t, get(t, find), c)
			c.State = adapter.StateCompleted
			save(t, c)
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := find(tx); return err })
		},
		"callbacks are listed newest first, by state, queue and number, in pages": func(t subject) {
			number, other := phone(t, "+33155501234"), phone(t, "+12025550123")
			for i, c := range []adapter.Callback{
				pending("1", number, queueA, start()), pending("2", number, queueB, start()), pending("3", other, queueA, start()), pending("4", other, queueB, start()),
			} {
				c.CreatedAt = start().Add(time.Duration(i/2) * time.Minute) // two of the same instant
				if i == 3 {
					c.State = adapter.StateServed
				}
				save(t, c)
			}
			ids := func(q adapter.CallbackQuery) []adapter.CallbackID {
				q.Limit = max(q.Limit, 3)
				return callbackIDs(get(t, func(tx service.Tx) ([]adapter.Callback, error) { return tx.List(q) }))
			}
			equal(t, ids(adapter.CallbackQuery{}), []adapter.CallbackID{"4", "3", "2"})
			equal(t, ids(adapter.CallbackQuery{After: adapter.CallbackPosition{CreatedAt: start(), ID: "2"}}), []adapter.CallbackID{"1"})
			equal(t, ids(adapter.CallbackQuery{States: []adapter.State{adapter.StateWaiting}, Limit: 9}), []adapter.CallbackID{"3", "2", "1"})
			equal(t, ids(adapter.CallbackQuery{States: []adapter.State{adapter.StateWaiting, adapter.StateServed}, Queue: queueB}), []adapter.CallbackID{"4", "2"})
			equal(t, ids(adapter.CallbackQuery{Phone: number}), []adapter.CallbackID{"2", "1"})
			equal(t, ids(adapter.CallbackQuery{Queue: "nowhere"}), []adapter.CallbackID{})
		},
		"what was asked for a number by form is found, the last first, and nobody else's": func(t subject) {
			number := phone(t, "+33155501234")
			for i, c := range []adapter.Callback{
				pending("web", number, queueA, start()), pending("mobile", number, queueA, start()), pending("bot", number, queueB, start()),
				pending("voice", number, queueA, start()), pending("representative", number, queueA, start()), pending("other", phone(t, "+12025550123"), queueA, start()),
			} {
				c.CreatedAt, c.Channel = start().Add(time.Duration(i)*time.Minute), adapter.Channel(c.ID)
				if c.ID == "other" {
					c.Channel = adapter.ChannelWeb
				}
				c.State = adapter.StateCancelled // it counts all the same
				save(t, c)
			}
			asked := func(after time.Time, limit int) []time.Time {
				return get(t, func(tx service.Tx) ([]time.Time, error) { return tx.Asked(number, after, limit) })
			}
			at := func(minute int) time.Time { return start().Add(time.Duration(minute) * time.Minute) }
			equal(t, asked(start().Add(-time.Second), 9), []time.Time{at(2), at(1), at(0)})
			equal(t, asked(start(), 9), []time.Time{at(2), at(1)})
			equal(t, asked(start().Add(-time.Second), 2), []time.Time{at(2), at(1)})
			equal(t, asked(at(2), 9), []time.Time(nil))
		},
		"what is asked for in a transaction counts in it": func(t subject) {
			c := pending("1", phone(t, "+33155501234"), queueA, start())
			c.Channel, c.CreatedAt = adapter.ChannelWeb, start()
			do(t, func(tx service.Tx) error {
				if _, err := tx.SaveCallback(c, adapter.History{At: start(), Event: "requested", To: c.State}); err != nil {
					return err
				}
				all, err := tx.Asked(c.Phone, start().Add(-time.Second), 9)
				equal(t, all, []time.Time{c.CreatedAt})
				return err
			})
		},
		"all attempts of a callback are listed, the first one first": func(t subject) {
			save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			want := []adapter.Attempt{fullAttempt("1", 1), fullAttempt("1", 2)}
			want[1].Delivery = "delivery-2"
			for _, a := range []adapter.Attempt{want[1], want[0]} {
				do(t, func(tx service.Tx) error { return tx.SaveAttempt(a) })
			}
			equal(t, get(t, func(tx service.Tx) ([]adapter.Attempt, error) { return tx.Attempts("1") }), want)
			equal(t, get(t, func(tx service.Tx) ([]adapter.Attempt, error) { return tx.Attempts("2") }), []adapter.Attempt(nil))
		},
		"the pending callbacks of a number are found over all queues": func(t subject) {
			number := phone(t, "+33155501234")
			save(t, pending("b", number, queueB, start()))
			save(t, pending("a", number, queueA, start()))
			save(t, pending("stranger", phone(t, "+12025550123"), queueA, start()))
			ended := pending("ended", number, queueA, start())
			ended.State = adapter.StateServed
			save(t, ended)
			got := get(t, func(tx service.Tx) ([]adapter.Callback, error) { return tx.PendingOf(number) })
			equal(t, callbackIDs(got), []adapter.CallbackID{"a", "b"})
		},
		"callbacks that a call holds are found, and the empty call holds none": func(t subject) {
			held := pending("held", phone(t, "+33155501234"), queueA, start())
			held.HeldBy = "call-2"
			save(t, held)
			save(t, pending("free", phone(t, "+33155501234"), queueB, start()))
			got := get(t, func(tx service.Tx) ([]adapter.Callback, error) { return tx.HeldBy("call-2") })
			equal(t, callbackIDs(got), []adapter.CallbackID{"held"})
			equal(t, get(t, func(tx service.Tx) ([]adapter.Callback, error) { return tx.HeldBy("") }), []adapter.Callback(nil))
		},
		"a live call of a number is found, not one that opted in, left or is excepted": func(t subject) {
			number := phone(t, "+33155501234")
			find := func(except adapter.CallID) adapter.CallID {
				return get(t, func(tx service.Tx) (adapter.CallID, error) { return tx.LiveCall(number, except) })
			}
			equal(t, find(""), adapter.CallID(""))
			live := waitingCall("live", time.Time{})
			live.From = number
			saveCalls(t, live, waitingCall("withheld", time.Time{}))
			equal(t, find(""), adapter.CallID("live"))
			equal(t, find("live"), adapter.CallID(""))
			live.Callback = "callback-1"
			saveCalls(t, live)
			equal(t, find(""), adapter.CallID(""))
			live.Callback, live.State = "", adapter.CallTaken
			saveCalls(t, live)
			equal(t, find(""), adapter.CallID(""))
		},
		"a withheld number has no live call": func(t subject) {
			saveCalls(t, waitingCall("withheld", time.Time{}))
			got := get(t, func(tx service.Tx) (adapter.CallID, error) { return tx.LiveCall(adapter.Phone{}, "") })
			equal(t, got, adapter.CallID(""))
		},
		"a callback is found by any of its deliveries, never by none": func(t subject) {
			c := save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			for n, delivery := range []adapter.DeliveryID{"", "delivery-1", "delivery-2"} {
				a := adapter.Attempt{Callback: "1", Number: n + 1, Delivery: delivery}
				do(t, func(tx service.Tx) error { return tx.SaveAttempt(a) })
			}
			for _, id := range []adapter.DeliveryID{"delivery-1", "delivery-2"} {
				equal(t, get(t, func(tx service.Tx) (adapter.Callback, error) { return tx.CallbackOfDelivery(id) }), c)
			}
			for _, id := range []adapter.DeliveryID{"", "delivery-3"} {
				wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.CallbackOfDelivery(id); return err })
			}
		},
		"callbacks to look at are those whose time has come, the longest overdue first": func(t subject) {
			for id, after := range map[adapter.CallbackID]time.Duration{"late": time.Second, "later": time.Minute, "latest": time.Nanosecond} {
				c := pending(id, phone(t, "+33155501234"), adapter.QueueID(id), start())
				c.ReleaseFrom = start().Add(after)
				save(t, c)
			}
			save(t, pending("never", phone(t, "+33155501234"), queueA, start()))
			got := get(t, func(tx service.Tx) ([]adapter.Callback, error) {
				return tx.CallbacksToLook(start().Add(time.Second), 10)
			})
			equal(t, callbackIDs(got), []adapter.CallbackID{"latest", "late"})
			got = get(t, func(tx service.Tx) ([]adapter.Callback, error) {
				return tx.CallbacksToLook(start().Add(time.Second), 1)
			})
			equal(t, callbackIDs(got), []adapter.CallbackID{"latest"})
		},
	}
}
