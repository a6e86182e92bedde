package dataverse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"directcallback/adapter"
)

// Conversation reads a conversation of Dynamics' own, and when its row was changed:
// table msdyn_ocliveworkitem. It is adapter.ErrNotFound if there is none.
func (c *Client) Conversation(ctx context.Context, id adapter.ConversationID) (adapter.ConversationChanged, time.Time, error) {
	row, err := c.Get(ctx, "msdyn_ocliveworkitems", GUID(id), &GetOptions{
		Select: []string{"_msdyn_cdsqueueid_value", "statuscode", "msdyn_statuschangereason", "msdyn_isoutbound", "modifiedon"},
	})
	if errors.Is(err, ErrNotFound) {
		err = errors.Join(adapter.ErrNotFound, err)
	}
	if err != nil {
		return adapter.ConversationChanged{}, time.Time{}, fmt.Errorf("read conversation: %w", err)
	}
	r := row.Read()
	changed := adapter.ConversationChanged{
		Conversation: id, Queue: adapter.QueueID(r.Lookup("msdyn_cdsqueueid")), Status: adapter.ConversationStatus(r.Int("statuscode")),
		StatusReason: r.Int("msdyn_statuschangereason"), Outbound: r.Bool("msdyn_isoutbound"),
	}
	at := r.Time("modifiedon")
	if err := r.Err(); err != nil {
		return adapter.ConversationChanged{}, time.Time{}, fmt.Errorf("read conversation: %w", err)
	}
	return changed, at, nil
}
