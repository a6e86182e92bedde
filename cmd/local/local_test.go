package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"directcallback/mocks/phone"
)

// anyPorts lets tests run beside each other.
var anyPorts = []string{"-http", "127.0.0.1:0", "-entra", "127.0.0.1:0", "-dataverse", "127.0.0.1:0", "-servicebus", "127.0.0.1:0"}

// screen is a terminal that can be read while it is written.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// eventually waits until the screen shows a match, and returns its groups.
func (s *screen) eventually(t *testing.T, pattern string) []string {
	t.Helper()
	const within = time.Minute
	expression := regexp.MustCompile(pattern)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	over := time.After(within)
	for {
		if groups := expression.FindStringSubmatch(s.String()); groups != nil {
			return groups
		}
		select {
		case <-look.C:
		case <-over:
			t.Fatalf("not shown within %v: %s\n%s", within, pattern, s)
		}
	}
}

func TestPromisesAreKept(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "r.json")
	var out, errs screen
	if err := run(t.Context(), append([]string{"-speed", "30", "-for", "40s", "-report", report}, anyPorts...), &out, &errs); err != nil {
		t.Fatalf("%v\n%s\n%s", err, &out, &errs)
	}
	body, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var r phone.Report
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	if r.Completed == 0 || r.OptedIn == 0 || r.Overflowed == 0 {
		t.Errorf("nothing happened: %s", body)
	}
	if r.Lost != 0 || r.DialledTwice != 0 || r.OrderInversions != 0 {
		t.Errorf("promises were broken: %s", body)
	}
	for _, number := range regexp.MustCompile(`\+\d{8,}`).FindAllString(out.String()+errs.String(), -1) {
		if number != "+12025550123" { // of the example
			t.Errorf("a full number is shown: %s", number)
		}
	}
}

// Two runs with one seed on one file: the second is told what the first left
// behind, and its figures are its own.
func TestAFileIsUsedAgain(t *testing.T) {
	t.Parallel()
	report, database := filepath.Join(t.TempDir(), "r.json"), filepath.Join(t.TempDir(), "kept.db")
	var first, second phone.Report
	for _, into := range []*phone.Report{&first, &second} {
		var out, errs screen
		args := append([]string{"-speed", "60", "-for", "15s", "-report", report, "-db", database}, anyPorts...)
		if err := run(t.Context(), args, &out, &errs); err != nil {
			t.Fatalf("%v\n%s\n%s", err, &out, &errs)
		}
		body, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatal(err)
		}
		left := regexp.MustCompile(`(\d+) callbacks are left of an earlier run`).FindStringSubmatch(out.String())
		switch {
		case into == &first && left != nil:
			t.Errorf("a new file has %s callbacks", left[1])
		case into == &second && (left == nil || left[1] != strconv.Itoa(first.InProgress)):
			t.Errorf("left %q, want %d", left, first.InProgress)
		}
	}
	if first.InProgress == 0 || second.CallbacksCreated == 0 || second.CallbacksCreated > second.OptedIn {
		t.Errorf("first left %d; second has %d callbacks of %d callers who opted in", first.InProgress, second.CallbacksCreated, second.OptedIn)
	}
}

// A web developer pastes the line that the command prints, and follows the
// callback to its end.
func TestACallbackAskedForByHTTPIsCompleted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs screen
	done := make(chan error, 1)
	go func() { done <- run(ctx, append([]string{"-speed", "60"}, anyPorts...), &out, &errs) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%v\n%s", err, &errs)
		}
	}()
	line := out.eventually(t, `curl -s (\S+) .*\n\s+-d '(.*)'`)
	id, manage := ask(t, line[1], line[2], token)

	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for state, over := "", time.After(4*time.Minute); state != "completed"; {
		select {
		case <-look.C:
		case <-over:
			t.Fatalf("the callback is still %q\n%s", state, &out)
		}
		state = show(t, line[1]+"/"+id, manage)
	}
}

// So does one whose application signs in to Entra, however fast time passes here.
func TestACallbackAskedForWithATokenOfEntra(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs screen
	done := make(chan error, 1)
	go func() { done <- run(ctx, append([]string{"-speed", "1000"}, anyPorts...), &out, &errs) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%v\n%s", err, &errs)
		}
	}()
	application := out.eventually(t, `(\S+)  Callbacks.Request\n`)[1]
	line := out.eventually(t, `curl -sk (\S+) (-d grant_type.*)\n`)
	form := url.Values{}
	for field := range strings.SplitSeq(strings.ReplaceAll(line[2], "client_id=ID", "client_id="+application), "-d ") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		form.Set(name, value)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, line[1], strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // as curl -k
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var granted struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&granted); err != nil {
		t.Fatal(err)
	}
	line = out.eventually(t, `curl -s (\S+) .*\n\s+-d '(.*)'`)
	id, manage := ask(t, line[1], line[2], granted.Token)
	show(t, line[1]+"/"+id, manage)
}

func ask(t *testing.T, url, body, token string) (id, manage string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Authorization": {"Bearer " + token}, "Idempotency-Key": {"try-1"}, "Content-Type": {"application/json"}}
	var answer struct{ ID, ManageToken string }
	if status := do(t, request, &answer); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	return answer.ID, answer.ManageToken
}

func show(t *testing.T, url, manage string) (state string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+manage)
	var answer struct{ State string }
	if status := do(t, request, &answer); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	return answer.State
}

func do(t *testing.T, request *http.Request, answer any) int {
	t.Helper()
	response, err := http.DefaultClient.Do(request) //nolint:forbidigo // a test's own requests to loopback
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	empty := filepath.Join(t.TempDir(), "empty.csv")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":       {[]string{"-sped", "3"}, "-sped"},
		"argument":           {[]string{"speed"}, `"speed"`},
		"speed of nothing":   {[]string{"-speed", "0"}, "-speed 0"},
		"negative time":      {[]string{"-for", "-3s"}, "-for -3s"},
		"day without trace":  {[]string{"-day", "3"}, "-day needs -trace"},
		"load below 0":       {[]string{"-load", "-1"}, "-load -1"},
		"load and trace":     {[]string{"-load", "1", "-trace", "x.csv"}, "-load and -trace"},
		"load without end":   {[]string{"-load", "1", "-for", "0s"}, "-load: callers need some time"},
		"missing trace":      {[]string{"-trace", "nowhere.csv"}, "nowhere.csv"},
		"empty trace":        {[]string{"-trace", empty}, "empty.csv"},
		"not an address":     {[]string{"-http", "8080"}, "host:port"},
		"port asked, taken":  {append(slices.Clip(anyPorts[2:]), "-http", taken.Addr().String()), "address already in use"},
		"database elsewhere": {append(slices.Clip(anyPorts), "-db", filepath.Join(empty, "x.db")), "open store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs screen
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := run(ctx, append([]string{"-for", "1s"}, test.args...), &out, &errs)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v does not name %s", err, test.want)
			}
		})
	}
}

func TestBrokenRowsAreNamedAndTheOthersUsed(t *testing.T) {
	t.Parallel()
	const header = "day,call_id,customer_id,priority,type,ivr_entry,ivr_exit,queue_start,queue_exit,queue_seconds,outcome,service_start,service_exit,service_seconds,server\n"
	trace := filepath.Join(t.TempDir(), "trace.csv")
	rows := header +
		"1,1,11,0,PS,36000,36005,36005,36020,15,AGENT,36020,36100,80,s01\n" +
		"1,2,12,0,PS,36000,36006,noon,36020,15,AGENT,36020,36100,80,s01\n" +
		"1,3,13,0,PS,36000,36007,36007,36030,23,HANG,0,0,0,\n"
	if err := os.WriteFile(trace, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs screen
	if err := run(t.Context(), append([]string{"-trace", trace, "-day", "1", "-speed", "60", "-for", "2s"}, anyPorts...), &out, &errs); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"line 3", "queue_start", "1 rows of the trace were skipped, 2 callers are left"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("stderr does not say %q:\n%s", want, &errs)
		}
	}
}

func TestABusyDefaultPortGivesWay(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	var o options
	o.http.HostPort = taken.Addr().String() // a default: nobody asked for it
	l, err := o.http.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if l.Addr().String() == taken.Addr().String() {
		t.Error("two listeners on one port")
	}
}
