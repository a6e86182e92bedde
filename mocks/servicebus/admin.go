package servicebus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"directcallback/mocks/servicebus/internal/broker"
)

// maxAdminBody bounds what is read of a request.
const maxAdminBody = 16 << 20

// Admin is the management port, for tests in other processes; the package's
// documentation lists what it serves. It lets everyone in, so it belongs on a
// loopback address; requests that a browser makes for a page from elsewhere are
// refused. Answers are complete before the first byte is written: a reader that
// does not read keeps nothing of the namespace waiting.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	for path, methods := range routes() {
		mux.Handle(path, adminRoute{server: s, methods: methods})
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

// adminHandler answers a request with a status and something to write as JSON;
// an error is a [refusal], or the answer is 500.
type adminHandler func(*Server, *http.Request) (status int, answer any, err error)

// routes are what is served. An entity's path may have slashes, so the last word
// is cut off in the handler.
func routes() map[string]map[string]adminHandler {
	return map[string]map[string]adminHandler{
		"/entities":           {http.MethodGet: getEntities},
		"/entities/{path...}": {http.MethodGet: getMessages, http.MethodPost: postMessage},
		"/reset":              {http.MethodPost: postReset},
		"/faults":             {http.MethodGet: getFaults, http.MethodPost: postFault},
		"/healthz":            {http.MethodGet: getHealth},
		"/":                   {},
	}
}

type adminRoute struct {
	server  *Server
	methods map[string]adminHandler
}

func (a adminRoute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, answer, err := a.answer(r)
	if err != nil {
		answer = map[string]string{"error": err.Error()}
		status = http.StatusInternalServerError
		if refused, ok := errors.AsType[*refusalError](err); ok {
			status = refused.status
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusMethodNotAllowed {
		for method := range a.methods {
			w.Header().Add("Allow", method)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // whoever asked may have gone
}

func (a adminRoute) answer(r *http.Request) (status int, answer any, err error) {
	if len(a.methods) == 0 {
		return 0, nil, refuse(http.StatusNotFound, "there is nothing at %s", r.URL.Path)
	}
	handler := a.methods[r.Method]
	if handler == nil {
		return 0, nil, refuse(http.StatusMethodNotAllowed, "%s is not served at %s", r.Method, r.URL.Path)
	}
	return handler(a.server, r)
}

// refusalError is what a request did wrong.
type refusalError struct {
	status int
	text   string
}

func (e *refusalError) Error() string { return e.text }

func refuse(status int, format string, args ...any) error {
	return &refusalError{status, fmt.Sprintf(format, args...)}
}

// readJSON reads a body strictly: an unknown key is an error.
func readJSON(r *http.Request, into any) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "the body must be application/json")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxAdminBody))
	if err != nil {
		return refuse(http.StatusRequestEntityTooLarge, "body: %v", err)
	}
	if err := strictly(raw, into); err != nil {
		return refuse(http.StatusBadRequest, "body: %v", err)
	}
	return nil
}

func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the object")
	}
	return nil
}

// parameters reads the query strictly.
func parameters(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "query: %v", err)
	}
	for name, all := range values {
		if !slices.Contains(known, name) || len(all) > 1 {
			return nil, refuse(http.StatusBadRequest, "parameter %q is not known here, or is there twice", name)
		}
	}
	return values, nil
}

// textDuration is a duration as Go writes it, 1m30s.
type textDuration time.Duration

// UnmarshalText reads it.
func (d *textDuration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = textDuration(parsed)
	return err
}

// entityJSON is an entity and what it holds.
type entityJSON struct {
	Path            string `json:"path"`
	Kind            string `json:"kind"`
	RequiresSession bool   `json:"requiresSession"`
	Active          int    `json:"active"`
	Locked          int    `json:"locked"`
	Deferred        int    `json:"deferred"`
	Scheduled       int    `json:"scheduled"`
	DeadLettered    int    `json:"deadLettered"`
}

// kindNames are of the entities that are listed; dead letters are counted with
// what they are the dead letters of.
func kindNames() map[broker.Kind]string {
	return map[broker.Kind]string{broker.KindQueue: "queue", broker.KindTopic: "topic", broker.KindSubscription: "subscription"}
}

func getEntities(s *Server, r *http.Request) (status int, answer any, err error) {
	if _, err := parameters(r); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.entitiesJSON(), nil
}

func (s *Server) entitiesJSON() any {
	all := []entityJSON{}
	for _, q := range s.broker.All() {
		kind, listed := kindNames()[q.Kind()]
		if !listed || q.Name() == healthQueue {
			continue
		}
		c := q.Counts()
		all = append(all, entityJSON{
			Path: q.Name(), Kind: kind, RequiresSession: q.RequiresSession(),
			Active: c.Active, Locked: c.Locked, Deferred: c.Deferred, Scheduled: c.Scheduled, DeadLettered: c.DeadLettered,
		})
	}
	return map[string]any{"entities": all}
}

// addressed is the entity of a request for its messages.
func (s *Server) addressed(r *http.Request) (*broker.Queue, error) {
	path, found := strings.CutSuffix(r.PathValue("path"), "/messages")
	if !found {
		return nil, refuse(http.StatusNotFound, "there is nothing at %s", r.URL.Path)
	}
	q, err := s.entity(path)
	if err != nil {
		return nil, refuse(http.StatusNotFound, "there is no entity %q", path)
	}
	return q, nil
}

func postReset(s *Server, r *http.Request) (status int, answer any, err error) {
	if _, err := parameters(r); err != nil {
		return 0, nil, err
	}
	s.Reset()
	return http.StatusOK, s.entitiesJSON(), nil
}

func getHealth(s *Server, r *http.Request) (status int, answer any, err error) {
	if err := s.Check(r.Context()); err != nil {
		return 0, nil, refuse(http.StatusServiceUnavailable, "%v", err)
	}
	return http.StatusOK, map[string]string{"status": "ok"}, nil
}
