package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	validation "github.com/pb33f/libopenapi-validator/errors"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// contract is openapi.yaml as the tests hold the API to it. They are stricter than
// it reads to clients: members that it does not name are not answered either.
type contract struct {
	model     *v3.Document
	validator validator.Validator // of answers
	requests  validator.Validator

	mu      sync.Mutex
	reached map[string]bool // guarded by mu: "operation status" and "operation status problem"
}

// theContract is read once: compiling its schemas takes longer than most tests.
var theContract = sync.OnceValue(func() *contract {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		panic(err)
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		panic(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		panic(err)
	}
	v, errs := validator.NewValidator(document, config.WithFormatAssertions(), config.WithContentAssertions(), config.WithStrictMode(), config.WithStrictIgnoredHeadersExtra(
		"cache-control", "content-security-policy", "referrer-policy", "x-content-type-options", "content-length", "vary",
		"access-control-allow-origin", "access-control-expose-headers", "cross-origin-resource-policy"))
	if len(errs) > 0 {
		panic(errs)
	}
	requests, errs := validator.NewValidator(document, config.WithFormatAssertions(), config.WithContentAssertions())
	if len(errs) > 0 {
		panic(errs)
	}
	return &contract{model: &model.Model, validator: v, requests: requests, reached: map[string]bool{}}
})

// operation finds what serves a request; nil if nothing is documented to.
func (c *contract) operation(r *http.Request) *v3.Operation {
	for path, item := range c.model.Paths.PathItems.FromOldest() {
		if !fits(path, r.URL.EscapedPath()) {
			continue
		}
		method := strings.ToLower(r.Method)
		if r.Method == http.MethodHead {
			method = "get"
		}
		operation, _ := item.GetOperations().Get(method)
		return operation
	}
	return nil
}

// fits tells whether a path is one of a template.
func fits(template, path string) bool {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i, part := range want {
		named := strings.HasPrefix(part, "{")
		if named && have[i] == "" || !named && part != have[i] {
			return false
		}
	}
	return true
}

// check says how an answer breaks the contract.
func (c *contract) check(r *http.Request, w *httptest.ResponseRecorder) error {
	operation := c.operation(r)
	if operation == nil {
		return c.checkNowhere(w)
	}
	status := strconv.Itoa(w.Code)
	response, ok := operation.Responses.Codes.Get(status)
	if !ok {
		return fmt.Errorf("%s: status %s is not in the contract: %s", operation.OperationId, status, w.Body)
	}
	c.reach(operation.OperationId, status)
	if w.Header().Get("Content-Type") == "application/problem+json" {
		var problem struct{ Type string }
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil && w.Body.Len() > 0 {
			return err
		}
		kind := strings.TrimPrefix(problem.Type, "/problems/")
		if response.Content == nil {
			return fmt.Errorf("%s %s: a body is not in the contract", operation.OperationId, status)
		}
		media, ok := response.Content.Get("application/problem+json")
		if !ok {
			return fmt.Errorf("%s %s: a problem is not in the contract", operation.OperationId, status)
		}
		if _, ok := media.Examples.Get(kind); !ok && w.Body.Len() > 0 {
			return fmt.Errorf("%s %s: problem %s is not in the contract", operation.OperationId, status, kind)
		}
		c.reach(operation.OperationId, status, kind)
	}
	if r.Method == http.MethodHead || operation.OperationId == "getContract" { // whose members are OpenAPI's, not ours
		return nil
	}
	if w.Header().Get("Content-Type") == "text/event-stream" {
		return c.checkEvents(r, w)
	}
	if _, errs := c.validator.ValidateHttpResponse(r, w.Result()); len(errs) > 0 {
		return fmt.Errorf("%s %s: %w\n%s", operation.OperationId, status, broken(errs), w.Body)
	}
	return nil
}

// checkEvents holds each event of a stream to what the contract says of a callback.
func (c *contract) checkEvents(r *http.Request, w *httptest.ResponseRecorder) error {
	one := r.Clone(r.Context())
	one.URL.Path = strings.TrimSuffix(one.URL.Path, "/events")
	for line := range strings.Lines(w.Body.String()) {
		data, is := strings.CutPrefix(line, "data: ")
		if !is {
			continue
		}
		answer := httptest.NewRecorder()
		answer.Header().Set("Content-Type", "application/json")
		answer.Header().Set("X-Request-Id", w.Header().Get("X-Request-Id"))
		answer.Header().Set("ETag", `"1-GVn0CwlQ5Kxy"`)
		answer.Body.WriteString(data)
		if err := c.check(one, answer); err != nil {
			return fmt.Errorf("event: %w", err)
		}
	}
	return nil
}

// checkTaken says how a request that was taken breaks the contract: then it promises less
// than is kept, and who generates a client from it cannot ask for that.
func (c *contract) checkTaken(r *http.Request) error {
	operation := c.operation(r)
	if operation == nil {
		return nil
	}
	if _, errs := c.requests.ValidateHttpRequest(r); len(errs) > 0 {
		return fmt.Errorf("%s: taken, but not in the contract: %w", operation.OperationId, broken(errs))
	}
	return nil
}

func broken(errs []*validation.ValidationError) error {
	var text []string
	for _, e := range errs {
		text = append(text, e.Error())
		for _, s := range e.SchemaValidationErrors {
			text = append(text, s.Error())
		}
	}
	return errors.New(strings.Join(text, "; "))
}

// checkNowhere checks the answer where nothing is documented.
func (c *contract) checkNowhere(w *httptest.ResponseRecorder) error {
	if w.Code == http.StatusNoContent && w.Header().Get("Access-Control-Allow-Methods") != "" && w.Body.Len() == 0 {
		return nil // browsers ask this, not people
	}
	if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
		return fmt.Errorf("status %d of what is not in the contract", w.Code)
	}
	if w.Header().Get("Content-Type") != "application/problem+json" {
		return fmt.Errorf("Content-Type %q of a problem", w.Header().Get("Content-Type"))
	}
	return nil
}

func (c *contract) reach(words ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reached[strings.Join(words, " ")] = true
}

// all lists every status and problem that is documented.
func (c *contract) all() []string {
	var all []string
	for _, item := range c.model.Paths.PathItems.FromOldest() {
		for _, operation := range item.GetOperations().FromOldest() {
			for status, response := range operation.Responses.Codes.FromOldest() {
				all = append(all, operation.OperationId+" "+status)
				if response.Content == nil {
					continue
				}
				media, ok := response.Content.Get("application/problem+json")
				if !ok {
					continue
				}
				for kind := range media.Examples.KeysFromOldest() {
					all = append(all, operation.OperationId+" "+status+" "+kind)
				}
			}
		}
	}
	return all
}

// wholeRun runs the tests, and then wants every documented status and problem to
// have been answered in one of them.
type wholeRun struct{ *testing.M }

func (w wholeRun) Run() int {
	code := w.M.Run()
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return code
		}
	}
	c := theContract()
	missing := slices.DeleteFunc(c.all(), func(s string) bool { return c.reached[s] })
	if code == 0 && len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "documented, but answered in no test:\n%s\n", strings.Join(missing, "\n"))
		return 1
	}
	return code
}

func TestContractIsOpenAPI(t *testing.T) {
	t.Parallel()
	if ok, errs := theContract().validator.ValidateDocument(); !ok {
		for _, e := range errs {
			t.Error(e)
		}
	}
}

// The bodies of answers are generated from the contract. The generator comes by
// network, so what is compared is what it was run on.
func TestBodiesAreOfThisContract(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	of, err := os.ReadFile("body/openapi.sha256")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if digest, _, _ := bytes.Cut(of, []byte(" ")); string(digest) != hex.EncodeToString(sum[:]) {
		t.Error("openapi.yaml changed: run go generate ./adapter/api/body")
	}
}

// A contract that let everything through would find nothing.
func TestTheContractNoticesWhatIsNotInIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]call{
		"a parameter's value": list("limit=1000"),
		"a parameter's enum":  list("state=ringing"),
		"a body's member":     post(order(map[string]any{"fnord": 1})),
		"a header":            {method: "PATCH", path: "/v1/callbacks/c", body: sooner},
	} {
		r := httptest.NewRequest(c.method, "http://api.example"+c.path, strings.NewReader(c.body))
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "key-1")
		if err := theContract().checkTaken(r); err == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}
