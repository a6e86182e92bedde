package proactive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/dataverse"
)

const (
	apiVersion   = "1.0"
	createAction = "CCaaS_CreateProactiveVoiceDelivery"
)

// Deliver asks for one delivery, after finding or making the customer's contact.
// The error is always an [*adapter.DeliverError]. When time runs out after the
// request was sent, that is [adapter.OutcomeLost].
func (c *Client) Deliver(ctx context.Context, r adapter.DeliveryRequest) (adapter.Delivery, error) {
	if failed := c.validate(r); failed != nil {
		return adapter.Delivery{}, failed
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	who, err := c.contact(ctx, r)
	if errors.Is(err, errDoNotPhone) {
		return adapter.Delivery{}, classify(stepContact, err) // said to people as it is
	}
	if err != nil {
		return adapter.Delivery{}, classify(stepContact, fmt.Errorf("contact: %w", err))
	}
	c.warnOfLoss(ctx, r)
	action, body, err := c.asking(r, who)
	if err != nil {
		return adapter.Delivery{}, &adapter.DeliverError{Outcome: adapter.OutcomeRefused, Err: err}
	}
	answer, err := c.impatient.Action(ctx, action, body, dataverse.Once)
	if err != nil {
		return adapter.Delivery{}, classify(stepDelivery, err)
	}
	made, err := readDelivery(answer)
	if err != nil {
		return adapter.Delivery{}, &adapter.DeliverError{Outcome: adapter.OutcomeLost, Err: fmt.Errorf("call %s: %w", action, err)}
	}
	made.Configuration = r.Configuration
	return made, nil
}

// asking is the action of the configured generation, and its body.
func (c *Client) asking(r adapter.DeliveryRequest, who customer) (action string, body any, err error) {
	if c.options.API == APITask {
		body, err = c.taskBody(r, who)
		return taskAction, body, err
	}
	body, err = c.body(r, who.id)
	return createAction, body, err
}

// readDelivery reads what either generation answers. A task that is not a GUID is of
// no use, and none: the delivery is there nevertheless.
func readDelivery(answer dataverse.Row) (adapter.Delivery, error) {
	id, err := answer.String("DeliveryId")
	if err == nil && strings.TrimSpace(id) == "" {
		err = errors.New("an answer without DeliveryId")
	}
	if err != nil {
		return adapter.Delivery{}, err
	}
	made := adapter.Delivery{ID: adapter.DeliveryID(adapter.NormalizeID(id))}
	if task, err := answer.ID("DeliveryTaskId"); err == nil {
		made.Task = adapter.DeliveryTaskID(task)
	}
	return made, nil
}

// validate refuses here what Dynamics might accept and misread: what it does with
// a window in the past or in local time is not documented.
func (c *Client) validate(r adapter.DeliveryRequest) *adapter.DeliverError {
	w := r.Window
	checks := []struct {
		bad     bool
		outcome adapter.Outcome
		reason  string
	}{
		{!adapter.IsGUID(string(r.Configuration)), adapter.OutcomeBlocked, "the configuration's id is not a GUID"},
		{r.Phone.IsZero(), adapter.OutcomeRefused, "no telephone number"},
		{r.Contact != "" && !adapter.IsGUID(adapter.NormalizeID(string(r.Contact))), adapter.OutcomeRefused, "the contact's id is not a GUID"},
		{r.RequestID == "", adapter.OutcomeRefused, "no request id"},
		// Not refused: a window is our caller's, who may be late or have a wrong clock,
		// never the customer's. The next attempt has a window of its own.
		{w.Start.IsZero() || !w.End.After(w.Start), adapter.OutcomeNotSent, "the window needs a start and a later end"},
		{w.Start.Location() != time.UTC || w.End.Location() != time.UTC, adapter.OutcomeNotSent, "the window must be in UTC"},
		{!w.End.After(c.options.Now()), adapter.OutcomeNotSent, "the window is over"},
	}
	for _, check := range checks {
		if check.bad {
			return &adapter.DeliverError{Outcome: check.outcome, Err: errors.New(check.reason)}
		}
	}
	return nil
}

// createBody is the body of CCaaS_CreateProactiveVoiceDelivery, in the order of
// Microsoft's page.
type createBody struct {
	ApiVersion                  string
	ProactiveEngagementConfigId string
	DestinationPhoneNumber      string
	ContactId                   string
	Windows                     any
	InputAttributes             any
	RequestId                   string `json:",omitempty"`
}

type windowBody struct{ Start, End string }

func (c *Client) body(r adapter.DeliveryRequest, contact adapter.ContactID) (createBody, error) {
	windows, err := c.encode([]windowBody{{stamp(r.Window.Start), stamp(r.Window.End)}})
	if err != nil {
		return createBody{}, fmt.Errorf("windows: %w", err)
	}
	attributes, err := c.encode(inputs(r).kept)
	if err != nil {
		return createBody{}, fmt.Errorf("attributes: %w", err)
	}
	b := createBody{
		ApiVersion:                  apiVersion,
		ProactiveEngagementConfigId: string(r.Configuration),
		DestinationPhoneNumber:      r.Phone.E164(),
		ContactId:                   string(contact),
		Windows:                     windows,
		InputAttributes:             attributes,
	}
	if c.options.SendRequestID {
		b.RequestId = r.RequestID
	}
	return b, nil
}

// stamp writes a time as Microsoft's samples do: UTC, milliseconds, Z.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// encode leaves < and & as they are: inside a string they would be escaped twice.
func (c *Client) encode(value any) (any, error) {
	if c.options.Encoding == EncodingArray {
		return value, nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSuffix(b.String(), "\n"), err
}
