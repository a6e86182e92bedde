package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// house is cmd/local in a process of its own: the real adapter and all mocks.
type house struct {
	demo string // the address of its page

	mu   sync.Mutex
	said bytes.Buffer // guarded by mu
}

// Write notes what the house says.
func (h *house) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.said.Write(p)
}

func (h *house) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.said.String()
}

// program is cmd/local, built when it is first wanted.
var program func() (path string, err error)

func build(folder string) (string, error) {
	path := filepath.Join(folder, "local")
	out, err := exec.Command("go", "build", "-o", path, "directcallback/cmd/local").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build cmd/local: %w\n%s", err, out)
	}
	return path, nil
}

// startHouse starts cmd/local, and ends it with the test.
func startHouse(t *testing.T, flags ...string) *house {
	t.Helper()
	needsBrowser(t)
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{}
	flags = append(flags, "-http", "127.0.0.1:0", "-entra", "127.0.0.1:0", "-dataverse", "127.0.0.1:0", "-servicebus", "127.0.0.1:0")
	command := exec.CommandContext(context.WithoutCancel(t.Context()), path, flags...)
	command.Stdout, command.Stderr = h, h
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		overdue := time.AfterFunc(30*time.Second, func() { _ = command.Process.Kill() })
		defer overdue.Stop()
		if err := command.Wait(); err != nil {
			t.Errorf("the house ended with %v\n%s", err, h)
		}
	})
	shown := regexp.MustCompile(`(http://\S+/demo)\n`)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	over := time.After(time.Minute)
	for {
		if found := shown.FindStringSubmatch(h.String()); found != nil {
			h.demo = found[1]
			return h
		}
		select {
		case <-look.C:
		case <-over:
			t.Fatalf("the house does not say where its page is\n%s", h)
		}
	}
}
