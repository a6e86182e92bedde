package mcp

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// availabilityInput names a queue, and for slots the stretch of time to look at.
type availabilityInput struct {
	QueueID  string `json:"queueId" jsonschema:"the queue that would call, or the name of a topic"`
	TimeZone string `json:"timeZone,omitempty" jsonschema:"the customer's IANA time zone, such as Europe/Paris; slots are told in it"`
	From     string `json:"from,omitempty" jsonschema:"look for slots from this time on, as RFC 3339 writes it; now if left out"`
	To       string `json:"to,omitempty" jsonschema:"look for slots up to this time"`
}

// requestInput is a request for a callback. Its consent is given by the words alone:
// an agent that has none must not ask.
type requestInput struct {
	Phone    string `json:"phone" jsonschema:"the number to call, with + and the country code"`
	QueueID  string `json:"queueId,omitempty" jsonschema:"the queue that is to call; either this or topic"`
	Topic    string `json:"topic,omitempty" jsonschema:"what it is about, if the queue is not known"`
	SlotID   string `json:"slotId,omitempty" jsonschema:"a slot of check_callback_availability; as soon as possible if left out"`
	TimeZone string `json:"timeZone,omitempty" jsonschema:"the customer's IANA time zone; needed with a slot"`
	Consent  string `json:"consent" jsonschema:"the words with which the customer agreed to be phoned at this number"`
	AgreedAt string `json:"agreedAt" jsonschema:"when the customer agreed, as RFC 3339 writes it"`
	Name     string `json:"name,omitempty" jsonschema:"whom to ask for"`
	Notes    string `json:"notes,omitempty" jsonschema:"what the representative should know"`
	Locale   string `json:"locale,omitempty" jsonschema:"the customer's language, such as fr-FR"`
	Key      string `json:"requestKey,omitempty" jsonschema:"a key of your own for this request: send the same again if no answer came, and nothing is done twice"`
}

// oneCallback names a callback, and the right to see it.
type oneCallback struct {
	ID          string `json:"callbackId" jsonschema:"the id that request_callback answered with"`
	ManageToken string `json:"manageToken,omitempty" jsonschema:"the manageToken that request_callback answered with; may be left out by those who may see every callback"`
}

// rescheduleInput moves a callback.
type rescheduleInput struct {
	oneCallback

	SlotID   string `json:"slotId,omitempty" jsonschema:"a slot of check_callback_availability; as soon as possible if left out"`
	TimeZone string `json:"timeZone,omitempty" jsonschema:"the customer's IANA time zone, if it is not known yet"`
}

func (d *door) addTools(server *mcp.Server) {
	const nothingElse = false // the world that these tools change ends at the contact centre
	closed, no, yes := new(nothingElse), new(false), new(true)
	mcp.AddTool(server, &mcp.Tool{
		Name: "check_callback_availability", Title: "Check callback availability",
		Description: "Call this when a customer asks whether, when or how soon the contact centre can phone them, and before request_callback. Tells whether the queue is open and offers callbacks, how long the wait is now, and which slots are free.",
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: closed},
	}, d.availability)
	mcp.AddTool(server, &mcp.Tool{
		Name: "request_callback", Title: "Request a callback",
		Description: "Call this when a customer wants to be phoned back and has agreed to it, with the number read back to them. A number that waits in this queue already keeps its earlier place. Keep the manageToken: the other tools need it.",
		Annotations: &mcp.ToolAnnotations{DestructiveHint: no, OpenWorldHint: closed},
	}, d.request)
	mcp.AddTool(server, &mcp.Tool{
		Name: "get_callback_status", Title: "Get a callback's status",
		Description: "Call this when a customer asks what became of the callback: the place in line, the estimated wait, the time that was booked, or why it ended.",
		Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: closed},
	}, d.status)
	mcp.AddTool(server, &mcp.Tool{
		Name: "reschedule_callback", Title: "Reschedule a callback",
		Description: "Call this when a customer wants to be phoned at another time. The place in line or the slot that the callback had is given up.",
		Annotations: &mcp.ToolAnnotations{DestructiveHint: yes, IdempotentHint: true, OpenWorldHint: closed},
	}, d.reschedule)
	mcp.AddTool(server, &mcp.Tool{
		Name: "cancel_callback", Title: "Cancel a callback",
		Description: "Call this when a customer does not want to be phoned any more and has confirmed that. It cannot be undone; the place in line is lost.",
		Annotations: &mcp.ToolAnnotations{DestructiveHint: yes, IdempotentHint: true, OpenWorldHint: closed},
	}, d.cancel)
}

// availability asks three questions; the queue's own answer decides whether there is
// any use in the others.
func (d *door) availability(ctx context.Context, _ *mcp.CallToolRequest, in availabilityInput) (*mcp.CallToolResult, any, error) {
	slots := queue(in.QueueID, "slots")
	slots.params = url.Values{}
	for name, value := range map[string]string{"timeZone": in.TimeZone, "from": in.From, "to": in.To} {
		if value != "" {
			slots.params.Set(name, value)
		}
	}
	all := map[string]json.RawMessage{}
	for _, part := range []struct {
		name string
		of   query
	}{{"queue", queue(in.QueueID)}, {"wait", queue(in.QueueID, "wait")}, {"slots", slots}} {
		a, err := d.ask(ctx, part.of, "")
		if err != nil {
			return nil, nil, err
		}
		if a.refused() {
			return a.result()
		}
		all[part.name] = a.body
	}
	return nil, all, nil
}

func (d *door) request(ctx context.Context, _ *mcp.CallToolRequest, in requestInput) (*mcp.CallToolResult, any, error) {
	key := in.Key
	if key == "" {
		key = d.newID()
	}
	body := map[string]any{
		"phone": in.Phone, "when": when(in.SlotID), "channel": "bot",
		"consent": map[string]any{"given": true, "at": in.AgreedAt, "text": in.Consent},
	}
	for name, value := range map[string]string{"queueId": in.QueueID, "topic": in.Topic, "timeZone": in.TimeZone, "name": in.Name, "notes": in.Notes, "locale": in.Locale} {
		if value != "" {
			body[name] = value
		}
	}
	a, err := d.ask(ctx, query{
		method: http.MethodPost, path: []string{"v1", "callbacks"}, header: map[string]string{"Idempotency-Key": key}, body: body,
	}, "")
	if err != nil {
		return nil, nil, err
	}
	return a.result()
}

func (d *door) status(ctx context.Context, _ *mcp.CallToolRequest, in oneCallback) (*mcp.CallToolResult, any, error) {
	a, err := d.ask(ctx, callback(http.MethodGet, in.ID), in.ManageToken)
	if err != nil {
		return nil, nil, err
	}
	return a.result()
}

// reschedule moves the callback however it is now: the agent has no earlier version in
// mind that somebody else could have changed.
func (d *door) reschedule(ctx context.Context, _ *mcp.CallToolRequest, in rescheduleInput) (*mcp.CallToolResult, any, error) {
	q := callback(http.MethodPatch, in.ID)
	q.header = map[string]string{"If-Match": "*"}
	body := map[string]any{"when": when(in.SlotID)}
	if in.TimeZone != "" {
		body["timeZone"] = in.TimeZone
	}
	q.body = body
	a, err := d.ask(ctx, q, in.ManageToken)
	if err != nil {
		return nil, nil, err
	}
	return a.result()
}

func (d *door) cancel(ctx context.Context, _ *mcp.CallToolRequest, in oneCallback) (*mcp.CallToolResult, any, error) {
	a, err := d.ask(ctx, callback(http.MethodDelete, in.ID), in.ManageToken)
	if err != nil {
		return nil, nil, err
	}
	if a.status == http.StatusNoContent {
		return nil, map[string]string{"id": in.ID, "state": "cancelled"}, nil
	}
	return a.result()
}

func when(slot string) any {
	if slot == "" {
		return "asap"
	}
	return map[string]string{"slotId": slot}
}
