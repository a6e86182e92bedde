package api

import (
	"errors"
	"net/http"

	"directcallback/adapter"
	"directcallback/adapter/api/body"
	"directcallback/adapter/service"
)

// create serves POST /v1/callbacks.
func (a *api) create(w http.ResponseWriter, r *http.Request) error {
	who, err := a.may(r, mayRequest)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	key, err := idempotencyKey(r.Header)
	if err != nil {
		return err
	}
	sent, err := readBody(w, r)
	if err != nil {
		return err
	}
	q, err := a.readRequest(sent, who, a.o.Now())
	if err != nil {
		return invalid(err)
	}
	c := q.Callback
	if !who.serves(c.Queue) {
		return q.unknownQueue()
	}
	if err := a.mayAskNow(r, who); err != nil {
		return err
	}
	payload, err := fingerprint(c)
	if err != nil {
		return err
	}
	c.ID = adapter.CallbackID(a.o.NewID())
	c.ManageHash = manageHash(a.tokens.manage(who.client, key, c.ID))
	receipt, err := a.o.Service.Request(r.Context(), service.Request{Callback: c, Hold: q.when.hold(), Client: who.client, Key: key, Payload: payload})
	if errors.Is(err, adapter.ErrNotFound) {
		return q.unknownQueue()
	}
	if err != nil {
		return q.when.notThen(err)
	}
	return a.created(w, who, receipt, key)
}

// unknownQueue answers that there is no such queue, or that it is not for this caller.
func (q asked) unknownQueue() error {
	if q.topic != "" {
		return invalid(fieldErrors{{Field: "topic", Message: "has no voice queue that is known here"}})
	}
	return invalid(fieldErrors{{Field: "queueId", Message: "is no voice queue that is known here"}})
}

// created answers a request that was taken: with everything if the callback is
// of this client and key, else with what anybody may know.
func (a *api) created(w http.ResponseWriter, who caller, receipt service.Receipt, key string) error {
	c := receipt.Callback
	header := w.Header()
	header.Set("Location", location(c.ID))
	if receipt.Repeated {
		header.Set("Idempotent-Replayed", "true")
	}
	// A repeat does not say whether the first request joined; the token does.
	token := a.tokens.manage(who.client, key, c.ID)
	if receipt.Joined || !opens(token, c.ManageHash) {
		return show(w, http.StatusOK, body.JoinedCallback{
			ID: string(c.ID), State: body.State(c.State), Place: place(receipt.View), Joined: true, Links: body.Links{Self: location(c.ID)},
		})
	}
	shown := bodyOf(receipt.View, who)
	tag, err := etag(c.Version, shown)
	if err != nil {
		return err
	}
	header.Set("ETag", tag)
	shown.ManageToken = &token
	return show(w, http.StatusCreated, shown)
}

// read serves GET /v1/callbacks/{id}.
func (a *api) read(w http.ResponseWriter, r *http.Request) error {
	who, view, err := a.open(r, mayRead)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	shown := bodyOf(view, who)
	tag, err := etag(view.Callback.Version, shown)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", tag)
	if matches(r.Header, tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return show(w, http.StatusOK, shown)
}

// cancel serves DELETE /v1/callbacks/{id}.
func (a *api) cancel(w http.ResponseWriter, r *http.Request) error {
	who, view, err := a.open(r, mayChange)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	id, reason := view.Callback.ID, "cancelled by the customer"
	if who.staff() {
		reason = "cancelled through the API"
	}
	view, err = a.o.Service.Cancel(r.Context(), id, reason)
	if errors.Is(err, adapter.ErrTooLate) {
		return a.tooLate(r, who, id)
	}
	if err != nil {
		return err
	}
	if view.Callback.State == adapter.StateCancelled {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return show(w, http.StatusAccepted, bodyOf(view, who))
}

// tooLate says how far a callback is that can no longer be cancelled or changed.
func (a *api) tooLate(r *http.Request, who caller, id adapter.CallbackID) error {
	view, err := a.o.Service.Get(r.Context(), id)
	if err != nil {
		return err
	}
	c := view.Callback
	p := &problem{kind: tooLate, detail: "A representative is taking care of it.", members: map[string]any{"state": c.State}}
	switch {
	case c.State.Ended():
		p.detail = endReason(c, who)
	case c.State == adapter.StateReview:
		p.detail = "It must first be found out whether the customer was phoned."
	case c.After == adapter.StateCancelled:
		p.detail = "It is about to be cancelled."
	}
	return p
}
