package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// see asks for a page, which may be something else than JSON.
func see(t *testing.T, h http.Handler, path, has string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://api.example"+path, nil)
	if has != "" {
		r.Header.Set("If-None-Match", has)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if theContract().operation(r) == nil {
		return w // what a page is made of
	}
	if err := theContract().check(r, w); err != nil {
		t.Errorf("%s: %.500v", path, err)
	}
	return w
}

func TestPagesAreServedToEverybody(t *testing.T) {
	t.Parallel()
	h := handler(t, options(&backend{}))
	for path, want := range map[string]struct{ mediaType, policy, holds string }{
		"/widget.js":          {"text/javascript; charset=utf-8", "default-src 'none'; frame-ancestors 'none'", "customElements.define('direct-callback'"},
		"/openapi.json":       {"application/json", "default-src 'none'; frame-ancestors 'none'", `"openapi": "3.1`},
		"/docs":               {"text/html; charset=utf-8", "style-src 'self'", `<article id="requestCallback">`},
		"/docs/reference.css": {"text/css; charset=utf-8", "default-src 'none'; frame-ancestors 'none'", "color-scheme: light dark"},
	} {
		w := see(t, h, path, "")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != want.mediaType || !strings.Contains(w.Body.String(), want.holds) {
			t.Errorf("%s: status %d, type %s, %d bytes", path, w.Code, w.Header().Get("Content-Type"), w.Body.Len())
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, want.policy) || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy %q", path, got)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: its type may be guessed", path)
		}
		if again := see(t, h, path, w.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s again: status %d, %d bytes", path, again.Code, again.Body.Len())
		}
	}
}

func TestTheWidgetMayBeLoadedByPagesOfEveryOrigin(t *testing.T) {
	t.Parallel()
	w := see(t, handler(t, options(&backend{})), "/widget.js", "")
	if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" {
		t.Errorf("header %v", w.Header())
	}
}

func TestTheDemoIsServedWhereItIsConfigured(t *testing.T) {
	t.Parallel()
	without := handler(t, options(&backend{}))
	call{method: http.MethodGet, path: "/demo"}.to(t, without).wants(t, http.StatusNotFound)

	o := options(&backend{})
	o.Demo = map[string]http.Handler{"/demo": http.RedirectHandler("/elsewhere", http.StatusSeeOther)}
	r := httptest.NewRequest(http.MethodGet, "http://api.example/demo", nil)
	w := httptest.NewRecorder()
	handler(t, o).ServeHTTP(w, r)
	if w.Code != http.StatusSeeOther {
		t.Errorf("status %d", w.Code)
	}
}
