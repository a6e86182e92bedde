package webhook

import (
	"context"
	"net"
	"net/http"
)

// DialWith has the first connection be one that is there already.
func (s *Sender) DialWith(conn net.Conn) {
	s.client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) { return conn, nil } //nolint:forcetypeassert // New makes it
}
