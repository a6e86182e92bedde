package storetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// longLine lets some thousand calls join a line, move in it, leave it and change
// their minds, and then compares each place with the order in which they stand.
func longLine(t subject) {
	const (
		calls = 1500
		turns = 3
	)
	random := rand.New(rand.NewPCG(11, 7))
	for range turns {
		do(t, func(tx service.Tx) error {
			for range calls {
				c := someCall(random, calls)
				change := func() error { return tx.SaveCall(c) }
				if random.IntN(10) > 0 {
					if err := change(); err != nil {
						return err
					}
					continue
				}
				_ = tx.Savepoint(func() error {
					if err := change(); err != nil {
						return err
					}
					return errRefused
				})
			}
			return nil
		})
		countedAsTheyStand(t, queueA)
		countedAsTheyStand(t, queueB)
	}
}

// someCall is one of n, as it may be at some time: mostly waiting, in either queue.
func someCall(random *rand.Rand, n int) adapter.Call {
	c := waitingCall(adapter.CallID(fmt.Sprint("call-", random.IntN(n))), time.Time{})
	c.QueuedAt = start().Add(time.Duration(random.IntN(1000)) * time.Second)
	c.Priority = random.IntN(3)
	if random.IntN(10) == 0 {
		c.Queue = queueB
	}
	if random.IntN(4) == 0 {
		c.State = adapter.CallOver
	}
	return c
}

// countedAsTheyStand compares size and places with the whole front of a line.
func countedAsTheyStand(t subject, queue adapter.QueueID) {
	t.Helper()
	do(t, func(tx service.Tx) error {
		items, err := tx.Front(queue, 1<<20, start())
		if err != nil {
			return err
		}
		if n, err := tx.Size(queue, start()); err != nil || n != len(items) {
			t.Errorf("size %d, %v; %d stand there", n, err, len(items))
		}
		for i, item := range items {
			n, err := tx.Place(string(item.Call)+string(item.Callback), start())
			if err != nil {
				return err
			}
			if n != i+1 {
				t.Fatalf("place %d, but %d stand ahead", n, i)
			}
		}
		return nil
	})
}

// laterInLine puts callbacks that hold no place yet between those that do.
func laterInLine(t subject) {
	do(t, func(tx service.Tx) error {
		for i := range 700 {
			number, err := adapter.StoredPhone(fmt.Sprintf("+1202555%04d", i))
			if err != nil {
				return err
			}
			c := pending(adapter.CallbackID(fmt.Sprint("callback-", i)), number, queueA, start().Add(time.Duration(i)*time.Second))
			if i%3 == 0 {
				c.InLineFrom = start().Add(time.Duration(i%2) * time.Hour) // now, or later
			}
			if err := trySave(c)(tx); err != nil {
				return err
			}
		}
		return nil
	})
	countedAsTheyStand(t, queueA)
}
