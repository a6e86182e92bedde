package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

const contact = "7c1e9a52-3b84-4d06-8f27-a9d5e0c6b413"

func erase(body string) call {
	return call{method: "POST", path: "/v1/erasures", body: body, token: secret}
}

func TestErasureStatuses(t *testing.T) {
	t.Parallel()
	const good = `{"phone":"+33155501234","reason":"ticket 4711"}`
	for name, test := range map[string]struct {
		call   call
		err    error
		status int
		kind   string
	}{
		"erased":               {erase(good), nil, 200, ""},
		"no token":             {as(erase(good), ""), nil, 401, "unauthorized"},
		"a customer":           {as(erase(good), stranger), nil, 403, "forbidden"},
		"not JSON":             {erase(`{`), nil, 400, "malformed-json"},
		"cut":                  {call{method: "POST", path: "/v1/erasures", token: secret, cut: true}, nil, 400, "unreadable-body"},
		"too large":            {erase(good + strings.Repeat(" ", 64<<10)), nil, 413, "body-too-large"},
		"another type":         {with(erase(good), "Content-Type", "text/plain"), nil, 415, "unsupported-media-type"},
		"something is wrong":   {erase(`{}`), nil, 422, "invalid-request"},
		"something changed":    {erase(good), adapter.ErrConflict, 409, "conflict"},
		"what nobody expected": {erase(good), errors.New("disk on fire"), 500, "internal"},
		"the store is away":    {erase(good), errClosed, 503, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(&backend{eraseErr: test.err})
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			got := test.call.to(t, handler(t, o)).wants(t, test.status)
			if test.kind != "" && got.problem(t) != test.kind {
				t.Errorf("problem %s, want %s", got.problem(t), test.kind)
			}
		})
	}
}

func TestWhoIsErased(t *testing.T) {
	t.Parallel()
	phone, err := adapter.ParsePhone(number)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]adapter.Person{
		`{"phone":"+33 1 55 50 12 34","reason":"asked, 2026-03-04"}`:             {Phone: phone},
		`{"contactId":"{` + strings.ToUpper(contact) + `}","reason":"ticket 1"}`: {Contact: contact},
	} {
		b := &backend{erased: service.Erased{Callbacks: 2, Later: 1, Calls: 3}}
		got := erase(body).to(t, handler(t, options(b))).wants(t, http.StatusOK)
		if b.person != want || b.signature.By != "backend" || b.signature.Reason == "" {
			t.Errorf("%s: erased %+v by %+v", body, b.person, b.signature)
		}
		if diff := cmp.Diff(map[string]any{"callbacks": 2.0, "later": 1.0, "calls": 3.0}, got.body); diff != "" {
			t.Error(diff)
		}
	}
}

func TestWrongErasures(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`[]`:                       {""},
		`{}`:                       {"reason", ""},
		`{"reason":"asked"}`:       {""},
		`{"phone":"+33155501234"}`: {"reason"},
		`{"phone":1,"reason":" "}`: {"phone", "reason"},
		`{"contactId":"c","reason":"asked","by":"x"}`:                             {"contactId", "by"},
		`{"phone":"+33155501234","contactId":"` + contact + `","reason":"asked"}`: {""},
		`{"phone":"+33155501234","reason":"of 01 55.50-12 34"}`:                   {"reason"},
		`{"contactId":"` + contact + `","reason":"of +1 (202) 555-0123"}`:         {"reason"},
	} {
		got := erase(body).to(t, handler(t, options(&backend{}))).wants(t, http.StatusUnprocessableEntity)
		if diff := cmp.Diff(want, got.wrong()); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestAPersonIsErased(t *testing.T) {
	t.Parallel()
	h := build(t)
	made := keyed("k", nil).to(t, h).wants(t, http.StatusCreated)
	got := erase(`{"phone":"`+number+`","reason":"ticket 4711"}`).to(t, h).wants(t, http.StatusOK)
	if diff := cmp.Diff(map[string]any{"callbacks": 1.0, "later": 0.0, "calls": 0.0}, got.body); diff != "" {
		t.Error(diff)
	}
	seen := at("GET", made, secret).to(t, h).wants(t, http.StatusOK)
	if seen.text("phone") != "" || seen.text("state") != "cancelled" {
		t.Errorf("afterwards: %s", seen.Body)
	}
	at("GET", made, made.text("manageToken")).to(t, h).wants(t, http.StatusNotFound)
}
