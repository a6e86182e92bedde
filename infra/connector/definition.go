package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
)

// define makes apiDefinition.swagger.json.
func define(contract []byte, host string) (node, error) {
	var from node
	if err := yaml.Unmarshal(contract, &from); err != nil {
		return nil, err
	}
	components := part(from, "components")
	c := &converter{schemas: part(components, "schemas"), named: map[string]bool{}}
	d := definer{converter: c, components: components}
	info := part(from, "info")
	paths := node{}
	for path, item := range part(from, "paths") {
		if served := d.item(item.(node)); len(served) > 0 {
			paths[path] = served
		}
	}
	definition := node{
		"swagger": "2.0",
		"info": node{
			"title": info["title"], "version": info["version"], "description": info["summary"],
			"contact": node{"name": "The people who run the service", "url": "https://" + host + "/docs"},
		},
		"host": host, "basePath": "/", "schemes": []any{"https"}, "consumes": []any{"application/json"}, "produces": []any{"application/json"},
		"paths": paths, "definitions": c.definitions(), "parameters": node{}, "responses": node{},
		"securityDefinitions": signIn(), "security": []any{node{"entra": []any{}}}, "tags": from["tags"],
		"x-ms-connector-metadata": []any{
			node{"propertyName": "Website", "propertyValue": "https://" + host + "/docs"},
			node{"propertyName": "Privacy policy", "propertyValue": "https://" + host + "/docs"},
			node{"propertyName": "Categories", "propertyValue": "Communication"},
		},
	}
	return definition, errors.Join(d.err, c.err)
}

// definer makes the operations.
type definer struct {
	*converter
	components node
	err        error
}

func (d *definer) item(from node) node {
	to := node{}
	for method, of := range from {
		if method == "parameters" {
			continue
		}
		operation := of.(node)
		id := fmt.Sprint(operation["operationId"])
		row, known := operations()[id]
		switch {
		case !known:
			d.err = errors.Join(d.err, fmt.Errorf("operation %s has no row in operations", id))
		case row.without == "":
			to[method] = d.operation(operation, row, from["parameters"])
		}
	}
	return to
}

func (d *definer) operation(from node, row operation, shared any) node {
	parameters := []any{}
	for _, all := range []any{shared, from["parameters"]} {
		list, _ := all.([]any)
		for _, p := range list {
			parameters = append(parameters, d.parameter(d.resolve(p.(node))))
		}
	}
	if body, is := from["requestBody"].(node); is {
		parameters = append(parameters, node{"name": "body", "in": "body", "required": true, "schema": d.schema(part(part(body, "content"), "application/json")["schema"], "")})
	}
	to := node{
		"operationId": from["operationId"], "summary": row.summary, "description": from["summary"], "tags": from["tags"],
		"parameters": parameters, "responses": d.responses(part(from, "responses"), row.success),
	}
	if text, is := from["description"].(string); is {
		to["description"] = strings.TrimSpace(text)
	}
	if row.visibility != "" {
		to["x-ms-visibility"] = row.visibility
	}
	return to
}

// parameter flattens a parameter: in 2.0 it is its own schema.
func (d *definer) parameter(from node) node {
	name := fmt.Sprint(from["name"])
	to := node{"name": name, "in": from["in"], "x-ms-summary": title(name), "description": from["description"], "required": from["required"] == true}
	for word, value := range d.schema(from["schema"], "") {
		if word != "description" {
			to[word] = value
		}
	}
	if to["type"] == "array" {
		to["collectionFormat"] = "multi"
	}
	if to["in"] == "path" {
		to["x-ms-url-encoding"] = "single"
	}
	if h, is := headers()[name]; is && to["in"] == "header" {
		to["x-ms-visibility"] = h.visibility
		if h.value != "" {
			to["default"] = h.value
		}
	}
	return to
}

func (d *definer) responses(from node, success string) node {
	told, is := from[success].(node)
	if !is {
		d.err = errors.Join(d.err, fmt.Errorf("there is no answer %s", success))
		return nil
	}
	return node{
		success:   d.response(told),
		"default": node{"description": "A problem.", "schema": d.schema(node{"$ref": schemasOf + "Problem"}, "")},
	}
}

func (d *definer) response(from node) node {
	from = d.resolve(from)
	to := node{"description": from["description"]}
	if content := part(part(from, "content"), "application/json"); content["schema"] != nil {
		to["schema"] = d.schema(content["schema"], "")
	}
	return to
}

// resolve follows a reference into the contract's components.
func (d *definer) resolve(of node) node {
	ref, is := of["$ref"].(string)
	if !is {
		return of
	}
	found := d.components
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/components/"), "/") {
		found = part(found, name)
	}
	if len(found) == 0 {
		d.err = errors.Join(d.err, fmt.Errorf("%s is not in the contract", ref))
	}
	return d.resolve(found)
}

// part is a member that is an object; an empty one if there is none.
func part(of node, name string) node {
	inner, _ := of[name].(node)
	return inner
}

// encode writes JSON as people read it.
func encode(content any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(content)
	return text.Bytes(), err
}
