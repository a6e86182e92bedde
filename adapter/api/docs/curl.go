package docs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// curl is a command line that calls an operation. $API and $TOKEN are the reader's.
type curl struct {
	method, path string
	parameters   []parameter
	open         bool // needs no token
}

// with is the line that sends a body; empty = none.
func (c curl) with(body string) string {
	path, query := c.path, ""
	var lines []string
	if !c.open {
		lines = append(lines, `-H "Authorization: Bearer $TOKEN"`)
	}
	for _, p := range c.parameters {
		value := plain(p.Example)
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		case value == "":
		case p.In == "query":
			query += separator(query) + p.Name + "=" + value
		case p.In == "header" && (p.Required || c.method == http.MethodGet):
			lines = append(lines, fmt.Sprintf("-H '%s: %s'", p.Name, value))
		}
	}
	if body != "" {
		lines = append(lines, "-H 'Content-Type: application/json'", "-d '"+strings.NewReplacer("'", `'\''`, "\n", "\n  ").Replace(body)+"'")
	}
	call := "curl "
	if c.method != http.MethodGet && (body == "" || c.method != http.MethodPost) {
		call += "-X " + c.method + " "
	}
	return strings.Join(append([]string{call + `"$API` + path + query + `"`}, lines...), " \\\n  ")
}

func separator(query string) string {
	if query == "" {
		return "?"
	}
	return "&"
}

// plain is an example as it stands in an address or a header.
func plain(example json.RawMessage) string {
	var text string
	if json.Unmarshal(example, &text) == nil {
		return text
	}
	return string(example)
}
