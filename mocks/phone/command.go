package phone

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"
)

// The commands a telephony obeys.
const (
	commandPlay      = "directcallback.prompt.play.v1"
	commandEnd       = "directcallback.call.end.v1"
	commandTransfer  = "directcallback.call.transfer.v1"
	commandVoicemail = "directcallback.call.voicemail.v1"
)

// The prompts that mean something to a caller; every other one is just heard.
const (
	promptOffer        = "callback-offer"
	promptConfirmation = "callback-confirmation"
)

const thenEnd = "end"

// command is one order of the adapter, as it came off the wire.
type command struct {
	ID   string `json:"-"`
	Type string `json:"-"`

	CallID   string `json:"callId"`
	Prompt   string `json:"prompt"`
	PromptID string `json:"promptId"` // what a tone answers; the command's own id if absent
	Text     string `json:"text"`
	Locale   string `json:"locale"`
	Collect  *struct {
		Tones string `json:"tones"`
	} `json:"collect"`
	Then      string    `json:"then"`
	OnlyWhile string    `json:"onlyWhile"`
	Sequence  int64     `json:"sequence"`
	NotAfter  time.Time `json:"notAfter"`
	ToQueueID string    `json:"toQueueId"`
	ToPhone   string    `json:"toPhone"`
}

// collects tells whether the prompt waits for a key.
func (c command) collects(key string) bool {
	return c.Collect != nil && strings.Contains(c.Collect.Tones, key)
}

// answerTo is the prompt id that a tone carries.
func (c command) answerTo() string {
	if c.PromptID != "" {
		return c.PromptID
	}
	return c.ID
}

// message is what of a Service Bus message a decoder needs.
type message struct {
	contentType string
	properties  map[string]any
	body        []byte
}

// decodeCommand reads a CloudEvent in structured or binary mode. What cannot be
// read names its field, for the dead-letter description.
func decodeCommand(m message) (command, error) {
	attributes, data, err := openEnvelope(m)
	if err != nil {
		return command{}, err
	}
	if attributes.SpecVersion != "1.0" {
		return command{}, fmt.Errorf("specversion: %.20q is not 1.0", attributes.SpecVersion)
	}
	if attributes.ID == "" {
		return command{}, errors.New("id: is missing")
	}
	var c command
	if err := json.Unmarshal(data, &c); err != nil {
		return command{}, fmt.Errorf("data: %w", err)
	}
	c.ID, c.Type = attributes.ID, attributes.Type
	return c, c.check()
}

// check demands what the contract demands of each type.
func (c command) check() error {
	if c.CallID == "" {
		return errors.New("data.callId: is missing")
	}
	switch c.Type {
	case commandPlay:
		if c.Prompt == "" {
			return errors.New("data.prompt: is missing")
		}
		if c.Then != "" && c.Then != thenEnd {
			return fmt.Errorf("data.then: %.40q is not %q", c.Then, thenEnd)
		}
	case commandTransfer:
		if (c.ToQueueID == "") == (c.ToPhone == "") {
			return errors.New("data: exactly one of toQueueId and toPhone is wanted")
		}
	case commandEnd, commandVoicemail:
	default:
		return fmt.Errorf("type: %.80q is not a command", c.Type)
	}
	return nil
}

type commandEnvelope struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Data        json.RawMessage `json:"data"`
}

func openEnvelope(m message) (commandEnvelope, []byte, error) {
	var e commandEnvelope
	media, _, _ := mime.ParseMediaType(m.contentType) // a broken type is not the structured one
	if media == contentType {
		if err := json.Unmarshal(m.body, &e); err != nil {
			return e, nil, fmt.Errorf("body: %w", err)
		}
		if len(e.Data) == 0 {
			return e, nil, errors.New("data: is missing")
		}
		return e, e.Data, nil
	}
	e.SpecVersion = m.attribute("specversion")
	e.ID = m.attribute("id")
	e.Type = m.attribute("type")
	if e.SpecVersion == "" {
		return e, nil, fmt.Errorf("content type: %.60q is not %s, and no cloudEvents:specversion is set", m.contentType, contentType)
	}
	return e, m.body, nil
}

// attribute reads a CloudEvents attribute of binary mode; the AMQP binding
// allows both separators.
func (m message) attribute(name string) string {
	for _, prefix := range []string{"cloudEvents:", "cloudEvents_"} {
		if text, ok := m.properties[prefix+name].(string); ok {
			return text
		}
	}
	return ""
}
