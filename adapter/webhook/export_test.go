package webhook

import (
	"context"
	"net"
	"net/http"
)

// DialBy has every connection made by dial.
func (s *Sender) DialBy(dial func(context.Context, string, string) (net.Conn, error)) {
	s.client.Transport.(*http.Transport).DialContext = dial //nolint:forcetypeassert // New makes it
}
