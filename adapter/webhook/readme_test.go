package webhook_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/webhook"
)

// snippet is the README's code in a language.
func snippet(t *testing.T, language string) string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```"+language+"\n")
	code, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("the README has no code in %s", language)
	}
	return code
}

// The README's JavaScript takes what is sent, and nothing else.
func TestTheReadmesJavaScriptVerifies(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI_REQUIRE_NODE") == "1" {
			t.Fatal("node is not installed")
		}
		t.Skip("SKIPPED, NOT TESTED: node is not installed")
	}
	older, newer := secrets()
	r := receive(t, nil)
	hook := to(r.url)
	hook.Keys = append([]adapter.WebhookKey{{Secret: newer}}, hook.Keys...)
	if err := r.sender.Call(t.Context(), hook, told(1)); err != nil {
		t.Fatal(err)
	}
	type message struct {
		Body    string            `json:"body"`
		Headers map[string]string `json:"headers"`
		Secret  string            `json:"secret"`
		Want    bool              `json:"want"`
	}
	say := func(body, secret, field, value string, want bool) message {
		m := message{body, map[string]string{}, secret, want}
		for name := range r.came[0].Header {
			m.Headers[strings.ToLower(name)] = r.came[0].Header.Get(name)
		}
		if field != "" {
			m.Headers[field] = value
		}
		return m
	}
	body, stranger := r.texts[0], string(webhook.NewSecret())
	all := []message{
		say(body, string(older), "", "", true),
		say(body, string(newer), "", "", true),
		say(body, stranger, "", "", false),
		say(body+" ", string(older), "", "", false),
		say(body, string(older), webhook.HeaderID, "another", false),
		say(body, string(older), webhook.HeaderID, "", false),
		say(body, string(older), webhook.HeaderTimestamp, "1", false),
		say(body, string(older), webhook.HeaderTimestamp, "now", false),
		say(body, string(older), webhook.HeaderSignature, "", false),
		say(body, string(older), webhook.HeaderSignature, "v1 v2,AAAA", false),
	}
	input, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "verify.mjs")
	const ask = `
import { readFileSync } from 'node:fs'
JSON.parse(readFileSync(0, 'utf8')).forEach((m, i) => {
  const got = verified(Buffer.from(m.body), m.headers, m.secret)
  if (got !== m.want) console.log('message ' + i + ' is ' + got)
})
`
	if err := os.WriteFile(program, []byte(snippet(t, "js")+ask), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), node, program)
	run.Stdin = bytes.NewReader(input)
	if out, err := run.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// The README's Go is that of the example, which runs.
func TestTheReadmesGoIsTheExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	flat := regexp.MustCompile(`(?m)^\s+`)
	program := flat.ReplaceAllString(strings.ReplaceAll(string(example), "string(secret)", "secret"), "")
	for part := range strings.SplitSeq(snippet(t, "go"), "…\n") {
		if !strings.Contains(program, flat.ReplaceAllString(part, "")) {
			t.Errorf("the example has no\n%s", part)
		}
	}
}
