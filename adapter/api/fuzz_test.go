package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzPost wants an answer that is JSON for every body, and never a 5xx.
func FuzzPost(f *testing.F) {
	for _, body := range []string{
		order(nil), order(window(1e12, 2e13)), `{}`, `[]`, `null`, `"`, "\xff", `{"a":{"a":{"a":[[[[1e999]]]]}}}`,
		`{"phone":"+33155501234","phone":1}`, `{"when":{"slotId":"x"},"attributes":{"\ud800":"\u0000"}}`, strings.Repeat("[", 10_000),
		order(map[string]any{"consent": map[string]any{"given": true, "at": "0000-01-01T00:00:00+23:59", "text": "x"}}),
	} {
		f.Add(body)
	}
	h := handler(f, options(&backend{}))
	f.Fuzz(func(t *testing.T, body string) {
		got := post(body).to(t, h)
		switch {
		case got.Code == http.StatusCreated:
		case got.Code >= 500 || got.Code < 400:
			t.Errorf("status %d for %q", got.Code, body)
		case got.problem(t) == "":
			t.Errorf("a problem without type for %q: %s", body, got.Body)
		}
	})
}
