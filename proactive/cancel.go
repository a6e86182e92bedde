package proactive

import (
	"context"
	"errors"
	"fmt"

	"directcallback/adapter"
	"directcallback/dataverse"
)

const operationAction = "CCaaS_CreateOperation"

type operationBody struct {
	ApiVersion                  string
	Operation                   string
	ProactiveEngagementConfigId string
	DeliveryId                  string
}

// Cancel asks Dynamics to cancel a delivery. Success means that it was accepted,
// not done: the report says so when its status is Cancelled. Cancelling twice is
// cancelling once.
//
// A delivery of a task is cancelled with all attempts that would follow it; one whose
// task is not known, because the answer was lost, by itself.
//
// Without an id nothing is sent: what Dynamics would cancel then is not documented.
func (c *Client) Cancel(ctx context.Context, d adapter.Delivery) error {
	if !adapter.IsGUID(string(d.Configuration)) || !adapter.IsGUID(string(d.ID)) {
		return errors.New("cancel delivery: configuration and delivery must be GUIDs")
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	if d.Task != "" {
		return c.cancelTask(ctx, d)
	}
	_, err := c.dataverse.Action(ctx, operationAction, operationBody{
		ApiVersion:                  apiVersion,
		Operation:                   "Cancel",
		ProactiveEngagementConfigId: string(d.Configuration),
		DeliveryId:                  string(d.ID),
	}, dataverse.Repeatable)
	if err != nil {
		return fmt.Errorf("cancel delivery %s: %w", d.ID, err)
	}
	return nil
}

type taskCancelBody struct{ ApiVersion, DeliveryTaskId string }

func (c *Client) cancelTask(ctx context.Context, d adapter.Delivery) error {
	if !adapter.IsGUID(string(d.Task)) {
		return errors.New("cancel delivery task: the task must be a GUID")
	}
	_, err := c.dataverse.Action(ctx, taskCancelAction, taskCancelBody{apiVersion, string(d.Task)}, dataverse.Repeatable)
	if err != nil {
		return fmt.Errorf("cancel delivery task %s: %w", d.Task, err)
	}
	return nil
}
