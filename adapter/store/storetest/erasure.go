package storetest

import (
	"errors"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func erasure() map[string]check {
	return map[string]check{
		"a person's callbacks are found by number, by the number to come, and by contact": func(t subject) {
			number, other := phone(t, "+33155501234"), phone(t, "+33155501235")
			now, later, contact := pending("1", number, queueA, start()), pending("2", other, queueA, start()), pending("3", other, queueB, start())
			later.Wish, contact.Contact = adapter.Wish{Phone: number}, "contact-1"
			save(t, now)
			save(t, later)
			save(t, contact)
			save(t, pending("4", phone(t, "+33155501236"), queueA, start()))
			of := func(p adapter.Person) []adapter.CallbackID {
				ids := []adapter.CallbackID{}
				for _, c := range get(t, func(tx service.Tx) ([]adapter.Callback, error) { return tx.CallbacksOf(p) }) {
					ids = append(ids, c.ID)
				}
				return ids
			}
			equal(t, of(adapter.Person{Phone: number}), []adapter.CallbackID{"1", "2"})
			equal(t, of(adapter.Person{Contact: "contact-1"}), []adapter.CallbackID{"3"})
			equal(t, of(adapter.Person{}), []adapter.CallbackID{})
		},
		"a number's calls are found and go with their decisions": func(t subject) {
			mine, other := waitingCall("1", start()), waitingCall("2", start())
			mine.From, other.From = phone(t, "+33155501234"), phone(t, "+33155501235")
			saveCalls(t, mine, other, waitingCall("3", start()))
			calls := get(t, func(tx service.Tx) ([]adapter.Call, error) { return tx.CallsOf(mine.From) })
			equal(t, calls, []adapter.Call{mine})
			do(t, func(tx service.Tx) error {
				return errors.Join(tx.SaveDecision("1", start(), "offer", "NotOffered", []byte(`{}`)), tx.EraseCall("1"), tx.EraseCall("nobody"))
			})
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Call("1"); return err })
			equal(t, len(get(t, func(tx service.Tx) ([]adapter.Judgement, error) { return tx.Decisions("1") })), 0)
			equal(t, len(get(t, func(tx service.Tx) ([]adapter.Call, error) { return tx.CallsOf(adapter.Phone{}) })), 0)
		},
		"beside a callback nothing is kept of its person": func(t subject) {
			c := pending("1", phone(t, "+33155501234"), queueA, start())
			do(t, func(tx service.Tx) (err error) {
				for _, h := range []adapter.History{{At: start(), Event: "requested", Reason: "by web"}, {At: start(), Event: "held", Reason: "Zoë asked", By: "anna"}} {
					if c, err = tx.SaveCallback(c, h); err != nil {
						return err
					}
				}
				return errors.Join(tx.SaveAnswer("web", "key", "hash", "1", start()), tx.SaveAnswer("web", "other", "hash", "2", start()), tx.EraseTraces("1"))
			})
			reasons := []string{}
			for _, h := range get(t, func(tx service.Tx) ([]adapter.History, error) { return tx.History("1") }) {
				reasons = append(reasons, h.Reason)
			}
			equal(t, reasons, []string{"by web", ""})
			for key, want := range map[string]string{"key": "", "other": "2"} {
				equal(t, get(t, func(tx service.Tx) (string, error) { _, answer, err := tx.Answer("web", key); return answer, err }), want)
			}
		},
		"a parked event goes in which the number stands": func(t subject) {
			mine, other := parkedEvent(1, "call/a"), parkedEvent(2, "call/a")
			mine.Event = []byte(`{"from":"+33155501234"}`)
			park(t, mine, other)
			do(t, func(tx service.Tx) error { return tx.EraseParked(phone(t, "+33155501234")) })
			equal(t, get(t, func(tx service.Tx) ([]adapter.Parked, error) { return tx.Unpark("call/a") }), []adapter.Parked{other})
		},
	}
}
