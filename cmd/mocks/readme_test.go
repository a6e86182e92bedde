package main

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	curlAddress = regexp.MustCompile(`http://127\.0\.0\.1:(8081|8082)([^'\s]+)`)
	curlMethod  = regexp.MustCompile(` -X ([A-Z]+)`)
	curlHeader  = regexp.MustCompile(` -H '([^:']+): ([^']+)'`)
	curlBody    = regexp.MustCompile(` -d '([^']+)'`)
	tableFlag   = regexp.MustCompile("`(-[a-z]+)")
)

// dataverseChapter is what the README says about "mocks dataverse".
func dataverseChapter(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "\n## Dataverse on its own\n")
	chapter, _, ends := strings.Cut(rest, "\n## ")
	if !found || !ends {
		t.Fatal("the README has no chapter about Dataverse")
	}
	return chapter
}

// TestTheReadmesRequestsAreAnswered sends what the README's curl lines send.
func TestTheReadmesRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	o := startOrg(t, "-token", "secret")
	hosts := map[string]string{"8081": o.variables["DATAVERSE_URL"], "8082": o.admin}
	sent := 0
	for line := range strings.Lines(dataverseChapter(t)) {
		address := curlAddress.FindStringSubmatch(line)
		if !strings.HasPrefix(line, "    curl ") || address == nil {
			continue
		}
		sent++
		body := group(curlBody, line)
		method := cmp.Or(group(curlMethod, line), map[bool]string{true: http.MethodPost, false: http.MethodGet}[body != ""])
		r, err := http.NewRequestWithContext(t.Context(), method, hosts[address[1]]+address[2], strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, header := range curlHeader.FindAllStringSubmatch(line, -1) {
			r.Header.Set(header[1], header[2])
		}
		answer, err := o.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err := cmp.Or(err, answer.Body.Close()); err != nil || answer.StatusCode >= 300 {
			t.Errorf("%s: %s %s %v", strings.TrimSpace(line), answer.Status, text, err)
		}
	}
	if sent < 8 {
		t.Errorf("%d requests in the README", sent)
	}
}

// TestTheReadmesFlagsExist looks for each flag of the README's table in the command's own help.
func TestTheReadmesFlagsExist(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if _, err := orgFlags([]string{"-h"}, &help); err == nil {
		t.Fatal("no help")
	}
	flags := 0
	for line := range strings.Lines(dataverseChapter(t)) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, found := range append(tableFlag.FindAllStringSubmatch(cell, -1), regexp.MustCompile(` (-[a-z]+) `).FindAllStringSubmatch(cell, -1)...) {
			flags++
			if !strings.Contains(help.String(), "\n  "+found[1]+"\n") && !strings.Contains(help.String(), "\n  "+found[1]+" ") {
				t.Errorf("%s is no flag", found[1])
			}
		}
	}
	if flags < 9 {
		t.Errorf("%d flags in the README", flags)
	}
}

func group(pattern *regexp.Regexp, line string) string {
	if found := pattern.FindStringSubmatch(line); found != nil {
		return found[1]
	}
	return ""
}
