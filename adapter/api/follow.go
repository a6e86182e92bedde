package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"directcallback/adapter"
)

// The times of a stream. They are those of the connection, and run in real time even
// where the service's clock does not.
const (
	lookEvery   = 3 * time.Second  // for what other replicas did, and for the line
	aliveEvery  = 15 * time.Second // without anything else to say
	streamFor   = 30 * time.Minute // then the client comes again, perhaps to another replica
	writeWithin = 10 * time.Second // a client that does not read is left
	comeAgainIn = 2 * time.Second
)

// follow serves GET /v1/callbacks/{id}/events: the callback as Server-Sent Events, first
// as it is, and then whenever something of it that is shown changes.
func (a *api) follow(w http.ResponseWriter, r *http.Request) error {
	who, view, err := a.open(r, mayRead)
	if err != nil {
		return err
	}
	if err := noQuery(r); err != nil {
		return err
	}
	id := view.Callback.ID
	leave, ok := a.streams.enter(id)
	if !ok {
		return &problem{kind: unavailable, detail: "As many callbacks as may be are followed here. Read it now and then instead."}
	}
	defer leave()
	woken, stop := a.o.Service.Follow(id) // before it is looked at, so that nothing lies between
	defer stop()

	s := &stream{api: a, who: who, id: id, last: r.Header.Get("Last-Event-ID"), w: w, control: http.NewResponseController(w)}
	event, err := s.look(r)
	if err != nil {
		return err
	}
	if event == nil && s.ended {
		w.WriteHeader(http.StatusNoContent) // which tells an EventSource not to come again
		return nil
	}
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // of a proxy in front
	header.Set("Connection", "close")     // its deadlines are no other request's
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	_ = s.control.SetReadDeadline(time.Time{}) // else the server's own ends it; where there is none, there is nothing to set
	if s.write(fmt.Appendf(nil, "retry: %d\n\n%s", comeAgainIn.Milliseconds(), event)) && !s.ended {
		s.run(r, woken)
	}
	return nil
}

// stream is a callback on its way to one client. It belongs to the goroutine that serves
// the request.
type stream struct {
	api     *api
	who     caller
	id      adapter.CallbackID
	last    string // id of the event that the client has
	ended   bool   // nothing will change any more
	trouble bool   // the store did not answer when last asked
	w       http.ResponseWriter
	control *http.ResponseController
}

// run tells what changes until the callback is over, or the client, the process or the
// stream's own time is.
func (s *stream) run(r *http.Request, woken <-chan struct{}) {
	look, alive, over := time.NewTicker(lookEvery), time.NewTicker(aliveEvery), time.NewTimer(streamFor)
	defer look.Stop()
	defer alive.Stop()
	defer over.Stop()
	for going := true; going && !s.ended; {
		select {
		case <-woken:
			going = s.tell(r, alive)
		case <-look.C:
			going = s.tell(r, alive)
		case <-alive.C:
			going = s.write([]byte(": keep-alive\n\n"))
		case <-over.C:
			going = false
		case <-s.api.o.Stopping:
			going = false
		case <-r.Context().Done():
			return
		}
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin)) // for the end of the answer
}

// tell sends what is new, if anything is. It is false when the stream is over.
func (s *stream) tell(r *http.Request, alive *time.Ticker) bool {
	event, err := s.look(r)
	switch {
	case errors.Is(err, adapter.ErrNotFound):
		return false // purged, or erased, and not this caller's any more
	case err != nil:
		// The client would only come back, and find the same; here it hears at once.
		if !s.trouble && r.Context().Err() == nil {
			s.api.o.Logger.WarnContext(r.Context(), "a stream waits for the store", "request_id", s.w.Header().Get(requestIDHeader), "error", err)
		}
		s.trouble = true
		return true
	}
	s.trouble = false
	if event == nil {
		return true
	}
	alive.Reset(aliveEvery)
	return s.write(event)
}

// look makes the event of the callback as it is; nil where the client has it. Its id is
// the callback's ETag, so that whoever comes again misses no place either.
func (s *stream) look(r *http.Request) ([]byte, error) {
	view, err := s.api.o.Service.Get(r.Context(), s.id)
	if err != nil {
		return nil, err
	}
	if !s.who.owns(view.Callback) {
		return nil, adapter.ErrNotFound
	}
	shown := bodyOf(view, s.who)
	tag, err := etag(view.Callback.Version, shown)
	if err != nil {
		return nil, err
	}
	s.ended = view.Callback.State.Ended()
	id := strings.Trim(tag, `"`)
	if id == s.last {
		return nil, nil //nolint:nilnil // there is nothing new, and that is no error
	}
	data, err := json.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	s.last = id
	return fmt.Appendf(nil, "id: %s\nevent: callback\ndata: %s\n\n", id, data), nil
}

// write sends at once. It is false when nobody takes it.
func (s *stream) write(text []byte) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin)) // where there is none, there is nothing to set
	if _, err := s.w.Write(text); err != nil {                  //nolint:gosec // an event stream of JSON, which no browser takes for a page
		return false
	}
	return s.control.Flush() == nil
}
