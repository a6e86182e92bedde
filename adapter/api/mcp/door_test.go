package mcp_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"directcallback/adapter/api/mcp"
)

// api answers by method and path, and remembers what it was asked.
type api struct {
	answers map[string]reply
	mu      sync.Mutex
	asked   []asked // guarded by mu
}

type reply struct {
	status int
	body   string
}

type asked struct {
	What   string
	Header http.Header
	From   string
	Body   string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	what := r.Method + " " + r.URL.RequestURI()
	a.mu.Lock()
	a.asked = append(a.asked, asked{what, r.Header, r.RemoteAddr, string(body)})
	a.mu.Unlock()
	answer, known := a.answers[what]
	if !known {
		answer = reply{http.StatusNotFound, `{"type":"/problems/not-found","status":404}`}
	}
	if answer.body != "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(answer.status)
	_, _ = io.WriteString(w, answer.body)
}

// bearer sends a token and an origin with every request.
type bearer struct{ token, origin string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Origin", b.origin)
	return http.DefaultTransport.RoundTrip(r) //nolint:forbidigo // of a test on loopback
}

// agent connects the SDK's own client to a door before an API.
func agent(t *testing.T, a *api) *sdk.ClientSession {
	t.Helper()
	server := httptest.NewServer(mcp.New(a, func() string { return "made-here" }, "1"))
	t.Cleanup(server.Close)
	client := sdk.NewClient(&sdk.Implementation{Name: "agent", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &sdk.StreamableClientTransport{
		Endpoint: server.URL, HTTPClient: &http.Client{Transport: bearer{"agent-token", "https://agents.example"}}, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

func call(t *testing.T, session *sdk.ClientSession, tool string, arguments map[string]any) (told map[string]any, failed bool) {
	t.Helper()
	result, err := session.CallTool(context.WithoutCancel(t.Context()), &sdk.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	text := result.Content[0].(*sdk.TextContent).Text
	if !result.IsError || json.Valid([]byte(text)) {
		if err := json.Unmarshal([]byte(text), &told); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		return told, result.IsError
	}
	_, named, _ := strings.Cut(text, `["`) // in what the SDK says of arguments
	named, _, _ = strings.Cut(named, `"]`)
	return map[string]any{"names": named}, true
}

func TestToolsSayWhenToCallThem(t *testing.T) {
	t.Parallel()
	list, err := agent(t, &api{}).ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	hints := map[string][2]bool{} // read only, destructive
	for _, tool := range list.Tools {
		if !strings.HasPrefix(tool.Description, "Call this when ") {
			t.Errorf("%s: %q", tool.Name, tool.Description)
		}
		hints[tool.Name] = [2]bool{tool.Annotations.ReadOnlyHint, tool.Annotations.DestructiveHint == nil || *tool.Annotations.DestructiveHint}
		schema := tool.InputSchema.(map[string]any)
		for name, property := range schema["properties"].(map[string]any) {
			if property.(map[string]any)["description"] == nil {
				t.Errorf("%s: %s is not described", tool.Name, name)
			}
		}
	}
	want := map[string][2]bool{
		"check_callback_availability": {true, true}, "request_callback": {false, false}, "get_callback_status": {true, true},
		"reschedule_callback": {false, true}, "cancel_callback": {false, true},
	}
	if diff := cmp.Diff(want, hints); diff != "" {
		t.Errorf("read only, destructive (-want +got):\n%s", diff)
	}
}

func TestToolsAskTheAPI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tool      string
		arguments map[string]any
		answers   map[string]reply
		asked     []string // in order
		body      string   // of the last request
		want      map[string]any
		failed    bool
	}{
		"what is available": {
			tool: "check_callback_availability", arguments: map[string]any{"queueId": "q/1", "timeZone": "Europe/Paris"},
			answers: map[string]reply{
				"GET /v1/queues/q%2F1":                               {200, `{"open":true}`},
				"GET /v1/queues/q%2F1/wait":                          {200, `{"callsWaiting":3}`},
				"GET /v1/queues/q%2F1/slots?timeZone=Europe%2FParis": {200, `{"items":[]}`},
			},
			asked: []string{"GET /v1/queues/q%2F1", "GET /v1/queues/q%2F1/wait", "GET /v1/queues/q%2F1/slots?timeZone=Europe%2FParis"},
			want:  map[string]any{"queue": map[string]any{"open": true}, "wait": map[string]any{"callsWaiting": 3.0}, "slots": map[string]any{"items": []any{}}},
		},
		"a queue that is not known": {
			tool: "check_callback_availability", arguments: map[string]any{"queueId": "none"},
			asked: []string{"GET /v1/queues/none"}, want: map[string]any{"type": "/problems/not-found", "status": 404.0}, failed: true,
		},
		"a request": {
			tool: "request_callback", arguments: map[string]any{"phone": "+33155501234", "topic": "cards", "slotId": "s1", "timeZone": "Europe/Paris", "consent": "Yes, call me.", "agreedAt": "2026-03-04T12:00:00Z"},
			answers: map[string]reply{"POST /v1/callbacks": {201, `{"id":"c1"}`}},
			asked:   []string{"POST /v1/callbacks"},
			body:    `{"channel":"bot","consent":{"at":"2026-03-04T12:00:00Z","given":true,"text":"Yes, call me."},"phone":"+33155501234","timeZone":"Europe/Paris","topic":"cards","when":{"slotId":"s1"}}`,
			want:    map[string]any{"id": "c1"},
		},
		"a request that is refused": {
			tool: "request_callback", arguments: map[string]any{"phone": "0155501234", "queueId": "q", "consent": "Yes.", "agreedAt": "2026-03-04T12:00:00Z"},
			answers: map[string]reply{"POST /v1/callbacks": {422, `{"type":"/problems/invalid-request","errors":[{"field":"phone"}]}`}},
			asked:   []string{"POST /v1/callbacks"},
			body:    `{"channel":"bot","consent":{"at":"2026-03-04T12:00:00Z","given":true,"text":"Yes."},"phone":"0155501234","queueId":"q","when":"asap"}`,
			want:    map[string]any{"type": "/problems/invalid-request", "errors": []any{map[string]any{"field": "phone"}}}, failed: true,
		},
		"a status": {
			tool: "get_callback_status", arguments: map[string]any{"callbackId": "c1", "manageToken": "dcm_x"},
			answers: map[string]reply{"GET /v1/callbacks/c1": {200, `{"id":"c1","place":2}`}},
			asked:   []string{"GET /v1/callbacks/c1"}, want: map[string]any{"id": "c1", "place": 2.0},
		},
		"another time": {
			tool: "reschedule_callback", arguments: map[string]any{"callbackId": "c1", "slotId": "s2"},
			answers: map[string]reply{"PATCH /v1/callbacks/c1": {202, `{"id":"c1"}`}},
			asked:   []string{"PATCH /v1/callbacks/c1"}, body: `{"when":{"slotId":"s2"}}`, want: map[string]any{"id": "c1"},
		},
		"taken back": {
			tool: "cancel_callback", arguments: map[string]any{"callbackId": "c1"},
			answers: map[string]reply{"DELETE /v1/callbacks/c1": {204, ""}},
			asked:   []string{"DELETE /v1/callbacks/c1"}, want: map[string]any{"id": "c1", "state": "cancelled"},
		},
		"being taken back": {
			tool: "cancel_callback", arguments: map[string]any{"callbackId": "c1"},
			answers: map[string]reply{"DELETE /v1/callbacks/c1": {202, `{"id":"c1","state":"cancelling"}`}},
			asked:   []string{"DELETE /v1/callbacks/c1"}, want: map[string]any{"id": "c1", "state": "cancelling"},
		},
		"a path that is none": {
			tool: "get_callback_status", arguments: map[string]any{"callbackId": "../queues"},
			asked: []string{"GET /v1/callbacks/..%2Fqueues"}, want: map[string]any{"type": "/problems/not-found", "status": 404.0}, failed: true,
		},
		"an argument that no tool knows": {
			tool: "cancel_callback", arguments: map[string]any{"callbackId": "c1", "really": true},
			want: map[string]any{"names": "really"}, failed: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &api{answers: c.answers}
			told, failed := call(t, agent(t, a), c.tool, c.arguments)
			if diff := cmp.Diff(c.want, told); diff != "" || failed != c.failed {
				t.Errorf("failed %v, told (-want +got):\n%s", failed, diff)
			}
			var all []string
			for _, x := range a.asked {
				all = append(all, x.What)
			}
			if !slices.Equal(all, c.asked) {
				t.Errorf("asked %q, want %q", all, c.asked)
			}
			if len(a.asked) > 0 && a.asked[len(a.asked)-1].Body != c.body {
				t.Errorf("body %s, want %s", a.asked[len(a.asked)-1].Body, c.body)
			}
		})
	}
}

// Whoever calls the agent's tools is who calls the API; only a manage token takes the
// place of the agent's own.
func TestTheAPISeesWhoCalls(t *testing.T) {
	t.Parallel()
	a := &api{answers: map[string]reply{"POST /v1/callbacks": {201, `{}`}, "GET /v1/callbacks/c1": {200, `{}`}}}
	session := agent(t, a)
	agreed := map[string]any{"phone": "+33155501234", "queueId": "q", "consent": "Yes.", "agreedAt": "2026-03-04T12:00:00Z"}
	call(t, session, "request_callback", agreed)
	with := maps.Clone(agreed)
	with["requestKey"] = "mine"
	call(t, session, "request_callback", with)
	call(t, session, "get_callback_status", map[string]any{"callbackId": "c1", "manageToken": "dcm_x"})
	if len(a.asked) != 3 {
		t.Fatalf("asked %d times", len(a.asked))
	}
	for i, want := range []struct{ token, key string }{{"agent-token", "made-here"}, {"agent-token", "mine"}, {"dcm_x", ""}} {
		got := a.asked[i]
		if got.Header.Get("Authorization") != "Bearer "+want.token || got.Header.Get("Idempotency-Key") != want.key ||
			got.Header.Get("Origin") != "https://agents.example" || !strings.HasPrefix(got.From, "127.0.0.1:") {
			t.Errorf("request %d: %+v, want %+v", i, got, want)
		}
	}
}
