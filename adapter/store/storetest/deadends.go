package storetest

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// notice is a notification for a target, with every field set.
func notice(id, target string) adapter.Outgoing {
	return adapter.Outgoing{
		ID: id, Kind: adapter.OutgoingNotify, Key: target, Callback: "callback-1", PutAt: start(), NotBefore: start(),
		Notice: adapter.Notification{
			ID: id, What: "waiting", At: start(), Callback: "callback-1", Version: 3, Queue: queueA, Channel: adapter.ChannelWeb,
			Trace: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		},
	}
}

func ahead(t subject, target string, limit int) []adapter.Outgoing {
	t.Helper()
	return get(t, func(tx service.Tx) ([]adapter.Outgoing, error) { return tx.Ahead(target, limit) })
}

func notifications() map[string]check {
	return map[string]check{
		"each target has its own, complete and in their order": func(t subject) {
			send(t, notice("1", "a"), notice("2", "b"), notice("3", "a"))
			got := ahead(t, "a", 10)
			equal(t, entryIDs(got), []string{"1", "3"})
			want := notice("1", "a")
			want.Seq = got[0].Seq
			equal(t, got[0], want)
			equal(t, entryIDs(ahead(t, "b", 10)), []string{"2"})
			equal(t, entryIDs(ahead(t, "a", 1)), []string{"1"})
			equal(t, len(ahead(t, "nobody", 10)), 0)
		},
		"one that is claimed or waits still stands ahead": func(t subject) {
			send(t, notice("1", "a"), notice("2", "a"))
			first, by := ahead(t, "a", 1)[0], leased(t, "me")
			do(t, func(tx service.Tx) error { return tx.Claim(by, first) })
			got := ahead(t, "a", 10)
			equal(t, entryIDs(got), []string{"1", "2"})
			equal(t, got[0].Claim, by)
			later := start().Add(time.Hour)
			do(t, func(tx service.Tx) error { return tx.Retry(got[0], later) })
			got = ahead(t, "a", 10)
			equal(t, entryIDs(got), []string{"1", "2"})
			equal(t, got[0].NotBefore, later)
			equal(t, got[0].Tries, 1)
		},
		"targets are listed as long as something waits for them": func(t subject) {
			targets := func() []string {
				return get(t, func(tx service.Tx) ([]string, error) { return tx.Targets() })
			}
			equal(t, len(targets()), 0)
			send(t, notice("1", "b"), notice("2", "a"), notice("3", "a"), entry("4", adapter.OutgoingDeliver))
			equal(t, targets(), []string{"a", "b"})
			b := ahead(t, "b", 1)[0]
			do(t, func(tx service.Tx) error { return tx.Die(b, start(), "gone") })
			equal(t, targets(), []string{"a"})
		},
		"a parked event that is to be returned comes back whole": func(t subject) {
			o := adapter.Outgoing{ID: "1", Kind: adapter.OutgoingReturn, Key: "call/a", Parked: parkedEvent(7, "call/a"), PutAt: start(), NotBefore: start()}
			send(t, o)
			equal(t, leaving(t, adapter.OutgoingReturn, start())[0].Parked, o.Parked)
		},
	}
}

func deadEnds() map[string]check {
	dead := func(t subject) []adapter.Outgoing {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.Outgoing, error) {
			return tx.Outgoing(adapter.OutgoingQuery{DeadOnly: true, Limit: 10})
		})
	}
	die := func(t subject, o adapter.Outgoing) {
		t.Helper()
		do(t, func(tx service.Tx) error { return tx.Die(o, start().Add(time.Minute), "too large") })
	}
	kinds := []adapter.OutgoingKind{adapter.OutgoingCommand, adapter.OutgoingDeliver, adapter.OutgoingCancel}
	return map[string]check{
		"what is dead leaves no more, holds nothing up, and says why": func(t subject) {
			for _, kind := range kinds {
				send(t, entry("dead "+string(kind), kind), entry("other "+string(kind), kind))
				die(t, leaving(t, kind, start())[0])
				equal(t, entryIDs(leaving(t, kind, start())), []string{"other " + string(kind)})
			}
			all := dead(t)
			equal(t, entryIDs(all), []string{"dead command", "dead deliver", "dead cancel"})
			equal(t, all[0].DeadAt, start().Add(time.Minute))
			equal(t, all[0].Reason, "too large")
			got := get(t, func(tx service.Tx) (adapter.Tally, error) { return tx.Tally() })
			equal(t, [2]int{got.Leaving, got.Dead}, [2]int{3, 3})
		},
		"what is dead is no work to come": func(t subject) {
			send(t, entry("a", adapter.OutgoingDeliver))
			die(t, leaving(t, adapter.OutgoingDeliver, start())[0])
			equal(t, get(t, func(tx service.Tx) (adapter.NextWork, error) { return tx.NextWork() }), adapter.NextWork{})
		},
		"only who claimed an entry puts it aside": func(t subject) {
			send(t, entry("a", adapter.OutgoingDeliver))
			o, by := leaving(t, adapter.OutgoingDeliver, start())[0], leased(t, "me")
			do(t, func(tx service.Tx) error { return tx.Claim(by, o) })
			wantErr(t, adapter.ErrTakenOver, func(tx service.Tx) error { return tx.Die(o, start(), "") })
			equal(t, len(dead(t)), 0)
		},
		"what is revived leaves as if it had just been put in": func(t subject) {
			now := start().Add(time.Hour)
			for _, kind := range kinds {
				send(t, entry(string(kind), kind))
				die(t, leaving(t, kind, start())[0])
				one := dead(t)[0]
				do(t, func(tx service.Tx) error { return tx.Revive(one, now) })
				got := leaving(t, kind, now)
				equal(t, entryIDs(got), []string{string(kind)})
				equal(t, [3]time.Time{got[0].PutAt, got[0].NotBefore, got[0].DeadAt}, [3]time.Time{now, now})
				equal(t, got[0].Reason, "")
				wantErr(t, adapter.ErrTakenOver, func(tx service.Tx) error { return tx.Revive(one, now) })
			}
		},
		"what is dropped is gone": func(t subject) {
			send(t, entry("a", adapter.OutgoingCommand))
			die(t, leaving(t, adapter.OutgoingCommand, start())[0])
			one := dead(t)[0]
			do(t, func(tx service.Tx) error { return tx.Sent(one) })
			equal(t, len(dead(t)), 0)
		},
		"the outbox is listed in order, or one of it": func(t subject) {
			send(t, entry("a", adapter.OutgoingCommand), notice("b", "x"), entry("c", adapter.OutgoingDeliver))
			list := func(q adapter.OutgoingQuery) []string {
				return entryIDs(get(t, func(tx service.Tx) ([]adapter.Outgoing, error) { return tx.Outgoing(q) }))
			}
			equal(t, list(adapter.OutgoingQuery{Limit: 10}), []string{"a", "b", "c"})
			equal(t, list(adapter.OutgoingQuery{Limit: 2}), []string{"a", "b"})
			equal(t, list(adapter.OutgoingQuery{ID: "b", Limit: 10}), []string{"b"})
			equal(t, list(adapter.OutgoingQuery{Key: "x", Limit: 10}), []string{"b"})
			equal(t, list(adapter.OutgoingQuery{ID: "b", DeadOnly: true, Limit: 10}), []string{})
		},
	}
}
