package dataverse_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
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

// BenchmarkReadsOf8Clients is one read by key after the other over HTTP on loopback, by eight clients at once, each on
// a connection that it keeps. Clients and server share the machine.
func BenchmarkReadsOf8Clients(b *testing.B) {
	const clients = 8
	o := newOrg(b, func(opts *dataverse.Options) { opts.URL = "" })
	srv := httptest.NewServer(o.mock.Handler())
	defer srv.Close()
	link := srv.URL + "/api/data/v9.2/queues(" + o.demo.RetailQueue + ")?$select=name,msdyn_queuetype,statecode"
	var connections atomic.Int64
	transport := &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		connections.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	client := &http.Client{Transport: transport}
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				if err := readOne(b.Context(), client, link); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
	if n := connections.Load(); n > clients {
		b.Errorf("%d connections: they were not kept", n)
	}
}

func readOne(ctx context.Context, client *http.Client, link string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"name":"Retail banking"`))) {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return err
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
