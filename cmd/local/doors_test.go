package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// asked is a callback as its customer knows it.
type asked struct{ id, manage string }

// Whichever door a customer comes through, the callback is completed: by an agent's
// tools, and by an operation of the Power Platform connector.
func TestACallbackAskedForThroughAnyDoorIsCompleted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs screen
	done := make(chan error, 1)
	go func() { done <- run(ctx, append([]string{"-speed", "60"}, anyPorts...), &out, &errs) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%v\n%s", err, &errs)
		}
	}()
	line := out.eventually(t, `curl -s (\S+) .*\n\s+-d '(.*)'`)
	var body map[string]any
	if err := json.Unmarshal([]byte(line[2]), &body); err != nil {
		t.Fatal(err)
	}
	base, _, _ := strings.Cut(line[1], "/v1/")
	queue := body["queueId"].(string)
	callbacks := map[string]asked{
		"agent":     askAsAgent(t, base, queue, "+12025550142"),
		"connector": askAsConnector(t, base, queue, "+12025550143"),
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for over := time.After(4 * time.Minute); len(callbacks) > 0; {
		select {
		case <-look.C:
		case <-over:
			t.Fatalf("not completed: %v\n%s", callbacks, &out)
		}
		for door, of := range callbacks {
			if show(t, line[1]+"/"+of.id, of.manage) == "completed" {
				delete(callbacks, door)
			}
		}
	}
}

// withToken sends the token of the trusted backend with every request.
type withToken struct{ http.RoundTripper }

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return w.RoundTripper.RoundTrip(r)
}

// askAsAgent looks what is available and asks, as a model that was given the tools.
func askAsAgent(t *testing.T, base, queue, phone string) asked {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: base + "/mcp", HTTPClient: &http.Client{Transport: withToken{transport}}, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	use := func(tool string, arguments map[string]any, into any) {
		t.Helper()
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
		if err != nil {
			t.Fatal(err)
		}
		text := result.Content[0].(*mcp.TextContent).Text
		if err := json.Unmarshal([]byte(text), into); err != nil || result.IsError {
			t.Fatalf("%s: %s", tool, text)
		}
	}
	var available struct {
		Queue struct{ CallbackOffered bool }
	}
	if use("check_callback_availability", map[string]any{"queueId": queue}, &available); !available.Queue.CallbackOffered {
		t.Errorf("the queue offers no callbacks")
	}
	var promised struct{ ID, ManageToken string }
	use("request_callback", map[string]any{
		"phone": phone, "queueId": queue, "consent": "Yes, please phone me.", "agreedAt": time.Now().UTC().Format(time.RFC3339),
	}, &promised)
	return asked{promised.ID, promised.ManageToken}
}

// askAsConnector makes a request of nothing but what the connector's definition says, as
// Power Automate does.
func askAsConnector(t *testing.T, base, queue, phone string) asked {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "infra", "connector", "apiDefinition.swagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	var definition struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct {
				Name, In string
				Schema   struct {
					Ref string `json:"$ref"`
				}
			}
		}
		Definitions map[string]struct {
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	filled := map[string]any{
		"phone": phone, "queueId": queue, "when": map[string]any{"asap": true}, "channel": "bot",
		"consent": map[string]any{"given": true, "at": time.Now().UTC().Format(time.RFC3339), "text": "Yes, please phone me."},
	}
	body, err := json.Marshal(filled)
	if err != nil {
		t.Fatal(err)
	}
	for path, methods := range definition.Paths {
		for method, of := range methods {
			if of.OperationID != "requestCallback" {
				continue
			}
			request, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(method), base+path, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			request.Header.Set("Content-Type", "application/json")
			for _, p := range of.Parameters {
				if p.In == "header" {
					request.Header.Set(p.Name, "run-08584371")
				}
				schema := definition.Definitions[strings.TrimPrefix(p.Schema.Ref, "#/definitions/")]
				for name := range filled {
					if p.In == "body" && schema.Properties[name] == nil {
						t.Errorf("the connector has no field %s", name)
					}
				}
			}
			var answer struct{ ID, ManageToken string }
			if status := do(t, request, &answer); status != http.StatusCreated {
				t.Fatalf("status %d", status)
			}
			return asked{answer.ID, answer.ManageToken}
		}
	}
	t.Fatal("the connector cannot ask for callbacks")
	return asked{}
}
