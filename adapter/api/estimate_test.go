package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/wait"
)

func TestEstimatedWaitIsShown(t *testing.T) {
	t.Parallel()
	asOf := noon.Add(-5 * time.Minute)
	for name, test := range map[string]struct {
		estimate wait.Estimate
		want     any
	}{
		"not enough data": {wait.Estimate{}, nil},
		"platform":        {wait.Estimate{Wait: 90 * time.Second, Source: wait.FromPlatform}, map[string]any{"seconds": 90.0, "source": "platform"}},
		"none":            {wait.Estimate{Source: wait.FromPlatform}, map[string]any{"seconds": 0.0, "source": "platform"}},
		"average": {
			wait.Estimate{Wait: 1500 * time.Millisecond, Source: wait.FromAverage, At: asOf},
			map[string]any{"seconds": 2.0, "source": "average", "asOf": asOf.UTC().Format(time.RFC3339)},
		},
		"with a range": {
			wait.Estimate{Wait: 90 * time.Second, Source: wait.FromAverage, At: asOf, Range: wait.Range{P50: 0, P90: 200, Of: 20}},
			map[string]any{"seconds": 90.0, "source": "average", "asOf": asOf.UTC().Format(time.RFC3339), "p50Seconds": 0.0, "p90Seconds": 200.0},
		},
	} {
		b := &backend{view: service.View{Callback: adapter.Callback{ID: "c"}, Place: 1, Estimate: test.estimate}}
		got := call{method: "GET", path: "/v1/callbacks/c", token: secret}.to(t, handler(t, options(b))).wants(t, http.StatusOK)
		shown, there := got.body["estimatedWait"]
		if diff := cmp.Diff(test.want, shown); diff != "" || !there {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Twenty calls were answered after two minutes each, then somebody asks.
func TestEstimatedWaitOfOurOwnCalls(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.ahead(t)
	early := keyed("early", nil).to(t, h).wants(t, http.StatusCreated)
	if got, there := early.body["estimatedWait"]; got != nil || !there {
		t.Errorf("an estimate out of nothing: %v", got)
	}
	for i := range 20 {
		id := adapter.CallID(fmt.Sprint("call-", i))
		queued := h.clock.Now()
		events := []adapter.CallEvent{{ID: "q" + string(id), Source: "pbx", Call: id, At: queued, Sequence: 1, Data: adapter.CallQueued{Queue: queue, QueuedAt: queued, Entry: adapter.EntryRoute, Bot: adapter.BotNone}}}
		h.clock.advance(2 * time.Minute)
		events = append(events, adapter.CallEvent{ID: "c" + string(id), Source: "pbx", Call: id, At: h.clock.Now(), Sequence: 2, Data: adapter.CallConnected{}})
		if _, err := h.service.Handle(t.Context(), events); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.advance(10 * time.Minute)
	seen := at("GET", early, secret).to(t, h).wants(t, http.StatusOK)
	if got, ok := seen.body["estimatedWait"].(map[string]any); !ok || got["seconds"] != 120.0 || got["p50Seconds"] != 120.0 || got["p90Seconds"] != 120.0 || got["source"] != "average" || got["asOf"] == nil {
		t.Errorf("seen: %s", seen.Body)
	}
}
