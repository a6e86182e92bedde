package postgres

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// locks are those that a transaction holds until its end, by their numbers, or
// those that it turned out to need.
//
// Who waits for a lock while holding others waits in ascending order only. One
// that is needed out of order is taken if it is free; else the transaction starts
// again and first takes, in order, all that it is known to need by now. So nobody
// ever waits in a circle.
type locks struct {
	keys map[int64]struct{}
	top  int64 // the greatest
	log  []int64
}

func (l *locks) has(key int64) bool {
	_, has := l.keys[key]
	return has
}

func (l *locks) add(key int64) {
	if l.keys == nil {
		l.keys = map[int64]struct{}{}
	}
	if l.has(key) {
		return
	}
	if len(l.keys) == 0 || key > l.top {
		l.top = key
	}
	l.keys[key] = struct{}{}
	l.log = append(l.log, key)
}

// inOrder tells that a lock may be waited for.
func (l *locks) inOrder(key int64) bool { return len(l.keys) == 0 || key > l.top }

// sorted are all of them, in the order in which they may be waited for.
func (l *locks) sorted() []int64 { return slices.Sorted(maps.Keys(l.keys)) }

// back forgets all but the first n: a savepoint gives up what was taken in it.
func (l *locks) back(n int) {
	gone := l.log[n:]
	l.log = l.log[:n]
	for _, key := range gone {
		delete(l.keys, key)
	}
	l.top = 0
	if n > 0 {
		l.top = slices.Max(l.log)
	}
}

// number is what a lock is called in the database. Two that share a number are
// one lock, which costs a little waiting and nothing else.
func (tx *Tx) number(name string) int64 {
	h := fnv.New64a()
	_ = binary.Write(h, binary.BigEndian, tx.space)
	_, _ = h.Write([]byte(name))
	return int64(h.Sum64())
}

// lock takes locks in the round trip of the next statement.
func (tx *Tx) lock(names ...string) {
	var wait, take []int64
	keys := make([]int64, len(names))
	for i, name := range names {
		keys[i] = tx.number(name)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		tx.known.add(key)
		switch {
		case tx.held.has(key):
		case tx.held.inOrder(key):
			wait = append(wait, key)
		default:
			take = append(take, key)
		}
	}
	if len(take)+len(wait) > 0 {
		tx.settle() // what is put off from now on must not happen before
	}
	if len(take) > 0 {
		tx.queue("SELECT count(take_lock(key)) FROM unnest($1::bigint[]) AS key", take)
		for _, key := range take {
			tx.held.add(key)
		}
	}
	if len(wait) > 0 {
		tx.lockAll(wait)
	}
}

// lockKnown takes what earlier tries turned out to need.
func (tx *Tx) lockKnown() {
	keys := tx.known.sorted()
	if len(keys) == 0 {
		return
	}
	tx.lockAll(keys)
}

// lockAll takes locks that may be waited for, in their order.
func (tx *Tx) lockAll(keys []int64) {
	tx.queue("SELECT count(pg_advisory_xact_lock(key)) FROM unnest($1::bigint[]) AS key", keys)
	for _, key := range keys {
		tx.held.add(key)
	}
}

// free takes those locks that nobody else has and tells which it got: work that
// another replica is at is left to it.
func (tx *Tx) free(names []string) ([]bool, error) {
	got, keys, at := make([]bool, len(names)), []int64(nil), []int(nil)
	for i, name := range names {
		key := tx.number(name)
		if got[i] = tx.held.has(key); !got[i] {
			keys, at = append(keys, key), append(at, i)
		}
	}
	if len(keys) == 0 {
		return got, nil
	}
	taken, err := list(tx, func(row record.Scanner) (is bool, err error) { return is, row.Scan(&is) },
		"SELECT pg_try_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key", keys)
	if err != nil {
		return nil, err
	}
	for n, is := range taken {
		if got[at[n]] = is; is {
			tx.known.add(keys[n])
			tx.held.add(keys[n])
		}
	}
	return got, nil
}

// What is locked. What a lock stands for is read and changed by who holds it only,
// what is not there included: the live call that a number does not have, the
// callback that a call does not hold, the event that nothing waits for.
func callLock(id adapter.CallID) string                 { return "call/" + string(id) }     // the call, what it holds, and what waits for it
func callbackLock(id adapter.CallbackID) string         { return "callback/" + string(id) } // the callback, its attempts, and what waits for it
func deliveryLock(id adapter.DeliveryID) string         { return "delivery/" + string(id) } // whose attempt it is, and what waits for it
func lineLock(id adapter.QueueID) string                { return "line/" + string(id) }     // who stands in it, who is free, and the order of its commands
func leaseLock(owner string) string                     { return "lease/" + owner }         // it, and what is claimed under it
func waitsLock(id adapter.QueueID) string               { return "waits/" + string(id) }
func slotsLock(id adapter.QueueID) string               { return "slots/" + string(id) }   // who takes a seat in its slots
func phoneLock(phone adapter.Phone) string              { return "phone/" + phone.E164() } // its live calls and pending callbacks
func answerLock(client, key string) string              { return "answer/" + strconv.Quote(client) + "/" + key }
func targetLock(target string) string                   { return "target/" + target } // whose notifications are about to be claimed
func webhookLock(id adapter.WebhookID) string           { return "webhook/" + string(id) }
func conversationLock(id adapter.ConversationID) string { return "conversation/" + string(id) }

const (
	settingsLock = "settings"
	forgetLock   = "forget"
	commandsLock = "commands" // that are about to be claimed
)

// untaken locks those things that no other replica is at and returns their ids,
// to be read again: they may have changed before.
func untaken[T any](tx *Tx, found []T, id func(T) (id, lock string)) ([]string, error) {
	ids, names := make([]string, len(found)), make([]string, len(found))
	for i, x := range found {
		ids[i], names[i] = id(x)
	}
	free, err := tx.free(names)
	if err != nil {
		return nil, err
	}
	var mine []string
	for i, is := range free {
		if is {
			mine = append(mine, ids[i])
		}
	}
	return mine, nil
}

func scanID[ID ~string](row record.Scanner) (id ID, err error) { return id, row.Scan(&id) }
