package webhook_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	"github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"directcallback/adapter"
)

// operation is what the contract says of a webhook.
func operation(t *testing.T, name string) *v3.Operation {
	t.Helper()
	text, err := os.ReadFile("../api/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	item, ok := model.Model.Webhooks.Get(name)
	if !ok {
		t.Fatalf("the contract has no webhook %q", name)
	}
	return item.Post
}

func bodyOf(t *testing.T, o *v3.Operation) *v3.MediaType {
	t.Helper()
	media, ok := o.RequestBody.Content.Get("application/json")
	if !ok {
		t.Fatalf("%s has no JSON body", o.OperationId)
	}
	return media
}

// broken says how a payload, as text or as decoded, breaks a schema; nil = it does not.
func broken(schema *base.Schema, payload any) []*errors.ValidationError {
	v := schema_validation.NewSchemaValidator()
	if text, is := payload.(string); is {
		_, wrong := v.ValidateSchemaString(schema, text)
		return wrong
	}
	_, wrong := v.ValidateSchemaObject(schema, payload)
	return wrong
}

func validates(t *testing.T, schema *base.Schema, payload any) {
	t.Helper()
	for _, wrong := range broken(schema, payload) {
		t.Errorf("%v: %v %v", payload, wrong, wrong.SchemaValidationErrors)
	}
}

// What is sent is what openapi.yaml describes under webhooks, body and header.
func TestMessagesAreOfTheContract(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	for _, what := range adapter.Notices() {
		n := told(1)
		n[0].What = what
		if err := r.sender.Call(t.Context(), to(r.url), n); err != nil {
			t.Fatal(err)
		}
	}
	told, tested := operation(t, "callback"), operation(t, "test")
	schema := bodyOf(t, told).Schema.Schema()
	for _, body := range r.texts {
		validates(t, schema, body)
	}
	if broken(schema, strings.Replace(r.texts[0], "callback.", "callbacks.", 1)) == nil {
		t.Error("another type is as good")
	}
	kinds, _ := schema.Properties.Get("type")
	var listed []string
	for _, node := range kinds.Schema().Enum {
		listed = append(listed, node.Value)
	}
	var want []string
	for _, what := range adapter.Notices() {
		want = append(want, "callback."+what)
	}
	if !slices.Equal(listed, want) {
		t.Errorf("the contract lists %v, told are %v", listed, want)
	}
	if _, err := r.sender.Test(t.Context(), to(r.url), "test-1"); err != nil {
		t.Fatal(err)
	}
	validates(t, bodyOf(t, tested).Schema.Schema(), r.texts[len(r.texts)-1])
	for _, p := range told.Parameters {
		value := r.came[0].Header.Get(p.Name)
		schema := p.Schema.Schema()
		if value == "" || schema.Pattern != "" && !regexp.MustCompile(schema.Pattern).MatchString(value) {
			t.Errorf("%s: %q", p.Name, value)
		}
	}
}

func TestTheExamplesOfTheContractAreMessages(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"callback", "test"} {
		media := bodyOf(t, operation(t, name))
		for _, example := range media.Examples.FromOldest() {
			var value any
			if err := example.Value.Decode(&value); err != nil {
				t.Fatal(err)
			}
			validates(t, media.Schema.Schema(), value)
		}
	}
}
