package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func TestWhatWasReportedDoneSurvivesReopening(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	first := open(t, url)
	if !isNew(t, first, "1") {
		t.Error("not new the first time")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if isNew(t, open(t, url), "1") {
		t.Error("forgotten")
	}
}

func TestReplicasMayStartAtOnce(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			store, err := postgres.Open(t.Context(), url, postgres.Options{Connections: 1})
			if err == nil {
				err = store.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestErrorsNameTheServerAndNotThePassword(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"nobody listens": "postgres://adapter:s3cret@127.0.0.1:1/state",
		"no such option": "postgres://adapter:s3cret@127.0.0.1:1/state?sslmode=perhaps",
		"no number":      "postgres://adapter:s3cret@127.0.0.1:port/state",
	} {
		store, err := postgres.Open(t.Context(), url, postgres.Options{})
		if err == nil {
			t.Fatal(name, errors.Join(errors.New("it was opened"), store.Close()))
		}
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASchemaThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	store, err := postgres.Open(t.Context(), strings.Replace(url, "search_path=", "search_path=no_", 1), postgres.Options{})
	if err == nil {
		t.Fatal(errors.Join(errors.New("it was opened"), store.Close()))
	}
	if !strings.Contains(err.Error(), "search_path") {
		t.Errorf("error %v", err)
	}
}

func TestWorkAfterCloseIsRefused(t *testing.T) {
	t.Parallel()
	store := open(t, postgrestest.Open(t))
	var group sync.WaitGroup
	for range 4 { // closing twice, even at once, is closing
		group.Go(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if err := store.Update(t.Context(), func(*postgres.Tx) error { return nil }); !errors.Is(err, postgres.ErrClosed) {
		t.Errorf("error %v", err)
	}
}

// Connections that a restart of the server cut are replaced by the next function,
// and one that was under way is run again.
func TestConnectionsThatWereCutAreReplaced(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	store := open(t, named(url, "cut"))
	const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'"
	for range 8 {
		if err := store.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	postgrestest.Exec(t, url, cut)
	for range 8 {
		if err := store.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	}
	runs := 0
	err := store.Update(t.Context(), func(tx *postgres.Tx) error {
		first, err := tx.FirstTime("pbx", "1", at)
		if runs++; err != nil {
			return err
		}
		if !first {
			t.Error("it was kept of the run that was cut")
		}
		if runs == 1 {
			postgrestest.Exec(t, url, cut)
		}
		_, err = tx.FirstTime("pbx", "2", at)
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("%v after %d runs", err, runs)
	}
}

func TestWhatPostgreSQLCannotKeepIsKeptAsItsPicture(t *testing.T) {
	t.Parallel()
	store := open(t, postgrestest.Open(t))
	for range 2 {
		err := store.Update(t.Context(), func(tx *postgres.Tx) error {
			return tx.SaveCall(adapter.Call{ID: "a\x00b", Locale: "\xff", State: adapter.CallWaiting, QueuedAt: at})
		})
		if err != nil {
			t.Error(err)
		}
	}
	err := store.Update(t.Context(), func(tx *postgres.Tx) error { _, err := tx.Call("a\x00b"); return err })
	if err != nil {
		t.Error(err)
	}
}

// A wish to work that waits for its turn can still be given up.
func TestWaitingForTheStoreEndsWithTheContext(t *testing.T) {
	t.Parallel()
	store := open(t, postgrestest.Open(t))
	busy, release := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			err := store.Update(t.Context(), func(*postgres.Tx) error { busy <- struct{}{}; <-release; return nil })
			if err != nil {
				t.Error(err)
			}
		})
		<-busy
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Update(ctx, func(*postgres.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(release)
	group.Wait()
}

// Work that another replica is at is left to it.
func TestWorkThatAnotherReplicaIsAtIsLeftToIt(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	here, there := open(t, url), open(t, url)
	call := adapter.Call{ID: "1", Source: "pbx", Queue: "q", State: adapter.CallWaiting, QueuedAt: at, NextOffer: at}
	callback := adapter.Callback{ID: "1", Queue: "q", State: adapter.StateWaiting, QueuedAt: at, ExpiresAt: at}
	err := here.Update(t.Context(), func(tx *postgres.Tx) error {
		_, err := tx.SaveCallback(callback, adapter.History{})
		return errors.Join(err, tx.SaveCall(call), tx.Send(adapter.Outgoing{Kind: adapter.OutgoingDeliver}), tx.SaveAttempt(adapter.Attempt{Callback: "1", Number: 1, NextPoll: at}))
	})
	if err != nil {
		t.Fatal(err)
	}
	work := func(tx *postgres.Tx) (n int, err error) {
		calls, callErr := tx.CallsToLook(at, 10)
		callbacks, callbackErr := tx.CallbacksToLook(at, 10)
		attempts, attemptErr := tx.AttemptsToPoll(at, 10)
		entries, entryErr := tx.Leaving(adapter.OutgoingDeliver, at, 10)
		return len(calls) + len(callbacks) + len(attempts) + len(entries), errors.Join(callErr, callbackErr, attemptErr, entryErr)
	}
	err = here.Update(t.Context(), func(tx *postgres.Tx) error {
		if n, err := work(tx); err != nil || n != 4 {
			t.Errorf("the first finds %d, %v", n, err)
		}
		return there.Update(t.Context(), func(tx *postgres.Tx) error {
			n, err := work(tx)
			if n != 0 {
				t.Errorf("the second finds %d", n)
			}
			return err
		})
	})
	if err != nil {
		t.Error(err)
	}
}

// What is expected is found as without expecting it, and counts once.
func TestExpectedEventsAreTakenAsOthersAre(t *testing.T) {
	t.Parallel()
	store := open(t, postgrestest.Open(t))
	known := adapter.Call{ID: "known", Source: "pbx", Queue: "q", State: adapter.CallWaiting, QueuedAt: at}
	update(t, store, func(tx *postgres.Tx) error {
		_, err := tx.FirstTime("pbx", "old", at)
		held := adapter.Callback{ID: "1", Queue: "q", State: adapter.StateWaiting, QueuedAt: at, HeldBy: "known"}
		_, saved := tx.SaveCallback(held, adapter.History{})
		parked := tx.Park(adapter.Parked{Source: "pbx", ID: "early", WaitsFor: "call/unknown", Event: []byte("{}")})
		return errors.Join(err, saved, parked, tx.SaveCall(known))
	})
	var events []adapter.CallEvent
	for _, e := range [][2]string{{"old", "known"}, {"new", "unknown"}, {"new", "unknown"}, {"other", "quiet"}} {
		events = append(events, adapter.CallEvent{Source: "pbx", ID: e[0], Call: adapter.CallID(e[1])})
	}
	refused := errors.New("refused by the test")
	update(t, store, func(tx *postgres.Tx) error {
		if err := tx.Expect(events, at); err != nil {
			return err
		}
		if err := tx.Savepoint(func() error { return refused }); !errors.Is(err, refused) {
			t.Error(err)
		}
		for i, want := range []bool{false, true, false, true} {
			if is, err := tx.FirstTime("pbx", events[i].ID, at); is != want || err != nil {
				t.Errorf("event %d is new: %v, %v", i, is, err)
			}
		}
		return nil
	})
	update(t, store, func(tx *postgres.Tx) error {
		if err := tx.Expect(events, at); err != nil {
			return err
		}
		_, found := tx.Call("known")
		_, absent := tx.Call("unknown")
		held, heldErr := tx.HeldBy("known")
		none, noneErr := tx.HeldBy("quiet")
		parked, parkedErr := tx.Unpark("call/unknown")
		if found != nil || !errors.Is(absent, adapter.ErrNotFound) || len(held) != 1 || len(none) != 0 || len(parked) != 1 {
			t.Errorf("found %v, absent %v, held %v and %v, parked %v", found, absent, held, none, parked)
		}
		late := tx.Park(adapter.Parked{Source: "pbx", ID: "late", WaitsFor: "call/quiet", Event: []byte("{}")})
		parked, lateErr := tx.Unpark("call/quiet")
		if len(parked) != 1 {
			t.Errorf("what is parked after it was expected: %v", parked)
		}
		return errors.Join(heldErr, noneErr, parkedErr, late, lateErr)
	})
}

// What is asked for together is found as without expecting it, also where two ask for
// the same.
func TestExpectedRequestsAreAnsweredAsOthersAre(t *testing.T) {
	t.Parallel()
	store := open(t, postgrestest.Open(t))
	callback := func(id adapter.CallbackID, number string) adapter.Callback {
		phone, err := adapter.StoredPhone(number)
		if err != nil {
			t.Fatal(err)
		}
		return adapter.Callback{ID: id, Queue: "q", Phone: phone, State: adapter.StateWaiting, QueuedAt: at}
	}
	waits, first, second := callback("waits", "+12025550101"), callback("first", "+12025550102"), callback("second", "+12025550102")
	update(t, store, func(tx *postgres.Tx) error {
		_, err := tx.SaveCallback(waits, adapter.History{})
		return errors.Join(err, tx.SaveAnswer("client", "old", "hash", "waits", at))
	})
	keys := []adapter.RequestKey{{Client: "client", Key: "old"}, {Client: "client", Key: "new"}, {Client: "client", Key: "new"}}
	update(t, store, func(tx *postgres.Tx) error {
		if err := tx.ExpectRequests([]adapter.Callback{waits, first, second}, keys, at); err != nil {
			return err
		}
		if request, answer, err := tx.Answer("client", "old"); request != "hash" || answer != "waits" || err != nil {
			t.Error(request, answer, err)
		}
		if _, answer, err := tx.Answer("client", "new"); answer != "" || err != nil {
			t.Error(answer, err)
		}
		if c, err := tx.Pending(waits.Phone, "q"); c.ID != "waits" || err != nil {
			t.Error(c.ID, err)
		}
		if _, err := tx.Pending(first.Phone, "q"); !errors.Is(err, adapter.ErrNotFound) {
			t.Error(err)
		}
		_, saved := tx.SaveCallback(first, adapter.History{Event: "requested"})
		answered := tx.SaveAnswer("client", "new", "hash", "first", at)
		if c, err := tx.Pending(second.Phone, "q"); c.ID != "first" || err != nil {
			t.Error("who asks second does not find who asked first:", c.ID, err)
		}
		if _, answer, err := tx.Answer("client", "new"); answer != "first" || err != nil {
			t.Error(answer, err)
		}
		if _, err := tx.SaveCallback(second, adapter.History{}); !errors.Is(err, adapter.ErrDuplicate) {
			t.Error("a second callback of one number:", err)
		}
		if err := tx.ExpectPlaces([]string{"waits", "first", "absent"}, at); err != nil {
			return err
		}
		for item, want := range map[string]int{"first": 1, "waits": 2, "absent": 0} {
			if place, err := tx.Place(item, at); place != want || err != nil {
				t.Errorf("place of %s: %d, %v", item, place, err)
			}
		}
		_, gone := tx.SaveCallback(ended(t, tx, "first"), adapter.History{Event: "over"})
		if place, err := tx.Place("waits", at); place != 1 || err != nil {
			t.Errorf("place after the line moved: %d, %v", place, err)
		}
		if _, err := tx.Pending(first.Phone, "q"); !errors.Is(err, adapter.ErrNotFound) {
			t.Error("what ended is still pending:", err)
		}
		history, err := tx.History("first")
		if len(history) != 2 {
			t.Error(history)
		}
		return errors.Join(saved, answered, gone, err)
	})
}

func ended(t *testing.T, tx *postgres.Tx, id adapter.CallbackID) adapter.Callback {
	t.Helper()
	c, err := tx.Callback(id)
	if err != nil {
		t.Fatal(err)
	}
	c.State = adapter.StateCompleted
	return c
}

func update(t *testing.T, store *postgres.Store, f func(*postgres.Tx) error) {
	t.Helper()
	if err := store.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// named gives connections a name in the server's list.
func named(url, name string) string { return url + "&application_name=" + name }

func isNew(t *testing.T, store *postgres.Store, id string) bool {
	t.Helper()
	var is bool
	err := store.Update(t.Context(), func(tx *postgres.Tx) (err error) { is, err = tx.FirstTime("pbx", id, at); return err })
	if err != nil {
		t.Fatal(err)
	}
	return is
}
