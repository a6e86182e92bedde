package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// sample is a request as the contract shows it.
type sample struct {
	operation *v3.Operation
	call      call
}

// samples are the requests that the contract shows, one for each example of a body, with
// the token that may do everything.
func samples(tb testing.TB) map[string]sample {
	tb.Helper()
	all := map[string]sample{}
	for path, item := range theContract().model.Paths.PathItems.FromOldest() {
		for method, operation := range item.GetOperations().FromOldest() {
			if slices.Contains(operation.Tags, "reference") {
				continue // files, see pages_test.go
			}
			c := call{method: strings.ToUpper(method), path: path, token: secret, header: map[string]string{}}
			for _, p := range append(slices.Clone(item.Parameters), operation.Parameters...) {
				switch {
				case p.In == "path":
					c.path = strings.ReplaceAll(c.path, "{"+p.Name+"}", p.Example.Value)
				case p.In == "header" && p.Required != nil && *p.Required:
					c.header[p.Name] = p.Example.Value
				}
			}
			if operation.RequestBody == nil {
				all[operation.OperationId] = sample{operation, c}
				continue
			}
			media, _ := operation.RequestBody.Content.Get("application/json")
			for name, example := range media.Examples.FromOldest() {
				c.body = asJSON(tb, example.Value)
				c.header = maps.Clone(c.header)
				all[operation.OperationId+" "+name] = sample{operation, c}
			}
		}
	}
	return all
}

// asJSON turns what the contract writes in YAML into JSON.
func asJSON(tb testing.TB, node interface{ Decode(any) error }) string {
	tb.Helper()
	var v any
	if err := node.Decode(&v); err != nil {
		tb.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// What the contract shows is taken.
func TestTheContractsExamplesAreTaken(t *testing.T) {
	t.Parallel()
	h := handler(t, options(exemplary()))
	for name, s := range samples(t) {
		if got := s.call.to(t, h); got.Code >= http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}

// Nobody may believe that a parameter was heeded which nobody read.
func TestUnknownParametersAreRefused(t *testing.T) {
	t.Parallel()
	h := handler(t, options(exemplary()))
	for name, s := range samples(t) {
		if slices.Contains(s.operation.Tags, "health") {
			continue // probes are asked as they are set up
		}
		for query, want := range map[string]string{"fnord=1": "fnord", "b=1&a=2&a=3": "a b", "a=%zz": "", "a;b": ""} {
			c := s.call
			c.path += "?" + query
			got := c.to(t, h)
			if got.Code != http.StatusUnprocessableEntity || strings.Join(got.wrong(), " ") != want {
				t.Errorf("%s?%s: %d %s", name, query, got.Code, got.Body)
			}
		}
	}
}
