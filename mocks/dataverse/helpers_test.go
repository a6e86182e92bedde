package dataverse_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"directcallback/mocks/dataverse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	token = "static-token"
	host  = "https://bank.crm4.dynamics.com"
	root  = host + "/api/data/v9.2/"
)

// org is a mock with its demo rows and a way to call it without a network: the handler is given what stood in the
// request line, which http.NewRequest would normalise.
type org struct {
	tb   testing.TB
	mock *dataverse.Server
	demo dataverse.Demo
}

func newOrg(tb testing.TB, change func(*dataverse.Options)) *org {
	tb.Helper()
	opts := dataverse.Options{StaticToken: token, URL: host}
	if change != nil {
		change(&opts)
	}
	mock, err := dataverse.New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(mock.Close)
	demo, err := mock.Demo()
	if err != nil {
		tb.Fatal(err)
	}
	return &org{tb, mock, demo}
}

// in is the same organisation reporting to another test.
func (o *org) in(tb testing.TB) *org { tb.Helper(); return &org{tb, o.mock, o.demo} }

// answer is a response read to its end.
type answer struct {
	tb     testing.TB
	status int
	header http.Header
	body   []byte
}

// call sends one request. headers are "Name: value"; body is JSON text or empty.
func (o *org) call(method, resource, body string, headers ...string) *answer {
	o.tb.Helper()
	target := resource
	if !strings.HasPrefix(target, "http") && !strings.HasPrefix(target, "/") {
		target = "/api/data/v9.2/" + resource
	}
	target = strings.TrimPrefix(target, host)
	req := httptest.NewRequestWithContext(o.tb.Context(), method, "/", strings.NewReader(body))
	req.RequestURI = strings.ReplaceAll(target, " ", "%20")
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Prefer" {
			req.Header.Add(name, value)
		} else {
			req.Header.Set(name, value)
		}
	}
	rec := httptest.NewRecorder()
	o.mock.Handler().ServeHTTP(rec, req)
	data, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		o.tb.Fatal(err)
	}
	return &answer{o.tb, rec.Code, rec.Header(), data}
}

func (o *org) get(resource string, headers ...string) *answer {
	o.tb.Helper()
	return o.call(http.MethodGet, resource, "", headers...)
}

func (a *answer) want(status int) *answer {
	a.tb.Helper()
	if a.status != status {
		a.tb.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// wantError checks status and code of the error object and returns its message.
func (a *answer) wantError(status int, code string) string {
	a.tb.Helper()
	a.want(status)
	var body struct {
		Error struct{ Code, Message string }
	}
	a.decode(&body)
	if body.Error.Code != code {
		a.tb.Fatalf("code %q, want %q: %s", body.Error.Code, code, a.body)
	}
	return body.Error.Message
}

func (a *answer) decode(into any) {
	a.tb.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		a.tb.Fatalf("%v in %s", err, a.body)
	}
}

func (a *answer) object() map[string]any {
	a.tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		a.tb.Fatalf("%v in %s", err, a.body)
	}
	return object
}

// rows are the members of value.
func (a *answer) rows() []map[string]any {
	a.tb.Helper()
	a.want(http.StatusOK)
	var rows []map[string]any
	values, ok := a.object()["value"].([]any)
	if !ok {
		a.tb.Fatalf("no value in %s", a.body)
	}
	for _, v := range values {
		row, ok := v.(map[string]any)
		if !ok {
			a.tb.Fatalf("no object in %s", a.body)
		}
		rows = append(rows, row)
	}
	return rows
}

// column lists one property of all rows.
func (a *answer) column(name string) []any {
	a.tb.Helper()
	all := []any{}
	for _, row := range a.rows() {
		all = append(all, row[name])
	}
	return all
}

// all looks a header up in the documentation's case, which is how the mock writes it.
func (a *answer) all(name string) []string { return map[string][]string(a.header)[name] }

func (a *answer) one(name string) string {
	if values := a.all(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// fmtAny prints a JSON value.
func fmtAny(v any) string { return fmt.Sprint(v) }
