package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// KeyLine is a publishable key, as a person reads of it.
type KeyLine struct {
	ID        adapter.KeyID     `json:"id"`
	Name      string            `json:"name"`
	Origins   []adapter.Origin  `json:"origins"`
	Queues    []adapter.QueueID `json:"queueIds"`
	CreatedAt time.Time         `json:"createdAt"`
	CreatedBy string            `json:"createdBy"`
	RevokedAt *time.Time        `json:"revokedAt,omitempty"` // nil = it is in force
	RevokedBy string            `json:"revokedBy,omitempty"`
}

// CreatedKey is a key that was made. The key itself is told this once.
type CreatedKey struct {
	KeyLine
	Key string `json:"key"`
}

// KeyWish is a key that somebody asks for.
type KeyWish struct {
	Name    string            `json:"name"`
	Origins []string          `json:"origins"`
	Queues  []adapter.QueueID `json:"queueIds"`
	By      string            `json:"by"`
	Reason  string            `json:"reason"`
}

// KeyDecision is what a person decides of a key.
type KeyDecision struct {
	ID     adapter.KeyID `json:"id"`
	By     string        `json:"by"`
	Reason string        `json:"reason"`
}

// controlKeys answers the commands about publishable keys.
func (a *Adapter) controlKeys(mux *http.ServeMux) {
	mux.Handle("GET /keys", answered(func(r *http.Request) (any, error) { return a.listKeys(r.Context()) }))
	mux.Handle("POST /keys", answered(a.createKey))
	mux.Handle("POST /keys/revoke", answered(a.revokeKey))
}

func (a *Adapter) createKey(r *http.Request) (any, error) {
	var wish KeyWish
	if err := json.NewDecoder(r.Body).Decode(&wish); err != nil {
		return nil, err
	}
	key := adapter.PublishableKey{Name: wish.Name}
	for _, text := range wish.Origins {
		origin, err := adapter.ParseOrigin(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no origin such as https://www.example.com: a scheme and a host, without path and wildcards, and with TLS but on this machine", text)
		}
		key.Origins = append(key.Origins, origin)
	}
	for _, queue := range wish.Queues {
		key.Queues = append(key.Queues, adapter.QueueID(adapter.NormalizeID(string(queue))))
	}
	key, text, err := a.service.CreateKey(r.Context(), key, service.Signature{By: wish.By, Reason: wish.Reason})
	if err != nil {
		return nil, err
	}
	return CreatedKey{keyLine(key), text}, nil
}

func (a *Adapter) revokeKey(r *http.Request) (any, error) {
	var d KeyDecision
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		return nil, err
	}
	err := a.service.RevokeKey(r.Context(), d.ID, service.Signature{By: d.By, Reason: d.Reason})
	if errors.Is(err, adapter.ErrNotFound) {
		return nil, errors.New("no key has this id")
	}
	if err != nil {
		return nil, err
	}
	return a.listKeys(r.Context())
}

func (a *Adapter) listKeys(ctx context.Context) (any, error) {
	keys, err := a.service.Keys(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]KeyLine, 0, len(keys))
	for _, k := range keys {
		all = append(all, keyLine(k))
	}
	return all, nil
}

func keyLine(k adapter.PublishableKey) KeyLine {
	line := KeyLine{ID: k.ID, Name: k.Name, Origins: k.Origins, Queues: k.Queues, CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, RevokedBy: k.RevokedBy}
	if !k.InForce() {
		line.RevokedAt = &k.RevokedAt
	}
	return line
}
