package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheReadmeShowsWhatIsPrinted holds the README's outputs to those that the tests of
// the commands hold.
func TestTheReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"check/conversations-are-closed.txt", "settings/show.txt", "settings/diff.txt", "explain/acts.txt", "explain/french.txt", "register/dry-run.txt",
	} {
		printed, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		var shown strings.Builder
		for line := range strings.Lines(string(printed)) {
			if line != "\n" {
				shown.WriteString("    ")
			}
			shown.WriteString(line)
		}
		if !strings.Contains(string(readme), shown.String()) {
			t.Errorf("the README does not show %s:\n%s", name, shown.String())
		}
	}
}

// TestWhatTheReadmeExplains prints what the README shows of explain and register.
func TestWhatTheReadmeExplains(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for name, args := range map[string][]string{
		"explain/acts.txt":     {"explain", "-queue", "Mortgages", "-waiting", "14", "-at", "2026-11-22T10:00:00Z"},
		"explain/french.txt":   {"explain", "-queue", "Retail banking", "-in-queue", "90s", "-at", "2026-11-22T10:00:00Z", "-locale", "fr"},
		"register/dry-run.txt": {"register", "-dry-run"},
	} {
		out, code := exitOf(t, w.environ, args...)
		if code != 0 {
			t.Errorf("%q: exit code %d", args, code)
		}
		golden(t, filepath.Join("testdata", filepath.FromSlash(name)), w.anonymous(out))
	}
}
