package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// entry is for a callback, or a command with every field set.
func entry(id string, kind adapter.OutgoingKind) adapter.Outgoing {
	o := adapter.Outgoing{ID: id, Kind: kind, Key: string(queueA)}
	if kind != adapter.OutgoingCommand {
		o.Callback = "callback-1"
		return o
	}
	o.Command = adapter.Command{
		ID: id, Type: adapter.CommandPlay, Call: "call-1", Queue: queueA, At: start(), OnlyWhile: adapter.CallWaiting,
		Prompt: adapter.PromptOffer, Text: "Press 1 <&> \"wait\"", Locale: "en-US", Collect: "1", Then: adapter.ThenEnd,
		Sequence: 3, NotAfter: start().Add(time.Minute), ToQueue: queueB,
	}
	return o
}

func send(t subject, all ...adapter.Outgoing) {
	t.Helper()
	do(t, func(tx service.Tx) error {
		for _, o := range all {
			if err := tx.Send(o); err != nil {
				return err
			}
		}
		return nil
	})
}

func leaving(t subject, kind adapter.OutgoingKind, now time.Time) []adapter.Outgoing {
	t.Helper()
	return get(t, func(tx service.Tx) ([]adapter.Outgoing, error) { return tx.Leaving(kind, now, 10) })
}

func entryIDs(all []adapter.Outgoing) []string {
	ids := make([]string, 0, len(all))
	for _, o := range all {
		ids = append(ids, o.ID)
	}
	return ids
}

func outbox() map[string]check {
	return map[string]check{
		"entries leave complete and in the order in which they were put in": func(t subject) {
			want := []adapter.Outgoing{entry("b", adapter.OutgoingCommand), entry("a", adapter.OutgoingCommand), entry("c", adapter.OutgoingCommand)}
			send(t, want...)
			got := leaving(t, adapter.OutgoingCommand, start())
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(adapter.Outgoing{}, "Seq"), cmpopts.EquateComparable(adapter.Phone{})); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			for i := 1; i < len(got); i++ {
				if got[i].Seq <= got[i-1].Seq {
					t.Errorf("sequence %d after %d", got[i].Seq, got[i-1].Seq)
				}
			}
		},
		"the number of a transfer leaves in full": func(t subject) {
			o := entry("a", adapter.OutgoingCommand)
			o.Command.Type, o.Command.ToPhone = adapter.CommandTransfer, phone(t, "+33155501234")
			send(t, o)
			equal(t, leaving(t, adapter.OutgoingCommand, start())[0].Command, o.Command)
		},
		"each kind has a way out of its own": func(t subject) {
			send(t, entry("command", adapter.OutgoingCommand), entry("deliver", adapter.OutgoingDeliver), entry("cancel", adapter.OutgoingCancel))
			for _, kind := range []adapter.OutgoingKind{adapter.OutgoingCommand, adapter.OutgoingDeliver, adapter.OutgoingCancel} {
				got := leaving(t, kind, start())
				equal(t, entryIDs(got), []string{string(kind)})
				if kind != adapter.OutgoingCommand && got[0].Callback != "callback-1" {
					t.Errorf("%s is for callback %q", kind, got[0].Callback)
				}
			}
		},
		"an entry does not leave before its time": func(t subject) {
			o := entry("a", adapter.OutgoingDeliver)
			o.NotBefore = start().Add(time.Minute)
			send(t, o)
			equal(t, entryIDs(leaving(t, o.Kind, o.NotBefore.Add(-time.Microsecond))), []string{})
			got := leaving(t, o.Kind, o.NotBefore)
			equal(t, entryIDs(got), []string{"a"})
			equal(t, got[0].NotBefore, o.NotBefore)
		},
		"a listing has no more than its limit": func(t subject) {
			send(t, entry("a", adapter.OutgoingDeliver), entry("b", adapter.OutgoingDeliver))
			got := get(t, func(tx service.Tx) ([]adapter.Outgoing, error) {
				return tx.Leaving(adapter.OutgoingDeliver, start(), 1)
			})
			equal(t, entryIDs(got), []string{"a"})
		},
		"an entry that was sent is gone": func(t subject) {
			send(t, entry("a", adapter.OutgoingDeliver), entry("b", adapter.OutgoingDeliver))
			first := leaving(t, adapter.OutgoingDeliver, start())[0]
			do(t, func(tx service.Tx) error { return tx.Sent(first) })
			equal(t, entryIDs(leaving(t, adapter.OutgoingDeliver, start())), []string{"b"})
		},
		"a claimed entry is nobody else's and shows who may have left it behind": claimed,
		"an entry given back leaves again at its time and remembers its tries": func(t subject) {
			send(t, entry("a", adapter.OutgoingCancel))
			o, later := leaving(t, adapter.OutgoingCancel, start())[0], start().Add(time.Minute)
			by := leased(t, "me")
			for range 2 {
				do(t, func(tx service.Tx) error {
					if err := tx.Claim(by, o); err != nil {
						return err
					}
					claimed := o
					claimed.Claim = by
					return tx.Retry(claimed, later)
				})
			}
			equal(t, entryIDs(leaving(t, adapter.OutgoingCancel, start())), []string{})
			got := leaving(t, adapter.OutgoingCancel, later)
			if len(got) != 1 || got[0].Tries != 2 || got[0].Seq != o.Seq {
				t.Errorf("leaving: %+v, want entry %d with 2 tries", got, o.Seq)
			}
		},
	}
}

func claimed(t subject) {
	send(t, entry("a", adapter.OutgoingDeliver), entry("b", adapter.OutgoingDeliver))
	first, by := leaving(t, adapter.OutgoingDeliver, start())[0], leased(t, "me")
	do(t, func(tx service.Tx) error { return tx.Claim(by, first) })
	equal(t, entryIDs(leaving(t, adapter.OutgoingDeliver, start())), []string{"b"})
	orphans := func(kind adapter.OutgoingKind) []adapter.Outgoing {
		return get(t, func(tx service.Tx) ([]adapter.Outgoing, error) { return tx.Orphans(kind) })
	}
	equal(t, entryIDs(orphans(adapter.OutgoingDeliver)), []string{})
	do(t, func(tx service.Tx) error { return tx.Unlease(adapter.Lease{Claim: by}) })
	left := orphans(adapter.OutgoingDeliver)
	equal(t, entryIDs(left), []string{"a"})
	equal(t, left[0].Claim, by)
	equal(t, len(orphans(adapter.OutgoingCancel)), 0)
}

func nextWork() map[string]check {
	read := func(t subject) adapter.NextWork {
		t.Helper()
		return get(t, func(tx service.Tx) (adapter.NextWork, error) { return tx.NextWork() })
	}
	at := func(minutes int) time.Time { return start().Add(time.Duration(minutes) * time.Minute) }
	return map[string]check{
		"an empty store never wants anything": func(t subject) {
			equal(t, read(t), adapter.NextWork{})
		},
		"the earliest of each kind counts": func(t subject) {
			saveCalls(t, waitingCall("1", at(9)), waitingCall("2", at(5)))
			c := pending("1", phone(t, "+33155501234"), queueA, start())
			c.ReleaseFrom = at(3)
			save(t, c)
			for n, poll := range []time.Time{at(8), at(4)} {
				a := adapter.Attempt{Callback: "1", Number: n + 1, NextPoll: poll}
				do(t, func(tx service.Tx) error { return tx.SaveAttempt(a) })
			}
			later, sooner := entry("a", adapter.OutgoingDeliver), entry("b", adapter.OutgoingCancel)
			later.NotBefore, sooner.NotBefore = at(7), at(6)
			send(t, later, sooner, entry("command", adapter.OutgoingCommand))
			park(t, parkedEvent(2, "call/a"), parkedEvent(1, "call/b"))
			equal(t, read(t), adapter.NextWork{Look: at(3), Leave: at(6), Poll: at(4), Parked: at(1)})
		},
		"a call alone is looked at in its time": func(t subject) {
			saveCalls(t, waitingCall("1", at(5)))
			equal(t, read(t), adapter.NextWork{Look: at(5)})
		},
		"what is claimed, done or never does not count": func(t subject) {
			over := waitingCall("1", at(1))
			over.State = adapter.CallOver
			saveCalls(t, over)
			save(t, pending("1", phone(t, "+33155501234"), queueA, start()))
			do(t, func(tx service.Tx) error { return tx.SaveAttempt(adapter.Attempt{Callback: "1", Number: 1}) })
			o := entry("a", adapter.OutgoingDeliver)
			o.NotBefore = at(1)
			send(t, o)
			o, by := leaving(t, o.Kind, at(1))[0], leased(t, "me")
			do(t, func(tx service.Tx) error { return tx.Claim(by, o) })
			equal(t, read(t), adapter.NextWork{})
		},
		"a time that has passed is told as it is": func(t subject) {
			c := pending("1", phone(t, "+33155501234"), queueA, start())
			c.ExpiresAt = at(-60)
			save(t, c)
			equal(t, read(t), adapter.NextWork{Look: at(-60)})
		},
		"an event that is parked already keeps its time": func(t subject) {
			first, again := parkedEvent(2, "call/a"), parkedEvent(2, "call/a")
			again.Until = first.Until.Add(-time.Minute)
			park(t, first)
			read(t)
			park(t, again)
			equal(t, read(t), adapter.NextWork{Parked: first.Until})
		},
		"an entry without a time is due at any time": func(t subject) {
			send(t, entry("a", adapter.OutgoingDeliver))
			if got := read(t).Leave; got.IsZero() || got.After(start()) {
				t.Errorf("it leaves at %v", got)
			}
		},
		"an entry that may leave at once is due": func(t subject) {
			o := entry("a", adapter.OutgoingDeliver)
			o.NotBefore = start()
			send(t, o)
			equal(t, read(t), adapter.NextWork{Leave: start()})
		},
	}
}
