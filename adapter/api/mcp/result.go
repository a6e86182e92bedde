package mcp

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// refused tells whether the answer is a problem.
func (a answer) refused() bool { return a.status >= http.StatusBadRequest }

// result is the answer as a tool's. A problem goes to the agent as it is, marked as an
// error, so that the agent can mend its request.
func (a answer) result() (*mcp.CallToolResult, any, error) {
	var told map[string]any
	if err := json.Unmarshal(a.body, &told); err != nil {
		return nil, nil, fmt.Errorf("the API answered %d without a body that can be read", a.status)
	}
	if !a.refused() {
		return nil, told, nil
	}
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: string(a.body)}}, StructuredContent: told}, nil, nil
}
