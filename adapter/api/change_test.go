package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// patch is a change of the callback c, which is at version 7 unless told otherwise.
func patch(body string) call {
	return call{method: http.MethodPatch, path: "/v1/callbacks/c", body: body, token: secret, header: map[string]string{"If-Match": `"7-GVn0CwlQ5Kxy"`}}
}

const sooner = `{"when":"asap"}`

func TestChangeStatuses(t *testing.T) {
	t.Parallel()
	at7 := func(b backend) *backend {
		b.view.Callback.Version = 7
		return &b
	}
	fails := func(err error) *backend { return at7(backend{change: err}) }
	is := func(c adapter.Callback) service.View { return service.View{Callback: c} }
	for name, test := range map[string]struct {
		backend *backend
		call    call
		status  int
		kind    string
		header  string
	}{
		"changed":                     {at7(backend{}), patch(sooner), 200, "", ""},
		"Dynamics must let go":        {at7(backend{after: is(adapter.Callback{State: adapter.StateCancelling, After: adapter.StateWaiting})}), patch(sooner), 202, "", ""},
		"it is noted":                 {at7(backend{after: is(adapter.Callback{State: adapter.StateUncertain, Wish: adapter.Wish{Moved: true}})}), patch(sooner), 202, "", ""},
		"no token":                    {at7(backend{}), as(patch(sooner), ""), 401, "unauthorized", ""},
		"unknown":                     {&backend{getErr: adapter.ErrNotFound}, patch(sooner), 404, "not-found", ""},
		"manage token of another":     {at7(backend{}), as(patch(sooner), stranger), 404, "not-found", ""},
		"no If-Match":                 {at7(backend{}), with(patch(sooner), "If-Match", ""), 428, "precondition-required", ""},
		"however it is":               {at7(backend{}), with(patch(sooner), "If-Match", "*"), 200, "", ""},
		"one of several":              {at7(backend{}), with(patch(sooner), "If-Match", `"6-a", "7-b"`), 200, "", ""},
		"another version":             {at7(backend{}), with(patch(sooner), "If-Match", `"6-GVn0CwlQ5Kxy"`), 412, "precondition-failed", ""},
		"a weak tag":                  {at7(backend{}), with(patch(sooner), "If-Match", `W/"7-GVn0CwlQ5Kxy"`), 412, "precondition-failed", ""},
		"not a tag of ours":           {at7(backend{}), with(patch(sooner), "If-Match", `7`), 412, "precondition-failed", ""},
		"changed meanwhile":           {fails(adapter.ErrConflict), patch(sooner), 412, "precondition-failed", ""},
		"changed at the same moment":  {fails(adapter.ErrConflict), with(patch(sooner), "If-Match", "*"), 409, "conflict", "Retry-After: 1"},
		"too late":                    {fails(adapter.ErrTooLate), patch(sooner), 409, "too-late", ""},
		"the number waits already":    {fails(&service.DuplicateError{Of: "d"}), patch(sooner), 409, "duplicate", ""},
		"the window is over":          {fails(service.ErrWindowOver), patch(sooner), 422, "invalid-request", ""},
		"not JSON":                    {at7(backend{}), patch(`{`), 400, "malformed-json", ""},
		"cut":                         {at7(backend{}), call{method: "PATCH", path: "/v1/callbacks/c", token: secret, cut: true, header: map[string]string{"If-Match": "*", "Content-Type": "application/json"}}, 400, "unreadable-body", ""},
		"too large":                   {at7(backend{}), patch(sooner + strings.Repeat(" ", 64<<10)), 413, "body-too-large", ""},
		"another type":                {at7(backend{}), with(patch(sooner), "Content-Type", "text/plain"), 415, "unsupported-media-type", "Accept-Patch: application/json"},
		"a parameter":                 {at7(backend{}), call{method: "PATCH", path: "/v1/callbacks/c?force=1", body: sooner, token: secret}, 422, "invalid-request", ""},
		"nothing is to be different":  {at7(backend{}), patch(`{}`), 422, "invalid-request", ""},
		"what nobody expected":        {fails(errors.New("disk on fire")), patch(sooner), 500, "internal", ""},
		"the store is away":           {fails(errClosed), patch(sooner), 503, "unavailable", ""},
		"what is wrong with a window": {at7(backend{}), patch(`{"when":{"start":"2026-03-05T10:00:00Z","end":"2026-03-05T09:00:00Z"},"timeZone":"Europe/Paris"}`), 422, "invalid-request", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(test.backend)
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			got := test.call.to(t, handler(t, o)).wants(t, test.status)
			if test.kind != "" && got.problem(t) != test.kind {
				t.Errorf("problem %s, want %s", got.problem(t), test.kind)
			}
			if name, value, ok := strings.Cut(test.header, ": "); ok && got.Header().Get(name) != value {
				t.Errorf("%s %q, want %q", name, got.Header().Get(name), value)
			}
		})
	}
}

func TestWhatIsAskedToChange(t *testing.T) {
	t.Parallel()
	phone, err := adapter.ParsePhone("+33155505678")
	if err != nil {
		t.Fatal(err)
	}
	tomorrow := &adapter.Window{Start: noon.Add(24 * time.Hour), End: noon.Add(25 * time.Hour)}
	for body, want := range map[string]service.Change{
		sooner:                          {When: &adapter.Window{}, Version: 7, Reason: "changed through the API"},
		`{"phone":"+33 1 55 50 56 78"}`: {Phone: phone, Version: 7, Reason: "changed through the API"},
		`{"timeZone":"Asia/Tokyo"}`:     {TimeZone: "Asia/Tokyo", Version: 7, Reason: "changed through the API"},
		`{"when":{"start":"2026-03-05T13:00:00+01:00","end":"2026-03-05T13:00:00Z"},"timeZone":"Europe/Paris"}`: {When: tomorrow, TimeZone: "Europe/Paris", Version: 7, Reason: "changed through the API"},
	} {
		b := &backend{view: service.View{Callback: adapter.Callback{Version: 7}}}
		patch(body).to(t, handler(t, options(b))).wants(t, http.StatusOK)
		if diff := cmp.Diff(want, b.asked, cmp.Comparer(func(a, b adapter.Phone) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestWrongChanges(t *testing.T) {
	t.Parallel()
	const day = `"when":{"start":"2026-03-05T10:00:00Z","end":"2026-03-05T11:00:00Z"}`
	for body, want := range map[string][]string{
		`{}`:                   {""},
		`[]`:                   {""},
		`{"name":"Zoë"}`:       {"name"},
		`{` + day + `}`:        {"timeZone"},
		`{"phone":1,"when":2}`: {"phone", "when"},
		`{"phone":"+1 55","when":"later","timeZone":"Mars"}`:                              {"phone", "when", "timeZone"},
		`{"when":{"start":"2026-03-05T10:00:00Z"},"timeZone":"Europe/Paris"}`:             {"when.end"},
		`{"when":{"start":"2026-03-05T10:00:00Z","end":1,"x":2},"timeZone":"Asia/Tokyo"}`: {"when.end", "when.x"},
	} {
		got := patch(body).to(t, handler(t, options(&backend{view: service.View{Callback: adapter.Callback{Version: 7}}}))).wants(t, http.StatusUnprocessableEntity)
		if diff := cmp.Diff(want, got.wrong()); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
	zoned := &backend{view: service.View{Callback: adapter.Callback{Version: 7, TimeZone: "Europe/Paris"}}}
	patch(`{`+day+`}`).to(t, handler(t, options(zoned))).wants(t, http.StatusOK)
}

func TestMoveAndCorrect(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.ahead(t)
	made := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	token, tag := made.text("manageToken"), made.Header().Get("ETag")
	change := func(body, tag string) call {
		c := at("PATCH", made, token)
		c.body, c.header = body, map[string]string{"If-Match": tag}
		return c
	}
	moved := change(`{"when":{"start":"2026-03-05T13:00:00Z","end":"2026-03-05T14:00:00Z"},"timeZone":"Europe/Paris","phone":"+33155505678"}`, tag).to(t, h).wants(t, http.StatusOK)
	if moved.text("state") != "scheduled" || moved.text("phone") != "+33155505678" || moved.text("timeZone") != "Europe/Paris" {
		t.Errorf("moved: %s", moved.Body)
	}
	change(sooner, tag).to(t, h).wants(t, http.StatusPreconditionFailed)
	if seen := at("GET", made, token).to(t, h); seen.Header().Get("ETag") != moved.Header().Get("ETag") {
		t.Error("the tag of the change is not that of the callback")
	}
	back := change(sooner, moved.Header().Get("ETag")).to(t, h).wants(t, http.StatusOK)
	if back.text("state") != "waiting" || back.body["window"] != nil {
		t.Errorf("moved back: %s", back.Body)
	}
	other := keyed("k-2", nil).to(t, h).wants(t, http.StatusCreated)
	got := change(`{"phone":"`+number+`"}`, "*").to(t, h).wants(t, http.StatusConflict)
	if got.problem(t) != "duplicate" || got.text("duplicateOf") != other.text("id") {
		t.Errorf("duplicate: %s", got.Body)
	}
	if links, _ := back.body["links"].(map[string]any); links["change"] != links["self"] {
		t.Errorf("links %v", links)
	}
	at("DELETE", made, token).to(t, h).wants(t, http.StatusNoContent)
	got = change(sooner, "*").to(t, h).wants(t, http.StatusConflict)
	if got.problem(t) != "too-late" || got.text("state") != "cancelled" {
		t.Errorf("after the end: %s", got.Body)
	}
}

// Parts of a tag that move with the line hold nobody up.
func TestTheLineMayMoveBeforeAChange(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.ahead(t)
	second := keyed("k-2", map[string]any{"phone": "+33155501235"}).to(t, h).wants(t, http.StatusCreated)
	h.clock.advance(time.Second)
	made := keyed("k-1", nil).to(t, h).wants(t, http.StatusCreated)
	at("DELETE", second, secret).to(t, h).wants(t, http.StatusNoContent)
	if seen := at("GET", made, secret).to(t, h); seen.Header().Get("ETag") == made.Header().Get("ETag") {
		t.Fatal("the line did not move")
	}
	c := at("PATCH", made, made.text("manageToken"))
	c.body, c.header = `{"phone":"+33155505678"}`, map[string]string{"If-Match": made.Header().Get("ETag")}
	c.to(t, h).wants(t, http.StatusOK)
}
