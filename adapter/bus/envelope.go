package bus

import (
	"bytes"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter/event"
)

// envelope strips a message of the SDK's types.
func envelope(m *azservicebus.ReceivedMessage) event.Envelope {
	e := event.Envelope{Body: body(m), Properties: m.ApplicationProperties}
	if m.ContentType != nil {
		e.ContentType = *m.ContentType
	}
	return e
}

// body is the message's payload, whichever of AMQP's four forms of body its
// sender chose; the SDK gives only the commonest, one Data section.
func body(m *azservicebus.ReceivedMessage) []byte {
	if m.Body != nil || m.RawAMQPMessage == nil {
		return m.Body
	}
	raw := m.RawAMQPMessage.Body
	if raw.Data != nil {
		return bytes.Join(raw.Data, nil)
	}
	if raw.Value != nil {
		return payload(raw.Value)
	}
	var parts [][]byte
	for _, sequence := range raw.Sequence {
		for _, value := range sequence {
			parts = append(parts, payload(value))
		}
	}
	return bytes.Join(parts, nil)
}

func payload(value any) []byte {
	switch value := value.(type) {
	case []byte:
		return value
	case string:
		return []byte(value)
	default:
		return []byte(fmt.Sprintf("AMQP value of type %T", value)) // no JSON, and says why
	}
}
