package api

import (
	"errors"
	"net/http"
	"net/url"

	"directcallback/adapter"
	"directcallback/adapter/api/body"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
)

// queues serves GET /v1/queues: those that the caller may know.
func (a *api) queues(w http.ResponseWriter, r *http.Request) error {
	who, err := a.may(r, maySee)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	list := body.QueueList{Items: []body.Queue{}}
	for _, q := range a.o.Service.Queues() {
		if who.serves(q.ID) {
			list.Items = append(list.Items, queueOf(q))
		}
	}
	return show(w, http.StatusOK, list)
}

// queue serves GET /v1/queues/{id}.
func (a *api) queue(w http.ResponseWriter, r *http.Request) error {
	id, err := a.openQueue(r, maySee)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	view, err := a.o.Service.Queue(r.Context(), id)
	if err != nil {
		return noSuchQueue(err)
	}
	return show(w, http.StatusOK, queueOf(view))
}

// queueWait serves GET /v1/queues/{id}/wait.
func (a *api) queueWait(w http.ResponseWriter, r *http.Request) error {
	id, err := a.openQueue(r, maySee)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	line, err := a.o.Service.Line(r.Context(), id)
	if err != nil {
		return noSuchQueue(err)
	}
	return show(w, http.StatusOK, body.QueueWait{QueueID: string(id), CallsWaiting: line.Waiting, EstimatedWait: estimate(line.Estimate)})
}

// openQueue reads the queue that the path names, for a caller who may do this with it.
func (a *api) openQueue(r *http.Request, p permission) (adapter.QueueID, error) {
	who, err := a.may(r, p)
	if err != nil {
		return "", err
	}
	id := adapter.QueueID(adapter.NormalizeID(r.PathValue("id")))
	if !who.serves(id) {
		return "", noSuchQueue(adapter.ErrNotFound)
	}
	return id, nil
}

// noSuchQueue says of what was not found that it is a queue.
func noSuchQueue(err error) error {
	if errors.Is(err, adapter.ErrNotFound) {
		return &problem{kind: notFound, detail: "There is no such voice queue."}
	}
	return err
}

// queueOf spells a queue.
func queueOf(q service.QueueView) body.Queue {
	self := "/v1/queues/" + url.PathEscape(string(q.ID))
	shown := body.Queue{
		ID: string(q.ID), Name: q.Name, Open: isOpen(q.Open), Languages: append([]string{}, q.Languages...),
		CallbackOffered: q.Refused == "", Links: body.QueueLinks{Self: self, Wait: self + "/wait"},
	}
	if !q.NextOpening.IsZero() {
		shown.NextOpening = new(q.NextOpening.UTC())
	}
	if q.TimeZone != "" {
		shown.TimeZone = &q.TimeZone
	}
	if q.Refused != "" {
		shown.NotOffered = (*string)(&q.Refused)
	}
	return shown
}

// isOpen is nil where it is not known.
func isOpen(is overflow.Openness) *bool {
	switch is {
	case overflow.Open, overflow.HoursAbsent:
		return new(true)
	case overflow.Closed:
		return new(false)
	default:
		return nil
	}
}
