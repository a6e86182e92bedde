package storetest

import (
	"errors"
	"reflect"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// fullCall has every field set to a value of its own.
func fullCall(t subject) adapter.Call {
	t.Helper()
	at := start()
	return adapter.Call{
		ID: "call-1", Source: "pbx", Sequence: 5, Queue: queueA, Workstream: "w", RoutingRule: "r", From: phone(t, "+33155501234"),
		Priority: 7, QueuedAt: at, Locale: "fr-FR", Entry: adapter.EntryOverflow, Bot: adapter.BotEscalated,
		State: adapter.CallWaiting, ChangedAt: at.Add(1 * time.Second), CallsWaiting: 3, EstimatedWait: 90 * time.Second,
		Overflow: adapter.ActionDirectCallback, OverflowAt: at.Add(2 * time.Second), Action: "0e6a3c58-71bf-4d29-8a05-f9c4b2d7e163",
		CheckAt: at.Add(3 * time.Second), Offers: 2, FirstOffer: at.Add(4 * time.Second), LastOffer: at.Add(5 * time.Second),
		NextOffer: at.Add(6 * time.Second), Callback: "callback-1", ConfirmedAt: at.Add(7 * time.Second), ConnectedAt: at.Add(8 * time.Second),
		Attributes: map[string]string{"vip": "yes"},
	}
}

// everyField changes one field after the other, those of fields too, and calls
// then after each. The identity stays.
func everyField(t subject, of reflect.Value, then func()) {
	t.Helper()
	for i := range of.NumField() {
		name, field := of.Type().Field(i).Name, of.Field(i)
		switch field.Interface().(type) {
		case adapter.Window, adapter.Consent, adapter.Wish:
			everyField(t, field, then)
			continue
		}
		if name == "ID" || name == "Version" {
			continue
		}
		another(t, field)
		t.Log("after a change of ", name)
		then()
	}
}

// another puts a different value into a field.
func another(t subject, field reflect.Value) {
	t.Helper()
	switch value := field.Interface().(type) {
	case time.Time:
		field.Set(reflect.ValueOf(value.Add(time.Second)))
	case adapter.Phone:
		field.Set(reflect.ValueOf(phone(t, "+33155509876")))
	case map[string]string:
		field.Set(reflect.ValueOf(map[string]string{"vip": "no"}))
	case bool:
		field.SetBool(!value)
	default:
		switch {
		case field.CanInt():
			field.SetInt(field.Int() + 1)
		case field.CanUint():
			field.SetUint(field.Uint() + 1)
		default:
			field.SetString(field.String() + "x")
		}
	}
}

// forget makes a store forget what it remembers beside its database, by undoing
// something.
func forget(t subject) {
	t.Helper()
	undone := errors.New("undone")
	wantErr(t, undone, func(tx service.Tx) error {
		return errors.Join(tx.SetAvailable(queueA, 1), undone)
	})
}

// waitingCall stands in queue A and wants a look at look.
func waitingCall(id adapter.CallID, look time.Time) adapter.Call {
	return adapter.Call{ID: id, Source: "pbx", Queue: queueA, State: adapter.CallWaiting, QueuedAt: start(), NextOffer: look}
}

func saveCalls(t subject, all ...adapter.Call) {
	t.Helper()
	do(t, func(tx service.Tx) error {
		for _, c := range all {
			if err := tx.SaveCall(c); err != nil {
				return err
			}
		}
		return nil
	})
}

func calls() map[string]check {
	read := func(t subject, id adapter.CallID) adapter.Call {
		t.Helper()
		return get(t, func(tx service.Tx) (adapter.Call, error) { return tx.Call(id) })
	}
	return map[string]check{
		"a call comes back as it was saved": func(t subject) {
			want := fullCall(t)
			saveCalls(t, want)
			equal(t, read(t, want.ID), want)
		},
		"a call of which little is known comes back as it was saved": func(t subject) {
			want := adapter.Call{ID: "call-1", Source: "pbx", Queue: queueA, State: adapter.CallWaiting, CallsWaiting: -1, EstimatedWait: -1}
			saveCalls(t, want)
			equal(t, read(t, want.ID), want)
		},
		"saving a call again replaces it": func(t subject) {
			want := fullCall(t)
			saveCalls(t, waitingCall(want.ID, start()), want)
			equal(t, read(t, want.ID), want)
		},
		"a call that nobody saved is not found": func(t subject) {
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Call("nobody"); return err })
		},
		"whichever field of a call changes is saved": func(t subject) {
			saved := fullCall(t)
			saveCalls(t, saved)
			everyField(t, reflect.ValueOf(&saved).Elem(), func() {
				saveCalls(t, saved)
				forget(t)
				equal(t, read(t, saved.ID), saved)
			})
		},
		"a dropped call is unknown, holds no place and leaves nothing behind": func(t subject) {
			c := fullCall(t)
			c.State, c.Callback = adapter.CallWaiting, ""
			saveCalls(t, c)
			do(t, func(tx service.Tx) error { return tx.DropCall(c.ID) })
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { _, err := tx.Call(c.ID); return err })
			if got := place(t, string(c.ID), c.QueuedAt.Add(time.Hour)); got != 0 {
				t.Errorf("place %d", got)
			}
			again := waitingCall(c.ID, start())
			saveCalls(t, again)
			equal(t, read(t, c.ID), again)
		},
		"calls to look at are those whose time has come, the longest overdue first": func(t subject) {
			saveCalls(t, waitingCall("late", start().Add(time.Second)), waitingCall("later", start().Add(time.Minute)),
				waitingCall("latest", start()), waitingCall("never", time.Time{}))
			got := get(t, func(tx service.Tx) ([]adapter.Call, error) { return tx.CallsToLook(start().Add(time.Second), 10) })
			equal(t, callIDs(got), []adapter.CallID{"latest", "late"})
			got = get(t, func(tx service.Tx) ([]adapter.Call, error) { return tx.CallsToLook(start().Add(time.Second), 1) })
			equal(t, callIDs(got), []adapter.CallID{"latest"})
		},
		"a call that left its line is not looked at": func(t subject) {
			c := waitingCall("gone", start())
			c.State = adapter.CallOver
			saveCalls(t, waitingCall("gone", start()), c)
			equal(t, get(t, func(tx service.Tx) ([]adapter.Call, error) { return tx.CallsToLook(start(), 10) }), []adapter.Call(nil))
		},
		"a decision may be saved twice in the same instant": func(t subject) {
			for range 2 {
				do(t, func(tx service.Tx) error {
					return tx.SaveDecision("call-1", start(), "pre-queue", "act", []byte(`{}`))
				})
			}
		},
	}
}

func callIDs(all []adapter.Call) []adapter.CallID {
	ids := make([]adapter.CallID, 0, len(all))
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return ids
}
