package docs

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"

	"github.com/goccy/go-yaml"

	"directcallback/adapter/api/page"
)

//go:embed reference.html reference.css
var files embed.FS

// Pages are what is made of a document.
type Pages struct {
	JSON      page.Page // the document itself
	Reference page.Page // for people
	Style     page.Page // of that, wanted at /docs/reference.css
}

// policy lets the page have its style sheet, and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// New makes the pages of an OpenAPI document in YAML.
func New(document []byte) (Pages, error) {
	content, err := yaml.YAMLToJSON(document)
	if err != nil {
		return Pages{}, fmt.Errorf("docs: %w", err)
	}
	var r reader
	if err := json.Unmarshal(content, &r.document); err != nil {
		return Pages{}, fmt.Errorf("docs: %w", err)
	}
	reference, err := render(&r)
	if err != nil {
		return Pages{}, fmt.Errorf("docs: %w", err)
	}
	style, err := files.ReadFile("reference.css")
	if err != nil {
		return Pages{}, fmt.Errorf("docs: %w", err)
	}
	const revalidate = "no-cache" // with the tag that is one short answer
	return Pages{
		JSON:      page.New("application/json", content).With("Cache-Control", revalidate).With("Access-Control-Allow-Origin", "*"),
		Reference: page.New("text/html; charset=utf-8", reference).With("Cache-Control", revalidate).With("Content-Security-Policy", policy),
		Style:     page.New("text/css; charset=utf-8", style).With("Cache-Control", revalidate),
	}, nil
}

func render(r *reader) ([]byte, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	t, err := template.New("reference.html").Funcs(template.FuncMap{"paragraphs": paragraphs, "spans": spans, "lower": strings.ToLower}).ParseFS(files, "reference.html")
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	err = t.Execute(&content, v)
	return content.Bytes(), err
}

// span is a piece of prose; the document writes `code` between backquotes.
type span struct {
	Code bool
	Text string
}

func spans(prose string) []span {
	var all []span
	for i, text := range strings.Split(prose, "`") {
		if text != "" {
			all = append(all, span{i%2 == 1, text})
		}
	}
	return all
}

func paragraphs(prose string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(strings.TrimSpace(prose), "\n\n", "\v"), func(c rune) bool { return c == '\v' })
}
