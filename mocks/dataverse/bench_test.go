package dataverse_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
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
