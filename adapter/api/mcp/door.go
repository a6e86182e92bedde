package mcp

import (
	"context"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// maxBody is what the HTTP API takes, and an envelope around it.
const maxBody = 80 << 10

// New makes the door. Requests for api are made with the headers that say who calls,
// from the address that the agent's request came from. Who may come through the door
// at all is for whoever serves it to say.
func New(api http.Handler, newID func() string, version string) http.Handler {
	d := &door{api: api, newID: newID}
	server := mcp.NewServer(
		&mcp.Implementation{Name: "direct-callback", Title: "Direct callback", Version: version},
		&mcp.ServerOptions{
			Instructions: "Arranges that a contact centre phones a customer back. Check what is available first, ask the customer for the number and for the agreement to be phoned, and read both back before you request the callback.",
			Capabilities: &mcp.ServerCapabilities{},
		},
	)
	d.addTools(server)
	streams := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &mcp.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: maxBody, PropagateRequestCancellation: true,
		// Who may call is said by a token, so that a page that reaches this address by a
		// name of its own cannot do anything.
		DisableLocalhostProtection: true,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streams.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, r)))
	})
}

// door is what all tools share.
type door struct {
	api   http.Handler
	newID func() string
}

// requestKey finds the agent's request in the context of a tool.
type requestKey struct{}

// identity are the headers that say who calls, and from where.
func identity() []string {
	return []string{"Authorization", "Origin", "X-Forwarded-For", "Traceparent"}
}

// answer is what the HTTP API says.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// Header is an [http.ResponseWriter]'s.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader keeps the first status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write keeps the body.
func (a *answer) Write(body []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.body = append(a.body, body...)
	return len(body), nil
}

// ask makes one request to the API. A token takes the place of the agent's own, unless
// it is empty.
func (d *door) ask(ctx context.Context, q query, token string) (answer, error) {
	request, err := q.request(ctx)
	if err != nil {
		return answer{}, err
	}
	if from, is := ctx.Value(requestKey{}).(*http.Request); is {
		request.RemoteAddr = from.RemoteAddr
		for _, name := range identity() {
			request.Header[name] = from.Header.Values(name)
		}
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	a := answer{header: http.Header{}}
	d.api.ServeHTTP(&a, request)
	return a, nil
}
