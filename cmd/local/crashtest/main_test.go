package crashtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"directcallback/adapter/store/postgres/postgrestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(cleaning{postgrestest.Main(m)}) }

// cleaning removes the program after the tests.
type cleaning struct{ tests interface{ Run() int } }

func (c cleaning) Run() int {
	code := c.tests.Run()
	if err := os.RemoveAll(built.folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// built are the adapters, which all tests here share: this one, and the next.
var built struct {
	once   sync.Once
	folder string
	err    error
}

const (
	thisVersion = "this"
	nextVersion = "next" // has a schema of its own
)

// build builds the adapters, before anybody calls.
func build(t *testing.T) {
	t.Helper()
	built.once.Do(func() {
		if built.folder, built.err = os.MkdirTemp("", "crashtest"); built.err != nil { //nolint:usetesting // it outlives the test that needs it first
			return
		}
		var here string
		if here, built.err = os.Getwd(); built.err != nil {
			return
		}
		file := func(path string) string { return filepath.Join(here, path) }
		replace := map[string]string{}
		if speed() != 1 {
			replace[file("../../adapter/serve/wall.go")] = file("testdata/clock.go")
		}
		built.err = buildWith(filepath.Join(built.folder, thisVersion), replace)
		replace[file("../../../adapter/store/postgres/migrations/99999_next.sql")] = file("testdata/next.sql")
		built.err = errors.Join(built.err, buildWith(filepath.Join(built.folder, nextVersion), replace))
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
}

// buildWith builds an adapter as it is but for some files.
func buildWith(program string, replace map[string]string) error {
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err := errors.Join(err, os.WriteFile(program+".json", overlay, 0o600)); err != nil {
		return err
	}
	command := exec.Command("go", "build", "-overlay", program+".json", "-o", program, "directcallback/cmd/adapter")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// number is what the environment says, or else.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s: %q is not a number from 1 on", name, text)
	}
	return n
}

// speed is how many times faster than life everything is.
func speed() float64 {
	const fast = 75
	if n, err := strconv.ParseFloat(os.Getenv("DIRECTCALLBACK_KILL_SPEED"), 64); err == nil && n >= 1 {
		return n
	}
	return fast
}

// inTruth is how long something takes on a true clock that takes d for the people here.
func inTruth(d time.Duration) time.Duration { return time.Duration(float64(d) / speed()) }
