package browsertest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"
)

const axePath = "node_modules/axe-core/axe.min.js"

// chrome is the browser of all tests; each has a context of its own in it, which shares
// no storage with the others. It is nil where there is no browser.
var chrome context.Context

// axe is the source of axe-core.
var axe string

// missing says what the tests lack.
var missing string

func TestMain(m *testing.M) {
	flag.Parse()
	source, err := os.ReadFile(axePath)
	if err != nil {
		missing = "axe-core is not installed: npm ci --prefix cmd/local/browsertest"
	}
	axe = string(source)
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing = "Chromium is not installed: apt-get install chromium"
	}
	if missing != "" {
		fmt.Fprintln(os.Stderr, "browsertest:", missing)
	}
	run := runner{m, path}
	if missing != "" {
		run.chromium = ""
	}
	goleak.VerifyTestMain(run)
}

// runner runs the tests with a browser, and closes it before anybody looks what is left.
type runner struct {
	*testing.M
	chromium string // empty = none
}

func (r runner) Run() int {
	folder, err := os.MkdirTemp("", "browsertest")
	if err != nil {
		fmt.Fprintln(os.Stderr, "browsertest:", err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = sync.OnceValues(func() (string, error) { return build(folder) })
	if r.chromium == "" {
		return r.M.Run()
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(r.chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)...)
	defer stop()
	ctx, closeBrowser := chromedp.NewContext(allocator)
	defer closeBrowser()
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "browsertest: start Chromium:", err)
		return 1
	}
	chrome = ctx
	return r.M.Run()
}

// needsBrowser skips a test where there is none, unless that is a failure.
func needsBrowser(t *testing.T) {
	t.Helper()
	switch {
	case missing == "":
	case os.Getenv("CI_REQUIRE_BROWSER") != "":
		t.Fatal(missing)
	default:
		t.Skip(missing)
	}
}
