package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// webhook is one with every field set.
func webhook(id adapter.WebhookID) adapter.Webhook {
	return adapter.Webhook{
		ID: id, URL: "https://crm.example/hooks?tenant=é", Types: []string{"completed", "failed"}, Queues: []adapter.QueueID{queueA, queueB},
		Keys: []adapter.WebhookKey{
			{Secret: adapter.NewWebhookSecret([]byte("012345678901234567890123"))},
			{Secret: adapter.NewWebhookSecret([]byte("abcdefghijklmnopqrstuvwx")), Until: start().Add(time.Hour)},
		},
		AddedAt: start(), AddedBy: "anna", Reason: "the CRM wants to know",
		DisabledAt: start().Add(time.Minute), DisabledWhy: "it answered 410", MissedFrom: start().Add(time.Second),
	}
}

func webhooks() map[string]check {
	read := func(t subject) []adapter.Webhook {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.Webhook, error) { return tx.Webhooks() })
	}
	keep := func(t subject, all ...adapter.Webhook) {
		t.Helper()
		for _, w := range all {
			do(t, func(tx service.Tx) error { return tx.SaveWebhook(w) })
		}
	}
	return map[string]check{
		"there are none at first": func(t subject) {
			equal(t, len(read(t)), 0)
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Webhook("a"); return err })
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { return tx.RemoveWebhook("a") })
		},
		"a webhook comes back as it was saved, its secrets in full": func(t subject) {
			bare := adapter.Webhook{ID: "bare", URL: "https://a.example", AddedAt: start().Add(-time.Hour)}
			keep(t, webhook("full"), bare)
			equal(t, read(t), []adapter.Webhook{bare, webhook("full")})
			equal(t, get(t, func(tx service.Tx) (adapter.Webhook, error) { return tx.Webhook("full") }), webhook("full"))
		},
		"a webhook takes the place of the one before": func(t subject) {
			keep(t, webhook("a"), webhook("b"))
			later := webhook("a")
			later.Keys, later.DisabledAt, later.DisabledWhy, later.Types = later.Keys[:1], time.Time{}, "", nil
			keep(t, later)
			equal(t, read(t), []adapter.Webhook{later, webhook("b")})
		},
		"what is removed is gone, and the other is not": func(t subject) {
			keep(t, webhook("a"), webhook("b"))
			do(t, func(tx service.Tx) error { return tx.RemoveWebhook("a") })
			equal(t, read(t), []adapter.Webhook{webhook("b")})
		},
		"those who change one webhook at once take turns": func(t subject) {
			keep(t, webhook("a"))
			var all sync.WaitGroup
			for n := range 8 {
				all.Go(func() {
					err := t.update(t.Context(), func(tx service.Tx) error {
						w, err := tx.Webhook("a")
						w.Types = append(w.Types, strconv.Itoa(n))
						return errors.Join(err, tx.SaveWebhook(w))
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if got := read(t)[0].Types; len(got) != 2+8 {
				t.Errorf("left is %v", got)
			}
		},
	}
}

// stateChanges are steps of all callbacks, for those who are told later.
func stateChanges() map[string]check {
	at := func(seconds int) time.Time { return start().Add(time.Duration(seconds) * time.Second) }
	changes := func(t subject, after adapter.ChangePosition, until time.Time, limit int) []adapter.StateChange {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.StateChange, error) { return tx.Changes(after, until, limit) })
	}
	step := func(t subject, c adapter.Callback, from, to adapter.State, at time.Time) adapter.Callback {
		t.Helper()
		c.State = to
		return get(t, func(tx service.Tx) (adapter.Callback, error) {
			return tx.SaveCallback(c, adapter.History{At: at, From: from, Event: "step", To: to, Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
		})
	}
	const waiting, due, completed = adapter.StateWaiting, adapter.StateDue, adapter.StateCompleted
	told := func(t subject) (a, b adapter.Callback) {
		t.Helper()
		a, b = pending("a", phone(t, "+33155501234"), queueA, start()), pending("b", phone(t, "+33155501235"), queueB, start())
		a, b = step(t, a, "", waiting, at(1)), step(t, b, "", waiting, at(1))
		b = step(t, b, waiting, due, at(2))
		a = step(t, a, waiting, waiting, at(3)) // something else about it
		a = step(t, a, waiting, due, at(4))
		return step(t, a, due, completed, at(4)), b
	}
	places := func(all []adapter.StateChange) []string {
		var found []string
		for _, c := range all {
			found = append(found, fmt.Sprint(c.Callback, c.Version, c.To))
		}
		return found
	}
	return map[string]check{
		"there are none at first": func(t subject) {
			equal(t, len(changes(t, adapter.ChangePosition{}, at(99), 9)), 0)
		},
		"steps of all callbacks to other states are in order, with whose they are": func(t subject) {
			a, _ := told(t)
			all := changes(t, adapter.ChangePosition{}, at(99), 9)
			equal(t, places(all), []string{"a1waiting", "b1waiting", "b2due", "a3due", "a4completed"})
			equal(t, all[4], adapter.StateChange{
				At: at(4), Callback: "a", Version: 4, From: due, To: completed, Queue: queueA, Channel: a.Channel,
				Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
			})
		},
		"a page goes on behind the one before and ends at its time": func(t subject) {
			told(t)
			var all []adapter.StateChange
			for after := (adapter.ChangePosition{}); ; {
				page := changes(t, after, at(4), 2)
				if len(page) == 0 {
					break
				}
				all, after = append(all, page...), page[len(page)-1].Position()
			}
			equal(t, places(all), []string{"a1waiting", "b1waiting", "b2due", "a3due", "a4completed"})
			equal(t, places(changes(t, adapter.ChangePosition{At: at(1).Add(time.Microsecond)}, at(3), 9)), []string{"b2due"})
			equal(t, places(changes(t, adapter.ChangePosition{At: at(4)}, at(4), 9)), []string{"a3due", "a4completed"})
		},
	}
}
