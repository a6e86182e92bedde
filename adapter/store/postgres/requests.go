package postgres

import (
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/store/internal/record"
)

// ExpectRequests says which callbacks a function will be asked for, and under which
// keys, as [Tx.Expect] does for events: what all of them need is read at once.
func (tx *Tx) ExpectRequests(callbacks []adapter.Callback, keys []adapter.RequestKey, at time.Time) error {
	if tx.depth > 0 || len(callbacks) == 0 {
		return nil // what a savepoint takes back must not be remembered
	}
	var n needs
	for _, c := range callbacks {
		n.queues, n.phones = append(n.queues, picture(string(c.Queue))), append(n.phones, c.Phone.E164())
		n.locks = append(n.locks, callbackLock(c.ID), phoneLock(c.Phone), lineLock(c.Queue), waitsLock(c.Queue))
		if c.Booked {
			n.locks = append(n.locks, slotsLock(c.Queue))
		}
	}
	for _, k := range keys {
		n.locks = append(n.locks, answerLock(k.Client, k.Key))
	}
	tx.lock(n.locks...)
	tx.expectAnswers(keys)
	tx.expectPromises(n)
	tx.expectLines(n.queues, at)
	return wrap("expected requests", tx.answer())
}

func (tx *Tx) expectAnswers(keys []adapter.RequestKey) {
	clients, names := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		k = requestKey(k.Client, k.Key)
		clients[i], names[i] = k.Client, k.Key
		tx.answers[k] = answer{}
	}
	type given struct {
		to adapter.RequestKey
		answer
	}
	ask(tx, func(row record.Scanner) (g given, err error) {
		return g, row.Scan(&g.to.Client, &g.to.Key, &g.request, &g.said)
	},
		func(g given) { tx.answers[g.to] = g.answer },
		`SELECT client, key, request, answer FROM idempotency WHERE (client, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`, clients, names)
}

// ExpectPlaces says for whose places a function will ask before the line moves again.
func (tx *Tx) ExpectPlaces(items []string, now time.Time) error {
	if tx.depth > 0 || len(items) == 0 {
		return nil
	}
	at, places := record.Micros(now), make(map[string]int, len(items))
	for _, item := range items {
		places[item] = 0
	}
	type place struct {
		item string
		n    int
	}
	found, err := list(tx, func(row record.Scanner) (p place, err error) { return p, row.Scan(&p.item, &p.n) }, placesOf(), items, at)
	if err != nil {
		return fmt.Errorf("places in line: %w", err)
	}
	for _, p := range found {
		places[p.item] = p.n
	}
	tx.places, tx.placesAt = places, at
	return nil
}

// placesOf counts the places of many. Who holds none is left out.
func placesOf() string {
	return `SELECT item, place FROM unnest($1::text[]) AS item, LATERAL (` + placeOf("item") + `) AS of (place)`
}
