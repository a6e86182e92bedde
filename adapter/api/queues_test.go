package api_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
	"directcallback/adapter/wait"
)

const elsewhere = "5a0e7c83-91d4-4b62-a7f5-3c8d2e6b1094"

func TestQueueStatuses(t *testing.T) {
	t.Parallel()
	one, line, all := "/v1/queues/"+queue, "/v1/queues/"+queue+"/wait", "/v1/queues"
	for name, test := range map[string]struct {
		path   string
		token  string
		err    error
		status int
		kind   string
	}{
		"all":                          {all, secret, nil, 200, ""},
		"one":                          {one, secret, nil, 200, ""},
		"its line":                     {line, secret, nil, 200, ""},
		"in another spelling":          {"/v1/queues/%7B3F2B8D1E-6C47-4A90-9B1D-7E5A0C2F4D61%7D", secret, nil, 200, ""},
		"all, no token":                {all, "", nil, 401, "unauthorized"},
		"one, no token":                {one, "", nil, 401, "unauthorized"},
		"line, no token":               {line, "", nil, 401, "unauthorized"},
		"all, the customer":            {all, stranger, nil, 403, "forbidden"},
		"one, the customer":            {one, stranger, nil, 403, "forbidden"},
		"line, the customer":           {line, stranger, nil, 403, "forbidden"},
		"one that is not there":        {"/v1/queues/" + elsewhere, secret, nil, 404, "not-found"},
		"line that is not there":       {"/v1/queues/" + elsewhere + "/wait", secret, nil, 404, "not-found"},
		"not an id":                    {"/v1/queues/%00", secret, nil, 404, "not-found"},
		"all, a parameter":             {all + "?name=x", secret, nil, 422, "invalid-request"},
		"one, what nobody expected":    {one, secret, errors.New("disk on fire"), 500, "internal"},
		"line, what nobody expected":   {line, secret, errors.New("disk on fire"), 500, "internal"},
		"one, the store is away":       {one, secret, errClosed, 503, "unavailable"},
		"its line, the store is away":  {line, secret, errClosed, 503, "unavailable"},
		"all of a process that is new": {all, secret, errClosed, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := exemplary()
			b.queueErr = test.err
			o := options(b)
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			got := call{method: "GET", path: test.path, token: test.token}.to(t, handler(t, o)).wants(t, test.status)
			if test.kind != "" && got.problem(t) != test.kind {
				t.Errorf("problem %s, want %s", got.problem(t), test.kind)
			}
		})
	}
}

func TestQueuesAreShown(t *testing.T) {
	t.Parallel()
	links := map[string]any{"self": "/v1/queues/" + queue, "wait": "/v1/queues/" + queue + "/wait"}
	for name, test := range map[string]struct {
		view service.QueueView
		want map[string]any
	}{
		"open": {
			service.QueueView{Name: "Billing", Open: overflow.Open, TimeZone: "Europe/Paris", Languages: []string{"fr-FR"}},
			map[string]any{"name": "Billing", "open": true, "nextOpening": nil, "timeZone": "Europe/Paris", "languages": []any{"fr-FR"}, "callbackOffered": true, "notOffered": nil},
		},
		"always open": {
			service.QueueView{Name: "Billing", Open: overflow.HoursAbsent},
			map[string]any{"name": "Billing", "open": true, "nextOpening": nil, "timeZone": nil, "languages": []any{}, "callbackOffered": true, "notOffered": nil},
		},
		"closed, and paused": {
			service.QueueView{Name: "Billing", Open: overflow.Closed, NextOpening: noon.In(time.FixedZone("", 3600)), TimeZone: "Europe/Paris", Refused: callback.RefusedPaused},
			map[string]any{"name": "Billing", "open": false, "nextOpening": "2026-03-04T12:00:00Z", "timeZone": "Europe/Paris", "languages": []any{}, "callbackOffered": false, "notOffered": "the queue is paused"},
		},
		"not known": {
			service.QueueView{Name: "Billing", Open: overflow.HoursUnknown},
			map[string]any{"name": "Billing", "open": nil, "nextOpening": nil, "timeZone": nil, "languages": []any{}, "callbackOffered": true, "notOffered": nil},
		},
	} {
		test.view.ID = queue
		test.want["id"], test.want["links"] = queue, links
		h := handler(t, options(&backend{queues: []service.QueueView{test.view}}))
		one := call{method: "GET", path: "/v1/queues/" + queue, token: secret}.to(t, h).wants(t, http.StatusOK)
		if diff := cmp.Diff(test.want, one.body); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		all := call{method: "GET", path: "/v1/queues", token: secret}.to(t, h).wants(t, http.StatusOK)
		if diff := cmp.Diff(map[string]any{"items": []any{test.want}}, all.body); diff != "" {
			t.Errorf("%s, among all: %s", name, diff)
		}
	}
}

func TestTheWaitIsShown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		line service.LineView
		want map[string]any
	}{
		"not enough data": {service.LineView{}, map[string]any{"callsWaiting": 0.0, "estimatedWait": nil}},
		"known": {
			service.LineView{Waiting: 7, Estimate: wait.Estimate{Wait: 7 * time.Minute, Source: wait.FromAverage, At: noon, Range: wait.Range{P50: 385, P90: 760, Of: 100}}},
			map[string]any{"callsWaiting": 7.0, "estimatedWait": map[string]any{"seconds": 420.0, "source": "average", "asOf": "2026-03-04T12:00:00Z", "p50Seconds": 385.0, "p90Seconds": 760.0}},
		},
	} {
		b := exemplary()
		b.line = test.line
		test.want["queueId"] = queue
		got := call{method: "GET", path: "/v1/queues/" + queue + "/wait", token: secret}.to(t, handler(t, options(b))).wants(t, http.StatusOK)
		if diff := cmp.Diff(test.want, got.body); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestQueuesOfTheService(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.ahead(t)
	keyed("k", nil).to(t, h).wants(t, http.StatusCreated)
	all := call{method: "GET", path: "/v1/queues", token: secret}.to(t, h).wants(t, http.StatusOK)
	offered := map[any]any{}
	items, _ := all.body["items"].([]any)
	for _, item := range items {
		q, _ := item.(map[string]any)
		offered[q["name"]] = q["notOffered"]
	}
	if diff := cmp.Diff(map[any]any{"Billing": nil, "Sales": string(callback.RefusedConfiguration)}, offered); diff != "" {
		t.Errorf("why not: %s", diff)
	}
	line := call{method: "GET", path: "/v1/queues/" + queue + "/wait", token: secret}.to(t, h).wants(t, http.StatusOK)
	if line.body["callsWaiting"] != 2.0 || line.body["estimatedWait"] != nil {
		t.Errorf("line: %s", line.Body)
	}
	call{method: "GET", path: "/v1/queues/" + elsewhere + "/wait", token: secret}.to(t, h).wants(t, http.StatusNotFound)
	if _, err := h.service.Queue(t.Context(), adapter.QueueID(elsewhere)); !errors.Is(err, adapter.ErrNotFound) {
		t.Error(err)
	}
}
