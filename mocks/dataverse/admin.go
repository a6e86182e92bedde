package dataverse

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
)

// maxAdminBody bounds what is read of a request.
const maxAdminBody = 16 << 20

// Admin is the management port, for tests in other processes; the package's documentation lists what it serves. It
// belongs on a listener of its own, for the organisation's addresses are Microsoft's, and on a loopback address, for
// it lets everyone in; requests that a browser makes for a page from elsewhere are refused.
func (s *Server) Admin() http.Handler {
	mux := http.NewServeMux()
	for path, methods := range adminRoutes() {
		mux.Handle(path, adminRoute{server: s, methods: methods})
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

// adminHandler answers a request with a status and something to write as JSON; an error is a [refusalError], or the
// answer is 500.
type adminHandler func(*Server, *http.Request) (status int, answer any, err error)

func adminRoutes() map[string]map[string]adminHandler {
	return map[string]map[string]adminHandler{
		"/healthz":                {http.MethodGet: getHealth},
		"/reset":                  {http.MethodPost: postReset},
		"/snapshots":              {http.MethodGet: getSnapshots, http.MethodPost: postSnapshot},
		"/restore":                {http.MethodPost: postRestore},
		"/scenario":               {http.MethodGet: getScenario, http.MethodPost: postScenario},
		"/faults":                 {http.MethodGet: getFaults, http.MethodPost: postFault, http.MethodDelete: deleteFaults},
		"/faults/kinds":           {http.MethodGet: getFaultKinds},
		"/faults/seed":            {http.MethodPut: putSeed},
		"/faults/chance":          {http.MethodPut: putChance},
		"/limits":                 {http.MethodGet: getLimits, http.MethodPut: putLimits},
		"/trace":                  {http.MethodGet: getTrace},
		"/counters":               {http.MethodGet: getCounters},
		"/unsupported":            {http.MethodGet: getUnsupported},
		"/clock":                  {http.MethodGet: getClock, http.MethodPost: postClock},
		"/deliveries":             {http.MethodGet: getDeliveries},
		"/deliveries/{id}/accept": {http.MethodPost: postAccept},
		"/deliveries/{id}/finish": {http.MethodPost: postFinish},
		"/":                       {},
	}
}

type adminRoute struct {
	server  *Server
	methods map[string]adminHandler
}

func (a adminRoute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, answer, err := a.answer(r)
	mediaType := "application/json"
	if err != nil {
		status = http.StatusInternalServerError
		if refused, ok := errors.AsType[*refusalError](err); ok {
			status = refused.status
		}
		mediaType, answer = "application/problem+json", problem{http.StatusText(status), status, err.Error()}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
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
		return 0, nil, refusef(http.StatusNotFound, "there is nothing at %s", r.URL.Path)
	}
	handler := a.methods[r.Method]
	if handler == nil {
		return 0, nil, refusef(http.StatusMethodNotAllowed, "%s is not served at %s", r.Method, r.URL.Path)
	}
	known := map[string][]string{"/trace": {"from"}}
	if _, err := adminQuery(r, known[r.URL.Path]...); err != nil {
		return 0, nil, err
	}
	return handler(a.server, r)
}

// problem is the body of RFC 9457.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// refusalError is what a request did wrong.
type refusalError struct {
	status int
	text   string
}

func (e *refusalError) Error() string { return e.text }

func refusef(status int, format string, args ...any) error {
	return &refusalError{status, fmt.Sprintf(format, args...)}
}

// readAdmin reads a body strictly: an unknown member is an error.
func readAdmin(r *http.Request, into any) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return refusef(http.StatusUnsupportedMediaType, "the body must be application/json")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxAdminBody))
	if err != nil {
		return refusef(http.StatusRequestEntityTooLarge, "body: %v", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refusef(http.StatusBadRequest, "body: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refusef(http.StatusBadRequest, "body: something follows the object")
	}
	return nil
}

// adminQuery reads the query strictly.
func adminQuery(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refusef(http.StatusBadRequest, "query: %v", err)
	}
	for name, all := range values {
		if !slices.Contains(known, name) || len(all) > 1 {
			return nil, refusef(http.StatusBadRequest, "parameter %q is not known here, or is there twice", name)
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

// MarshalText writes it.
func (d textDuration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func getHealth(*Server, *http.Request) (status int, answer any, err error) {
	return http.StatusOK, map[string]string{"status": "ok"}, nil
}

func postReset(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, map[string]string{"restored": Start}, s.Reset()
}

// named is the body of what concerns a snapshot.
type named struct {
	Name string `json:"name"`
}

func getSnapshots(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, map[string]any{"snapshots": s.Snapshots()}, nil
}

func postSnapshot(s *Server, r *http.Request) (status int, answer any, err error) {
	var body named
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Name == "" || len(body.Name) > 100 {
		return 0, nil, refusef(http.StatusBadRequest, "name is missing, or longer than 100 bytes")
	}
	s.Snapshot(body.Name)
	return http.StatusCreated, body, nil
}

func postRestore(s *Server, r *http.Request) (status int, answer any, err error) {
	var body named
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	if err := s.Restore(body.Name); err != nil {
		return 0, nil, refusef(http.StatusNotFound, "%v", err)
	}
	return http.StatusOK, body, nil
}

func getScenario(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, map[string]any{"ids": s.Loaded()}, nil
}

// postScenario takes the YAML as it is in a file.
func postScenario(s *Server, r *http.Request) (status int, answer any, err error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains([]string{"application/yaml", "application/x-yaml", "text/yaml"}, media) {
		return 0, nil, refusef(http.StatusUnsupportedMediaType, "the body must be application/yaml")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxAdminBody))
	if err != nil {
		return 0, nil, refusef(http.StatusRequestEntityTooLarge, "body: %v", err)
	}
	scenario, err := ParseScenario(raw)
	if err != nil {
		return 0, nil, refusef(http.StatusBadRequest, "%v", err)
	}
	ids, err := s.Load(scenario)
	if err != nil {
		return 0, nil, refusef(http.StatusConflict, "%v", err)
	}
	return http.StatusCreated, map[string]any{"ids": ids}, nil
}

func getTrace(s *Server, r *http.Request) (status int, answer any, err error) {
	from := 0
	if text := r.URL.Query().Get("from"); text != "" {
		if _, err := fmt.Sscanf(text, "%d", &from); err != nil || from < 0 || strings.TrimLeft(text, "0123456789") != "" {
			return 0, nil, refusef(http.StatusBadRequest, "from is not the number of a request")
		}
	}
	type entry struct {
		TraceEntry

		Took string `json:"took"`
	}
	entries := []entry{}
	for _, e := range s.Trace(from) {
		entries = append(entries, entry{e, e.Took.String()})
	}
	return http.StatusOK, map[string]any{"requests": entries}, nil
}

func getCounters(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, s.Counters(), nil
}

func getUnsupported(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, map[string]any{"unsupported": append([]string{}, s.Unsupported()...)}, nil
}

func getClock(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, map[string]any{"now": s.now(), "settable": s.opts.Advance != nil}, nil
}

// postClock sets the clock forward; what is due by then has happened when it answers.
func postClock(s *Server, r *http.Request) (status int, answer any, err error) {
	var body struct {
		Advance textDuration `json:"advance"`
	}
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	switch {
	case s.opts.Advance == nil:
		return 0, nil, refusef(http.StatusConflict, "this mock runs on a clock that cannot be set")
	case body.Advance <= 0:
		return 0, nil, refusef(http.StatusBadRequest, "advance is missing, or does not go forward")
	}
	s.opts.Advance(time.Duration(body.Advance))
	s.advance()
	return getClock(s, r)
}
