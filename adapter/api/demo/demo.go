// Package demo is a bank's contact page with the widget on it, as a customer's site
// would have it: /demo, in English and French, with a style sheet and a picture of its
// own. It shows what can be had, and is what the browser tests walk through.
//
// It is not part of the API and not served unless it is configured: it hands out a
// publishable key, with which anybody may ask for callbacks of its queue.
//
//	pages, err := demo.New(demo.Options{Queue: "3f2b8d1e-…", Key: "dck_…"})
package demo

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"directcallback/adapter"
	"directcallback/adapter/api/page"
)

//go:embed demo.html bank.css mark.svg
var files embed.FS

// Options are all that the page is made of.
type Options struct {
	Queue adapter.QueueID
	Key   string // publishable, of that queue and of the origin at which the page is served
}

// policy is what a careful bank would send: its own files, the service, nothing else,
// and no script that makes markup of text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// New makes the pages, by their paths.
func New(o Options) (map[string]http.Handler, error) {
	if !adapter.IsGUID(string(o.Queue)) || !strings.HasPrefix(o.Key, "dck_") {
		return nil, errors.New("demo: a queue's GUID and a publishable key (dck_…) are needed")
	}
	inLanguage := map[string]page.Page{}
	for _, lang := range languages() {
		p, err := render(o, lang)
		if err != nil {
			return nil, fmt.Errorf("demo: %s: %w", lang, err)
		}
		inLanguage[lang] = p
	}
	pages := map[string]http.Handler{
		"/demo": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inLanguage[choose(r)].ServeHTTP(w, r) }),
	}
	for name, mediaType := range map[string]string{"bank.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"} {
		content, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
		pages["/demo/"+name] = page.New(mediaType, content).With("Cache-Control", "max-age=600")
	}
	return pages, nil
}

func render(o Options, lang string) (page.Page, error) {
	t, err := template.ParseFS(files, "demo.html")
	if err != nil {
		return page.Page{}, err
	}
	var content bytes.Buffer
	if err := t.Execute(&content, struct {
		Options
		Lang string
		Text texts
	}{o, lang, textsOf(lang)}); err != nil {
		return page.Page{}, err
	}
	return page.New("text/html; charset=utf-8", content.Bytes()).
		With("Content-Security-Policy", policy).
		With("Content-Language", lang).
		With("Cache-Control", "no-cache").
		With("Vary", "Accept-Language").
		With("Referrer-Policy", "strict-origin-when-cross-origin"), nil
}

// choose is the language asked for, else the first that the browser names and the page has.
func choose(r *http.Request) string {
	asked := r.URL.Query().Get("lang") + "," + r.Header.Get("Accept-Language")
	for wish := range strings.SplitSeq(asked, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(wish), ";")
		lang, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if slices.Contains(languages(), lang) {
			return lang
		}
	}
	return languages()[0]
}
