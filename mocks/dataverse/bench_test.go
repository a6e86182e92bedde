package dataverse_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"directcallback/mocks/dataverse"
)

// BenchmarkRetrieve is one read by key with three columns, without a network.
func BenchmarkRetrieve(b *testing.B) {
	benchmark(b, func(o *org) string {
		return "queues(" + o.demo.RetailQueue + ")?$select=name,msdyn_queuetype,statecode"
	})
}

// BenchmarkList is a filtered page of the demo's queues with annotations.
func BenchmarkList(b *testing.B) {
	benchmark(b, func(*org) string {
		return "queues?$select=name,_msdyn_prequeueoverflowrulesetid_value&$filter=msdyn_isomnichannelqueue%20eq%20true"
	})
}

// BenchmarkFindAmong10000 is how a client follows a delivery: a filter over a table without an index.
func BenchmarkFindAmong10000(b *testing.B) {
	benchmark(b, func(o *org) string {
		for i := range 10_000 {
			if _, err := o.mock.Insert("msdyn_proactive_delivery", map[string]any{"msdyn_delivery_id": strconv.Itoa(i)}); err != nil {
				b.Fatal(err)
			}
		}
		return "msdyn_proactive_deliveries?$select=msdyn_status&$filter=msdyn_delivery_id%20eq%20%274711%27"
	})
}

func benchmark(b *testing.B, resource func(o *org) string) {
	b.Helper()
	o := newOrg(b, nil)
	target := "/api/data/v9.2/" + resource(o)
	handler := o.mock.Handler()
	b.ReportAllocs()
	for b.Loop() {
		req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", http.NoBody)
		req.RequestURI = target
		req.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, req)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Body)
		}
		_, _ = io.Copy(io.Discard, rec.Body)
	}
}

// BenchmarkPagesOf5000Queues reads every queue over HTTP on loopback, 500 a page, as settings are read.
func BenchmarkPagesOf5000Queues(b *testing.B) {
	o := newOrg(b, func(opts *dataverse.Options) { opts.URL = "" })
	for i := range 5000 {
		if _, err := o.mock.Insert("queue", map[string]any{"name": "Queue " + strconv.Itoa(i), "msdyn_isomnichannelqueue": true}); err != nil {
			b.Fatal(err)
		}
	}
	srv := httptest.NewServer(o.mock.Handler())
	defer srv.Close()
	for b.Loop() {
		rows := 0
		next := srv.URL + "/api/data/v9.2/queues?$select=queueid,name,statecode,msdyn_queuetype,msdyn_priority," +
			"_msdyn_operatinghourid_value,_msdyn_prequeueoverflowrulesetid_value,_msdyn_inqueueoverflowrulesetid_value&$filter=msdyn_isomnichannelqueue%20eq%20true"
		for next != "" {
			next = readPage(b, srv.Client(), next, &rows)
		}
		if rows < 5000 {
			b.Fatalf("%d rows", rows)
		}
	}
}

func readPage(b *testing.B, client *http.Client, link string, rows *int) (next string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Prefer", "odata.maxpagesize=500")
	resp, err := client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		Value []json.RawMessage
		Next  string `json:"@odata.nextLink"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatal(resp.StatusCode, err)
	}
	*rows += len(body.Value)
	return body.Next
}
