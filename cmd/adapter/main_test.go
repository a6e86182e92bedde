package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestServeAgainstTheMocks is the way of someone who runs contract tests: the
// mocks in one process, the adapter in another, and nothing but the printed
// variables between them.
func TestServeAgainstTheMocks(t *testing.T) {
	t.Parallel()
	for _, deliveries := range []string{"voice", "task"} {
		t.Run(deliveries, func(t *testing.T) {
			t.Parallel()
			serveAgainstTheMocks(t, "DIRECTCALLBACK_DELIVERIES="+deliveries)
		})
	}
}

func serveAgainstTheMocks(t *testing.T, variables ...string) {
	t.Helper()
	folder := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", folder+string(filepath.Separator), "directcallback/cmd/adapter", "directcallback/cmd/mocks")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mocks := start(t, filepath.Join(folder, "mocks"), nil, "all", "-brisk", "-entra", "127.0.0.1:0", "-dataverse", "127.0.0.1:0", "-servicebus", "127.0.0.1:0")
	queue := mocks.line(t, `^Queue\s+(\S+)`)[1]
	environ := slices.Concat(variables, []string{"DIRECTCALLBACK_DATABASE=" + filepath.Join(folder, "x.db"), "DIRECTCALLBACK_LISTEN=127.0.0.1:0"})
	for !strings.HasPrefix(environ[len(environ)-1], "DIRECTCALLBACK_API_TOKEN=") {
		v := mocks.line(t, `^export (\w+)='(.*)'$`)
		environ = append(environ, v[1]+"="+v[2])
	}
	adapter := start(t, filepath.Join(folder, "adapter"), environ, "serve")
	address := adapter.line(t, `"msg":"adapter serves","address":"([^"]+)"`)[1]

	url := "http://" + address + "/v1/callbacks"
	body := `{"phone":"+12025550123","queueId":"` + queue + `","when":"asap","consent":{"given":true,"at":"` + time.Now().UTC().Format(time.RFC3339) + `","text":"Yes"}}`
	var made struct{ ID, State string }
	if status := call(t, http.MethodPost, url, body, &made); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	if states := <-follow(t, url+"/"+made.ID); len(states) < 2 || states[len(states)-1] != "completed" {
		t.Fatalf("the callback was %v", states)
	}
	program := filepath.Join(folder, "adapter")
	people(t, program, environ, made.ID, filepath.Join(folder, "copy.db"))
	tomorrow := time.Now().Add(24 * time.Hour).UTC()
	body = strings.Replace(body, `"asap"`, `{"start":"`+tomorrow.Format(time.RFC3339)+`","end":"`+tomorrow.Add(time.Hour).Format(time.RFC3339)+`"},"timeZone":"UTC"`, 1)
	if status := call(t, http.MethodPost, url, strings.Replace(body, "0123", "0124", 1), &made); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	later := follow(t, url+"/"+made.ID)
	adapter.stop(t)
	if states := <-later; !slices.Equal(states, []string{"scheduled"}) {
		t.Errorf("the callback of tomorrow was %v", states)
	}
	mocks.stop(t)
	if out, err := byProgram(t, program, environ, "callbacks", "list"); err == nil || !strings.Contains(out, "no adapter answers at") {
		t.Errorf("asked an adapter that stopped: %v\n%s", err, out)
	}
}

// people uses the commands of whoever looks after the adapter that runs.
func people(t *testing.T, program string, environ []string, id, file string) {
	t.Helper()
	listed, err := byProgram(t, program, environ, "callbacks", "list", "-json")
	_, rest, found := strings.Cut(listed, `"queueId": "`)
	if err != nil || !found {
		t.Fatalf("%v\n%s", err, listed)
	}
	queue, _, _ := strings.Cut(rest, `"`)
	for _, step := range []struct {
		args []string
		want []string // in the output, or in the error
		bad  bool
	}{
		{[]string{"callbacks", "list"}, []string{"ID ", id, "completed", "+1********23"}, false},
		{[]string{"callbacks", "list", "-phone", "+1 202 555 0123", "-state", "completed,review", "-n", "1"}, []string{id}, false},
		{[]string{"callbacks", "list", "-state", "review"}, []string{"no such callbacks"}, false},
		{[]string{"callbacks", "list", "-json"}, []string{`"id": "` + id + `"`, `"phone": "+1********23"`}, false},
		{[]string{"callbacks", "list", "-phone", "123"}, []string{"not a phone number"}, true},
		{[]string{"callbacks", "show", id}, []string{"completed since", "ATTEMPT", "CANNOT RING AFTER", "place reached", "customer reached"}, false},
		{[]string{"callbacks", "show", "-json", id}, []string{`"history": [`, `"attempts": [`}, false},
		{[]string{"callbacks", "show", "a/b ?"}, []string{"not found"}, true},
		{[]string{"callbacks", "cancel", "-reason", "tried", id}, []string{"too late"}, true},
		{[]string{"callbacks", "resolve", "-reason", "tried", "-by", "anna", id, "again"}, []string{"not in review"}, true},
		{[]string{"queues", "list"}, []string{"nothing is paused"}, false},
		{[]string{"queues", "pause", "-reason", "fire drill", "-by", "anna", queue}, []string{"queue ", queue, "anna", "fire drill"}, false},
		{[]string{"queues", "list", "-json"}, []string{`"queueId": "` + queue + `"`, `"reason": "fire drill"`, `"name": "`}, false},
		{[]string{"queues", "resume", "-reason", "over", queue}, []string{"nothing is paused"}, false},
		{[]string{"queues", "resume", "-reason", "over", queue}, []string{"not found"}, true},
		{[]string{"queues", "pause", "-configuration", "-reason", "tried", queue}, []string{"not found"}, true},
		{[]string{"backup", file}, []string{file, "bytes in"}, false},
		{[]string{"explain"}, []string{"Retail banking", "Mortgages"}, false},
		{[]string{"explain", "-queue", "retail BANKING", "-waiting", "14"}, []string{"14 calls are waiting; the limit of this queue is 3", "Action: direct callback.", "currentqueuesize >= 3"}, false},
		{[]string{"explain", "-queue", "Retail banking", "-in-queue", "90s"}, []string{"waited 1 minute 30 seconds", "while it waits"}, false},
		{[]string{"explain", "-queue", "Mortgages", "-waiting", "14", "-locale", "fr"}, []string{"14 appels sont en attente", "transférer vers une autre file."}, false},
		{[]string{"explain", "-queue", "Retail banking", "-wait", "7m", "-json"}, []string{`"verdict": "act"`, `"explanation": "The estimated wait is 7 minutes`}, false},
		{[]string{"explain", "-queue", "Chat"}, []string{`no voice queue is called "Chat"`, "Retail banking"}, true},
		{[]string{"settings", "diff"}, []string{"The portal says the same."}, false},
		{[]string{"settings", "diff", "-since", "today"}, []string{"Since " + time.Now().UTC().Format("2006-"), "The portal says the same."}, false},
		{[]string{"settings", "diff", "-since", "2026-01-02"}, []string{"settings of 2026-01-02 are not kept; the first are of "}, true},
		{[]string{"settings", "show", "-queue", "Chat"}, []string{`no voice queue is called "Chat"`}, true},
		{[]string{"backup", file}, []string{"file exists"}, true},
	} {
		out, err := byProgram(t, program, environ, step.args...)
		if (err != nil) != step.bad {
			t.Errorf("%q: %v", step.args, err)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("%q says nothing of %q:\n%s", step.args, want, out)
			}
		}
		if strings.Contains(out, "2025550123") {
			t.Errorf("%q shows the number:\n%s", step.args, out)
		}
	}
}

// byProgram runs a command as a process of its own; what it says includes its errors.
func byProgram(t *testing.T, program string, environ []string, args ...string) (string, error) {
	t.Helper()
	asked := exec.CommandContext(t.Context(), program, args...)
	asked.Env = environ
	out, err := asked.CombinedOutput()
	return string(out), err
}

// command runs a command in this process.
func command(t *testing.T, environ []string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, environ, &out, &out)
	return out.String(), err
}

// process is a program that was started, with its output line by line.
type process struct {
	command *exec.Cmd
	lines   chan string
}

func start(t *testing.T, program string, environ []string, args ...string) *process {
	t.Helper()
	p := &process{command: exec.CommandContext(t.Context(), program, args...), lines: make(chan string, 1000)}
	p.command.Env = environ
	p.command.Cancel = func() error { return p.command.Process.Signal(os.Interrupt) }
	p.command.WaitDelay = 30 * time.Second
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.command.Stdout, p.command.Stderr = writer, writer
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close() // the child has its own
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			select {
			case p.lines <- scanner.Text():
			default: // nobody reads any more
			}
		}
	}()
	return p
}

// line waits for a line that matches and returns its groups.
func (p *process) line(t *testing.T, pattern string) []string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	var seen []string
	for over := time.After(time.Minute); ; {
		select {
		case text, ok := <-p.lines:
			if !ok {
				t.Fatalf("%s ended without %s\n%s", p.command.Path, pattern, strings.Join(seen, "\n"))
			}
			seen = append(seen, text)
			if groups := expression.FindStringSubmatch(text); groups != nil {
				return groups
			}
		case <-over:
			t.Fatalf("%s does not print %s\n%s", p.command.Path, pattern, strings.Join(seen, "\n"))
		}
	}
}

// stop interrupts and wants a clean end.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("%s: %v", p.command.Path, err)
	}
}

// follow reads a callback's events to the clean end of their stream, from the first on
// that has come when it returns, and gives the states that it was in.
func follow(t *testing.T, url string) <-chan []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer local-token-for-this-machine-only")
	response, err := http.DefaultClient.Do(request) //nolint:forbidigo // a test's own requests to loopback
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %d", response.StatusCode)
	}
	all := make(chan []string, 1)
	go func() {
		defer cancel()
		defer func() { _ = response.Body.Close() }()
		var states []string
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			var c struct{ State string }
			data, is := strings.CutPrefix(lines.Text(), "data: ")
			if is && json.Unmarshal([]byte(data), &c) == nil && (len(states) == 0 || c.State != states[len(states)-1]) {
				states = append(states, c.State)
			}
		}
		if err := lines.Err(); err != nil {
			states = append(states, err.Error())
		}
		all <- states
	}()
	return all
}

func call(t *testing.T, method, url, body string, answer any) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Authorization": {"Bearer local-token-for-this-machine-only"}, "Idempotency-Key": {fmt.Sprintf("%x", sha256.Sum256([]byte(body)))}, "Content-Type": {"application/json"}}
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
	good := []string{
		"DIRECTCALLBACK_DATAVERSE_URL=http://127.0.0.1:1", "DIRECTCALLBACK_API_TOKEN=0123456789abcdef0123456789abcdef", "DIRECTCALLBACK_LISTEN=127.0.0.1:0",
		"DIRECTCALLBACK_SERVICEBUS_CONNECTION=Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true",
		"AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_CLIENT_SECRET=s", "DIRECTCALLBACK_DATABASE=" + filepath.Join(t.TempDir(), "x.db"),
	}
	with := func(more ...string) []string { return append(slices.Clip(good), more...) }
	for name, test := range map[string]struct {
		args    []string
		environ []string
		want    []string
	}{
		"unknown command":        {[]string{"sevre"}, nil, []string{`unknown command "sevre"`, "serve"}},
		"argument":               {[]string{"serve", "now"}, nil, []string{`"now"`}},
		"nothing set":            {[]string{"serve"}, nil, []string{"DIRECTCALLBACK_DATAVERSE_URL", "DIRECTCALLBACK_API_TOKEN", "SERVICEBUS_CONNECTION"}},
		"misspelt variable":      {[]string{"serve"}, with("DIRECTCALLBACK_DATABSE=x"), []string{"DIRECTCALLBACK_DATABSE", "did you mean DIRECTCALLBACK_DATABASE?"}},
		"neither on nor off":     {[]string{"serve"}, with("DIRECTCALLBACK_OFFERS=of"), []string{"neither on nor off"}},
		"no receivers":           {[]string{"serve"}, with("DIRECTCALLBACK_RECEIVERS=0"), []string{"at least 1"}},
		"not a duration":         {[]string{"serve"}, with("DIRECTCALLBACK_SETTINGS_EVERY=often"), []string{"often"}},
		"secret twice":           {[]string{"serve"}, with("DIRECTCALLBACK_API_TOKEN_FILE=/x"), []string{"remove one"}},
		"short token":            {[]string{"serve"}, with("DIRECTCALLBACK_API_TOKEN=0123456789", "DIRECTCALLBACK_LISTEN=256.0.0.1:1"), []string{"DIRECTCALLBACK_API_TOKEN", "32"}},
		"port taken or absent":   {[]string{"serve"}, with("DIRECTCALLBACK_LISTEN=256.0.0.1:1"), []string{"DIRECTCALLBACK_LISTEN"}},
		"credential of no kind":  {[]string{"serve"}, with("DIRECTCALLBACK_CREDENTIAL=magic"), []string{"magic", "managed"}},
		"missing Azure variable": {[]string{"serve"}, with("AZURE_CLIENT_SECRET="), []string{"AZURE_CLIENT_SECRET"}},
		"plain text to afar":     {[]string{"serve"}, with("DIRECTCALLBACK_SERVICEBUS_CONNECTION=Endpoint=sb://192.0.2.1;SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true"), []string{"UseDevelopmentEmulator"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var out, errs bytes.Buffer
			err := run(ctx, test.args, test.environ, &out, &errs)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not say %s", err, want)
				}
			}
			if strings.Contains(err.Error(), "SharedAccessKey=b") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"help", "version"} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{command}, nil, &out, &out); err != nil || out.Len() == 0 {
			t.Errorf("%s: %v, %q", command, err, out.String())
		}
	}
}
