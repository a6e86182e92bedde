package api

import (
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

// handler answers a request or returns an error for [api.fail] to answer.
type handler func(http.ResponseWriter, *http.Request) error

// table is the whole API: path, method, handler. HEAD is served as GET.
func (a *api) table() map[string]map[string]handler {
	return map[string]map[string]handler{
		"/v1/callbacks":             {http.MethodGet: a.list, http.MethodPost: a.create},
		"/v1/callbacks/{id}":        {http.MethodGet: a.read, http.MethodPatch: a.change, http.MethodDelete: a.cancel},
		"/v1/callbacks/{id}/events": {http.MethodGet: a.follow},
		"/v1/queues":                {http.MethodGet: a.queues},
		"/v1/queues/{id}":           {http.MethodGet: a.queue},
		"/v1/queues/{id}/wait":      {http.MethodGet: a.queueWait},
		"/v1/queues/{id}/slots":     {http.MethodGet: a.slots},
		"/v1/queues/{id}/holds":     {http.MethodPost: a.holdSlot},
		"/v1/holds/{slotId}":        {http.MethodDelete: a.release},
		"/v1/erasures":              {http.MethodPost: a.erase},
		"/mcp":                      {http.MethodPost: a.agent},
		"/healthz":                  {http.MethodGet: a.health},
		"/readyz":                   {http.MethodGet: a.ready},
	}
}

// routes matches paths with net/http and methods itself, because the mux
// answers 404, 405 and untidy paths in plain text and HTML.
func (a *api) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, methods := range a.table() {
		mux.Handle(pattern, a.answer(a.byMethod(methods)))
	}
	for path, page := range a.pages() {
		mux.Handle(path, a.answer(a.byMethod(map[string]handler{http.MethodGet: page})))
	}
	nothing := a.answer(func(http.ResponseWriter, *http.Request) error {
		return &problem{kind: notFound, detail: "There is no such resource."}
	})
	mux.Handle("/", nothing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tidy(r.URL.Path) {
			mux.ServeHTTP(w, r)
			return
		}
		nothing.ServeHTTP(w, r)
	})
}

// tidy tells whether the mux takes a path as it is instead of redirecting.
func tidy(p string) bool {
	return strings.HasPrefix(p, "/") && (path.Clean(p) == p || path.Clean(p)+"/" == p)
}

func (a *api) byMethod(methods map[string]handler) handler {
	allow := slices.Collect(maps.Keys(methods))
	if get, ok := methods[http.MethodGet]; ok {
		methods[http.MethodHead] = get
		allow = append(allow, http.MethodHead)
	}
	slices.Sort(allow)
	return func(w http.ResponseWriter, r *http.Request) error {
		if h, ok := methods[r.Method]; ok {
			return h(w, r)
		}
		if a.preflight(w, r, allow) {
			return nil
		}
		return &problem{kind: badMethod, header: map[string]string{"Allow": strings.Join(allow, ", ")}}
	}
}

func (a *api) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			a.fail(w, r, err)
		}
	})
}
