package service

import (
	"context"
	"time"

	"directcallback/adapter"
)

// platform is what the store keeps of calls that are Dynamics' own.
type platform interface {
	// SaveConversation keeps of a conversation the newest that was told, each field
	// for itself: updates carry only what changed and come in any order. at is
	// when it changed, seen is when we heard of it.
	SaveConversation(c adapter.ConversationChanged, at, seen time.Time) error
}

// What Dataverse says of its rows is a hint. It may come late, twice, out of order
// or without the row, so rows are read again; only conversations, which nothing
// here decides by, are counted from the messages themselves where these have the row.

// settingsChanged has the settings read at once. Any number of hints while they
// are being read make one more reading. Should this transaction fail, the reading
// was too early, and the hint comes again.
func (r *run) settingsChanged(data adapter.SettingsChanged) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.s.written[data.Table] = true
	signal(r.s.refresh)
	return nil
}

// deliveryChanged has a delivery's row read at once, if it is one of ours that is
// still being read. What the message says of it is not applied: it may be older
// than what was read. A delivery that is not known is another's, or its answer is
// being written down, and then its first reading is planned anyway.
func (r *run) deliveryChanged(data adapter.DeliveryChanged) error {
	c, err := r.tx.CallbackOfDelivery(data.Delivery)
	if ok, err := found(err); err != nil || !ok {
		return err
	}
	attempt, err := r.tx.LastAttempt(c.ID)
	if err != nil || attempt.Delivery != data.Delivery {
		return err
	}
	return r.readNow(attempt)
}

// conversationChanged counts a call that is Dynamics' own, which decides and
// offers by itself: such a call is never decided, offered anything or phoned here,
// and holds no place in a line.
func (r *run) conversationChanged(e adapter.CallEvent, data adapter.ConversationChanged) error {
	if data.Cut {
		r.unread = append(r.unread, data.Conversation)
	}
	return r.tx.SaveConversation(data, e.At, r.now)
}

// maxUnread bounds how many rows wait to be read. What is beyond is not counted
// until the next message about it: nothing is decided by these calls.
const maxUnread = 1000

// readLater has rows read of which a message came without.
func (s *Service) readLater(ctx context.Context, ids []adapter.ConversationID) {
	if s.o.Conversations == nil {
		return
	}
	for _, id := range ids {
		select {
		case s.unread <- id:
		default:
			s.o.Logger.WarnContext(ctx, "too many messages came without their rows; a conversation is not counted", "conversation", id)
		}
	}
}

// runConversations reads those rows.
func (s *Service) runConversations(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case id := <-s.unread:
			if err := s.readConversation(ctx, id); err != nil && ctx.Err() == nil {
				s.o.Logger.WarnContext(ctx, "a conversation's row cannot be read; it is not counted", "conversation", id, "error", err)
			}
		}
	}
}

func (s *Service) readConversation(ctx context.Context, id adapter.ConversationID) error {
	data, at, err := s.o.Conversations.Conversation(ctx, id)
	if is, err := found(err); err != nil {
		return err
	} else if !is {
		data, at = adapter.ConversationChanged{Conversation: id, Status: adapter.ConversationClosed}, s.o.Clock.Now()
	}
	return s.o.Update(ctx, func(tx Tx) error { return tx.SaveConversation(data, at, s.o.Clock.Now()) })
}

// ofKnownQueues leaves out queues that are not of the portal's voice queues: their
// conversations are chats and messages.
func (s *Service) ofKnownQueues(calls map[adapter.QueueID]int) map[adapter.QueueID]int {
	known := make(map[adapter.QueueID]int, len(calls))
	for queue, n := range calls {
		if _, ok := s.Plans().Plan(queue); ok {
			known[queue] = n
		}
	}
	return known
}
