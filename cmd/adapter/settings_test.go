package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
