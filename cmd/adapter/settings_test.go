package main

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSettingsAreKeptAndCompared is configuration as code: what was understood is
// written to a file, and what an admin changes later is shown against it.
func TestSettingsAreKeptAndCompared(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	out, code := exitOf(t, w.environ, "settings", "show")
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	golden(t, filepath.Join("testdata", "settings", "show.txt"), w.anonymous(out))
	written, code := exitOf(t, w.environ, "settings", "show", "-yaml")
	if again, _ := exitOf(t, w.environ, "settings", "show", "-yaml"); code != 0 || again != written {
		t.Fatalf("exit code %d, the second time\n%s", code, again)
	}
	golden(t, filepath.Join("testdata", "settings", "show.yaml"), w.anonymous(written))
	file := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(file, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := exitOf(t, w.environ, "settings", "diff", file); code != 0 || out != "The portal says the same.\n" {
		t.Errorf("exit code %d\n%s", code, out)
	}
	w.update(t, "msdyn_overflowactionconfig", w.Demo.Voicemail, map[string]any{"msdyn_overflowactiontype": 192350003})
	w.update(t, "queue", w.Demo.RetailQueue, map[string]any{"msdyn_inqueueoverflowrulesetid": nil})
	out, code = exitOf(t, w.environ, "settings", "diff", file)
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	golden(t, filepath.Join("testdata", "settings", "diff.txt"), w.anonymous(out))
	if out, code := exitOf(t, w.environ, "settings", "diff", "-json", file); code != 1 || !strings.Contains(out, `"where": "Mortgages, beforeQueued, rule 3"`) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if err := os.WriteFile(file, []byte("queue: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := exitOf(t, w.environ, "settings", "diff", file); code != 1 || !strings.Contains(out, "is not what adapter settings show -yaml writes") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if out, code := exitOf(t, w.environ, "settings", "diff"); code != 1 || !strings.Contains(out, "no adapter answers at") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// TestWhatChangedSinceYesterday runs an adapter, lets a day pass by making what it kept
// a day older, and changes the portal.
func TestWhatChangedSinceYesterday(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	environ := slices.Concat(w.environ, []string{"DIRECTCALLBACK_LISTEN=127.0.0.1:0"})
	serve := func() *process {
		t.Helper()
		p := start(t, "adapter", environ, "serve")
		p.line(t, `"msg":"adapter serves"`)
		return p
	}
	serve().stop(t)
	database, err := sql.Open("sqlite", w.database())
	if err != nil {
		t.Fatal(err)
	}
	_, err = database.ExecContext(t.Context(), "UPDATE snapshots SET day = day - ?", (24 * time.Hour).Microseconds())
	if err := errors.Join(err, database.Close()); err != nil {
		t.Fatal(err)
	}
	w.update(t, "msdyn_overflowactionconfig", w.Demo.Voicemail, map[string]any{"msdyn_overflowactiontype": 192350003})
	again := serve()
	defer again.stop(t)
	if out, code := exitOf(t, environ, "settings", "diff", "-since", "today"); code != 0 || !strings.HasSuffix(out, ":\nThe portal says the same.\n") {
		t.Errorf("since today: exit code %d\n%s", code, out)
	}
	out, code := exitOf(t, environ, "settings", "diff", "-since", "yesterday")
	if code != 1 || !strings.HasPrefix(out, "Since ") || !strings.Contains(out, "Mortgages, beforeQueued, rule 3\n  - ") {
		t.Errorf("since yesterday: exit code %d\n%s", code, out)
	}
}
