package adapter_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "directcallback"

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string // its own
	Deps       []string // those, theirs, and so on
	Standard   bool
}

// ban keeps a package from being imported, and says why.
type ban struct {
	path   string // with "/..." for all below it too
	reason string
}

// pure are the packages that decide. What they import of this module is held to
// the same rules.
var pure = []string{"adapter", "adapter/overflow", "adapter/hours", "adapter/callback", "adapter/wait", "adapter/channels"}

// direct are the bans on what a pure package itself imports. Some of it comes in
// through fmt, which is no harm: nothing in the core can reach it.
var direct = []ban{
	{"net/...", "the core decides; edges talk to the network"},
	{"os/...", "the core reads no files and no environment"},
	{"database/...", "the core is handed its state"},
	{"log/...", "the core returns decisions; edges log"},
	{"sync/...", "the core starts nothing and shares nothing"},
	{"context", "nothing in the core can wait"},
	{"math/rand/...", "the same snapshot always gets the same decision"},
	{module + "/mocks/...", "the product knows nothing of its doubles"},
	{module + "/dataverse/...", "the core is handed its settings"},
	{module + "/proactive/...", "the core says what is to be done; proactive does it"},
	{module + "/cmd/...", "wiring looks down, never up"},
	{module + "/adapter/service/...", "the core is asked by the service"},
	{module + "/adapter/store/...", "the core is handed its state"},
	{module + "/adapter/bus/...", "the core is handed events"},
	{module + "/adapter/event/...", "the core knows no wire format"},
	{module + "/adapter/api/...", "the core knows no door"},
	{module + "/adapter/console/...", "the core knows no door"},
	{module + "/adapter/webhook/...", "the core knows no door"},
}

// transitive are the bans on all that a pure package brings with it, so that no
// helper smuggles them in. os is not here because fmt writes to os.Stdout.
var transitive = []ban{
	{"net", "a program that only decides must not link the network"},
	{"database/sql", "nor a database"},
	{"log", "nor a log"},
}

// thirdParty is what a pure package may import from outside.
var thirdParty = map[string][]string{
	"adapter": {"github.com/nyaruka/phonenumbers"},
	"adapter/channels": {
		"github.com/nyaruka/phonenumbers",
		"github.com/goccy/go-yaml/ast", "github.com/goccy/go-yaml/parser", "github.com/goccy/go-yaml/token",
	},
}

// edges act and never know each other.
var edges = []string{"adapter/bus", "adapter/store", "adapter/api", "adapter/console", "adapter/metrics", "adapter/webhook", "dataverse", "proactive"}

func TestPurePackagesImportNothingThatActs(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, name := range pure {
		p, exists := all[module+"/"+name]
		if !exists {
			continue
		}
		ours := append(slices.DeleteFunc(slices.Clone(p.Deps), func(dep string) bool { return !within(dep, module) }), p.ImportPath)
		for _, path := range ours {
			judge(t, path, all[path].Imports, direct)
			for _, dep := range all[path].Imports {
				allowed := thirdParty[strings.TrimPrefix(path, module+"/")]
				if !all[dep].Standard && !within(dep, module) && !slices.Contains(allowed, dep) {
					t.Errorf("%s imports %s: the core stands on the standard library", path, dep)
				}
			}
		}
		judge(t, p.ImportPath, p.Deps, transitive)
	}
}

func TestEdgesNeverImportEachOther(t *testing.T) {
	t.Parallel()
	for path, p := range packages(t) {
		for _, from := range edges {
			if !within(path, module+"/"+from) {
				continue
			}
			for _, to := range edges {
				if from == to || (from == "proactive" && to == "dataverse") { // its transport
					continue
				}
				judge(t, path, p.Deps, []ban{{module + "/" + to + "/...", "edges never import each other; cmd joins them"}})
			}
		}
	}
}

func TestDoublesAndTheProductShareNothing(t *testing.T) {
	t.Parallel()
	for path, p := range packages(t) {
		switch {
		case within(path, module+"/mocks"):
			const reason = "a double that shares code with what it checks cannot catch its mistakes"
			judge(t, path, p.Deps, []ban{
				{module + "/adapter/...", reason},
				{module + "/dataverse/...", reason},
				{module + "/proactive/...", reason},
			})
		case within(path, module+"/cmd/mocks"):
			judge(t, path, p.Deps, []ban{{module + "/adapter/...", "the mocks as servers need only the mocks"}})
		case within(path, module+"/cmd/local"): // everything, in one process
		default:
			judge(t, path, p.Deps, []ban{{module + "/mocks/...", "the product knows nothing of its doubles"}})
		}
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	t.Parallel()
	for path, p := range packages(t) {
		if within(path, module) && p.Doc == "" {
			t.Errorf("%s: say what it is and what it is not", path)
		}
	}
}

// The tests above must not pass because they look for something misspelt.
func TestBansMatch(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for _, b := range slices.Concat(direct, transitive) {
		path := strings.TrimSuffix(b.path, "/...")
		if !within(path, module) && !all[path].Standard && path != "database" {
			t.Errorf("%s is no package of the standard library that anything here uses", path)
		}
	}
	for path, want := range map[string]bool{"net": true, "net/http": true, "network": false, "internal/net": false} {
		if got := (ban{path: "net/..."}).forbids(path); got != want {
			t.Errorf("net/... forbids %s: %v", path, got)
		}
	}
	if (ban{path: "net"}).forbids("net/netip") {
		t.Error("net forbids net/netip")
	}
}

func judge(t *testing.T, path string, imports []string, bans []ban) {
	t.Helper()
	for _, dep := range imports {
		for _, b := range bans {
			if b.forbids(dep) {
				t.Errorf("%s imports %s: %s", path, dep, b.reason)
			}
		}
	}
}

func (b ban) forbids(path string) bool {
	if root, all := strings.CutSuffix(b.path, "/..."); all {
		return within(path, root)
	}
	return path == b.path
}

// within tells whether a package is root or below it.
func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// packages lists this module's packages and all that they depend on.
func packages(t *testing.T) map[string]pkg {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Doc,Imports,Deps,Standard", module+"/...")
	var out, complaint bytes.Buffer
	list.Stdout, list.Stderr = &out, &complaint
	if err := list.Run(); err != nil {
		t.Fatalf("go list: %v\n%s", err, complaint.Bytes())
	}
	all := map[string]pkg{}
	for decoder := json.NewDecoder(&out); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
	if len(all) < 50 {
		t.Fatalf("go list knows only %d packages", len(all))
	}
	return all
}
