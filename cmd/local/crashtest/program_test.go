package crashtest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is a process of the adapter.
type program struct {
	command *exec.Cmd
	serves  chan string   // its address, once; closed at its end
	ended   chan struct{} // when it has

	mu      sync.Mutex
	address string   // guarded by mu; empty = it does not serve yet
	said    []string // guarded by mu: the last lines
}

var serving = regexp.MustCompile(`"msg":"adapter serves","address":"([^"]+)"`)

// launch starts a process, which is killed with the test at the latest.
func launch(t *testing.T, version string, environ []string) *program {
	t.Helper()
	p := &program{command: exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(built.folder, version), "serve"), serves: make(chan string, 1), ended: make(chan struct{})}
	p.command.Env = environ
	output, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go p.listen(output)
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		<-p.ended
		_ = p.command.Wait()
	})
	return p
}

func (p *program) listen(output io.Reader) {
	defer close(p.ended)
	defer close(p.serves)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		p.mu.Lock()
		p.said = append(p.said[max(len(p.said)-100, 0):], lines.Text())
		if found := serving.FindStringSubmatch(lines.Text()); found != nil {
			p.address = found[1]
			p.serves <- found[1]
		}
		p.mu.Unlock()
	}
}

// url is where it serves; empty if it does not.
func (p *program) url() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.ended:
		return ""
	default:
	}
	if p.address == "" {
		return ""
	}
	return "http://" + p.address
}

func (p *program) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(slices.Clone(p.said), "\n")
}

// ready waits until it serves.
func (p *program) ready(t *testing.T) {
	t.Helper()
	select {
	case _, ok := <-p.serves:
		if !ok {
			t.Fatalf("the adapter ended by itself\n%s", p.lastWords())
		}
	case <-time.After(time.Minute):
		t.Fatalf("the adapter does not serve\n%s", p.lastWords())
	}
}

// kill kills the process, which must not have ended by itself.
func (p *program) kill(t *testing.T) {
	t.Helper()
	_ = p.command.Process.Kill()
	<-p.ended
	err := p.command.Wait()
	if exit, is := errors.AsType[*exec.ExitError](err); !is || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the adapter ended by itself: %v\n%s", err, p.lastWords())
	}
}

// stop asks the process to end, which it must do well.
func (p *program) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		t.Errorf("the adapter does not stop\n%s", p.lastWords())
		return
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("the adapter stopped with %v\n%s", err, p.lastWords())
	}
}

func (p *program) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
