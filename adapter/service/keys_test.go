package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// page is a key as somebody asks for it.
func page(queues ...adapter.QueueID) adapter.PublishableKey {
	return adapter.PublishableKey{Name: "contact page", Origins: []adapter.Origin{"https://www.example.com"}, Queues: queues}
}

func (w *world) createKey() (adapter.PublishableKey, string) {
	w.Helper()
	key, text, err := w.service.CreateKey(w.Context(), page(billing), ada)
	if err != nil {
		w.Fatal(err)
	}
	return key, text
}

func (w *world) wantKeysInForce(ids ...adapter.KeyID) {
	w.Helper()
	var got []adapter.KeyID
	all, err := w.service.KeysInForce(w.Context())
	if err != nil {
		w.Error(err)
	}
	for _, k := range all {
		got = append(got, k.ID)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		w.Errorf("keys in force: %s", diff)
	}
}

func TestAKeyIsInForceUntilItIsRevoked(t *testing.T) {
	everywhere(t, func(w *world) {
		w.wantKeysInForce()
		first, text := w.createKey()
		if hash, ok := adapter.HashKey(text); !ok || hash != first.Hash || first.CreatedBy != "ada" || first.CreatedAt.IsZero() {
			w.Errorf("%+v of %q", first, text)
		}
		w.wantKeysInForce(first.ID) // at once, although there was none a moment ago
		w.pass(time.Millisecond)
		second, other := w.createKey()
		if text == other {
			w.Error("two keys are the same")
		}
		w.wantKeysInForce(first.ID, second.ID)
		for range 2 {
			if err := w.service.RevokeKey(w.Context(), first.ID, ada); err != nil {
				w.Error(err)
			}
		}
		w.wantKeysInForce(second.ID)
		w.halt()
		w.start()
		w.wantKeysInForce(second.ID)
		all, err := w.service.Keys(w.Context())
		if err != nil || len(all) != 2 || all[0].InForce() || all[0].RevokedBy != "ada" || !all[1].InForce() {
			w.Errorf("%+v, %v", all, err)
		}
	})
}

func TestKeysThatWouldBeGoodForNothingOrTooMuch(t *testing.T) {
	virtual(t, func(w *world) {
		nameless, homeless := page(billing), page(billing)
		nameless.Name, homeless.Origins = " ", nil
		for name, test := range map[string]struct {
			key  adapter.PublishableKey
			by   service.Signature
			want string
		}{
			"no name":        {nameless, ada, "name"},
			"no origin":      {homeless, ada, "origin"},
			"no queue":       {page(), ada, "queue"},
			"unknown queue":  {page(billing, "00000000-0000-4000-8000-000000000000"), ada, "not found"},
			"by nobody":      {page(billing), service.Signature{Reason: "r"}, "name and a reason"},
			"without reason": {page(billing), service.Signature{By: "ada"}, "name and a reason"},
		} {
			if _, text, err := w.service.CreateKey(w.Context(), test.key, test.by); err == nil || text != "" || !strings.Contains(err.Error(), test.want) {
				w.Errorf("%s: %q, %v", name, text, err)
			}
		}
		if err := w.service.RevokeKey(w.Context(), "nobody's", ada); !errors.Is(err, adapter.ErrNotFound) {
			w.Errorf("error %v", err)
		}
		w.wantKeysInForce()
	})
}

// The keys are read every two seconds at most, however many calls come with one.
func TestKeysAreNotReadForEachCall(t *testing.T) {
	virtual(t, func(w *world) {
		key, _ := w.createKey()
		w.wantKeysInForce(key.ID)
		fails := func() error { return errors.New("the store is away") }
		w.outage.Store(&fails)
		w.pass(1999 * time.Millisecond)
		w.wantKeysInForce(key.ID)
		w.pass(time.Millisecond)
		if _, err := w.service.KeysInForce(w.Context()); err == nil {
			w.Error("a key is good although it may have been revoked")
		}
		w.outage.Store(nil)
		w.wantKeysInForce(key.ID)
	})
}

func TestAKeyThatAnotherReplicaRevokedIsGoodForTwoSeconds(t *testing.T) {
	replicas(t, func(first, second *replica) {
		key, _ := first.createKey()
		second.start()
		second.wantKeysInForce(key.ID)
		if err := first.service.RevokeKey(first.Context(), key.ID, ada); err != nil {
			first.Fatal(err)
		}
		first.wantKeysInForce()
		second.pass(2 * time.Second)
		second.wantKeysInForce()
	})
}
