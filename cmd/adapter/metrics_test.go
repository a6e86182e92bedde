package main

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestWhatPrometheusIsTold scrapes an adapter in whose portal one thing is wrong.
func TestWhatPrometheusIsTold(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.update(t, "msdyn_proactive_engagement_config", w.Demo.RetailEngagement, map[string]any{"msdyn_close_existing_conversations": true})
	began := time.Now()
	p := start(t, "adapter", slices.Concat(w.environ, []string{"DIRECTCALLBACK_LISTEN=127.0.0.1:0", "DIRECTCALLBACK_METRICS=127.0.0.1:0"}), "serve")
	defer p.stop(t)
	address := p.line(t, `"msg":"metrics are told","address":"([^"]+)"`)[1]
	p.line(t, `"msg":"adapter serves"`)
	text := scrape(t, "http://"+address+"/metrics")
	for _, want := range []string{`directcallback_findings{severity="error"} 0`, `directcallback_findings{severity="warning"} 1`} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("nothing says %s:\n%s", want, text)
		}
	}
	age := regexp.MustCompile(`(?m)^directcallback_settings_age_seconds (\S+)$`).FindStringSubmatch(text)
	if age == nil {
		t.Fatalf("no age of the settings:\n%s", text)
	}
	if seconds, err := strconv.ParseFloat(age[1], 64); err != nil || seconds <= 0 || seconds > time.Since(began).Seconds() {
		t.Errorf("the settings are %s seconds old after %v: %v", age[1], time.Since(began), err)
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "directcallback_") {
			t.Errorf("measured by accident: %s", line)
		}
	}
}

func scrape(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v\n%s", response.Status, err, body)
	}
	return string(body)
}
