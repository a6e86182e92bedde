package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/api"
	"directcallback/adapter/service"
)

var errClosed = errors.New("store is closed")

func refuse(err error) *backend {
	return &backend{
		getErr: err,
		request: func(service.Request) (service.Receipt, error) {
			return service.Receipt{}, fmt.Errorf("request: %w", err)
		},
	}
}

// tooLate is a backend whose callback is past cancelling.
func tooLate(state adapter.State) *backend {
	view := service.View{Callback: adapter.Callback{ID: "c", State: state, Reason: "internal words"}}
	return &backend{view: view, cancel: fmt.Errorf("the callback is %s: %w", state, adapter.ErrTooLate)}
}

func cancelled(c adapter.Callback) *backend { return &backend{after: service.View{Callback: c}} }

func TestEveryStatus(t *testing.T) {
	t.Parallel()
	get := call{method: "GET", path: "/v1/callbacks/c", token: secret}
	remove := call{method: "DELETE", path: "/v1/callbacks/c", token: secret}
	good := post(order(nil))

	for name, test := range map[string]struct {
		backend *backend
		call    call
		status  int
		kind    string
		header  string // Name: value
	}{
		"created":                         {&backend{}, good, 201, "", "Location: /v1/callbacks/c-2"},
		"shown":                           {&backend{}, get, 200, "", "Cache-Control: no-store"},
		"shown without body":              {&backend{}, call{method: "HEAD", path: get.path, token: secret}, 200, "", "X-Content-Type-Options: nosniff"},
		"cancelled":                       {cancelled(adapter.Callback{State: adapter.StateCancelled}), remove, 204, "", ""},
		"cancelling":                      {cancelled(adapter.Callback{State: adapter.StateCancelling, After: adapter.StateCancelled}), remove, 202, "", ""},
		"cancelling while being asked":    {cancelled(adapter.Callback{State: adapter.StateDispatching, After: adapter.StateCancelled}), remove, 202, "", ""},
		"cancelling without a reply":      {cancelled(adapter.Callback{State: adapter.StateUncertain, After: adapter.StateCancelled}), remove, 202, "", ""},
		"too late: accepted":              {tooLate(adapter.StateAccepted), remove, 409, "too-late", ""},
		"too late: completed":             {tooLate(adapter.StateCompleted), remove, 409, "too-late", ""},
		"no token":                        {&backend{}, as(get, ""), 401, "unauthorized", `WWW-Authenticate: Bearer realm="directcallback"`},
		"wrong token":                     {&backend{}, as(get, "nonsense"), 401, "unauthorized", `WWW-Authenticate: Bearer realm="directcallback", error="invalid_token"`},
		"another scheme":                  {&backend{}, with(get, "Authorization", "Basic "+secret), 401, "unauthorized", ""},
		"scheme in lower case":            {&backend{}, with(get, "Authorization", "bearer "+secret), 200, "", ""},
		"manage token asks for a new one": {&backend{}, as(good, stranger), 403, "forbidden", ""},
		"manage token of another":         {&backend{view: service.View{Callback: adapter.Callback{ManageHash: strings.Repeat("a", 64)}}}, as(get, stranger), 404, "not-found", ""},
		"manage token, callback has none": {&backend{}, as(get, stranger), 404, "not-found", ""},
		"manage token cancels another":    {&backend{}, as(remove, stranger), 404, "not-found", ""},
		"unknown id":                      {refuse(adapter.ErrNotFound), get, 404, "not-found", ""},
		"cancel of an unknown id":         {refuse(adapter.ErrNotFound), remove, 404, "not-found", ""},
		"id longer than any":              {&backend{}, call{method: "GET", path: "/v1/callbacks/" + strings.Repeat("x", 65), token: secret}, 404, "not-found", ""},
		"no such path":                    {&backend{}, call{method: "GET", path: "/v2"}, 404, "not-found", ""},
		"untidy path":                     {&backend{}, call{method: "POST", path: "//v1//callbacks", token: secret}, 404, "not-found", ""},
		"path with a slash at the end":    {&backend{}, call{method: "GET", path: "/v1/callbacks/", token: secret}, 404, "not-found", ""},
		"path out of the path":            {&backend{}, call{method: "GET", path: "/v1/callbacks/%2e%2e", token: secret}, 404, "not-found", ""},
		"method of a collection":          {&backend{}, call{method: "PUT", path: "/v1/callbacks", token: secret}, 405, "method-not-allowed", "Allow: GET, HEAD, POST"},
		"method of a callback":            {&backend{}, call{method: "PUT", path: "/v1/callbacks/c", token: secret}, 405, "method-not-allowed", "Allow: DELETE, GET, HEAD, PATCH"},
		"key missing":                     {&backend{}, with(good, "Idempotency-Key", ""), 400, "invalid-idempotency-key", ""},
		"key too long":                    {&backend{}, with(good, "Idempotency-Key", strings.Repeat("k", 256)), 400, "invalid-idempotency-key", ""},
		"key of 255":                      {&backend{}, with(good, "Idempotency-Key", strings.Repeat("k", 255)), 201, "", ""},
		"key with a space":                {&backend{}, with(good, "Idempotency-Key", "a b"), 400, "invalid-idempotency-key", ""},
		"no content type":                 {&backend{}, with(good, "Content-Type", ""), 415, "unsupported-media-type", "Accept-Post: application/json"},
		"another content type":            {&backend{}, with(good, "Content-Type", "text/plain"), 415, "unsupported-media-type", ""},
		"another charset":                 {&backend{}, with(good, "Content-Type", "application/json; charset=latin1"), 415, "unsupported-media-type", ""},
		"charset named":                   {&backend{}, with(good, "Content-Type", "application/json; charset=UTF-8"), 201, "", ""},
		"compressed":                      {&backend{}, with(good, "Content-Encoding", "gzip"), 415, "unsupported-media-type", ""},
		"64 KiB":                          {&backend{}, post(order(nil) + strings.Repeat(" ", 64<<10-len(order(nil)))), 201, "", ""},
		"more than 64 KiB":                {&backend{}, post(order(nil) + strings.Repeat(" ", 64<<10)), 413, "body-too-large", ""},
		"body cut":                        {&backend{}, call{method: "POST", path: good.path, token: secret, cut: true}, 400, "unreadable-body", ""},
		"changed while being cancelled":   {&backend{cancel: adapter.ErrConflict}, remove, 409, "conflict", ""},
		"malformed":                       {&backend{}, post(`{`), 400, "malformed-json", ""},
		"wrong fields":                    {&backend{}, post(`{}`), 422, "invalid-request", ""},
		"unknown queue":                   {refuse(adapter.ErrNotFound), good, 422, "invalid-request", ""},
		"key reused":                      {refuse(service.ErrKeyReused), good, 422, "idempotency-key-reused", ""},
		"not offered":                     {refuse(fmt.Errorf("%w: the queue is paused", adapter.ErrNotOffered)), good, 409, "not-offered", ""},
		"changed meanwhile":               {refuse(adapter.ErrConflict), good, 409, "conflict", "Retry-After: 1"},
		"a second one came first":         {refuse(adapter.ErrDuplicate), good, 409, "conflict", ""},
		"store closed":                    {refuse(errClosed), good, 503, "unavailable", "Retry-After: 5"},
		"store closed, reading":           {refuse(errClosed), get, 503, "unavailable", ""},
		"out of time":                     {refuse(context.DeadlineExceeded), get, 503, "unavailable", ""},
		"what nobody expected":            {refuse(errors.New("disk on fire")), get, 500, "internal", ""},
		"alive":                           {&backend{}, call{method: "GET", path: "/healthz"}, 200, "", ""},
		"ready":                           {&backend{}, call{method: "GET", path: "/readyz"}, 200, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(test.backend)
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			got := test.call.to(t, handler(t, o)).wants(t, test.status)
			if test.kind != "" {
				if kind := got.problem(t); kind != test.kind {
					t.Errorf("problem %s, want %s", kind, test.kind)
				}
			}
			if name, value, ok := strings.Cut(test.header, ": "); ok && got.Header().Get(name) != value {
				t.Errorf("%s %q, want %q", name, got.Header().Get(name), value)
			}
			if strings.Contains(got.Body.String(), "fire") {
				t.Errorf("the answer tells what went wrong inside: %s", got.Body)
			}
		})
	}
}

// What can go wrong with every call goes wrong in the same way.
func TestEveryCallFailsAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []call{
		post(order(nil)),
		{method: "GET", path: "/v1/callbacks/c"},
		{method: "DELETE", path: "/v1/callbacks/c"},
	} {
		for _, test := range []struct {
			token  string
			err    error
			status int
		}{
			{"", nil, 401}, {"nonsense", nil, 401}, {secret, errClosed, 503}, {secret, context.Canceled, 503}, {secret, errors.New("disk on fire"), 500},
		} {
			c.token = test.token
			o := options(refuse(test.err))
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			c.to(t, handler(t, o)).wants(t, test.status).problem(t)
		}
	}
}

func TestTooLateTellsHowFar(t *testing.T) {
	t.Parallel()
	remove := call{method: "DELETE", path: "/v1/callbacks/c", token: secret}
	got := remove.to(t, handler(t, options(tooLate(adapter.StateConnected)))).wants(t, http.StatusConflict)
	if got.text("state") != "connected" || got.text("detail") != "A representative is taking care of it." {
		t.Errorf("got %v", got.body)
	}
	got = remove.to(t, handler(t, options(tooLate(adapter.StateFailed)))).wants(t, http.StatusConflict)
	if got.text("state") != "failed" || got.text("detail") != "internal words" {
		t.Errorf("got %v", got.body)
	}
}

func TestNotOfferedSaysWhy(t *testing.T) {
	t.Parallel()
	b := refuse(fmt.Errorf("%w: the queue is paused", adapter.ErrNotOffered))
	if got := post(order(nil)).to(t, handler(t, options(b))); got.text("detail") != "the queue is paused" {
		t.Errorf("got %v", got.body)
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	o := options(&backend{})
	o.Ready = func(context.Context) error { return errors.New("no settings yet") }
	h := handler(t, o)
	got := call{method: "GET", path: "/readyz"}.to(t, h).wants(t, http.StatusServiceUnavailable)
	if got.problem(t) != "not-ready" || strings.Contains(got.Body.String(), "settings") {
		t.Errorf("got %s", got.Body)
	}
	call{method: "GET", path: "/healthz"}.to(t, h).wants(t, http.StatusOK)
}

func TestPanicIsAProblem(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	o := options(&backend{request: func(q service.Request) (service.Receipt, error) { panic(q.Callback.Phone.E164()) }})
	o.Logger = logTo(&log)
	got := post(order(nil)).to(t, handler(t, o)).wants(t, http.StatusInternalServerError)
	if got.problem(t) != "internal" {
		t.Errorf("got %s", got.Body)
	}
	if !strings.Contains(log.String(), `"panic":"string"`) || strings.Contains(log.String(), number) {
		t.Errorf("log: %s", log.String())
	}
}

func TestAbortedRequestsAreLeftToTheServer(t *testing.T) {
	t.Parallel()
	o := options(&backend{request: func(service.Request) (service.Receipt, error) { panic(http.ErrAbortHandler) }})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // the very value
			t.Errorf("recovered %v", p)
		}
	}()
	post(order(nil)).to(t, handler(t, o))
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*api.Options){
		"no backend":             func(o *api.Options) { o.Service = nil },
		"no clock":               func(o *api.Options) { o.Now = nil },
		"no ids":                 func(o *api.Options) { o.NewID = nil },
		"no logger":              func(o *api.Options) { o.Logger = nil },
		"no token":               func(o *api.Options) { o.Token = "" },
		"short token":            func(o *api.Options) { o.Token = "0123456789abcdef0123456789abcde" },
		"token with a space":     func(o *api.Options) { o.Token = secret + " " + secret },
		"default queue, no GUID": func(o *api.Options) { o.DefaultQueue = "billing" },
	} {
		o := options(&backend{})
		change(&o)
		if _, err := api.New(o); err == nil || strings.Contains(err.Error(), "0123") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
