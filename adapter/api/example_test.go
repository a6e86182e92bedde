package api_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"directcallback/adapter/api"
)

// A backend asks for a callback on behalf of a customer, who gets the link and
// the manage token. In earnest, Service is a *service.Service.
func Example() {
	handler, err := api.New(api.Options{
		Service: &backend{},
		Token:   "a-random-token-of-32-characters-or-more",
		Now:     func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) },
		NewID:   func() string { return "0195611c-1c00-7000-8000-000000000001" },
		Logger:  slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/callbacks", strings.NewReader(`{
		"phone": "+33155501234",
		"queueId": "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61",
		"when": "asap",
		"consent": {"given": true, "at": "2026-03-04T11:59:30Z", "text": "Call me back on this number."}
	}`))
	r.Header.Set("Authorization", "Bearer a-random-token-of-32-characters-or-more")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "order-4711")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)

	var answer struct {
		State       string
		Place       int
		ManageToken string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Code, w.Header().Get("Location"))
	fmt.Println(answer.State, answer.Place, strings.HasPrefix(answer.ManageToken, "dcm_"))
	// Output:
	// 201 /v1/callbacks/0195611c-1c00-7000-8000-000000000001
	// waiting 3 true
}
