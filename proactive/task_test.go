package proactive

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

// tasked is an organization asked through the task generation.
func tasked(t *testing.T, f func(*org)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { f(newOrg(t, &Options{API: APITask})) })
}

func (o *org) deliver(r adapter.DeliveryRequest) adapter.Delivery {
	o.t.Helper()
	made, err := o.Deliver(o.t.Context(), r)
	if err != nil {
		o.t.Fatal(err)
	}
	return made
}

func (o *org) reports(d adapter.Delivery) []adapter.DeliveryReport {
	o.t.Helper()
	all, err := o.Reports(o.t.Context(), []adapter.Delivery{d})
	if err != nil {
		o.t.Fatal(err)
	}
	return all
}

func TestATaskIsMadeFollowedAndOver(t *testing.T) {
	tasked(t, func(o *org) {
		r := o.request(o.t)
		r.Priority = 7
		made := o.deliver(r)
		all := o.mock.Deliveries()
		if len(all) != 1 || all[0].ID != string(made.ID) || all[0].TaskID != string(made.Task) || all[0].Phone != number || all[0].RequestID != r.RequestID {
			o.t.Fatalf("delivered %+v as %+v", all, made)
		}
		if !all[0].Start.Equal(r.Window.Start.Truncate(time.Millisecond)) || !all[0].End.Equal(r.Window.End.Truncate(time.Millisecond)) {
			o.t.Errorf("window %v to %v", all[0].Start, all[0].End)
		}
		if all[0].Attributes["adapterRequestId"] != r.RequestID || all[0].Attributes["type"] != "callback" {
			o.t.Errorf("attributes %v", all[0].Attributes)
		}

		// The row lags behind; the task tells meanwhile.
		if got := o.reports(made); len(got) != 1 || got[0].Status != "Pending" || got[0].ID != made.ID {
			o.t.Errorf("before the row: %+v", got)
		}
		<-time.After(31 * time.Second)
		before := o.count("GET " + taskFunction)
		if got := o.reports(made); len(got) != 1 || got[0].Status != "Pending" || !got[0].RingsUntil.Equal(r.Window.End.Truncate(time.Second)) || got[0].GoesOn {
			o.t.Errorf("by its row: %+v", got)
		}
		if n := o.count("GET " + taskFunction); n != before {
			o.t.Error("a task was asked for what the row says")
		}
		if err := o.mock.AcceptDelivery(string(made.ID)); err != nil {
			o.t.Fatal(err)
		}
		if err := o.mock.FinishDelivery(string(made.ID), "NoAnswer"); err != nil {
			o.t.Fatal(err)
		}
		if got := o.reports(made); len(got) != 1 || got[0].Result != "NoAnswer" || got[0].GoesOn || got[0].SIP == "" {
			o.t.Errorf("ended: %+v", got)
		}
		if o.count("POST "+taskCancelAction) != 0 {
			o.t.Error("a task that was over was cancelled")
		}
	})
}

func TestATaskIsCancelled(t *testing.T) {
	tasked(t, func(o *org) {
		made := o.deliver(o.request(o.t))
		for range 2 {
			if err := o.Cancel(o.t.Context(), made); err != nil {
				o.t.Fatal(err)
			}
		}
		<-time.After(time.Minute)
		if got := o.reports(made); len(got) != 1 || got[0].Result != "Cancelled" || got[0].GoesOn {
			o.t.Errorf("%+v", got)
		}
		if o.count("POST "+operationAction) != 0 {
			o.t.Error("and its delivery by itself")
		}
	})
}

// Its delivery is found, its name is not told any more.
func TestATaskWhoseAnswerWasLost(t *testing.T) {
	tasked(t, func(o *org) {
		o.mock.Inject(mock.Fault{Method: "POST", Path: taskAction, When: mock.AfterApplying, Drop: true})
		r := o.request(o.t)
		_, err := o.Deliver(o.t.Context(), r)
		wantOutcome(o.t, err, adapter.OutcomeLost)
		if n := o.count("POST " + taskAction); n != 1 {
			o.t.Errorf("sent %d times", n)
		}
		if _, found, err := o.Find(o.t.Context(), r); found || err != nil {
			o.t.Errorf("before the row: %v, %v", found, err)
		}
		<-time.After(31 * time.Second)
		report, found, err := o.Find(o.t.Context(), r)
		if !found || err != nil {
			o.t.Fatalf("%v, %v", found, err)
		}
		made := adapter.Delivery{Configuration: r.Configuration, ID: report.ID}
		if err := o.Cancel(o.t.Context(), made); err != nil {
			o.t.Fatal(err)
		}
		<-time.After(time.Minute)
		if got := o.reports(made); len(got) != 1 || got[0].Result != "Cancelled" || !got[0].GoesOn {
			o.t.Errorf("nobody knows whether Dynamics tries again: %+v", got)
		}
	})
}

// The row of a lost answer has the request id only where the organization keeps it.
func TestALostAnswerIsFoundWithoutItsRequestID(t *testing.T) {
	t.Parallel()
	for _, api := range []API{APIVoice, APITask} {
		synctest.Test(t, func(t *testing.T) {
			o := newOrg(t, &Options{API: api, SendRequestID: true})
			o.mock.Inject(mock.Fault{Kind: "forgotten-request-id"})
			o.mock.Inject(mock.Fault{Method: "POST", Path: "CCaaS_CreateProactive", When: mock.AfterApplying, Drop: true})
			r := o.request(t)
			_, err := o.Deliver(t.Context(), r)
			wantOutcome(t, err, adapter.OutcomeLost)
			o.mock.Inject(mock.Fault{Kind: "elastic-lag", Delay: time.Minute, Chance: 1})
			for range 3 { // of itself a row comes after half a minute
				if _, found, err := o.Find(t.Context(), r); found || err != nil {
					t.Errorf("%s: before the table caught up: %v, %v", api, found, err)
				}
				<-time.After(20 * time.Second)
			}
			<-time.After(31 * time.Second)
			report, found, err := o.Find(t.Context(), r)
			if !found || err != nil || report.RequestID != "" || string(report.ID) != o.mock.Deliveries()[0].ID {
				t.Errorf("%s: %+v, %v, %v", api, report, found, err)
			}
		})
	}
}

// TestTaskBody holds the body beside the parameters of Microsoft's page.
func TestTaskBody(t *testing.T) {
	t.Parallel()
	phone, err := adapter.ParsePhone(number)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	r := adapter.DeliveryRequest{
		RequestID: "cd98ef68-0f24-4ebf-ac90-4d490948b667", Configuration: "494dc9b1-ef7c-4643-b1c3-7ee5cecfb064", Phone: phone,
		Window: adapter.Window{Start: at, End: at.Add(time.Hour)}, Name: "Ada Lovelace", Email: address, Priority: 5,
	}
	const id = "0296d382-4c5e-481c-abff-d64277951628"
	tests := []struct {
		name     string
		who      customer
		change   func(*adapter.DeliveryRequest)
		names    string
		priority string
	}{
		{"under the name that the row has", customer{id: id, first: "Augusta", last: "King"}, nil, `"firstName":"Augusta","lastName":"King"`, `"Priority":"5",`},
		{"under the name that was given", customer{id: id}, nil, `"firstName":"Ada","lastName":"Lovelace"`, `"Priority":"5",`},
		{
			"nameless, and of no priority",
			customer{id: id},
			func(r *adapter.DeliveryRequest) { r.Name, r.Priority = "", -1 },
			`"firstName":"Callback","lastName":"Callback customer"`, "",
		},
	}
	for _, test := range tests {
		r := r
		if test.change != nil {
			test.change(&r)
		}
		body, err := (&Client{options: Options{Encoding: EncodingArray}}).taskBody(r, test.who)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		want := `{"ApiVersion":"1.0","ProactiveEngagementConfigId":"494dc9b1-ef7c-4643-b1c3-7ee5cecfb064",` +
			`"Contacts":[{"uniqueIdentifier":"` + id + `",` + test.names + `,"mobilePhoneNumber":"+33155501234","email":"ada@example.com",` +
			`"inputAttributes":{"adapterRequestId":"cd98ef68-0f24-4ebf-ac90-4d490948b667","type":"callback"},` +
			`"windows":[{"start":"2026-10-05T12:00:00.000Z","end":"2026-10-05T13:00:00.000Z"}]}],` +
			`"RequestId":"cd98ef68-0f24-4ebf-ac90-4d490948b667",` + test.priority +
			`"Windows":[{"Start":"2026-10-05T12:00:00.000Z","End":"2026-10-05T13:00:00.000Z"}]}`
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// A given contact keeps its name: Dynamics renews it with what it is told.
func TestAGivenContactKeepsItsName(t *testing.T) {
	tasked(t, func(o *org) {
		r := o.request(o.t)
		r.Contact = adapter.ContactID(o.insert(map[string]any{"firstname": "Augusta", "lastname": "King"}))
		o.deliver(r)
		if sent := strings.Join(o.sent, "\n"); !strings.Contains(sent, `Augusta`) || strings.Contains(sent, "Lovelace") {
			o.t.Errorf("sent %s", sent)
		}
		r.Contact = "11111111-2222-3333-4444-555555555555"
		_, err := o.Deliver(o.t.Context(), r)
		wantOutcome(o.t, err, adapter.OutcomeRefused)
	})
}

// TestWhatATaskTells is a task that made a second attempt by itself, or may make one.
func TestWhatATaskTells(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	type d = adapter.DeliveryReport
	ended := d{ID: "1", Status: "Complete", Result: "NoAnswer"}
	tests := []struct {
		name string
		task task
		want d
	}{
		{"over", task{status: "Complete", deliveries: []d{ended}}, ended},
		{"over in other words", task{status: "Resting", deliveries: []d{ended}}, ended},
		{"without a word", task{deliveries: []d{ended}}, d{ID: "1", Status: "Complete", Result: "NoAnswer", GoesOn: true}},
		{"retries are left", task{status: "Scheduled", maxRetries: 3, retries: 1, deliveries: []d{ended}}, d{ID: "1", Status: "Complete", Result: "NoAnswer", GoesOn: true}},
		{"cancelled with retries left", task{status: "Cancelled", maxRetries: 3, deliveries: []d{ended}}, ended},
		{"an attempt is planned", task{status: "Scheduled", next: now.Add(1), deliveries: []d{ended}}, d{ID: "1", Status: "Complete", Result: "NoAnswer", GoesOn: true}},
		{"a second one waits", task{status: "Pending", deliveries: []d{ended, {ID: "2", Status: "Pending"}}}, d{ID: "1", Status: "Complete", Result: "NoAnswer", GoesOn: true}},
		{"a second one rings", task{status: "InProcess", deliveries: []d{ended, {ID: "2", Status: "InProcess"}}}, d{ID: "1", Status: "InProcess", GoesOn: true}},
		{"the second one reached the customer", task{reached: true, deliveries: []d{ended, {ID: "2", Status: "Complete", Result: "LiveAnswer"}}}, d{ID: "1", Status: "Complete", Result: "LiveAnswer"}},
		{"the second one did not", task{status: "Complete", deliveries: []d{ended, {ID: "2", Status: "Error", Result: "CallFailed"}}}, d{ID: "1", Status: "Error", Result: "CallFailed"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, test.task.tell(ended, now)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// An attempt of Dynamics' own would ring beside ours: the task is cancelled.
func TestATaskThatGoesOnIsCancelled(t *testing.T) {
	tasked(t, func(o *org) {
		made := o.deliver(o.request(o.t))
		<-time.After(31 * time.Second)
		if err := o.mock.AcceptDelivery(string(made.ID)); err != nil {
			o.t.Fatal(err)
		}
		if err := o.mock.FinishDelivery(string(made.ID), "NoAnswer"); err != nil {
			o.t.Fatal(err)
		}
		o.first = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, taskFunction) {
				return false
			}
			if !strings.HasPrefix(r.URL.Path, "/api/data/v9.0/") {
				o.t.Errorf("asked at %s", r.URL.Path)
			}
			_, _ = fmt.Fprintf(w, `{"value":[{"deliveryTaskId":%q,"status":"Scheduled","retryCount":0,"maxRetryCount":2,"nextScheduledTime":%q,"customerReached":false,
				"deliveries":[{"id":%q,"status":"Complete","result":"NoAnswer"}]}]}`, made.Task, time.Now().UTC().Add(time.Minute).Format(time.RFC3339), made.ID)
			return true
		}
		if got := o.reports(made); len(got) != 1 || got[0].Result != "NoAnswer" || !got[0].GoesOn {
			o.t.Errorf("%+v", got)
		}
		if n := o.count("POST " + taskCancelAction); n != 1 {
			o.t.Errorf("cancelled %d times", n)
		}
	})
}

// One task that cannot be read keeps nobody else's report back, and is not taken for over.
func TestATaskThatCannotBeRead(t *testing.T) {
	tasked(t, func(o *org) {
		made := o.deliver(o.request(o.t))
		<-time.After(31 * time.Second)
		if err := o.mock.AcceptDelivery(string(made.ID)); err != nil {
			o.t.Fatal(err)
		}
		if err := o.mock.FinishDelivery(string(made.ID), "NoAnswer"); err != nil {
			o.t.Fatal(err)
		}
		for _, body := range []string{"", `{"value":[]}`, `{"value":1}`, `{"value":[{"retryCount":"many"}]}`, `{"value":[{"deliveries":[{"status":1}]}]}`} {
			o.first = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, taskFunction) {
					return false
				}
				if body == "" {
					w.WriteHeader(http.StatusForbidden)
				}
				_, _ = io.WriteString(w, body)
				return true
			}
			if got := o.reports(made); len(got) != 1 || got[0].Result != "NoAnswer" || !got[0].GoesOn {
				o.t.Errorf("%s: %+v", body, got)
			}
		}
	})
}

func FuzzReadTask(f *testing.F) {
	f.Add(`{"status":"Complete","retryCount":1,"nextScheduledTime":null,"deliveries":[{"id":"1","status":"Complete","result":"NoAnswer"}]}`)
	f.Add(`{"deliveries":[[]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var row dataverse.Row
		if decoder.Decode(&row) != nil {
			return
		}
		got, err := readTask(row)
		if err == nil {
			got.tell(adapter.DeliveryReport{ID: "1", Status: "Complete"}, time.Now())
		}
	})
}
