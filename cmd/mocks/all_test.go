package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

// startAll runs "mocks all" on free ports until the test ends. What it printed before it was ready is by first word.
func startAll(t *testing.T, args ...string) (printed map[string][]string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		free := []string{"all", "-entra", "127.0.0.1:0", "-dataverse", "127.0.0.1:0", "-servicebus", "127.0.0.1:0", "-admin", "127.0.0.1:0"}
		code := exitCode(ctx, append(free, args...), write, &stderr)
		_ = write.Close()
		ended <- code
	}()
	printed = map[string][]string{}
	lines := bufio.NewReader(read)
	for len(printed["export"]) == 0 || printed[""] == nil {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%v, exit code %d: %s", err, <-ended, &stderr)
		}
		if line = strings.TrimSpace(line); line == "" && len(printed["export"]) == 0 {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		printed[word] = append(printed[word], strings.TrimSpace(rest))
	}
	t.Cleanup(func() {
		stop()
		if _, err := io.Copy(io.Discard, lines); err != nil {
			t.Error(err)
		}
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d: %s", code, &stderr)
		}
	})
	return printed
}

func TestAllHasAManagementPortAndAScenario(t *testing.T) {
	t.Parallel()
	for scenario, queues := range map[string]int{"demo": 1, "insurer": 6, file(t, "org.yaml", "queues:\n  one: {name: One, channel: Voice}\n"): 1} {
		printed := startAll(t, "-scenario", scenario)
		admin := printed["Management"][0]
		if len(printed["Queue"]) != queues {
			t.Errorf("%s: queues %q", scenario, printed["Queue"])
		}
		body := get(t, admin+"/scenario")
		queue, _, _ := strings.Cut(printed["Queue"][0], " ")
		if !strings.Contains(body, queue) {
			t.Errorf("%s: %s is not in %s", scenario, queue, body)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, admin+"/reset", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{}
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		transport.CloseIdleConnections()
		if after := get(t, admin+"/scenario"); answer.StatusCode != http.StatusOK || after != body {
			t.Errorf("%s: %s, then %s", scenario, answer.Status, after)
		}
	}
}

func TestAllWithoutManagement(t *testing.T) {
	t.Parallel()
	if printed := startAll(t, "-admin", ""); printed["Management"][0] != "none" {
		t.Errorf("%q", printed)
	}
}

// TestAllEndsWell even when it is stopped before it serves.
func TestAllEndsWell(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	w, err := world.Start(ctx, world.Options{
		Entra: world.Address{HostPort: "127.0.0.1:1"}, Dataverse: world.Address{HostPort: "127.0.0.1:2"}, ServiceBus: world.Address{HostPort: "127.0.0.1:3"},
		Network: &world.Memory{}, Clock: phone.NewScaledClock(1, time.Now()),
	})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := errors.Join(w.ServiceBus.Close(), w.Serve(ctx), w.Close(context.WithoutCancel(ctx))); err != nil {
		t.Error(err)
	}
}

func TestAllRefuses(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"-scenario empty: representatives need a queue": {"-scenario", "empty"},
		"-scenario: open nothing.yaml":                  {"-scenario", "nothing.yaml"},
		"has no queue in which callers could wait":      {"-scenario", file(t, "none.yaml", "rows:\n  contact:\n    one: {lastname: B}\n"), "-dataverse", "127.0.0.1:0"},
		"not an address of the form host:port":          {"-admin", "x"},
	} {
		var stderr bytes.Buffer
		code := exitCode(t.Context(), append([]string{"all"}, args...), io.Discard, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit code %d: %s, want …%s…", args, code, &stderr, want)
		}
	}
}
