package servicebus

import (
	"fmt"

	"directcallback/mocks/servicebus/internal/wire"
)

// Filter decides whether a subscription takes a message. The zero value takes
// every message; every field that is set must match. SQL filters are not
// supported.
type Filter struct {
	ContentType      string
	CorrelationID    string
	MessageID        string
	ReplyTo          string
	ReplyToSessionID string
	SessionID        string
	Subject          string // "Label" in config.json
	To               string
	// Properties are application properties and the values they must have:
	// string, bool, or a number.
	Properties map[string]any
}

func (f *Filter) match(p wire.Properties, application wire.Map) bool {
	for _, field := range []struct {
		want string
		have any
	}{
		{f.ContentType, string(p.ContentType)},
		{f.CorrelationID, p.CorrelationID},
		{f.MessageID, p.MessageID},
		{f.ReplyTo, p.ReplyTo},
		{f.ReplyToSessionID, p.ReplyToGroupID.Value},
		{f.SessionID, p.GroupID.Value},
		{f.Subject, p.Subject.Value},
		{f.To, p.To},
	} {
		if field.want != "" && !same(field.want, field.have) {
			return false
		}
	}
	for key, want := range f.Properties {
		if have := application.Get(key); have == nil || !same(want, have) {
			return false
		}
	}
	return true
}

// same compares by text, so that a number matches whatever its AMQP type is.
func same(want, have any) bool { return fmt.Sprint(want) == fmt.Sprint(have) }
