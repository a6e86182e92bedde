package callback_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"directcallback/adapter/callback"
)

var update = flag.Bool("update", false, "write the diagram into doc.go")

// TestDiagram keeps the diagram in the package documentation true.
func TestDiagram(t *testing.T) {
	const file, head, foot = "doc.go", "// The table as a diagram (a test keeps it true):\n//\n", "//\n//go:generate"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(source), head)
	if !ok {
		t.Fatalf("%s has lost the line before the diagram", file)
	}
	_, after, ok := strings.Cut(rest, foot)
	if !ok {
		t.Fatalf("%s has lost the line after the diagram", file)
	}
	var drawn strings.Builder
	for line := range strings.Lines(callback.Diagram()) {
		drawn.WriteString("//\t" + line)
	}
	want := before + head + drawn.String() + foot + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(source) != want {
		t.Errorf("the diagram in %s drifted from the table: run go generate ./adapter/callback", file)
	}
}
