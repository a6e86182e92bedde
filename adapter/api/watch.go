package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// requestIDHeader names a request in answers and logs. The id is always ours:
// one that a client chose could carry anything into the log.
const requestIDHeader = "X-Request-Id"

// watch wraps everything: headers that every answer carries, the access log,
// and what is left of a panic.
func (a *api) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := a.o.Now()
		r = r.WithContext(service.WithTrace(r.Context(), adapter.ParseTrace(r.Header.Get("Traceparent"))))
		r, visit := visiting(w, r)
		header := w.Header()
		header.Set(requestIDHeader, a.o.NewID())
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Vary", "Origin")
		recorder := &recorder{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				a.panicked(recorder, r, p)
			}
			a.log(recorder, r, visit, a.o.Now().Sub(started))
		}()
		next.ServeHTTP(recorder, r)
	})
}

// log writes the access log line. The path and the method of unknown requests
// are the client's own text, so neither is written down.
func (a *api) log(w *recorder, r *http.Request, v *visit, took time.Duration) {
	route, method, level := r.Pattern, r.Method, slog.LevelInfo
	if route == "" || route == "/" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	if route == "/healthz" || route == "/readyz" {
		level = slog.LevelDebug // every few seconds, from every probe
	}
	line := []any{"request_id", w.Header().Get(requestIDHeader), "method", method, "route", route, "status", w.status, "duration", took}
	if name := v.caller.name(); name != "" {
		line = append(line, "caller", name)
	}
	if v.refusal != "" {
		line = append(line, "refusal", v.refusal)
	}
	a.o.Logger.Log(r.Context(), level, "request", line...)
}

// panicked answers 500. Of the panic it logs where it was and of which type,
// because its text may quote what a client sent; the runtime's own texts do not.
func (a *api) panicked(w *recorder, r *http.Request, p any) {
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this too
		panic(p)
	}
	text := fmt.Sprintf("%T", p)
	if err, ok := p.(runtime.Error); ok {
		text = err.Error()
	}
	a.o.Logger.ErrorContext(r.Context(), "panic",
		"request_id", w.Header().Get(requestIDHeader), "route", r.Pattern, "panic", text, "stack", string(debug.Stack()))
	if w.status == 0 {
		a.fail(w, r, &problem{kind: internal, detail: "The request id helps to find out what."})
	}
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the first final status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write is a 200 unless another status was written.
func (w *recorder) Write(body []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController find the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
