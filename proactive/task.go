package proactive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/dataverse"
)

const (
	taskAction       = "CCaaS_CreateProactiveDelivery"
	taskFunction     = "CCaaS_GetDeliveryTasks"
	taskCancelAction = "CCaaS_CancelDeliveryTask"
)

// taskBody is the body of CCaaS_CreateProactiveDelivery, in the order of Microsoft's
// page.
type taskBody struct {
	ApiVersion                  string
	ProactiveEngagementConfigId string
	Contacts                    any
	RequestId                   string
	Priority                    string `json:",omitempty"`
	Windows                     any
}

// contactBody is the one contact, of the five that there may be.
type contactBody struct {
	UniqueIdentifier  string            `json:"uniqueIdentifier"`
	FirstName         string            `json:"firstName"`
	LastName          string            `json:"lastName"`
	MobilePhoneNumber string            `json:"mobilePhoneNumber"`
	Email             string            `json:"email,omitempty"`
	InputAttributes   map[string]string `json:"inputAttributes"`
	Windows           []lowerWindowBody `json:"windows"`
}

// lowerWindowBody is spelt as in the sample of a contact's windows.
type lowerWindowBody struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// taskBody tells the window twice, for the request and for the contact: whichever is
// read, no attempt of Dynamics' own is made after it.
func (c *Client) taskBody(r adapter.DeliveryRequest, who customer) (taskBody, error) {
	windows, err := c.encode([]windowBody{{stamp(r.Window.Start), stamp(r.Window.End)}})
	if err != nil {
		return taskBody{}, fmt.Errorf("windows: %w", err)
	}
	first, last := splitName(r.Name)
	contacts, err := c.encode([]contactBody{{
		UniqueIdentifier:  string(who.id),
		FirstName:         cmp.Or(who.first, first, "Callback"), // needed here, unlike in a row
		LastName:          cmp.Or(who.last, last),
		MobilePhoneNumber: r.Phone.E164(),
		Email:             r.Email,
		InputAttributes:   inputs(r).kept,
		Windows:           []lowerWindowBody{{stamp(r.Window.Start), stamp(r.Window.End)}},
	}})
	if err != nil {
		return taskBody{}, fmt.Errorf("contacts: %w", err)
	}
	b := taskBody{
		ApiVersion:                  apiVersion,
		ProactiveEngagementConfigId: string(r.Configuration),
		Contacts:                    contacts,
		RequestId:                   r.RequestID,
		Windows:                     windows,
	}
	if r.Priority > 0 { // no other number is known to be taken
		b.Priority = strconv.Itoa(r.Priority)
	}
	return b, nil
}

// task is what CCaaS_GetDeliveryTasks says of one.
type task struct {
	status     string
	reached    bool
	retries    int
	maxRetries int
	next       time.Time // of the attempt that is planned; zero: none
	requestID  string
	deliveries []adapter.DeliveryReport
}

// task asks for one.
func (c *Client) task(ctx context.Context, id adapter.DeliveryTaskID) (task, error) {
	answer, err := c.tasks.Function(ctx, taskFunction, map[string]any{"DeliveryTaskId": dataverse.GUID(id)})
	if err != nil {
		return task{}, err
	}
	rows, err := answer.Rows("value")
	if err != nil {
		return task{}, err
	}
	if len(rows) != 1 {
		return task{}, fmt.Errorf("call %s: %d tasks of one id", taskFunction, len(rows))
	}
	return readTask(rows[0])
}

func readTask(row dataverse.Row) (task, error) {
	r := row.Read()
	t := task{
		status: r.String("status"), reached: r.Bool("customerReached"), retries: r.Int("retryCount"), maxRetries: r.Int("maxRetryCount"),
		next: r.Time("nextScheduledTime"), requestID: r.String("requestId"),
	}
	made, err := row.Rows("deliveries")
	if err := errors.Join(r.Err(), err); err != nil {
		return task{}, err
	}
	for _, d := range made {
		r := d.Read()
		t.deliveries = append(t.deliveries, adapter.DeliveryReport{
			ID: adapter.DeliveryID(adapter.NormalizeID(r.String("id"))), RequestID: t.requestID, Status: r.String("status"), Result: r.String("result"),
		})
		if err := r.Err(); err != nil {
			return task{}, err
		}
	}
	return t, nil
}

// of is the report of a delivery that the task made.
func (t task) of(id adapter.DeliveryID) (adapter.DeliveryReport, bool) {
	for _, d := range t.deliveries {
		if d.ID == id {
			return d, true
		}
	}
	return adapter.DeliveryReport{}, false
}

// goesOn tells whether there may be another attempt. The words of a task's status are
// not documented: one that is not understood goes on, until its window is over.
func (t task) goesOn(now time.Time) bool {
	if t.reached {
		return false
	}
	for _, d := range t.deliveries {
		if !over(d.Status) {
			return true
		}
	}
	switch strings.ToLower(t.status) {
	case "complete", "completed", "expired", "cancelled", "canceled", "error", "failed":
		return false
	}
	return t.next.After(now) || t.retries < t.maxRetries || t.status == ""
}

// tell is what a task adds to the report of the delivery that it began with: an
// attempt of Dynamics' own counts for it, so that one attempt of ours has one result.
func (t task) tell(report adapter.DeliveryReport, now time.Time) adapter.DeliveryReport {
	report.GoesOn = t.goesOn(now)
	for _, d := range t.deliveries {
		switch {
		case d.ID == report.ID:
		case strings.EqualFold(d.Status, "InProcess"), over(d.Status) && t.reached, over(d.Status) && !report.GoesOn:
			report.Status, report.Result = d.Status, d.Result
		}
	}
	return report
}

// followTask completes the report of a delivery by its task, where the row says too
// little: it is not there yet, or the delivery is over and the task may not be.
// A task that goes on after that is cancelled: what is tried again, and when, is
// decided by who asked for the delivery.
func (c *Client) followTask(ctx context.Context, d adapter.Delivery, report adapter.DeliveryReport, there bool) (adapter.DeliveryReport, bool, error) {
	t, err := c.task(ctx, d.Task)
	switch {
	case ctx.Err() != nil:
		return report, there, ctx.Err()
	case err != nil:
		c.options.Logger.WarnContext(ctx, "a delivery task cannot be read", "delivery", d.ID, "error", err)
		report.GoesOn = true
		return report, there, nil
	}
	if !there {
		if report, there = t.of(d.ID); !there {
			return report, false, nil
		}
	}
	ended := over(report.Status)
	report = t.tell(report, c.options.Now())
	if ended && report.GoesOn {
		if err := c.Cancel(ctx, d); err != nil {
			c.options.Logger.WarnContext(ctx, "a delivery task that goes on is not cancelled yet", "error", err)
		}
	}
	return report, true, nil
}
