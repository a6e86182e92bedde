package sqlite_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/store/sqlite"
)

var errUndone = errors.New("undone")

// What a store remembers must be what its file says, whatever was saved, undone
// or partly undone: a second store opened on the file decides.
func TestWhatIsRememberedIsWhatTheFileHas(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			path := filepath.Join(t.TempDir(), "state.db")
			store := open(t, path)
			for range 40 {
				_ = store.Update(t.Context(), func(tx *sqlite.Tx) error { // errUndone half of the times
					for range random.IntN(4) {
						if err := tx.Savepoint(func() error { return scribble(tx, random) }); err != nil && !errors.Is(err, errUndone) {
							t.Error(err)
						}
					}
					if random.IntN(2) == 0 {
						return errUndone
					}
					return nil
				})
			}
			remembered := all(t, store)
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(all(t, open(t, path)), remembered, cmp.Comparer(func(a, b adapter.Phone) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// scribble saves some calls and changes what it read, perhaps in vain.
func scribble(tx *sqlite.Tx, random *rand.Rand) error {
	for range random.IntN(4) {
		c := adapter.Call{
			ID: adapter.CallID(fmt.Sprint("call-", random.IntN(5))), Queue: adapter.QueueID(fmt.Sprint("q-", random.IntN(2))), Priority: random.IntN(2),
			State:    []adapter.CallState{adapter.CallWaiting, adapter.CallTaken, adapter.CallOver}[random.IntN(3)],
			QueuedAt: at.Add(time.Duration(random.IntN(3)) * 1234567891), NextOffer: at.Add(time.Duration(random.Int64N(1e9))),
			Attributes: map[string]string{"n": strconv.Itoa(random.IntN(100))},
		}
		if err := tx.SaveCall(c); err != nil {
			return err
		}
		c.Attributes["n"] = "changed after it was saved"
		read, err := tx.Call(c.ID)
		if err != nil {
			return err
		}
		read.Attributes["n"] = "changed after it was read"
	}
	for range random.IntN(3) {
		if err := scribbleCallback(tx, random); err != nil {
			return err
		}
	}
	if err := scribbleWork(tx, random); err != nil {
		return err
	}
	if random.IntN(3) == 0 {
		return errUndone
	}
	return nil
}

// scribbleCallback makes a callback, or changes it in any direction.
func scribbleCallback(tx *sqlite.Tx, random *rand.Rand) error {
	n := random.IntN(4)
	id := adapter.CallbackID(fmt.Sprint("callback-", n))
	c, err := tx.Callback(id)
	if err != nil && !errors.Is(err, adapter.ErrNotFound) {
		return err
	}
	version := c.Version
	phone, err := adapter.StoredPhone(fmt.Sprint("+3315550123", n))
	if err != nil {
		return err
	}
	c = adapter.Callback{
		ID: id, Version: version, Queue: "q-0", Phone: phone, HeldBy: adapter.CallID([]string{"", "call-1"}[random.IntN(2)]),
		State:     []adapter.State{adapter.StateWaiting, adapter.StateDue, adapter.StateDispatched, adapter.StateCompleted}[random.IntN(4)],
		ExpiresAt: at.Add(time.Duration(random.Int64N(1e9))), QueuedAt: at, Attributes: map[string]string{"n": strconv.Itoa(random.IntN(100))},
	}
	if _, err := tx.SaveCallback(c, adapter.History{At: at}); err != nil {
		return err
	}
	c.Attributes["n"] = "changed after it was saved"
	for range random.IntN(3) {
		last, err := tx.LastAttempt(id)
		if err != nil {
			return err
		}
		a := adapter.Attempt{
			Callback: id, Number: max(last.Number+random.IntN(3)-1, 1), Status: strconv.Itoa(random.IntN(100)),
			NextPoll: []time.Time{{}, at.Add(time.Duration(random.Int64N(1e9)))}[random.IntN(2)],
		}
		if err := tx.SaveAttempt(a); err != nil {
			return err
		}
	}
	_, err = tx.HeldBy("call-1")
	return err
}

// scribbleWork parks and unparks, sends and takes.
func scribbleWork(tx *sqlite.Tx, random *rand.Rand) error {
	waits := fmt.Sprint("call/", random.IntN(2))
	moment := func() time.Time { return at.Add(time.Duration(random.Int64N(1e9))) }
	me := adapter.Claim{Owner: "me", Epoch: 1}
	free := adapter.Outgoing{Seq: int64(random.IntN(5))}
	mine := free
	mine.Claim = me
	work := []func() error{
		func() error {
			return tx.Park(adapter.Parked{Source: "pbx", ID: strconv.Itoa(random.IntN(9)), WaitsFor: waits, Until: moment(), Event: []byte("{}")})
		},
		func() error { _, err := tx.Unpark(waits); return err },
		func() error { return tx.Unparked("pbx", strconv.Itoa(random.IntN(9))) },
		func() error { return tx.Send(adapter.Outgoing{Kind: adapter.OutgoingDeliver, NotBefore: moment()}) },
		func() error { return tx.Lease(adapter.Lease{Claim: me}) },
		func() error { return tx.Claim(me, free) },
		func() error { return tx.Retry(mine, moment()) },
		func() error { return tx.Sent(mine) },
		func() error { return tx.Sent(free) },
		func() error { return tx.DropCall(adapter.CallID(fmt.Sprint("call-", random.IntN(5)))) },
		func() error { return tx.SetAvailable("q-0", random.IntN(5)) },
	}
	for range random.IntN(5) {
		if err := work[random.IntN(len(work))](); err != nil && !errors.Is(err, adapter.ErrTakenOver) {
			return err
		}
	}
	_, err := tx.NextWork()
	return err
}

// all is every call with its place in line, every callback with its last attempt,
// what is held and parked, and when there is work.
func all(t *testing.T, store *sqlite.Store) map[string]any {
	t.Helper()
	all := map[string]any{}
	err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		for i := range 5 {
			id := adapter.CallID(fmt.Sprint("call-", i))
			c, err := tx.Call(id)
			if errors.Is(err, adapter.ErrNotFound) {
				continue
			}
			place, placeErr := tx.Place(string(id), at.Add(time.Hour))
			if err := errors.Join(err, placeErr); err != nil {
				return err
			}
			maps.Copy(all, map[string]any{string(id): c, string(id) + " place": place})
		}
		for i := range 4 {
			id := adapter.CallbackID(fmt.Sprint("callback-", i))
			c, err := tx.Callback(id)
			if errors.Is(err, adapter.ErrNotFound) {
				continue
			}
			attempt, attemptErr := tx.LastAttempt(id)
			if err := errors.Join(err, attemptErr); err != nil {
				return err
			}
			maps.Copy(all, map[string]any{string(id): c, string(id) + " attempt": attempt})
		}
		work, workErr := tx.NextWork()
		held, heldErr := tx.HeldBy("call-1")
		free, freeErr := tx.Available("q-0")
		parked, parkedErr := tx.ParkedBefore(at.Add(time.Hour), 100)
		maps.Copy(all, map[string]any{"work": work, "held": held, "free": free, "parked": parked})
		return errors.Join(workErr, heldErr, freeErr, parkedErr)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Who lost an entry to another process does not move it.
func TestAnEntryThatCannotBeGivenBackKeepsItsTime(t *testing.T) {
	t.Parallel()
	store := open(t, filepath.Join(t.TempDir(), "state.db"))
	due := at.Add(time.Minute)
	err := store.Update(t.Context(), func(tx *sqlite.Tx) error {
		return tx.Send(adapter.Outgoing{ID: "a", Kind: adapter.OutgoingDeliver, NotBefore: due})
	})
	if err != nil {
		t.Fatal(err)
	}
	var next adapter.NextWork
	err = store.Update(t.Context(), func(tx *sqlite.Tx) error {
		if _, err := tx.NextWork(); err != nil { // it is remembered from here on
			return err
		}
		if err := tx.Retry(adapter.Outgoing{Seq: 1, Claim: adapter.Claim{Owner: "nobody", Epoch: 1}}, at); !errors.Is(err, adapter.ErrTakenOver) {
			t.Errorf("error %v, want one that it was taken over", err)
		}
		next, err = tx.NextWork()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !next.Leave.Equal(due) {
		t.Errorf("leaves at %v, want %v", next.Leave, due)
	}
}
