package storetest

import (
	"testing"
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
		"the pending callback of a number and queue is found, an ended one is not": func(t *testing.T, update service.Update) {
			c := save(t, update, pending("1", phone(t, "+33155501234"), queueA, start()))
			find := func(tx service.Tx) (adapter.Callback, error) { return tx.Pending(c.Phone, queueA) }
			equal(t, get(t, update, find), c)
			c.State = adapter.StateCompleted
			save(t, update, c)
			wantErr(t, update, adapter.ErrNotFound, func(tx service.Tx) error { _, err := find(tx); return err })
		},
		"the pending callbacks of a number are found over all queues": func(t *testing.T, update service.Update) {
			number := phone(t, "+33155501234")
			save(t, update, pending("b", number, queueB, start()))
			save(t, update, pending("a", number, queueA, start()))
			save(t, update, pending("stranger", phone(t, "+12025550123"), queueA, start()))
			ended := pending("ended", number, queueA, start())
			ended.State = adapter.StateServed
			save(t, update, ended)
			got := get(t, update, func(tx service.Tx) ([]adapter.Callback, error) { return tx.PendingOf(number) })
			equal(t, callbackIDs(got), []adapter.CallbackID{"a", "b"})
		},
		"callbacks that a call holds are found, and the empty call holds none": func(t *testing.T, update service.Update) {
			held := pending("held", phone(t, "+33155501234"), queueA, start())
			held.HeldBy = "call-2"
			save(t, update, held)
			save(t, update, pending("free", phone(t, "+33155501234"), queueB, start()))
			got := get(t, update, func(tx service.Tx) ([]adapter.Callback, error) { return tx.HeldBy("call-2") })
			equal(t, callbackIDs(got), []adapter.CallbackID{"held"})
			equal(t, get(t, update, func(tx service.Tx) ([]adapter.Callback, error) { return tx.HeldBy("") }), []adapter.Callback(nil))
		},
		"a live call of a number is found, not one that opted in, left or is excepted": func(t *testing.T, update service.Update) {
			number := phone(t, "+33155501234")
			find := func(except adapter.CallID) adapter.CallID {
				return get(t, update, func(tx service.Tx) (adapter.CallID, error) { return tx.LiveCall(number, except) })
			}
			equal(t, find(""), adapter.CallID(""))
			live := waitingCall("live", time.Time{})
			live.From = number
			saveCalls(t, update, live, waitingCall("withheld", time.Time{}))
			equal(t, find(""), adapter.CallID("live"))
			equal(t, find("live"), adapter.CallID(""))
			live.Callback = "callback-1"
			saveCalls(t, update, live)
			equal(t, find(""), adapter.CallID(""))
			live.Callback, live.State = "", adapter.CallTaken
			saveCalls(t, update, live)
			equal(t, find(""), adapter.CallID(""))
		},
		"a withheld number has no live call": func(t *testing.T, update service.Update) {
			saveCalls(t, update, waitingCall("withheld", time.Time{}))
			got := get(t, update, func(tx service.Tx) (adapter.CallID, error) { return tx.LiveCall(adapter.Phone{}, "") })
			equal(t, got, adapter.CallID(""))
		},
		"a callback is found by any of its deliveries, never by none": func(t *testing.T, update service.Update) {
			c := save(t, update, pending("1", phone(t, "+33155501234"), queueA, start()))
			for n, delivery := range []adapter.DeliveryID{"", "delivery-1", "delivery-2"} {
				a := adapter.Attempt{Callback: "1", Number: n + 1, Delivery: delivery}
				do(t, update, func(tx service.Tx) error { return tx.SaveAttempt(a) })
			}
			for _, id := range []adapter.DeliveryID{"delivery-1", "delivery-2"} {
				equal(t, get(t, update, func(tx service.Tx) (adapter.Callback, error) { return tx.CallbackOfDelivery(id) }), c)
			}
			for _, id := range []adapter.DeliveryID{"", "delivery-3"} {
				wantErr(t, update, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.CallbackOfDelivery(id); return err })
			}
		},
		"callbacks to look at are those whose time has come, the longest overdue first": func(t *testing.T, update service.Update) {
			for id, after := range map[adapter.CallbackID]time.Duration{"late": time.Second, "later": time.Minute, "latest": time.Nanosecond} {
				c := pending(id, phone(t, "+33155501234"), adapter.QueueID(id), start())
				c.ReleaseFrom = start().Add(after)
				save(t, update, c)
			}
			save(t, update, pending("never", phone(t, "+33155501234"), queueA, start()))
			got := get(t, update, func(tx service.Tx) ([]adapter.Callback, error) {
				return tx.CallbacksToLook(start().Add(time.Second), 10)
			})
			equal(t, callbackIDs(got), []adapter.CallbackID{"latest", "late"})
			got = get(t, update, func(tx service.Tx) ([]adapter.Callback, error) { return tx.CallbacksToLook(start().Add(time.Second), 1) })
			equal(t, callbackIDs(got), []adapter.CallbackID{"latest"})
		},
	}
}
