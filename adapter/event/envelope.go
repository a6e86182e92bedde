package event

import (
	"mime"
	"strings"

	"directcallback/adapter"
)

// ContentType is the media type of a structured CloudEvent, the form in which
// this package writes.
const ContentType = "application/cloudevents+json"

// MaxBody is the largest body that is read, in bytes: what Service Bus Standard
// carries. A call event has a few hundred.
const MaxBody = 256 << 10

// Envelope is a received message without the types of any client library.
type Envelope struct {
	Body        []byte
	ContentType string
	Properties  map[string]any // application properties; values are AMQP's simple types
}

// mediaType is the content type in lower case and without its parameters.
func (e Envelope) mediaType() string {
	if media, _, err := mime.ParseMediaType(e.ContentType); err == nil {
		return media
	}
	media, _, _ := strings.Cut(e.ContentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// hasProperty tells whether an application property begins with prefix.
func (e Envelope) hasProperty(prefix string) bool {
	for name := range e.Properties {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// trace is the message's own traceparent, under the names that the SDKs of Service Bus
// give it.
func (e Envelope) trace() adapter.Trace {
	for _, name := range []string{"traceparent", "Diagnostic-Id"} {
		if text, is := e.Properties[name].(string); is {
			if trace := adapter.ParseTrace(text); trace != "" {
				return trace
			}
		}
	}
	return ""
}
