package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is a page as a customer has it, and all that it did.
type tab struct {
	t      *testing.T
	ctx    context.Context
	folder string // of its pictures

	mu       sync.Mutex
	requests []string // guarded by mu: addresses
	trouble  []string // guarded by mu: errors, exceptions, violations of the policy
}

// looks is how a page is to be shown.
type looks struct {
	width  int64 // 0 = 1440
	lang   string
	dark   bool
	hasty  bool // what is due in more than five seconds comes a hundred times sooner
	forced bool // in colours of the customer's own
}

func (l looks) String() string {
	name := fmt.Sprintf("%s-%d", l.lang, l.width)
	if l.dark {
		name += "-dark"
	}
	if l.forced {
		name += "-forced"
	}
	return name
}

// patience is how long a condition may take to come true, on a machine that is busy.
const patience = time.Minute

// spy is in every page before its own scripts.
const spy = `
addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI));
window.widget = () => document.querySelector('direct-callback')?.shadowRoot;
window.focused = () => { let e = document.activeElement; while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement; return e; };
`

// haste is in pages whose timers a test would not wait for.
const haste = `{ const real = setTimeout; window.setTimeout = (f, ms, ...rest) => real(f, ms > 5000 ? ms / 100 : ms, ...rest); }`

// open opens a page in a browser context of its own, with an empty storage.
func open(t *testing.T, address string, l looks) *tab {
	t.Helper()
	needsBrowser(t)
	ctx, cancel := chromedp.NewContext(chrome, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, folder: t.ArtifactDir()}
	b.must(chromedp.Listen(ctx, b.hear))
	do(b, network.Enable, network.EnableParams{})
	do(b, log.Enable, cdp.Empty{})
	do(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: spy})
	if l.hasty {
		do(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: haste})
	}
	do(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Paris"})
	b.show(l)
	b.must(chromedp.Do(ctx, chromedp.Navigate(address)))
	t.Cleanup(func() {
		if t.Failed() && ctx.Err() == nil {
			t.Logf("the page says:\n%s", b.text())
			b.shot("failed")
		}
	})
	return b
}

// do runs a command of the browser.
func do[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	b.must(err)
	return result
}

// eval is what an expression is in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	result, err := peek[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return result
}

// peek is eval of a page that may be on its way to another.
func peek[T any](b *tab, expression string) (T, error) {
	return chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// hear notes what the page asks for and what goes wrong in it.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.trouble = append(b.trouble, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			b.trouble = append(b.trouble, string(e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || e.Entry.Source == log.EntrySourceViolation {
			b.trouble = append(b.trouble, e.Entry.Text)
		}
	}
}

// show changes how the page is shown.
func (b *tab) show(l looks) {
	b.t.Helper()
	width := l.width
	if width == 0 {
		width = 1440
	}
	scheme, forced := "light", "none"
	if l.dark {
		scheme = "dark"
	}
	if l.forced {
		forced = "active"
	}
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900)))
	do(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: forced}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// reload loads the page again.
func (b *tab) reload() {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.Reload()))
}

// until waits for a condition in the page.
func (b *tab) until(condition string) {
	b.t.Helper()
	b.wait(condition, func() bool {
		is, err := peek[bool](b, "Boolean("+condition+")")
		return err == nil && is
	})
}

// sees waits until the widget shows a text.
func (b *tab) sees(text string) {
	b.t.Helper()
	b.wait("the widget shows "+text, func() bool { return strings.Contains(b.text(), text) })
}

func (b *tab) wait(what string, come func() bool) {
	b.t.Helper()
	b.waitFor(patience, what, come)
}

func (b *tab) waitFor(most time.Duration, what string, come func() bool) {
	b.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	over := time.After(most)
	for !come() {
		select {
		case <-look.C:
		case <-over:
			b.t.Fatalf("did not come true within %v: %s", most, what)
		}
	}
}

// text is what the widget shows, with plain spaces.
func (b *tab) text() string {
	b.t.Helper()
	text, _ := peek[string](b, "widget()?.querySelector('.card')?.innerText ?? document.body?.innerText ?? ''")
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ").Replace(text)
}

// The keyboard.

// press sends keys to whatever has the focus.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.must(chromedp.Do(b.ctx, chromedp.KeyEvent(key)))
	}
}

// focus is what a screen reader says of what has the focus: its role and its name.
func (b *tab) focus() (role, name string) {
	b.t.Helper()
	object, err := chromedp.Run(b.ctx, chromedp.Evaluate[*runtime.RemoteObject]("focused()"))
	b.must(err)
	tree := do(b, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: object.ObjectID, FetchRelatives: new(false)})
	for _, node := range tree.Nodes {
		return axText(node.Role), axText(node.Name)
	}
	return "", ""
}

func axText(v *accessibility.Value) string {
	var text string
	if v != nil {
		_ = json.Unmarshal(v.Value, &text)
	}
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ").Replace(text)
}

// tabTo presses Tab until what has the focus is called like one of these.
func (b *tab) tabTo(names ...string) {
	b.t.Helper()
	var passed []string
	for range 60 {
		b.press(kb.Tab)
		role, has := b.focus()
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(has, name) }) {
			return
		}
		passed = append(passed, role+" "+has)
	}
	b.t.Fatalf("Tab does not come to any of %q, only to\n%s", names, strings.Join(passed, "\n"))
}

// focused wants the focus where it is called like this.
func (b *tab) focused(name string) {
	b.t.Helper()
	b.wait("the focus is on "+name, func() bool {
		_, has := b.focus()
		return strings.HasPrefix(has, name)
	})
}

// What is looked at.

// shot keeps a picture of the whole page.
func (b *tab) shot(name string) {
	b.t.Helper()
	eval[any](b, "document.fonts.ready.then(() => true)")
	height := eval[int64](b, "document.documentElement.scrollHeight")
	width := eval[int64](b, "innerWidth")
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height)))
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must(err)
	b.must(os.WriteFile(filepath.Join(b.folder, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png"), picture, 0o600))
	b.must(chromedp.Do(b.ctx, chromedp.EmulateViewport(width, 900)))
}

// sound wants nothing that axe-core calls serious or critical, nothing that is wider than
// the page, and no trouble so far.
func (b *tab) sound() {
	b.t.Helper()
	options := "{resultTypes: ['violations']}"
	if eval[bool](b, "matchMedia('(forced-colors: active)').matches") {
		options = "{resultTypes: ['violations'], rules: {'color-contrast': {enabled: false}}}" // it reads the page's colours, which are not shown
	}
	if !eval[bool](b, "Boolean(window.axe)") {
		eval[any](b, axe+"; true")
	}
	type finding struct {
		ID, Impact, Help string
		Nodes            []struct {
			HTML    string
			Target  any
			Summary string `json:"failureSummary"`
		}
	}
	for _, f := range eval[[]finding](b, `axe.run(document, `+options+`).then((r) => r.violations.map(({id, impact, help, nodes}) => ({ID: id, Impact: impact, Help: help, Nodes: nodes.map((n) => ({HTML: n.html, Target: n.target, failureSummary: n.failureSummary}))})))`) {
		for _, n := range f.Nodes {
			report := b.t.Errorf
			if f.Impact != "serious" && f.Impact != "critical" {
				report = b.t.Logf
			}
			report("axe: %s: %s: %s\n%v\n%s\n%s", f.Impact, f.ID, f.Help, n.Target, n.HTML, n.Summary)
		}
	}
	if over := eval[int](b, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		b.t.Errorf("the page is %d px too wide for its window", over)
	}
	b.quiet()
}

// quiet wants no trouble, and no request to another host.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, what := range b.trouble {
		b.t.Errorf("trouble in the page: %s", what)
	}
	own := ""
	for _, request := range b.requests {
		at, err := url.Parse(request)
		b.must(err)
		switch {
		case at.Scheme == "data" || at.Scheme == "about":
		case own == "":
			own = at.Host
		case at.Host != own:
			b.t.Errorf("a request to another host: %s", request)
		}
		if at.RawQuery != "" && (strings.Contains(at.RawQuery, "dcm_") || strings.Contains(at.RawQuery, "%2B")) {
			b.t.Errorf("a token or number in an address: %s", request)
		}
	}
}
