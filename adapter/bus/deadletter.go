package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// DeadLetter is a message in a dead-letter queue, as a person may see it: whatever
// looks like a telephone number is masked, in all its texts.
type DeadLetter struct {
	Sequence      int64     `json:"sequence"`
	EnqueuedAt    time.Time `json:"enqueuedAt"`
	Reason        string    `json:"reason"`
	Description   string    `json:"description"`
	Type          string    `json:"type"`    // the event's, where it can be read
	Subject       string    `json:"subject"` // likewise
	MessageID     string    `json:"messageId"`
	SessionID     string    `json:"sessionId,omitempty"`
	ContentType   string    `json:"contentType,omitempty"`
	DeliveryCount uint32    `json:"deliveryCount"`
	Body          string    `json:"-"`
}

func newDeadLetter(m *azservicebus.ReceivedMessage) DeadLetter {
	content := body(m)
	d := DeadLetter{
		Reason: mask(value(m.DeadLetterReason)), Description: mask(value(m.DeadLetterErrorDescription)),
		MessageID: mask(m.MessageID), SessionID: mask(value(m.SessionID)), ContentType: mask(value(m.ContentType)),
		DeliveryCount: m.DeliveryCount, Body: mask(string(content)),
	}
	if m.SequenceNumber != nil {
		d.Sequence = *m.SequenceNumber
	}
	if m.EnqueuedTime != nil {
		d.EnqueuedAt = m.EnqueuedTime.UTC()
	}
	if r := returned(m); r != nil {
		d.Reason, d.Description = mask(r.Reason), mask(r.Description)
	}
	d.Type, d.Subject = title(m, content)
	return d
}

// title is the type and the subject of what may be a CloudEvent in either mode. It
// is more patient than package event: what lies here often could not be read.
func title(m *azservicebus.ReceivedMessage, content []byte) (kind, subject string) {
	var structured struct{ Type, Subject string }
	_ = json.Unmarshal(content, &structured) // fills what it can
	kind, subject = structured.Type, structured.Subject
	for _, prefix := range []string{"cloudEvents:", "cloudEvents_"} {
		if text, ok := m.ApplicationProperties[prefix+"type"].(string); ok {
			kind = text
		}
		if text, ok := m.ApplicationProperties[prefix+"subject"].(string); ok {
			subject = text
		}
	}
	return mask(kind), mask(subject)
}

// rejectionProperties is what marks a message as rejected: the broker's own marks,
// and those of [Publisher.Return], with which it would be rejected again at once.
func rejectionProperties() []string {
	return []string{"DeadLetterReason", "DeadLetterErrorDescription", PropertyRejectedReason, PropertyRejectedDescription}
}

// resubmitted is the message as it once came, under a new id: duplicate detection
// may still remember the old one. The new one depends on where the message lies,
// so that sending it twice by mistake is noticed. Its time to live starts anew,
// with the queue's default, because it may long be over.
func resubmitted(m *azservicebus.ReceivedMessage) *azservicebus.AMQPAnnotatedMessage {
	raw := m.RawAMQPMessage
	again := &azservicebus.AMQPAnnotatedMessage{
		Body:                  raw.Body, // in whichever of AMQP's forms it came
		ApplicationProperties: maps.Clone(raw.ApplicationProperties),
		Properties:            &azservicebus.AMQPAnnotatedMessageProperties{},
	}
	for _, name := range rejectionProperties() {
		delete(again.ApplicationProperties, name)
	}
	if raw.Properties != nil {
		*again.Properties = *raw.Properties
	}
	again.Properties.AbsoluteExpiryTime, again.Properties.CreationTime = nil, nil
	sum := sha256.Sum256([]byte(strconv.FormatInt(*m.SequenceNumber, 10) + "\n" + m.MessageID))
	again.Properties.MessageID = "resubmitted-" + hex.EncodeToString(sum[:])
	return again
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
