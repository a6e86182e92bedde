package storetest

import (
	"errors"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// leased puts the first lease of an owner in force.
func leased(t subject, owner string) adapter.Claim {
	t.Helper()
	by := adapter.Claim{Owner: owner, Epoch: 1}
	do(t, func(tx service.Tx) error { return tx.Lease(adapter.Lease{Claim: by}) })
	return by
}

func leases() map[string]check {
	type lease = adapter.Lease
	mine := lease{Claim: adapter.Claim{Owner: "me", Epoch: 1}}
	all := func(t subject) []lease {
		t.Helper()
		return get(t, func(tx service.Tx) ([]lease, error) { return tx.Leases() })
	}
	beaten := func(l lease, beat int64) lease { l.Beat = beat; return l }
	epoch := func(l lease, epoch int64) lease { l.Epoch = epoch; return l }
	return map[string]check{
		"a lease beats until it is given up": func(t subject) {
			leased(t, "me")
			do(t, func(tx service.Tx) error { return tx.Beat(beaten(mine, 1)) })
			equal(t, all(t), []lease{beaten(mine, 1)})
			do(t, func(tx service.Tx) error { return tx.Unlease(beaten(mine, 1)) })
			equal(t, all(t), []lease(nil))
		},
		"an owner has one lease at a time": func(t subject) {
			leased(t, "me")
			wantErr(t, adapter.ErrTakenOver, func(tx service.Tx) error { return tx.Lease(epoch(mine, 2)) })
			equal(t, all(t), []lease{mine})
		},
		"who beat meanwhile is not taken over": func(t subject) {
			leased(t, "me")
			do(t, func(tx service.Tx) error { return tx.Beat(beaten(mine, 1)) })
			wantErr(t, adapter.ErrTakenOver, func(tx service.Tx) error { return tx.Unlease(mine) })
			equal(t, all(t), []lease{beaten(mine, 1)})
		},
		"who was taken over beats no more": func(t subject) {
			leased(t, "me")
			do(t, func(tx service.Tx) error { return tx.Unlease(mine) })
			wantErr(t, adapter.ErrTakenOver, func(tx service.Tx) error { return tx.Beat(beaten(mine, 1)) })
			do(t, func(tx service.Tx) error { return tx.Lease(epoch(mine, 2)) })
			wantErr(t, adapter.ErrTakenOver, func(tx service.Tx) error { return tx.Beat(beaten(mine, 1)) })
		},
		"nothing is claimed under a lease that is not in force": func(t subject) {
			send(t, entry("a", adapter.OutgoingDeliver))
			o := leaving(t, adapter.OutgoingDeliver, start())[0]
			claim := func(tx service.Tx) error { return tx.Claim(mine.Claim, o) }
			wantErr(t, adapter.ErrTakenOver, claim)
			do(t, func(tx service.Tx) error { return tx.Lease(epoch(mine, 2)) })
			wantErr(t, adapter.ErrTakenOver, claim)
			equal(t, leaving(t, adapter.OutgoingDeliver, start()), []adapter.Outgoing{o})
		},
		"what another has by now can be neither sent nor given back nor claimed": func(t subject) {
			send(t, entry("a", adapter.OutgoingDeliver))
			free := leaving(t, adapter.OutgoingDeliver, start())[0]
			mine, theirs := free, free
			mine.Claim, theirs.Claim = leased(t, "me"), leased(t, "other")
			do(t, func(tx service.Tx) error { return tx.Claim(mine.Claim, free) })
			do(t, func(tx service.Tx) error {
				return errors.Join(tx.Unlease(lease{Claim: mine.Claim}), tx.Retry(mine, start()), tx.Claim(theirs.Claim, free))
			})
			for name, late := range map[string]func(service.Tx) error{
				"sent":    func(tx service.Tx) error { return tx.Sent(mine) },
				"back":    func(tx service.Tx) error { return tx.Retry(mine, start()) },
				"claimed": func(tx service.Tx) error { return tx.Claim(theirs.Claim, free) },
			} {
				t.Log(name)
				wantErr(t, adapter.ErrTakenOver, late)
			}
			do(t, func(tx service.Tx) error { return tx.Sent(theirs) })
		},
		"commands of a queue wait for those that are being sent": func(t subject) {
			send(t, entry("a", adapter.OutgoingCommand))
			o, by := leaving(t, adapter.OutgoingCommand, start())[0], leased(t, "me")
			do(t, func(tx service.Tx) error { return tx.Claim(by, o) })
			other := entry("other", adapter.OutgoingCommand)
			other.Key = string(queueB)
			send(t, entry("b", adapter.OutgoingCommand), other)
			equal(t, entryIDs(leaving(t, adapter.OutgoingCommand, start())), []string{"other"})
			o.Claim = by
			do(t, func(tx service.Tx) error { return tx.Sent(o) })
			equal(t, entryIDs(leaving(t, adapter.OutgoingCommand, start())), []string{"b", "other"})
		},
	}
}
