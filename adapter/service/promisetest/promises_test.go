package promisetest

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"directcallback/adapter/store/sqlite"
)

// TestPromises plays random days. Ten thousand of them: -rapid.checks=10000.
//
// Broken on purpose, the adapter was caught after so many days, with one seed:
//
//	a lost reply is sent again at once                 1
//	the fence is forgotten                             1
//	cancelled is said before it is                     1
//	the line is released from its end                  4
//	a held callback is dispatched                      7
//	a confirmed callback is not saved                  7
//	a tone that comes twice counts twice              11
//	claimed commands are forgotten after an absence   13
//	an attempt outlives its promise                   53
//	an idempotency key is not kept                    84
//	the fence has no grace                            91
//	what failed for good is tried again              193
//	what a dead process left is not settled          211
//	the caller's own line is dialled at once         326
//	owner and epoch are not compared                 434
//	the lease is not looked at before asking         445
func TestPromises(t *testing.T) {
	t.Parallel()
	template, folder := newFile(t), memory(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		d := drawDay().Draw(rt, "day") // rapid's own panics must not leave through the bubble
		n++
		path := filepath.Join(folder, strconv.Itoa(n))
		if err := os.WriteFile(path, template, 0o600); err != nil {
			t.Fatal(err)
		}
		defer remove(t, path)
		broken := ""
		synctest.Test(t, func(t *testing.T) {
			w, err := newWorld(t.Context(), path, d)
			if err != nil {
				t.Fatal(err)
			}
			w.play(d)
			broken = w.judge()
			if err := w.close(); err != nil {
				t.Error(err)
			}
		})
		if broken != "" {
			rt.Fatal(broken)
		}
	})
}

// The rules must not know how the adapter decides, or they would agree with its
// mistakes.
func TestTheRulesDoNotKnowTheCode(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "rules_test.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range file.Imports {
		if path := strings.Trim(i.Path.Value, `"`); strings.Contains(path, "/") && path != "directcallback/adapter" {
			t.Errorf("the rules import %s", path)
		}
	}
}

// newFile is a file whose schema is up to date: making one costs more than a day.
func newFile(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "new.db")
	s, err := sqlite.Open(t.Context(), path)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// memory is a folder that costs no disk, where there is one: what must survive here
// is a killed process, not a machine.
func memory(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "promisetest-") //nolint:usetesting // TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { remove(t, folder) })
	return folder
}

func remove(t *testing.T, path string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.RemoveAll(path + suffix); err != nil {
			t.Error(err)
		}
	}
}
