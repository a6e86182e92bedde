package storetest

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func keys() map[string]check {
	key := func(id adapter.KeyID, minute int) adapter.PublishableKey {
		return adapter.PublishableKey{
			ID: id, Hash: "hash of " + string(id), Name: "contact page, é", Origins: []adapter.Origin{"https://www.example.com", "http://localhost:8080"},
			Queues: []adapter.QueueID{queueA, queueB}, CreatedAt: start().Add(time.Duration(minute) * time.Minute), CreatedBy: "ada",
		}
	}
	read := func(t subject) []adapter.PublishableKey {
		t.Helper()
		return get(t, func(tx service.Tx) ([]adapter.PublishableKey, error) { return tx.Keys() })
	}
	keep := func(t subject, all ...adapter.PublishableKey) {
		t.Helper()
		for _, k := range all {
			do(t, func(tx service.Tx) error { return tx.SaveKey(k) })
		}
	}
	revoke := func(t subject, id adapter.KeyID, minute int, by string) {
		t.Helper()
		do(t, func(tx service.Tx) error { return tx.RevokeKey(id, start().Add(time.Duration(minute)*time.Minute), by) })
	}
	return map[string]check{
		"there are none at first": func(t subject) {
			equal(t, len(read(t)), 0)
			wantErr(t, adapter.ErrNotFound, func(tx service.Tx) error { return tx.RevokeKey("a", start(), "ada") })
		},
		"keys come back as they were saved, the oldest first": func(t subject) {
			keep(t, key("b", 1), key("a", 2), key("c", 0))
			equal(t, read(t), []adapter.PublishableKey{key("c", 0), key("b", 1), key("a", 2)})
		},
		"a key is saved once, and no other has its hash": func(t subject) {
			keep(t, key("a", 0))
			twin := key("b", 0)
			twin.Hash = key("a", 0).Hash
			for _, k := range []adapter.PublishableKey{key("a", 1), twin} {
				if err := t.update(t.Context(), func(tx service.Tx) error { return tx.SaveKey(k) }); err == nil {
					t.Errorf("key %s was taken", k.ID)
				}
			}
			equal(t, read(t), []adapter.PublishableKey{key("a", 0)})
		},
		"a key is revoked once, and the other is not": func(t subject) {
			keep(t, key("a", 0), key("b", 1))
			revoke(t, "a", 5, "ada")
			revoke(t, "a", 6, "bob")
			revoked := key("a", 0)
			revoked.RevokedAt, revoked.RevokedBy = start().Add(5*time.Minute), "ada"
			equal(t, read(t), []adapter.PublishableKey{revoked, key("b", 1)})
		},
	}
}
