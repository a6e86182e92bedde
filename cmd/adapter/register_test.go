package main

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/cmd/adapter/serve"
)

// TestRegisteredAdapterHearsOfAnEdit is the way of a setting: an admin edits a queue,
// Dataverse's step fires, its endpoint sends, and the adapter reads again at once, long
// before it would have by itself.
func TestRegisteredAdapterHearsOfAnEdit(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	out, err := w.adapter(t, "register")
	if err != nil || !strings.Contains(out, "40 changes.") {
		t.Fatalf("%v\n%s", err, out)
	}
	running := serving(t, w)
	name := func() string {
		plan, _ := running.Service().Plans().Plan(adapter.QueueID(w.Demo.RetailQueue))
		return plan.Queue().Name
	}
	w.update(t, "queue", w.Demo.RetailQueue, map[string]any{"name": "Retail and cards"})
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for over := time.After(time.Minute); name() != "Retail and cards"; {
		select {
		case <-look.C:
		case <-over:
			t.Fatalf("the queue is still called %q", name())
		}
	}
	if dead := running.DeadLettered(); dead > 0 {
		t.Errorf("%d dead letters", dead)
	}
	if out, err := w.adapter(t, "register", "-remove"); err != nil || !strings.Contains(out, "40 changes.") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// serving runs an adapter in this process until the test ends.
func serving(t *testing.T, w *town) *serve.Adapter {
	t.Helper()
	client := &http.Client{Transport: w.Transport()}
	t.Cleanup(client.CloseIdleConnections)
	config, err := serve.FromEnvironment(append(slices.Clip(w.environ), "DIRECTCALLBACK_SETTINGS_EVERY=1h"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := serve.Start(t.Context(), config, serve.Surroundings{Transport: client, HTTPClient: client, DialService: w.DialService()})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(t.Context(), listener, nil) }() // the context ends before the cleanup
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := a.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestRegisterSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, step := range []struct {
		args []string
		want []string
	}{
		{[]string{"register", "--dry-run"}, []string{"service endpoint   create", "queue ", "would be 40 changes"}},
		{[]string{"register", "-remove"}, []string{"not there", "Nothing had to be changed."}},
		{[]string{"register"}, []string{"platform-events", "STEPS  ", "msdyn_ocliveworkitem                created   created   created", "40 changes."}},
		{[]string{"register", "-json"}, []string{`"do": "keep"`, `"changes": 0`}},
		{[]string{"register", "-dry-run"}, []string{"would be nothing to change"}},
		{[]string{"register", "--remove", "--dry-run"}, []string{"would be 40 changes"}},
		{[]string{"register", "-remove"}, []string{"removed", "40 changes."}},
	} {
		out, err := w.adapter(t, step.args...)
		if err != nil {
			t.Fatalf("%q: %v\n%s", step.args, err, out)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("%q says nothing of %q:\n%s", step.args, want, out)
			}
		}
		if strings.Contains(out, "SharedAccessKey") {
			t.Errorf("%q shows the connection string:\n%s", step.args, out)
		}
	}
}
