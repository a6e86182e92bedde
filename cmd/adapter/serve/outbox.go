package serve

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// OutboxSearch says which entries of the outbox to list.
type OutboxSearch struct {
	All   bool `json:"all,omitempty"` // and not the dead ones alone
	Limit int  `json:"limit,omitempty"`
}

// OutboxEntry is something that is to leave, or cannot. There is no number in it.
type OutboxEntry struct {
	ID        string               `json:"id"`
	Kind      adapter.OutgoingKind `json:"kind"`
	For       string               `json:"for"` // the queue, or who is to be told
	What      string               `json:"what,omitempty"`
	Call      adapter.CallID       `json:"callId,omitempty"`
	Callback  adapter.CallbackID   `json:"callbackId,omitempty"`
	PutAt     time.Time            `json:"putAt"`
	Tries     int                  `json:"tries"`
	NotBefore time.Time            `json:"notBefore"`
	DeadAt    *time.Time           `json:"deadAt,omitempty"` // since when it leaves no more
	Reason    string               `json:"reason,omitempty"`
}

func (a *Adapter) controlOutbox(mux *http.ServeMux) {
	mux.Handle("POST /outbox", answered(a.listOutbox))
	for name, decide := range map[string]func(context.Context, string, service.Signature) (adapter.Outgoing, error){
		"retry": a.service.RetryOutgoing, "drop": a.service.DropOutgoing,
	} {
		mux.Handle("POST /outbox/{id}/"+name, answered(func(r *http.Request) (any, error) {
			var d CallbackDecision
			if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
				return nil, err
			}
			entry, err := decide(r.Context(), r.PathValue("id"), service.Signature{By: d.By, Reason: d.Reason})
			if err != nil {
				return nil, err
			}
			return outboxEntry(entry), nil
		}))
	}
}

// Erasure says whose data is to be erased, and who decided it and why. It is a body,
// because a number has no place in an address.
type Erasure struct {
	Phone   string            `json:"phone,omitempty"` // E.164
	Contact adapter.ContactID `json:"contactId,omitempty"`
	By      string            `json:"by"`
	Reason  string            `json:"reason"`
}

func (a *Adapter) erase(r *http.Request) (any, error) {
	var e Erasure
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		return nil, err
	}
	person := adapter.Person{Contact: adapter.ContactID(adapter.NormalizeID(string(e.Contact)))}
	if e.Phone != "" {
		var err error
		if person.Phone, err = adapter.ParsePhone(e.Phone); err != nil {
			return nil, err
		}
	}
	return a.service.Erase(r.Context(), person, service.Signature{By: e.By, Reason: e.Reason})
}

func (a *Adapter) listOutbox(r *http.Request) (any, error) {
	var search OutboxSearch
	if err := json.NewDecoder(r.Body).Decode(&search); err != nil {
		return nil, err
	}
	found, err := a.service.Outbox(r.Context(), adapter.OutgoingQuery{DeadOnly: !search.All, Limit: min(max(search.Limit, 1), maxListed)})
	if err != nil {
		return nil, err
	}
	all := make([]OutboxEntry, 0, len(found))
	for _, o := range found {
		all = append(all, outboxEntry(o))
	}
	return all, nil
}

func outboxEntry(o adapter.Outgoing) OutboxEntry {
	e := OutboxEntry{
		ID: o.ID, Kind: o.Kind, For: o.Key, Callback: o.Callback, Call: o.Command.Call,
		PutAt: o.PutAt, Tries: o.Tries, NotBefore: o.NotBefore, Reason: o.Reason,
	}
	if e.Reason == "" && o.Unreadable != "" {
		e.Reason = "it cannot be read: " + o.Unreadable
	}
	switch o.Kind {
	case adapter.OutgoingCommand:
		e.What = string(o.Command.Type)
	case adapter.OutgoingNotify:
		e.What = o.Notice.What
	default:
	}
	if !o.DeadAt.IsZero() {
		e.DeadAt = &o.DeadAt
	}
	return e
}
