package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/dataverse"
	"directcallback/mocks/phone"
)

// TestRealDay runs a whole day of a bank's calls through everything, in virtual
// time: the real clients of Entra, Dataverse and Service Bus over connections in
// memory, offers at their true 30 and 120 seconds, SQLite on a file. It checks
// the laws that everything built here must keep.
//
// DIRECTCALLBACK_TRACE and DIRECTCALLBACK_TRACE_DAY name another recording.
func TestRealDay(t *testing.T) {
	t.Parallel()
	traffic := recording(t)
	database := filepath.Join(t.TempDir(), "day.db")
	began := time.Now()
	var virtual time.Duration
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		// The day ends an hour after its last caller, so that callbacks have their time.
		last := traffic.Arrivals[len(traffic.Arrivals)-1].At
		liveDay(t, traffic, database, last+time.Hour-traffic.Start)
		virtual = time.Since(start)
	})
	t.Logf("day %d: %v in %v", traffic.Day, virtual.Round(time.Minute), time.Since(began).Round(time.Millisecond))
}

func liveDay(t *testing.T, traffic phone.Traffic, database string, length time.Duration) {
	t.Helper()
	o, err := parse([]string{"-db", database, "-for", length.String()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	judge := &oracle{size: dataverse.DemoQueueSize, estimate: dataverse.DemoEstimatedMinutes * time.Minute, seen: map[string]bool{}}
	o.network, o.tap, o.observe, o.watch = &world.Memory{}, judge.tap, judge.observe, judge.watch
	// Two rules, both before the call is queued: size and estimated wait.
	o.prepare = func(w *world.World) error {
		return w.Dataverse.Update("queue", w.Demo.RetailQueue, map[string]any{"msdyn_inqueueoverflowrulesetid": nil})
	}
	h, err := open(t.Context(), o, traffic, io.Discard, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.run(t.Context()); err != nil {
		t.Error(err)
	}
	checkLaws(t, h)
	wrong := judge.disagreements(time.Now())
	for i, w := range wrong {
		if i == 20 {
			t.Errorf("… and %d more", len(wrong)-i)
			break
		}
		t.Error("the oracle disagrees: ", w)
	}
	if err := h.close(t.Context()); err != nil {
		t.Error(err)
	}
	<-time.After(time.Minute) // timers of closed connections come to rest
}

// checkLaws holds what people lived through and what Dynamics was asked against
// what the adapter promised.
func checkLaws(t *testing.T, h *house) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	figures, err := h.figures(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r := h.world.Phone.Report().With(figures)
	t.Logf("queued %d, overflowed %d, offers %d, opted in %d, callbacks %d, deliveries %d, dialled %d, completed %d, unanswered %d, abandoned %d, served live %d, in progress %d",
		r.CallsQueued, r.Overflowed, r.OffersPlayed, r.OptedIn, r.CallbacksCreated, r.DeliveriesCreated, r.Dialled, r.Completed, r.Unanswered, r.Abandoned, r.ServedLive, r.InProgress)
	if r.CallsQueued == 0 || r.OffersPlayed == 0 || r.Completed == 0 {
		t.Error("nothing happened that could be checked")
	}
	if r.Lost != 0 || r.DialledTwice != 0 || r.OrderInversions != 0 || r.DeadLettered != 0 {
		t.Errorf("lost %d, dialled twice %d, out of order %d, dead-lettered %d", r.Lost, r.DialledTwice, r.OrderInversions, r.DeadLettered)
	}
	callbacks, err := h.adapter.CallbacksOfCalls(ctx)
	if err != nil {
		t.Fatal(err)
	}
	made := map[adapter.CallbackID]int{}
	for _, in := range h.world.Phone.Books().OptIns {
		c, ok := callbacks[adapter.CallID(in.CallID)]
		if !ok && in.Confirmed {
			t.Errorf("call %s opted in and has no callback", in.CallID)
		}
		if in.Joined == "" {
			made[c.ID]++
		}
	}
	for id, n := range made {
		if id != "" && n > 1 {
			t.Errorf("callback %s stands for %d promises", id, n)
		}
	}
	active := map[string]string{}
	for _, d := range h.world.Dataverse.Deliveries() {
		id := d.Attributes["callbackId"]
		if other, two := active[id]; two {
			t.Errorf("callback %s has two active deliveries: %s and %s", id, other, d.ID)
		}
		if d.Status == "Pending" || d.Status == "InProcess" {
			active[id] = d.ID
		}
	}
}

// recording is the day to run: the embedded one, or what the variables name.
func recording(t *testing.T) phone.Traffic {
	t.Helper()
	name := os.Getenv("DIRECTCALLBACK_TRACE")
	if name == "" {
		traffic, err := phone.DefaultTraffic()
		if err != nil {
			t.Fatal(err)
		}
		return traffic
	}
	day, err := strconv.Atoi(os.Getenv("DIRECTCALLBACK_TRACE_DAY"))
	if err != nil {
		t.Fatalf("DIRECTCALLBACK_TRACE_DAY: %v", err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	traffic, broken, err := phone.ReadTrace(file, day)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range broken {
		t.Errorf("%s: %v", name, row)
	}
	return traffic
}
