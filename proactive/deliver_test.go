package proactive

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	mock "directcallback/mocks/dataverse"
)

func TestDeliver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		r := o.request(t)
		made, err := o.Deliver(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		all := o.mock.Deliveries()
		if len(all) != 1 || all[0].ID != string(made.ID) || all[0].Phone != number || all[0].ConfigurationID != o.demo.RetailEngagement {
			t.Errorf("delivered %v as %v", all, made)
		}
		want := map[string]string{
			"type": "callback", "isFinalAttempt": "false", "queue": "<Retail & more>", "adapterRequestId": r.RequestID,
		}
		if diff := cmp.Diff(want, all[0].Attributes); diff != "" {
			t.Error(diff)
		}
		if !all[0].Start.Equal(r.Window.Start.Truncate(time.Millisecond)) || !all[0].End.Equal(r.Window.End.Truncate(time.Millisecond)) {
			t.Errorf("window %v to %v", all[0].Start, all[0].End)
		}
	})
}

// TestBody holds the body beside the sample of Microsoft's page.
func TestBody(t *testing.T) {
	t.Parallel()
	phone, err := adapter.ParsePhone(number)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	r := adapter.DeliveryRequest{
		RequestID: "cd98ef68-0f24-4ebf-ac90-4d490948b667", Configuration: "494dc9b1-ef7c-4643-b1c3-7ee5cecfb064", Phone: phone,
		Window: adapter.Window{Start: at, End: at.Add(time.Hour)}, Attributes: map[string]string{"isFinalAttempt": "false"},
	}
	const head = `{"ApiVersion":"1.0","ProactiveEngagementConfigId":"494dc9b1-ef7c-4643-b1c3-7ee5cecfb064",` +
		`"DestinationPhoneNumber":"+33155501234","ContactId":"0296d382-4c5e-481c-abff-d64277951628",`
	tests := []struct {
		options Options
		want    string
	}{
		{
			Options{Encoding: EncodingString},
			head + `"Windows":"[{\"Start\":\"2026-10-05T12:00:00.000Z\",\"End\":\"2026-10-05T13:00:00.000Z\"}]",` +
				`"InputAttributes":"{\"adapterRequestId\":\"cd98ef68-0f24-4ebf-ac90-4d490948b667\",\"isFinalAttempt\":\"false\",\"type\":\"callback\"}"}`,
		},
		{
			Options{Encoding: EncodingArray, SendRequestID: true},
			head + `"Windows":[{"Start":"2026-10-05T12:00:00.000Z","End":"2026-10-05T13:00:00.000Z"}],` +
				`"InputAttributes":{"adapterRequestId":"cd98ef68-0f24-4ebf-ac90-4d490948b667","isFinalAttempt":"false","type":"callback"},` +
				`"RequestId":"cd98ef68-0f24-4ebf-ac90-4d490948b667"}`,
		},
	}
	for _, test := range tests {
		c := &Client{options: test.options}
		body, err := c.body(r, "0296d382-4c5e-481c-abff-d64277951628")
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestBadRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	paris := time.FixedZone("Paris", 2*3600)
	tests := []struct {
		name   string
		change func(*adapter.DeliveryRequest)
		want   adapter.Outcome
	}{
		{"no number", func(r *adapter.DeliveryRequest) { r.Phone = adapter.Phone{} }, adapter.OutcomeRefused},
		{"a configuration that is no id", func(r *adapter.DeliveryRequest) { r.Configuration = "retail" }, adapter.OutcomeBlocked},
		{"a contact that is no id", func(r *adapter.DeliveryRequest) { r.Contact = "ada" }, adapter.OutcomeRefused},
		{"no request id", func(r *adapter.DeliveryRequest) { r.RequestID = "" }, adapter.OutcomeRefused},
		{"no window", func(r *adapter.DeliveryRequest) { r.Window = adapter.Window{} }, adapter.OutcomeNotSent},
		{"a window backwards", func(r *adapter.DeliveryRequest) {
			r.Window.Start, r.Window.End = r.Window.End, r.Window.Start
		}, adapter.OutcomeNotSent},
		{"local time", func(r *adapter.DeliveryRequest) { r.Window.Start = r.Window.Start.In(paris) }, adapter.OutcomeNotSent},
		{"a window that is over", func(r *adapter.DeliveryRequest) {
			r.Window.Start, r.Window.End = r.Window.Start.Add(-time.Hour), r.Window.Start
		}, adapter.OutcomeNotSent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOrg(t, nil)
				r := o.request(t)
				test.change(&r)
				_, err := o.Deliver(t.Context(), r)
				wantOutcome(t, err, test.want)
				if n := o.count(""); n != 0 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

func wantOutcome(t *testing.T, err error, want adapter.Outcome) *adapter.DeliverError {
	t.Helper()
	failed, ok := errors.AsType[*adapter.DeliverError](err)
	if !ok || failed.Outcome != want {
		t.Fatalf("error %v, want outcome %q", err, want)
	}
	if strings.Contains(err.Error(), "155501234") || strings.Contains(err.Error(), "canary") {
		t.Errorf("shows a number or a token: %v", err)
	}
	return failed
}

// TestOutcomes is the outcome table against a server. times is how often the
// POST was seen.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const post, find, create = "POST " + createAction, "GET contacts", "POST contacts"
	echo := "bad " + number + " of canary-token"
	tests := []struct {
		name  string
		first func(http.ResponseWriter, *http.Request) bool
		want  adapter.Outcome
		times int
	}{
		{"400 about the number", answer(post, 400, "0x80040265", "DestinationPhoneNumber "+echo), adapter.OutcomeRefused, 1},
		{"400 about the contact", answer(post, 400, "0x80040265", "ContactId is not the id of an active contact"), adapter.OutcomeRefused, 1},
		{"400 about the window", answer(post, 400, "0x80048d19", "A window is in the past"), adapter.OutcomeNotSent, 1},
		{"400 about the windows, by parameter", answer(post, 400, "0x80048d19", "Windows overlap"), adapter.OutcomeNotSent, 1},
		{"400 about our own number", answer(post, 400, "0x80048d19", "No phone number is assigned to make calls"), adapter.OutcomeBlocked, 1},
		{"400 that only mentions contacts", answer(post, 400, "0x80048d19", "Contact your administrator: the contact center is not provisioned"), adapter.OutcomeBlocked, 1},
		{"404 about something else", answer(post, 404, "0x80040217", "msdyn_ocoutboundconfiguration With Id = 1 Does Not Exist, contact support"), adapter.OutcomeBlocked, 1},
		{"404 about the contact", answer(post, 404, "0x80040217", "contact With Id = 11111111-2222-3333-4444-555555555555 Does Not Exist"), adapter.OutcomeRefused, 1},
		{"400 about the configuration", answer(post, 400, "0x80040265", "ProactiveEngagementConfigId is not for this contact"), adapter.OutcomeBlocked, 1},
		{"400 about something else", answer(post, 400, "0x80048d19", "Error identified in Payload, "+echo), adapter.OutcomeBlocked, 1},
		{"401", answer(post, 401, "", echo), adapter.OutcomeBlocked, 2},
		{"403", answer(post, 403, "0x80040220", "missing prvCreate on contact, "+echo), adapter.OutcomeBlocked, 1},
		{"404", answer(post, 404, "0x8006088a", "Resource not found for the segment"), adapter.OutcomeBlocked, 1},
		{"413", answer(post, 413, "", ""), adapter.OutcomeBlocked, 1},
		{"a redirect", answer(post, 307, "", "", "Location", "/elsewhere"), adapter.OutcomeBlocked, 1},
		{"429", answer(post, 429, "0x80072322", echo, "Retry-After", "60"), adapter.OutcomeThrottled, 1},
		{"429 for a second", answer(post, 429, "0x80072322", "", "Retry-After", "1"), adapter.OutcomeThrottled, 5},
		{"500", answer(post, 500, "0x80040224", echo), adapter.OutcomeLost, 1},
		{"501", answer(post, 501, "", ""), adapter.OutcomeLost, 1},
		{"502", answer(post, 502, "", echo), adapter.OutcomeLost, 1},
		{"503 with a time", answer(post, 503, "", echo, "Retry-After", "1"), adapter.OutcomeLost, 1},
		{"success without an id", answer(post, 200, "", ""), adapter.OutcomeLost, 1},
		{"success of a stranger", func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPost && strings.Contains(r.URL.Path, createAction) {
				_, _ = io.WriteString(w, "<html>"+echo)
				return true
			}
			return false
		}, adapter.OutcomeLost, 1},

		{"contacts forbidden", answer(find, 403, "0x80040220", ""), adapter.OutcomeBlocked, 0},
		{"contacts unavailable", answer(find, 503, "", echo), adapter.OutcomeNotSent, 0},
		{"contacts throttled", answer(find, 429, "", "", "Retry-After", "60"), adapter.OutcomeThrottled, 0},
		{"contact not taken", answer(create, 400, "0x80044331", "The length of the 'lastname' attribute of the 'contact' entity, "+echo), adapter.OutcomeRefused, 0},
		{"contact not allowed", answer(create, 403, "0x80040220", ""), adapter.OutcomeBlocked, 0},
		{"contact perhaps made", answer(create, 502, "", ""), adapter.OutcomeNotSent, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOrg(t, nil)
				o.first = test.first
				_, err := o.Deliver(t.Context(), o.request(t))
				failed := wantOutcome(t, err, test.want)
				if n := o.count(post); test.times == 5 && n < 2 || test.times != 5 && n != test.times {
					t.Errorf("sent %d times, want %d", n, test.times)
				}
				if (failed.RetryAfter > 0) != (test.want == adapter.OutcomeThrottled) && test.want != adapter.OutcomeLost {
					t.Errorf("retry after %v", failed.RetryAfter)
				}
				if text := o.log.String(); strings.Contains(text, "155501234") || strings.Contains(text, "canary") {
					t.Errorf("logged %s", text)
				}
			})
		})
	}
}

func TestALostReplyIsNotSentAgainAndIsFound(t *testing.T) {
	t.Parallel()
	for _, sendID := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			o := newOrg(t, &Options{SendRequestID: sendID})
			o.mock.Inject(mock.Fault{Method: "POST", Path: createAction, When: mock.AfterApplying, Drop: true})
			r := o.request(t)
			_, err := o.Deliver(t.Context(), r)
			wantOutcome(t, err, adapter.OutcomeLost)
			if all := o.mock.Deliveries(); len(all) != 1 {
				t.Fatalf("%d deliveries", len(all))
			}
			if _, found, err := o.Find(t.Context(), r); found || err != nil {
				t.Errorf("before the table caught up: %v, %v", found, err)
			}
			<-time.After(31 * time.Second)
			report, found, err := o.Find(t.Context(), r)
			if !found || err != nil || string(report.ID) != o.mock.Deliveries()[0].ID || report.Status != "Pending" {
				t.Errorf("%+v, %v, %v", report, found, err)
			}
			other := r
			other.RequestID = "another"
			other.Window.Start = r.Window.Start.Add(-time.Second)
			if report, found, err := o.Find(t.Context(), other); found || err != nil {
				t.Errorf("another attempt: %+v, %v", report, err)
			}
		})
	}
}

func TestNoConnectionIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		_ = o.wire.Close()
		r := o.request(t)
		r.Contact = adapter.ContactID(o.demo.Contacts[0])
		_, err := o.Deliver(t.Context(), r)
		wantOutcome(t, err, adapter.OutcomeNotSent)
	})
}

func TestATimeoutIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		o.first = func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, createAction) {
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
			}
			return false
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := o.Deliver(ctx, o.request(t))
		wantOutcome(t, err, adapter.OutcomeLost)
	})
}
