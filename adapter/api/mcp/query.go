package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// query is a request to the HTTP API. Its path is given in parts, which are escaped.
type query struct {
	method string
	path   []string
	params url.Values
	header map[string]string
	body   any // nil = none
}

func (q query) request(ctx context.Context) (*http.Request, error) {
	target := (&url.URL{Path: "/"}).JoinPath()
	for _, part := range q.path {
		target = target.JoinPath(url.PathEscape(part))
	}
	target.RawQuery = q.params.Encode()
	var content []byte
	if q.body != nil {
		var err error
		if content, err = json.Marshal(q.body); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, q.method, target.String(), bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.RequestURI = target.RequestURI()
	if q.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range q.header {
		request.Header.Set(name, value)
	}
	return request, nil
}

func callback(method, id string) query {
	return query{method: method, path: []string{"v1", "callbacks", id}}
}

func queue(id string, more ...string) query {
	return query{method: http.MethodGet, path: append([]string{"v1", "queues", id}, more...)}
}
