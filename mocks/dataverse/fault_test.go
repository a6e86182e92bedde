package dataverse_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"directcallback/mocks/dataverse"
)

func TestFaultStrikesTheNextMatchingRequests(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	throttled := dataverse.Throttled(7 * time.Second)
	throttled.Method, throttled.Path, throttled.Times = http.MethodGet, "queues", 2
	o.mock.Inject(throttled)
	o.get("contacts").want(200)
	o.call(http.MethodPost, "queues", `{"name":"x"}`).want(204)
	for range 2 {
		a := o.get("queues?$top=1")
		text := a.wantError(http.StatusTooManyRequests, "0x80072322")
		if a.one("Retry-After") != "7" || !strings.HasPrefix(text, "Number of requests exceeded the limit of 6000") {
			t.Errorf("Retry-After %q, %s", a.one("Retry-After"), text)
		}
	}
	o.get("queues").want(200)
	if struck := o.mock.ClearFaults(); struck != 2 {
		t.Errorf("%d struck", struck)
	}
}

func TestFaultBeforeAndAfterApplying(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for when, want := range map[dataverse.When]int{dataverse.BeforeApplying: 0, dataverse.AfterApplying: 1} {
		before := len(o.mock.Deliveries())
		o.mock.Inject(dataverse.Fault{Path: createDelivery, When: when, Status: http.StatusBadGateway, Code: "0x80040216"})
		o.call(http.MethodPost, createDelivery, o.deliveryBody()).wantError(http.StatusBadGateway, "0x80040216")
		if got := len(o.mock.Deliveries()) - before; got != want {
			t.Errorf("when %d: %d deliveries, want %d", when, got, want)
		}
	}
	o.mock.Inject(dataverse.Fault{Status: 500})
	o.mock.ClearFaults()
	o.get("queues").want(200)
}

func TestDroppedReplyClosesTheConnectionAfterTheEffect(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) { opts.URL = "" })
	srv := httptest.NewServer(o.mock.Handler())
	t.Cleanup(srv.Close)
	for when, want := range map[dataverse.When]int{dataverse.BeforeApplying: 0, dataverse.AfterApplying: 1} {
		before := len(o.mock.Deliveries())
		o.mock.Inject(dataverse.Fault{Method: http.MethodPost, When: when, Drop: true})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/api/data/v9.2/"+createDelivery, strings.NewReader(o.deliveryBody()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := srv.Client().Do(req)
		if err == nil {
			_ = resp.Body.Close()
			t.Fatalf("answered %s", resp.Status)
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("error %v, want EOF", err)
		}
		if got := len(o.mock.Deliveries()) - before; got != want {
			t.Errorf("when %d: %d deliveries, want %d", when, got, want)
		}
	}
}
