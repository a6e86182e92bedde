package docs_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"directcallback/adapter/api/docs"
	"directcallback/adapter/api/page"
)

func read(t *testing.T, p page.Page) string {
	t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	return w.Body.String()
}

// contract is our own document.
func contract(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func pages(t *testing.T, document []byte) docs.Pages {
	t.Helper()
	p, err := docs.New(document)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheJSONSaysWhatTheYAMLDoes(t *testing.T) {
	t.Parallel()
	document := contract(t)
	var want, got any
	if err := yaml.Unmarshal(document, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(read(t, pages(t, document).JSON)), &got); err != nil {
		t.Fatal(err)
	}
	canonical, err := json.Marshal(want) // numbers of both are spelt alike then
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(canonical, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever the document holds is on the page: each operation, schema, field, problem.
func TestEverythingIsOnThePage(t *testing.T) {
	t.Parallel()
	document := contract(t)
	shown := read(t, pages(t, document).Reference)
	body := read(t, pages(t, document).JSON)
	for _, path := range regexp.MustCompile(`"operationId": "(\w+)"`).FindAllStringSubmatch(body, -1) {
		if !strings.Contains(shown, `<article id="`+path[1]+`">`) {
			t.Errorf("operation %s is not shown", path[1])
		}
	}
	var parts struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage
			}
			Examples map[string]struct{ Value json.RawMessage }
		}
	}
	if err := json.Unmarshal([]byte(body), &parts); err != nil {
		t.Fatal(err)
	}
	for name, schema := range parts.Components.Schemas {
		_, rest, found := strings.Cut(shown, `<article id="schema-`+name+`">`)
		table, _, _ := strings.Cut(rest, "</article>")
		for field := range schema.Properties {
			found = found && strings.Contains(table, "<code>"+field+"</code>")
		}
		if !found {
			t.Errorf("schema %s is not shown, or not all of it", name)
		}
	}
	for name, example := range parts.Components.Examples {
		if strings.Contains(string(example.Value), `"/problems/`+name+`"`) && !strings.Contains(shown, `<tr id="problem-`+name+`">`) {
			t.Errorf("problem %s is not shown", name)
		}
	}
}

func TestLinksLeadSomewhereAndNowhereElse(t *testing.T) {
	t.Parallel()
	shown := read(t, pages(t, contract(t)).Reference)
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(shown, -1) {
		if ids[id[1]] {
			t.Errorf("two elements have the id %s", id[1])
		}
		ids[id[1]] = true
	}
	for _, link := range regexp.MustCompile(` (?:href|src)="([^"]+)"`).FindAllStringSubmatch(shown, -1) {
		target := html.UnescapeString(link[1])
		fragment, inside := strings.CutPrefix(target, "#")
		switch {
		case inside && !ids[fragment]:
			t.Errorf("%s leads nowhere", target)
		case !inside && !slices.Contains([]string{"/docs", "/docs/reference.css", "/openapi.json", "data:,"}, target):
			t.Errorf("%s leads away", target)
		}
	}
	for _, unwanted := range []string{"<script", " style=", " onclick="} {
		if strings.Contains(shown, unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
}

// A line can be pasted into a shell and sends what the example is.
func TestCurlLines(t *testing.T) {
	t.Parallel()
	document := `
openapi: 3.1.1
info: {title: Example, version: 1.0.0}
tags: [{name: things}]
security: [{backend: []}]
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, example: t-1, schema: {type: string}}]
    get:
      operationId: getThing
      tags: [things]
      security: []
      parameters:
        - {name: colour, in: query, example: red, schema: {type: string}}
        - {name: If-None-Match, in: header, example: '"1"', schema: {type: string}}
      responses: {'204': {description: Nothing.}}
    patch:
      operationId: changeThing
      tags: [things]
      parameters: [{name: If-Match, in: header, required: true, example: '"1"', schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object}, examples: {one: {value: {said: "it's <b>"}}}}}}
      responses: {'204': {description: Nothing.}}
    delete: {operationId: removeThing, tags: [things], responses: {'204': {description: Nothing.}}}
`
	shown := read(t, pages(t, []byte(document)).Reference)
	var lines []string
	for _, block := range regexp.MustCompile(`(?s)<pre><code>(curl .*?)</code>`).FindAllStringSubmatch(shown, -1) {
		lines = append(lines, html.UnescapeString(block[1]))
	}
	want := []string{
		"curl \"$API/things/t-1?colour=red\" \\\n  -H 'If-None-Match: \"1\"'",
		"curl -X PATCH \"$API/things/t-1\" \\\n  -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'If-Match: \"1\"' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\n    \"said\": \"it'\\''s <b>\"\n  }'",
		"curl -X DELETE \"$API/things/t-1\" \\\n  -H \"Authorization: Bearer $TOKEN\"",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWouldBeShownWronglyIsRefused(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"not YAML":             "openapi: [",
		"not a document":       "openapi: 3.1.1\npaths: nowhere",
		"a schema is absent":   "components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/B'}}}}}",
		"a response is absent": "tags: [{name: x}]\npaths: {/x: {get: {tags: [x], responses: {'200': {$ref: '#/components/responses/X'}}}}}",
	} {
		if _, err := docs.New([]byte(document)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
