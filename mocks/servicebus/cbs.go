package servicebus

import (
	"fmt"
	"time"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

// putToken answers $cbs. Without [Config].Tokens everyone is who they say they are.
func (c *conn) putToken(q *request) response {
	if q.operation() != "put-token" {
		return response{status: 400, description: "$cbs knows only put-token"}
	}
	if err := c.server.faults.strikeWith(refuseTokens, nil); err != nil {
		return response{status: 401, description: err.Description, condition: err.Condition}
	}
	tokens := c.server.config.Tokens
	if tokens == nil {
		return response{status: 202, description: "Accepted"}
	}
	token, _ := q.body.(string)
	audience := wire.KeyString(q.arguments.Get("name"))
	g, err := tokens.read(wire.KeyString(q.arguments.Get("type")), token, audience, time.Now())
	if err != nil {
		return response{status: 401, description: err.Error(), condition: broker.Unauthorized}
	}
	path := pathOf(audience)
	if _, err := c.server.find(path); err != nil && path != "" {
		return response{status: 404, description: err.Description, condition: err.Condition}
	}
	c.grant(path, g)
	return response{status: 202, description: "Accepted"}
}

// grant notes what the connection may do until the token expires.
func (c *conn) grant(path string, g grant) {
	if c.grants == nil {
		c.grants = map[string]grant{}
	}
	c.grants[path] = g
	c.watch(g.until)
}

// watch looks at the tokens again when the first of them expires.
func (c *conn) watch(until time.Time) {
	if c.expiry.IsZero() || until.Before(c.expiry) {
		c.expiry = until
		c.agenda.add(until, c.expireGrants)
	}
}

// authorized tells whether the connection has a token for the node, or for what
// the node is part of, with one of the rights.
func (c *conn) authorized(n node, one Rights) *wire.Error {
	if c.server.config.Tokens == nil || c.trusted || n.kind == nodeTokens {
		return nil
	}
	now, path := time.Now(), folded(n.path())
	known := false
	for p, g := range c.grants {
		if !now.Before(g.until) || !covers(p, path) {
			continue
		}
		if known = true; g.rights&one != 0 {
			return nil
		}
	}
	if known {
		return unauthorized("Unauthorized access. '%s' claim(s) are required to perform this operation. Resource: %s", one, path)
	}
	return unauthorized("Unauthorized access: there is no valid token for %s", path)
}

func unauthorized(format string, args ...any) *wire.Error {
	return &wire.Error{Condition: broker.Unauthorized, Description: fmt.Sprintf(format, args...)}
}

// String names the rights as claims.
func (r Rights) String() string {
	return [...]string{"no", "Listen", "Send", "Listen,Send"}[r&(Listen|Send)]
}

// expireGrants forgets tokens that have expired, and detaches the links that no
// other token covers. Who waits for a session is looked at when there is one.
func (c *conn) expireGrants() {
	now := time.Now()
	c.expiry = time.Time{}
	for path, g := range c.grants {
		if now.Before(g.until) {
			c.watch(g.until)
			continue
		}
		delete(c.grants, path)
	}
	for _, s := range c.sessions {
		for _, l := range s.links {
			b := l.base()
			if b.gone() || waiting(l) {
				continue
			}
			if err := c.authorized(b.node, b.needs); err != nil {
				kick(l, err)
			}
		}
	}
}
