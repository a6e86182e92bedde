package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// withToken sends a bearer token with every request.
type withToken string

func (t withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(t))
	return http.DefaultTransport.RoundTrip(r) //nolint:forbidigo // of a test on loopback
}

// An agent, with the SDK's own client, asks for a callback, looks at it and takes it
// back with nothing but what it was told.
func TestAnAgentsCallback(t *testing.T) {
	t.Parallel()
	b := &backend{}
	b.request = func(q service.Request) (service.Receipt, error) {
		receipt := taken(q)
		b.view, b.after = receipt.View, receipt.View
		b.after.Callback.State = adapter.StateCancelled
		return receipt, nil
	}
	server := httptest.NewServer(handler(t, options(b)))
	defer server.Close()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: server.URL + "/mcp", HTTPClient: &http.Client{Transport: withToken(secret)}, DisableStandaloneSSE: true,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	use := func(tool string, arguments map[string]any) (told map[string]any) {
		t.Helper()
		result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
		if err != nil {
			t.Fatal(err)
		}
		text := result.Content[0].(*mcp.TextContent).Text
		if err := json.Unmarshal([]byte(text), &told); err != nil || result.IsError {
			t.Fatalf("%s: %s", tool, text)
		}
		return told
	}
	promised := use("request_callback", map[string]any{"phone": "+33155501234", "queueId": queue, "consent": "Please call me.", "agreedAt": "2026-03-04T11:59:30Z"})
	if promised["channel"] != "bot" || promised["manageToken"] == nil {
		t.Errorf("promised %v", promised)
	}
	own := map[string]any{"callbackId": promised["id"], "manageToken": promised["manageToken"]}
	if told := use("get_callback_status", own); told["id"] != promised["id"] {
		t.Errorf("told %v", told)
	}
	if told := use("cancel_callback", own); told["state"] != "cancelled" {
		t.Errorf("told %v", told)
	}
}

func TestNobodyComesThroughTheAgentsDoorWithoutAToken(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(handler(t, options(&backend{})))
	defer server.Close()
	for name, client := range map[string]*http.Client{"none": server.Client(), "wrong": {Transport: withToken("wrong")}} {
		_, err := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, nil).Connect(t.Context(), &mcp.StreamableClientTransport{
			Endpoint: server.URL + "/mcp", HTTPClient: client, DisableStandaloneSSE: true,
		}, nil)
		if err == nil {
			t.Errorf("%s: an agent is let in", name)
		}
	}
}
