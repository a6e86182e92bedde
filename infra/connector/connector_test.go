package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

var contractFile = filepath.Join("..", "..", "adapter", "api", "openapi.yaml")

func made(t *testing.T) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(text, placeholder)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFilesAreWhatTheContractMakes(t *testing.T) {
	t.Parallel()
	for name, want := range made(t) {
		have, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(have, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("%s is not what the contract makes of it: go run ./infra/connector", name)
		}
	}
}

// The definition must be one that readers of OpenAPI 2.0 take, with all that custom
// connectors want of each operation.
func TestDefinitionIsOneOfOpenAPI2(t *testing.T) {
	t.Parallel()
	text := made(t)["apiDefinition.swagger.json"]
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV2Model()
	if err != nil {
		t.Fatal(err)
	}
	summaries := map[string]string{}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for method, of := range item.GetOperations().FromOldest() {
			if of.OperationId == "" || of.Summary == "" || of.Description == "" {
				t.Errorf("%s %s has no id, summary or description", method, path)
			}
			if before, twice := summaries[of.Summary]; twice {
				t.Errorf("%s and %s are both %q to makers", before, of.OperationId, of.Summary)
			}
			summaries[of.Summary] = of.OperationId
			successes := 0
			for status := range of.Responses.Codes.KeysFromOldest() {
				if strings.HasPrefix(status, "2") {
					successes++
				}
			}
			if successes != 1 || of.Responses.Default == nil {
				t.Errorf("%s has %d answers that mean success", of.OperationId, successes)
			}
			for _, p := range of.Parameters {
				if p.In != "body" && (p.Type == "" || p.Description == "") {
					t.Errorf("%s: parameter %s has no type or description", of.OperationId, p.Name)
				}
			}
		}
	}
	if bytes.Contains(text, []byte("components/")) || bytes.Contains(text, []byte(`"oneOf"`)) {
		t.Error("there is something of OpenAPI 3 in it")
	}
}

// Every operation of the contract is the connector's too, or it is said why not; and
// what it takes is what the contract takes.
func TestConnectorAgreesWithTheContract(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(contractFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	contract, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	var connector struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct {
				Name, In string
				Required bool
			}
		}
		Definitions map[string]struct {
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(made(t)["apiDefinition.swagger.json"], &connector); err != nil {
		t.Fatal(err)
	}
	left := operations()
	for path, item := range contract.Model.Paths.PathItems.FromOldest() {
		for method, of := range item.GetOperations().FromOldest() {
			row, known := left[of.OperationId]
			delete(left, of.OperationId)
			if !known {
				t.Errorf("%s has no row", of.OperationId)
			}
			served, is := connector.Paths[path][method]
			if is != (row.without == "") {
				t.Errorf("%s: in the connector %v, left out because %q", of.OperationId, is, row.without)
			}
			if !is {
				continue
			}
			for _, p := range slices.Concat(item.Parameters, of.Parameters) {
				if !slices.ContainsFunc(served.Parameters, func(q struct {
					Name, In string
					Required bool
				},
				) bool {
					return q.Name == p.Name && q.In == p.In && q.Required == required(p)
				}) {
					t.Errorf("%s: parameter %s is another or missing", of.OperationId, p.Name)
				}
			}
		}
	}
	for id := range left {
		t.Errorf("%s is no operation of the contract", id)
	}
	for name, definition := range connector.Definitions {
		for property := range contract.Model.Components.Schemas.GetOrZero(name).Schema().Properties.KeysFromOldest() {
			if _, is := definition.Properties[property]; !is {
				t.Errorf("%s: %s is missing", name, property)
			}
		}
	}
}

func required(p *v3.Parameter) bool { return p.Required != nil && *p.Required }

func TestTitle(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"id": "ID", "queueId": "Queue ID", "timeZone": "Time zone", "when": "When", "Idempotency-Key": "Idempotency key"} {
		if got := title(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestWhatTheContractLacksIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ contract, want string }{
		"no YAML":               {"{", "1:1"},
		"an operation too many": {"paths: {/x: {get: {operationId: other}}}", "operation other has no row"},
		"no such schema": {
			"paths: {/x: {get: {operationId: getCallback, responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/None'}}}}}}}}",
			"None is no schema",
		},
		"no such answer": {"paths: {/x: {get: {operationId: getCallback, responses: {}}}}", "no answer 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := generate([]byte(c.contract), placeholder); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
