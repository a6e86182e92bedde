package dataverse_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/dataverse"
)

// ask makes a request to the management port; a body is JSON, or YAML when it starts with a comment.
func (o *org) ask(method, path, body string) (status int, answer map[string]any) {
	o.tb.Helper()
	r := httptest.NewRequestWithContext(o.tb.Context(), method, path, strings.NewReader(body))
	switch {
	case strings.HasPrefix(body, "#"):
		r.Header.Set("Content-Type", "application/yaml")
	case body != "":
		r.Header.Set("Content-Type", "application/json")
	}
	recorder := httptest.NewRecorder()
	o.mock.Admin().ServeHTTP(recorder, r)
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		o.tb.Fatalf("%s %s: %q: %v", method, path, recorder.Body, err)
	}
	want := "application/json"
	if recorder.Code >= http.StatusBadRequest {
		want = "application/problem+json"
		if answer["detail"] == "" || answer["status"] != float64(recorder.Code) {
			o.tb.Errorf("%s %s: no problem: %v", method, path, answer)
		}
	}
	if got := recorder.Header().Get("Content-Type"); got != want {
		o.tb.Errorf("%s %s: Content-Type %s", method, path, got)
	}
	return recorder.Code, answer
}

// asked makes a request that must be answered so.
func (o *org) asked(status int, method, path, body string) map[string]any {
	o.tb.Helper()
	got, answer := o.ask(method, path, body)
	if got != status {
		o.tb.Fatalf("%s %s %s: %d %v, want %d", method, path, body, got, answer, status)
	}
	return answer
}

func TestAdminResetsToTheStart(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.mock.Snapshot(dataverse.Start)
	before := string(o.get("queues").body)
	next := created(o)
	_ = created(o)
	o.call(http.MethodDelete, "queues("+o.demo.RetailQueue+")", "").want(204)
	o.get("queues?$apply=x").want(501)
	o.asked(201, "POST", "/faults", `{"kind":"no-user","chance":1}`)
	o.asked(201, "POST", "/faults", `{"kind":"missing-column","table":"queue","column":"name"}`)
	o.asked(200, "POST", "/reset", "")
	if after := string(o.get("queues").body); after != before {
		t.Errorf("%s\nwant %s", after, before)
	}
	if again := created(o); again != next {
		t.Errorf("the identifier after the reset is %s, after the start it was %s", again, next)
	}
	if got := o.asked(200, "GET", "/unsupported", "")["unsupported"]; !cmp.Equal(got, []any{}) {
		t.Errorf("unsupported %v", got)
	}
	if got := o.asked(200, "GET", "/counters", "")["requests"]; got != 2.0 {
		t.Errorf("%v requests", got)
	}
}

// created makes a contact and says its address.
func created(o *org) string {
	o.tb.Helper()
	return o.call(http.MethodPost, "contacts", `{"lastname":"New"}`).want(204).one("OData-EntityId")
}

func TestAdminSnapshots(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.asked(201, "POST", "/snapshots", `{"name":"one contact"}`)
	created(o)
	o.asked(201, "POST", "/snapshots", `{"name":"two"}`)
	if got := o.asked(200, "GET", "/snapshots", "")["snapshots"]; !cmp.Equal(got, []any{"one contact", "start", "two"}) {
		t.Errorf("%v", got)
	}
	for name, want := range map[string]int{"one contact": 2, "two": 3, "start": 0} {
		o.asked(200, "POST", "/restore", `{"name":"`+name+`"}`)
		if got := len(o.get("contacts").rows()); got != want {
			t.Errorf("%s: %d contacts, want %d", name, got, want)
		}
		created(o) // of what is restored, not of the snapshot
	}
}

// Deliveries go back too, and what falls due happens after the restore as it would have before.
func TestSnapshotHoldsDeliveries(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, clock.drive)
	o.call(http.MethodPost, createDelivery, o.deliveryBody()).want(200)
	o.mock.Snapshot("created")
	clock.advance(time.Minute)
	id := o.mock.Deliveries()[0].ID
	o.asked(200, "POST", "/deliveries/"+id+"/accept", "")
	o.asked(200, "POST", "/deliveries/"+id+"/finish", `{"result":"LiveAnswer"}`)
	if err := o.mock.Restore("created"); err != nil {
		t.Fatal(err)
	}
	if got := o.get("msdyn_proactive_deliveries").column("msdyn_status"); !cmp.Equal(got, []any{"Pending"}) {
		t.Errorf("%v", got)
	}
	if got := o.asked(200, "GET", "/deliveries", "")["deliveries"].([]any)[0].(map[string]any); got["status"] != "Pending" || got["phone"] == phone {
		t.Errorf("%v", got)
	}
}

func TestAdminLoadsScenarios(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	ids := o.asked(201, "POST", "/scenario", "# one\ncontacts:\n  c: {last: Loaded}")["ids"].(map[string]any)["contact"].(map[string]any)
	if got := o.asked(200, "GET", "/scenario", "")["ids"].(map[string]any); got["contact"].(map[string]any)["c"] != ids["c"] || got["queue"].(map[string]any)["retail"] != o.demo.RetailQueue {
		t.Errorf("%v", got)
	}
	if got := o.get("contacts(" + ids["c"].(string) + ")").want(200).object()["lastname"]; got != "Loaded" {
		t.Errorf("%v", got)
	}
}

func TestAdminShowsTheTraceMasked(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.call(http.MethodPost, createDelivery, o.deliveryBody()).want(200)
	o.get("contacts?$filter=mobilephone eq '%2B33155500001'").want(200)
	o.get("contacts?$filter=nothing eq '+33 1 55 50 00 01'").want(400)
	o.get("queues?$apply=x").want(501)
	o.call(http.MethodPost, "contacts", `{"lastname":"x","saskey":"c2VjcmV0"}`).want(400)
	o.asked(201, "POST", "/faults", `{"kind":"sql-timeout","when":"after"}`)
	o.get("queues(" + o.demo.RetailQueue + ")").want(500)
	trace := o.asked(200, "GET", "/trace", "")["requests"].([]any)
	text, err := json.Marshal(trace)
	if err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"3315550", "15550", "55 50", "c2VjcmV0", token} {
		if strings.Contains(string(text), personal) {
			t.Errorf("%s in %s", personal, text)
		}
	}
	var outcomes []any
	for _, r := range trace {
		outcomes = append(outcomes, r.(map[string]any)["outcome"])
	}
	if diff := cmp.Diff([]any{"handled", "handled", "refused", "unsupported", "refused", "fault"}, outcomes); diff != "" {
		t.Error(diff)
	}
	last := trace[5].(map[string]any)
	if !cmp.Equal(last["faults"], []any{"sql-timeout"}) || !strings.Contains(last["target"].(string), o.demo.RetailQueue) || last["status"] != 500.0 {
		t.Errorf("%v", last)
	}
	if got := o.asked(200, "GET", "/trace?from=6", "")["requests"].([]any); !cmp.Equal(got, trace[5:]) {
		t.Errorf("%v", got)
	}
	if got := o.asked(200, "GET", "/counters", ""); !cmp.Equal(got["outcomes"], map[string]any{"handled": 2.0, "refused": 2.0, "unsupported": 1.0, "fault": 1.0}) ||
		!cmp.Equal(got["sets"], map[string]any{"contacts": 3.0, "queues": 2.0, createDelivery: 1.0}) {
		t.Errorf("%v", got)
	}
	if got := o.asked(200, "GET", "/unsupported", "")["unsupported"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestTraceKeepsTheLastThousand(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for range 2500 {
		o.get("nothing")
	}
	if got := o.mock.Trace(0); len(got) != 1000 || got[0].Number != 1501 || got[999].Number != 2500 {
		t.Errorf("%d from %d", len(got), got[0].Number)
	}
}

func TestAdminClock(t *testing.T) {
	t.Parallel()
	clock := dataverse.NewClock()
	o := newOrg(t, func(opts *dataverse.Options) {
		opts.Now, opts.AfterFunc, opts.Advance = clock.Now, clock.AfterFunc, clock.Advance
	})
	ended := make(chan dataverse.Delivery, 1)
	o.mock.OnDeliveryEnded(func(d dataverse.Delivery) { ended <- d })
	o.call(http.MethodPost, createDelivery, o.deliveryBody()).want(200)
	before := o.asked(200, "GET", "/clock", "")
	after := o.asked(200, "POST", "/clock", `{"advance":"25h"}`)
	passed := instant(t, after).Sub(instant(t, before))
	if before["settable"] != true || passed < 25*time.Hour || passed > 26*time.Hour {
		t.Errorf("%v, %v", before, after)
	}
	if d := <-ended; d.Status != "Expired" {
		t.Errorf("%v", d)
	}
	newOrg(t, nil).asked(409, "POST", "/clock", `{"advance":"1h"}`)
}

func instant(t *testing.T, clock map[string]any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, clock["now"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAdminFaults(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) { opts.Seed = 5 })
	o.asked(201, "POST", "/faults", `{"kind":"throttle-time","method":"GET","path":"queues","times":2,"retryAfter":"9"}`)
	o.asked(201, "POST", "/faults", `{"status":418,"code":"0x1","message":"m","retryAfter":"soon"}`)
	o.get("contacts").want(418)
	if a := o.get("queues"); a.status != 429 || a.one("Retry-After") != "9" {
		t.Errorf("%d %s", a.status, a.body)
	}
	want := map[string]any{"seed": 5.0, "faults": []any{
		map[string]any{"kind": "throttle-time", "method": "GET", "path": "queues", "times": 2.0, "retryAfter": "9", "left": 1.0, "struck": 1.0},
		map[string]any{"status": 418.0, "code": "0x1", "message": "m", "retryAfter": "soon", "left": 0.0, "struck": 1.0},
	}}
	if diff := cmp.Diff(want, o.asked(200, "GET", "/faults", "")); diff != "" {
		t.Error(diff)
	}
	if got := o.asked(200, "DELETE", "/faults", ""); got["struck"] != 2.0 {
		t.Errorf("%v", got)
	}
	o.get("queues").want(200)
	if got := o.asked(200, "PUT", "/faults/chance", `{"chance":0.5}`)["faults"].([]any); len(got) < 10 {
		t.Errorf("%v", got)
	}
	if got := o.asked(200, "PUT", "/faults/chance", `{"chance":0}`)["faults"].([]any); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := o.asked(200, "PUT", "/faults/seed", `{"seed":0}`)["seed"]; got != 0.0 {
		t.Errorf("%v", got)
	}
	if got := len(o.asked(200, "GET", "/faults/kinds", "")["kinds"].([]any)); got != len(dataverse.FaultKinds()) {
		t.Errorf("%d kinds", got)
	}
}

func TestAdminRefuses(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, c := range []struct {
		status             int
		method, path, body string
	}{
		{404, "GET", "/", ""},
		{404, "GET", "/api/data/v9.2/queues", ""},
		{405, "DELETE", "/reset", ""},
		{400, "POST", "/reset?all=1", ""},
		{400, "GET", "/trace?from=x", ""},
		{400, "GET", "/trace?from=-1", ""},
		{400, "GET", "/trace?from=1&from=2", ""},
		{400, "GET", "/trace?to=1", ""},
		{415, "POST", "/snapshots", ""},
		{400, "POST", "/snapshots", `{}`},
		{400, "POST", "/snapshots", `{"name":"a","also":1}`},
		{400, "POST", "/snapshots", `{"name":"a"} {}`},
		{400, "POST", "/snapshots", `[`},
		{404, "POST", "/restore", `{"name":"nothing"}`},
		{415, "POST", "/scenario", `{}`},
		{400, "POST", "/scenario", "# a\nqueue: {}"},
		{409, "POST", "/scenario", "# a\ncontacts: {c: {last: x, id: " + o.demo.Contacts[0] + "}}"},
		{400, "POST", "/faults", `{}`},
		{400, "POST", "/faults", `{"kind":"unheard-of"}`},
		{400, "POST", "/faults", `{"kind":"sql-timeout","kinds":1}`},
		{400, "POST", "/faults", `{"kind":"sql-timeout","when":"during"}`},
		{400, "POST", "/faults", `{"kind":"sql-timeout","retryAfter":"1"}`},
		{400, "POST", "/faults", `{"kind":"sql-timeout","chance":1.5}`},
		{400, "POST", "/faults", `{"kind":"sql-timeout","times":-1}`},
		{400, "POST", "/faults", `{"kind":"slow","delay":"-1s"}`},
		{400, "POST", "/faults", `{"kind":"slow","delay":"long"}`},
		{400, "POST", "/faults", `{"kind":"slow","drop":true}`},
		{400, "POST", "/faults", `{"status":200}`},
		{400, "POST", "/faults", `{"status":503,"delay":"1s"}`},
		{400, "POST", "/faults", `{"kind":"unavailable","retryAfter":"1\r\nX: y"}`},
		{400, "POST", "/faults", `{"kind":"missing-column"}`},
		{400, "POST", "/faults", `{"kind":"missing-column","table":"queue","column":"nothing"}`},
		{400, "POST", "/faults", `{"kind":"missing-column","table":"queue","column":"queueid"}`},
		{400, "POST", "/faults", `{"kind":"missing-column","table":"queue","column":"name","times":1}`},
		{400, "PUT", "/faults/seed", `{}`},
		{400, "PUT", "/faults/seed", `{"seed":-1}`},
		{400, "PUT", "/faults/chance", `{}`},
		{400, "PUT", "/faults/chance", `{"chance":2}`},
		{400, "PUT", "/limits", `{"requests":-1}`},
		{400, "PUT", "/limits", `{"window":"5"}`},
		{404, "POST", "/deliveries/x/accept", ""},
		{404, "POST", "/deliveries/x/finish", `{"result":"LiveAnswer"}`},
	} {
		o.asked(c.status, c.method, c.path, c.body)
	}
	if got := o.mock.Faults(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestAdminRefusesOtherSites(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8082/reset", http.NoBody)
	r.Header.Set("Origin", "https://elsewhere.test")
	recorder := httptest.NewRecorder()
	newOrg(t, nil).mock.Admin().ServeHTTP(recorder, r)
	if recorder.Code != http.StatusForbidden {
		t.Errorf("status %d", recorder.Code)
	}
}

// FuzzAdmin: whatever stands in a body is answered with JSON, never with a defect.
func FuzzAdmin(f *testing.F) {
	for _, body := range []string{
		`{"kind":"clock-skew","delay":"-2562047h","chance":1}`, `{"kind":"missing-column","table":"queue","column":"name"}`,
		`{"name":"a"}`, `{"advance":"1h"}`, `{"seed":18446744073709551615}`, `{"chance":1e-300}`, `{"requests":1,"executionTime":"1ns"}`, `[]`, `{"result":"x"}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		o := newOrg(t, nil)
		if body == "" || strings.HasPrefix(body, "#") {
			return // not a body
		}
		for path, method := range map[string]string{
			"/faults": "POST", "/snapshots": "POST", "/restore": "POST", "/clock": "POST", "/faults/seed": "PUT", "/limits": "PUT", "/deliveries/x/finish": "POST",
		} {
			if status, answer := o.ask(method, path, body); status >= 500 {
				t.Errorf("%s: %d %v", path, status, answer)
			}
		}
		for _, fault := range o.mock.Faults() {
			if fault.Delay > 0 || strings.HasPrefix(fault.Kind, "slow") {
				return // it would only take its time
			}
		}
		func() {
			defer func() { _ = recover() }() // a connection may be dropped
			o.get("queues?$top=1")
		}()
	})
}

// Whoever writes a number means the header with that number.
func TestRetryAfterIsANumberOrAText(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for body, want := range map[string]string{
		`{"kind":"throttle-requests","retryAfter":7}`:          "7",
		`{"kind":"throttle-requests","retryAfter":"7"}`:        "7",
		`{"kind":"throttle-requests","retryAfter":1.5}`:        "1.5",
		`{"kind":"throttle-requests","retryAfter":"tomorrow"}`: "tomorrow",
	} {
		o.asked(201, "POST", "/faults", body)
		if got := o.get("WhoAmI").want(429).header.Get("Retry-After"); got != want {
			t.Errorf("%s: %q", body, got)
		}
	}
	o.asked(400, "POST", "/faults", `{"kind":"throttle-requests","retryAfter":[7]}`)
	o.asked(400, "POST", "/faults", `{"kind":"throttle-requests","retryAfter":true}`)
}

func TestTheTraceNamesARequestAsItsAnswerDid(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for i, resource := range []string{"WhoAmI", "nothing"} {
		answer := o.get(resource)
		requests, _ := o.asked(200, "GET", "/trace", "")["requests"].([]any)
		if len(requests) != i+1 {
			t.Fatalf("%d requests", len(requests))
		}
		entry, _ := requests[i].(map[string]any)
		if got := answer.one("REQ_ID"); got == "" || entry["requestId"] != got || answer.one("x-ms-service-request-id") != got {
			t.Errorf("%s: %v in the trace, answered %q", resource, entry["requestId"], got)
		}
	}
}
