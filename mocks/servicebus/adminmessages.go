package servicebus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

const (
	defaultShown = 100 // messages of a GET
	maxShown     = 1000
	maxShownBody = 64 << 10 // bytes of each body
)

// messageFields are those that can be sent and are shown alike.
type messageFields struct {
	MessageID        string         `json:"messageId,omitempty"`
	SessionID        *string        `json:"sessionId,omitempty"` // "" is one
	CorrelationID    string         `json:"correlationId,omitempty"`
	Subject          string         `json:"subject,omitempty"`
	ContentType      string         `json:"contentType,omitempty"`
	To               string         `json:"to,omitempty"`
	ReplyTo          string         `json:"replyTo,omitempty"`
	ReplyToSessionID string         `json:"replyToSessionId,omitempty"`
	Properties       map[string]any `json:"properties,omitempty"`
	Body             string         `json:"body,omitempty"`
	Base64           []byte         `json:"base64,omitempty"` // instead of body, when that is no text
}

// shownMessage is a message as GET shows it.
type shownMessage struct {
	SequenceNumber   int64      `json:"sequenceNumber"`
	State            string     `json:"state"` // active, locked, deferred or scheduled
	DeliveryCount    uint32     `json:"deliveryCount"`
	EnqueuedTime     time.Time  `json:"enqueuedTime"`
	LockedUntil      *time.Time `json:"lockedUntil,omitempty"`
	ExpiresAt        *time.Time `json:"expiresAt,omitempty"`
	ScheduledTime    *time.Time `json:"scheduledEnqueueTime,omitempty"`
	DeadLetterSource string     `json:"deadLetterSource,omitempty"`
	messageFields
	BodySize  int  `json:"bodySize"`            // in bytes
	Truncated bool `json:"truncated,omitempty"` // the body shown is only its beginning
}

func getMessages(s *Server, r *http.Request) (status int, answer any, err error) {
	q, err := s.addressed(r)
	if err != nil {
		return 0, nil, err
	}
	query, err := parameters(r, "from", "limit")
	if err != nil {
		return 0, nil, err
	}
	from, err := number(query.Get("from"), 0, math.MaxInt64)
	if err != nil {
		return 0, nil, refuse(http.StatusBadRequest, "from: %v", err)
	}
	limit, err := number(query.Get("limit"), defaultShown, maxShown)
	if err != nil {
		return 0, nil, refuse(http.StatusBadRequest, "limit: %v", err)
	}
	page := struct {
		Messages []shownMessage `json:"messages"`
		Next     int64          `json:"next,omitempty"` // from of the next page, if there may be one
	}{Messages: []shownMessage{}}
	found := q.Inspect(from, int(limit))
	for i := range found {
		shown, err := show(&found[i])
		if err != nil {
			return 0, nil, err
		}
		page.Messages = append(page.Messages, shown)
	}
	if n := len(found); n > 0 && n == int(limit) {
		page.Next = found[n-1].Sequence + 1
	}
	return http.StatusOK, page, nil
}

// number reads a parameter that is not negative.
func number(text string, absent, most int64) (int64, error) {
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && (n < 0 || n > most) {
		err = fmt.Errorf("%d is not from 0 to %d", n, most)
	}
	return n, err
}

// stateOf names what may become of a message, as [Counts] does.
func stateOf(v *broker.View) string {
	switch {
	case v.Locked:
		return "locked"
	case v.State == broker.Deferred:
		return "deferred"
	case v.State == broker.Scheduled:
		return "scheduled"
	}
	return "active"
}

func show(v *broker.View) (shownMessage, error) {
	m := shownMessage{
		SequenceNumber: v.Sequence, State: stateOf(v), DeliveryCount: v.Deliveries, EnqueuedTime: v.Enqueued.UTC(),
		LockedUntil: moment(v.LockedUntil), ExpiresAt: moment(v.Expires), ScheduledTime: moment(v.Starts), DeadLetterSource: v.DeadSource,
	}
	p, err := wire.ReadProperties(v.Properties)
	if err != nil {
		return m, err
	}
	application, err := wire.SectionMap(v.Application)
	if err != nil {
		return m, err
	}
	m.MessageID, m.CorrelationID, m.To, m.ReplyTo = words(p.MessageID), words(p.CorrelationID), words(p.To), words(p.ReplyTo)
	m.Subject, m.ContentType, m.ReplyToSessionID = p.Subject.Value, string(p.ContentType), p.ReplyToGroupID.Value
	if p.GroupID.Set {
		m.SessionID = &p.GroupID.Value
	}
	if len(application) > 0 {
		m.Properties, _ = plainValue(application).(map[string]any)
	}
	body, err := content(v.Body)
	if err != nil {
		return m, err
	}
	m.setBody(body)
	return m, nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// words is an id or address as text, whatever type it has.
func words(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(plainValue(v))
}

// setBody shows text as text, and what is none in base64.
func (m *shownMessage) setBody(body []byte) {
	m.BodySize = len(body)
	shown := body
	if len(body) > maxShownBody {
		m.Truncated, shown = true, body[:maxShownBody]
	}
	if !utf8.Valid(body) {
		m.Base64 = shown
		return
	}
	for !utf8.Valid(shown) { // cut inside a character
		shown = shown[:len(shown)-1]
	}
	m.Body = string(shown)
}

// content is a body of data sections, joined; of a value, as JSON unless it is
// text or binary.
func content(body []byte) ([]byte, error) {
	parts, err := wire.DataSections(body)
	if err != nil || len(parts) > 0 || len(body) == 0 {
		return bytes.Join(parts, nil), err
	}
	value, _, err := wire.Decode(body)
	if err != nil {
		return nil, err
	}
	d, _ := value.(wire.Described)
	switch v := d.Value.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	default:
		return json.Marshal(plainValue(v))
	}
}

// plainValue is an AMQP value as JSON has it. What JSON has no number for is text.
func plainValue(v any) any {
	switch v := v.(type) {
	case nil, bool, string, []byte, time.Time, int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		return v
	case wire.Symbol:
		return string(v)
	case wire.UUID:
		return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
	case wire.Described:
		return plainValue(v.Value)
	case wire.List:
		return plainList(v)
	case wire.Array:
		return plainList(v)
	case wire.Map:
		object := map[string]any{}
		for _, e := range v {
			object[words(e.Key)] = plainValue(e.Value)
		}
		return object
	case float32:
		return plainValue(float64(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
		return v
	}
	return fmt.Sprint(v)
}

func plainList(items []any) []any {
	list := make([]any, len(items))
	for i, item := range items {
		list[i] = plainValue(item)
	}
	return list
}

// sentMessage is a message as POST takes it. The body is one of three.
type sentMessage struct {
	messageFields

	JSON          json.RawMessage `json:"json"` // any JSON, as it stands; application/json unless contentType says otherwise
	TimeToLive    textDuration    `json:"timeToLive"`
	ScheduledTime time.Time       `json:"scheduledEnqueueTime"`
}

func postMessage(s *Server, r *http.Request) (status int, answer any, err error) {
	q, err := s.addressed(r)
	if err != nil {
		return 0, nil, err
	}
	if _, err := parameters(r); err != nil {
		return 0, nil, err
	}
	var sent sentMessage
	if err := readJSON(r, &sent); err != nil {
		return 0, nil, err
	}
	raw, err := sent.encode()
	if err != nil {
		return 0, nil, refuse(http.StatusBadRequest, "%v", err)
	}
	m, err := broker.ParseMessage(raw)
	if err != nil {
		return 0, nil, refuse(http.StatusBadRequest, "%v", err)
	}
	if err := q.Publish([]*broker.Message{m}); err != nil {
		return 0, nil, refuse(http.StatusConflict, "%s: %s", err.Condition, err.Description)
	}
	return http.StatusCreated, map[string]string{"messageId": m.ID()}, nil
}

// encode writes the message as a client would.
func (m *sentMessage) encode() ([]byte, error) {
	body, err := m.content()
	if err != nil {
		return nil, err
	}
	var h wire.Header
	if m.TimeToLive < 0 {
		return nil, fmt.Errorf("timeToLive %s is negative", time.Duration(m.TimeToLive))
	}
	if m.TimeToLive > 0 {
		h.TTL = wire.Some(uint32(min(time.Duration(m.TimeToLive).Milliseconds(), math.MaxUint32)))
	}
	raw := wire.AppendHeader(nil, &h)
	if !m.ScheduledTime.IsZero() {
		raw = wire.AppendSection(raw, wire.SectionAnnotations, wire.Map{{Key: wire.Symbol("x-opt-scheduled-enqueue-time"), Value: m.ScheduledTime}})
	}
	p := wire.Properties{
		MessageID: given(m.MessageID), CorrelationID: given(m.CorrelationID), To: given(m.To), ReplyTo: given(m.ReplyTo),
		Subject: optional(m.Subject), ContentType: wire.Symbol(m.ContentType), ReplyToGroupID: optional(m.ReplyToSessionID),
	}
	if m.SessionID != nil {
		p.GroupID = wire.Some(*m.SessionID)
	}
	raw = wire.AppendProperties(raw, &p)
	if len(m.Properties) > 0 {
		application, err := applicationProperties(m.Properties)
		if err != nil {
			return nil, err
		}
		raw = wire.AppendSection(raw, wire.SectionApplicationProperties, application)
	}
	return wire.AppendSection(raw, wire.SectionData, body), nil
}

func (m *sentMessage) content() ([]byte, error) {
	forms, body := 0, []byte{}
	if m.Body != "" {
		forms, body = forms+1, []byte(m.Body)
	}
	if m.Base64 != nil {
		forms, body = forms+1, m.Base64
	}
	if m.JSON != nil {
		forms, body = forms+1, m.JSON
		m.ContentType = orDefault(m.ContentType, "application/json")
	}
	if forms > 1 {
		return nil, fmt.Errorf("%d bodies: one of body, base64 and json is enough", forms)
	}
	return body, nil
}

// given is an id or address, null when there is none.
func given(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func optional(text string) wire.Optional[string] {
	return wire.Optional[string]{Set: text != "", Value: text}
}

// applicationProperties are text, bool and numbers: long when whole, else double.
func applicationProperties(properties map[string]any) (wire.Map, error) {
	var all wire.Map
	for key, value := range properties {
		switch v := value.(type) {
		case string, bool, nil:
		case json.Number:
			if whole, err := v.Int64(); err == nil {
				value = whole
				break
			}
			number, err := v.Float64()
			if err != nil {
				return nil, fmt.Errorf("property %q: %w", key, err)
			}
			value = number
		default:
			return nil, fmt.Errorf("property %q is neither text, bool nor number", key)
		}
		all = append(all, wire.Entry{Key: key, Value: value})
	}
	return all, nil
}
