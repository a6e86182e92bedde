package browsertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"directcallback/adapter/api/demo"
	"directcallback/adapter/api/docs"
	"directcallback/adapter/api/widget"
)

// desk is a service that says what a test tells it to: what the real one says seldom, or
// not on demand. How the real one behaves is shown with the real one.
type desk struct {
	address string

	mu       sync.Mutex
	queue    map[string]any         // guarded by mu, like all below
	wait     map[string]any         // nil = the answer is an error
	slots    []slot                 //
	refusals map[string][]refusal   // by method and path's end: the next answers
	callback map[string]any         // nil = nobody asked
	version  int                    //
	received []received             // requests that change something
	changed  map[chan struct{}]bool // streams
}

type slot struct {
	ID    string    `json:"slotId"`
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// refusal is an answer that says no; status 0 breaks off.
type refusal struct {
	status     int
	kind       string
	retryAfter string
	members    map[string]any
}

type received struct {
	what, key, match, token string // match: If-Match, or the Last-Event-ID of a stream
	body                    map[string]any
}

const (
	deskQueue = "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"
	deskToken = "dcm_b3BlbnMtbm90aGluZy1pdC1pcy1hbi1leGFtcGxlLTE"
)

// openDesk starts a desk that is open and has times from tomorrow on.
func openDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{
		queue: map[string]any{
			"id": deskQueue, "name": "Billing", "open": true, "nextOpening": nil, "timeZone": "Europe/Paris",
			"languages": []string{"en", "fr"}, "callbackOffered": true,
		},
		wait:     map[string]any{"callsWaiting": 3, "estimatedWait": map[string]any{"seconds": 600, "source": "average", "p50Seconds": 500, "p90Seconds": 710}},
		refusals: map[string][]refusal{}, changed: map[chan struct{}]bool{},
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	year, month, day := time.Now().In(paris).Date()
	for ahead := 1; ahead <= 7; ahead++ {
		for half := range 18 {
			start := time.Date(year, month, day+ahead, 9, 30*half, 0, 0, paris)
			if start.Weekday() != time.Sunday {
				d.slots = append(d.slots, slot{fmt.Sprintf("s-%d-%d", ahead, half), start, start.Add(30 * time.Minute)})
			}
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /widget.js", widget.Script())
	pages, err := demo.New(demo.Options{Queue: deskQueue, Key: "dck_for-the-browser-tests"})
	if err != nil {
		t.Fatal(err)
	}
	for path, page := range pages {
		mux.Handle("GET "+path, page)
	}
	document, err := os.ReadFile("../../../adapter/api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	reference, err := docs.New(document)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("GET /docs", reference.Reference)
	mux.Handle("GET /docs/reference.css", reference.Style)
	mux.HandleFunc("GET /plain", plain)
	mux.HandleFunc("/v1/", d.serve)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { d.change(nil) })
	d.address = server.URL
	return d
}

// plain is a page that has nothing but the element, with words of its own, under a policy
// that lets its scripts in and nothing else.
func plain(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en-US"><title>Plain</title><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<script type="module" src="/widget.js"></script><main><h1>Plain</h1>
<direct-callback queue=%q key="dck_for-the-browser-tests"><script type="application/json">{"title": "Talk to a person"}</script></direct-callback></main>`, deskQueue)
}

// change changes what the desk says. Streams tell it at once; nil ends them.
func (d *desk) change(how func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if how != nil {
		how()
		d.version++
	}
	for stream := range d.changed {
		if how == nil {
			close(stream)
			delete(d.changed, stream)
			continue
		}
		select {
		case stream <- struct{}{}:
		default: // it has not told the last one yet
		}
	}
}

// becomes changes the callback.
func (d *desk) becomes(members map[string]any) {
	d.change(func() { maps.Copy(d.callback, members) })
}

// refuse makes the next answers to requests like "POST callbacks" no.
func (d *desk) refuse(what string, no ...refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refusals[what] = append(d.refusals[what], no...)
}

// got are the requests of a kind that came so far.
func (d *desk) got(what string) []received {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []received
	for _, r := range d.received {
		if r.what == what {
			all = append(all, r)
		}
	}
	return all
}

func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/") // v1 queues ID wait
	what := r.Method + " " + path[len(path)-1]
	if path[1] == "callbacks" && len(path) == 3 {
		what = r.Method + " callback"
	}
	if path[1] == "holds" {
		what = r.Method + " hold"
	}
	if what == "GET events" {
		d.stream(w, r)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	got := received{what: what, key: r.Header.Get("Idempotency-Key"), match: r.Header.Get("If-Match"), token: strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")}
	_ = json.NewDecoder(r.Body).Decode(&got.body)
	d.received = append(d.received, got)
	if no := d.refusals[what]; len(no) > 0 {
		d.refusals[what] = no[1:]
		no[0].answer(w)
		return
	}
	d.answer(w, what, got)
}

func (d *desk) answer(w http.ResponseWriter, what string, got received) {
	switch what {
	case "GET " + deskQueue:
		tell(w, http.StatusOK, d.queue)
	case "GET wait":
		tell(w, http.StatusOK, d.wait)
	case "GET slots":
		tell(w, http.StatusOK, map[string]any{"queueId": deskQueue, "timeZone": "Europe/Paris", "items": d.slots})
	case "POST holds":
		s := d.find(got.body["slotId"])
		tell(w, http.StatusCreated, map[string]any{"slotId": "held-" + s.ID, "start": s.Start, "end": s.End, "until": time.Now().Add(2 * time.Minute)})
	case "POST callbacks":
		d.callback = map[string]any{
			"id": "c-1", "queueId": deskQueue, "queueName": "Billing", "attempts": 0, "channel": "web", "reason": nil, "phone": got.body["phone"],
			"links": map[string]string{"self": "/v1/callbacks/c-1", "change": "/v1/callbacks/c-1", "cancel": "/v1/callbacks/c-1"},
		}
		d.place(got.body["when"])
		created := maps.Clone(d.callback)
		created["manageToken"] = deskToken
		d.tag(w)
		tell(w, http.StatusCreated, created)
	case "GET callback":
		d.tag(w)
		tell(w, http.StatusOK, d.callback)
	case "PATCH callback":
		if phone, ok := got.body["phone"]; ok {
			d.callback["phone"] = phone
		}
		d.place(got.body["when"])
		d.version++
		d.tag(w)
		tell(w, http.StatusOK, d.callback)
	case "DELETE callback":
		d.callback["state"], d.callback["links"], d.callback["place"] = "cancelled", map[string]string{"self": "/v1/callbacks/c-1"}, nil
		d.version++
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// place puts the callback in line, or at its time.
func (d *desk) place(when any) {
	switch when := when.(type) {
	case string:
		maps.Copy(d.callback, map[string]any{"state": "waiting", "place": 4, "window": nil, "estimatedWait": d.wait["estimatedWait"]})
	case map[string]any:
		s := d.find(when["slotId"])
		maps.Copy(d.callback, map[string]any{"state": "scheduled", "place": nil, "window": map[string]any{"start": s.Start, "end": s.End}, "estimatedWait": nil})
	}
}

func (d *desk) find(id any) slot {
	for _, s := range d.slots {
		if name, _ := id.(string); strings.TrimPrefix(name, "held-") == s.ID {
			return s
		}
	}
	panic(fmt.Sprint("no such slot: ", id))
}

func (d *desk) tag(w http.ResponseWriter) {
	w.Header().Set("ETag", fmt.Sprintf(`"%d-abcdefghijkl"`, d.version))
}

// stream tells the callback whenever it changes, as awkwardly as an event can be
// written: in lines that end in each of three ways, byte by byte.
func (d *desk) stream(w http.ResponseWriter, r *http.Request) {
	changed := make(chan struct{}, 1)
	d.mu.Lock()
	if no := d.refusals["GET events"]; len(no) > 0 {
		d.refusals["GET events"] = no[1:]
		d.mu.Unlock()
		no[0].answer(w)
		return
	}
	d.changed[changed] = true
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.changed, changed)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		d.mu.Lock()
		body, _ := json.MarshalIndent(d.callback, "data:", " ") // a line of data for each
		event := fmt.Sprintf(": keep-alive\r\nid: %d-abcdefghijkl\nevent: callback\rdata: %s\n\r\n", d.version, body)
		d.mu.Unlock()
		for _, piece := range strings.SplitAfter(event, "") {
			_, _ = w.Write([]byte(piece))
			w.(http.Flusher).Flush()
		}
		select {
		case _, open := <-changed:
			if !open {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (no refusal) answer(w http.ResponseWriter) {
	if no.status == 0 {
		w.Header().Set("Content-Length", "100") // a browser would repeat a request to which nothing at all came back
		_, _ = w.Write([]byte("{"))
		return
	}
	body := map[string]any{"type": "/problems/" + no.kind, "title": no.kind, "status": no.status, "requestId": "r-1"}
	maps.Copy(body, no.members)
	if no.retryAfter != "" {
		w.Header().Set("Retry-After", no.retryAfter)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(no.status)
	_ = json.NewEncoder(w).Encode(body)
}

func tell(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
