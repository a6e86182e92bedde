package event

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
)

// command is the data of all four commands; each uses the members it needs.
type command struct {
	CallID    adapter.CallID    `json:"callId"`
	QueueID   adapter.QueueID   `json:"queueId,omitempty"`
	OnlyWhile adapter.CallState `json:"onlyWhile"`

	Prompt   adapter.Prompt `json:"prompt,omitempty"`
	Text     string         `json:"text,omitempty"`
	Locale   string         `json:"locale,omitempty"`
	Collect  *collect       `json:"collect,omitempty"`
	Then     string         `json:"then,omitempty"`
	Sequence *int64         `json:"sequence,omitempty"`
	NotAfter *time.Time     `json:"notAfter,omitempty"`

	ToQueueID adapter.QueueID `json:"toQueueId,omitempty"`
	ToPhone   string          `json:"toPhone,omitempty"`
}

// collect says which tones to listen for while a prompt plays and after it.
type collect struct {
	Tones string `json:"tones"`
}

// EncodeCommand writes a command as a structured CloudEvent that comes from
// source. The only phone number it can carry is the one a call is transferred
// to. It refuses what [DecodeCommand] would reject.
func EncodeCommand(c adapter.Command, source string) ([]byte, error) {
	data := command{
		CallID: c.Call, QueueID: c.Queue, OnlyWhile: c.OnlyWhile,
		Prompt: c.Prompt, Text: c.Text, Locale: c.Locale, Then: c.Then,
		ToQueueID: c.ToQueue, ToPhone: c.ToPhone.E164(),
	}
	if c.Collect != "" {
		data.Collect = &collect{Tones: c.Collect}
	}
	if c.Type == adapter.CommandPlay {
		data.Sequence = &c.Sequence
	}
	if !c.NotAfter.IsZero() {
		notAfter := c.NotAfter.UTC()
		data.NotAfter = &notAfter
	}
	body, err := marshal(cloudEvent{
		SpecVersion: specVersion, ID: c.ID, Source: source, Type: string(c.Type), Subject: string(c.Call),
		Time: c.At.UTC(), DataContentType: "application/json", Data: data,
	})
	if err != nil {
		return nil, fmt.Errorf("command %s: %w", c.Type, err)
	}
	if _, err := DecodeCommand(body); err != nil {
		return nil, err
	}
	return body, nil
}

// DecodeCommand reads what [EncodeCommand] wrote, as a telephony does. Every
// error is an *adapter.Rejection.
func DecodeCommand(body []byte) (adapter.Command, error) {
	command, rejection := decodeCommand(body)
	if rejection != nil {
		return adapter.Command{}, rejection
	}
	return command, nil
}

func decodeCommand(body []byte) (adapter.Command, *adapter.Rejection) {
	if len(body) > MaxBody {
		return adapter.Command{}, reject(ReasonTooLarge, "body: %d bytes, at most %d are read", len(body), MaxBody)
	}
	body, rejection := readable(body)
	if rejection != nil {
		return adapter.Command{}, rejection
	}
	o, rejection := outermost(body)
	if rejection != nil {
		return adapter.Command{}, rejection
	}
	if o.text("specversion", maxID, needed) != specVersion {
		o.wrong("specversion", "not "+specVersion)
	}
	name := o.text("type", maxID, needed)
	members, known := commandMembers(adapter.CommandType(name))
	if !known {
		return adapter.Command{}, reject(ReasonUnknownType, "type: %s is not a command", echo(name))
	}
	data := o.data()
	o.text("source", maxText, needed)
	c := adapter.Command{
		ID:   o.text("id", maxID, needed),
		Type: adapter.CommandType(name),
		Call: o.call(data),
		At:   o.time("time", needed),

		Queue:     adapter.QueueID(data.id("queueId", optional)),
		OnlyWhile: adapter.CallState(data.oneOf("onlyWhile", string(adapter.CallWaiting), string(adapter.CallTaken))),
		NotAfter:  data.time("notAfter", optional),
	}
	members(data, &c)
	if mistakes := slices.Concat(o.mistakes, data.mistakes); len(mistakes) > 0 {
		return adapter.Command{}, reject(ReasonBadCommand, "%s", strings.Join(mistakes, "; "))
	}
	return c, nil
}

// commandMembers is the table of commands: which members beyond the common ones
// each has.
func commandMembers(name adapter.CommandType) (func(*object, *adapter.Command), bool) {
	switch name {
	case adapter.CommandPlay:
		return playMembers, true
	case adapter.CommandTransfer:
		return transferMembers, true
	case adapter.CommandEnd, adapter.CommandVoicemail:
		return func(*object, *adapter.Command) {}, true
	default:
		return nil, false
	}
}

func playMembers(o *object, c *adapter.Command) {
	const maxPrompt = 32 << 10 // spoken, that is half an hour
	c.Prompt = adapter.Prompt(o.text("prompt", maxID, needed))
	c.Text = o.text("text", maxPrompt, needed)
	c.Locale = o.text("locale", maxID, optional)
	c.Sequence = o.sequence("sequence", needed)
	if c.NotAfter.IsZero() {
		o.raw("notAfter", needed)
	}
	if o.raw("then", optional) != nil {
		c.Then = o.oneOf("then", adapter.ThenEnd)
	}
	if raw := o.raw("collect", optional); raw != nil {
		inner, ok := newObject(o.path+"collect.", raw)
		if !ok {
			o.wrong("collect", "not an object")
			return
		}
		c.Collect = inner.text("tones", maxID, needed)
		o.mistakes = append(o.mistakes, inner.mistakes...)
	}
}

func transferMembers(o *object, c *adapter.Command) {
	c.ToQueue = adapter.QueueID(o.id("toQueueId", optional))
	c.ToPhone = o.phone("toPhone")
	if (c.ToQueue == "") == c.ToPhone.IsZero() && len(o.mistakes) == 0 {
		o.wrong("toQueueId", "want either this or data.toPhone")
	}
}
