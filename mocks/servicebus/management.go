package servicebus

import (
	"time"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

const (
	// maxPeek bounds the messages and maxPeekBytes the size of a peek's answer.
	maxPeek      = 5000
	maxPeekBytes = 4 << 20
)

// call is a $management request with what it is about.
type call struct {
	*request
	queue *broker.Queue
	// link is the receiver the request belongs to, if it names one that is attached.
	link *outLink
}

// operation answers one kind of request.
type operation struct {
	needs Rights
	run   func(*call) response
}

// operations are those of the page "AMQP 1.0 in Azure Service Bus:
// request-response-based operations" that data-plane clients use.
func operations() map[string]operation {
	return map[string]operation{
		"com.microsoft:renew-lock":                 {Listen, renewLock},
		"com.microsoft:peek-message":               {Listen, peekMessage},
		"com.microsoft:receive-by-sequence-number": {Listen, receiveBySequenceNumber},
		"com.microsoft:update-disposition":         {Listen, updateDisposition},
		"com.microsoft:schedule-message":           {Send, scheduleMessage},
		"com.microsoft:cancel-scheduled-message":   {Send, cancelScheduledMessage},
		"com.microsoft:renew-session-lock":         {Listen, renewSessionLock},
		"com.microsoft:get-session-state":          {Listen, getSessionState},
		"com.microsoft:set-session-state":          {Listen, setSessionState},
		"com.microsoft:get-message-sessions":       {Listen, getMessageSessions},
	}
}

// manage answers a $management request.
func (c *conn) manage(q *request) response {
	op, known := c.server.operations[q.operation()]
	if !known {
		return response{status: 501, description: "operation " + q.operation() + " is not implemented", condition: notImplemented}
	}
	if err := c.authorized(q.node, op.needs); err != nil {
		return failed(err)
	}
	name := wire.KeyString(q.arguments.Get("associated-link-name"))
	return op.run(&call{request: q, queue: q.node.queue, link: c.receiverNamed(name)})
}

// receiverNamed finds an attached receiver by its link name.
func (c *conn) receiverNamed(name string) *outLink {
	for _, s := range c.sessions {
		for _, l := range s.links {
			if out, ok := l.(*outLink); ok && name != "" && out.name == name && !out.gone() {
				return out
			}
		}
	}
	return nil
}

// statuses are the answers to the broker's errors. Clients know 404 and 410;
// most others would make them rebuild the connection.
func statusOf(condition wire.Symbol) int32 {
	switch condition {
	case broker.MessageLockLost, broker.SessionLockLost:
		return 410
	case broker.NotFound:
		return 404
	case broker.Unauthorized:
		return 401
	}
	return 400
}

func failed(err *wire.Error) response {
	return response{status: statusOf(err.Condition), description: err.Description, condition: err.Condition}
}

func bad(what string) response {
	return response{status: 400, description: what, condition: invalidField}
}

func done(body any) response { return response{status: 200, description: "OK", body: body} }

// sessionID is the session of the request: named in it, or held by its link.
func (q *call) sessionID() *string {
	if id, ok := q.argument("session-id").(string); ok {
		return &id
	}
	if q.link != nil {
		if e, ok := q.link.source.(*entitySource); ok && q.queue.RequiresSession() {
			return &e.session
		}
	}
	return nil
}

// heldSession is the session of a request that needs its lock.
func (q *call) heldSession() (string, *wire.Error) {
	id := q.sessionID()
	if id == nil {
		return "", &wire.Error{Condition: invalidField, Description: "session-id is missing"}
	}
	if wire.KeyString(q.arguments.Get("associated-link-name")) == "" {
		return *id, nil
	}
	if q.link != nil {
		if e, ok := q.link.source.(*entitySource); ok && e.session == *id {
			return *id, nil
		}
	}
	return "", &wire.Error{Condition: broker.SessionLockLost, Description: "the link does not hold the session's lock"}
}

func (q *call) tokens() []wire.UUID {
	items, _ := q.argument("lock-tokens").(wire.Array)
	var tokens []wire.UUID
	for _, item := range items {
		if t, ok := item.(wire.UUID); ok {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

func (q *call) sequenceNumbers() []int64 {
	items, _ := q.argument("sequence-numbers").(wire.Array)
	var numbers []int64
	for _, item := range items {
		if n, ok := item.(int64); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

func renewLock(q *call) response {
	tokens := q.tokens()
	if len(tokens) == 0 {
		return bad("lock-tokens is missing or empty")
	}
	ends, err := q.queue.Renew(tokens)
	if err != nil {
		return failed(err)
	}
	expirations := make(wire.Array, len(ends))
	for i, at := range ends {
		expirations[i] = at
	}
	return done(wire.Map{{Key: "expirations", Value: expirations}})
}

func peekMessage(q *call) response {
	from, _ := q.argument("from-sequence-number").(int64)
	count, _ := q.argument("message-count").(int32)
	if count <= 0 {
		return bad("message-count is missing or not positive")
	}
	found := q.queue.Peek(from, int(min(count, maxPeek)), q.sessionID())
	if len(found) == 0 {
		return response{status: 204, description: "No Content"}
	}
	var messages wire.List
	size := 0
	for i := range found {
		message := found[i].Append(nil)
		if size += len(message); size > maxPeekBytes && i > 0 {
			break
		}
		messages = append(messages, wire.Map{{Key: "message", Value: message}})
	}
	return done(wire.Map{{Key: "messages", Value: messages}})
}

func receiveBySequenceNumber(q *call) response {
	const peekLock = 1
	mode, _ := q.argument("receiver-settle-mode").(uint32)
	numbers := q.sequenceNumbers()
	if len(numbers) == 0 {
		return bad("sequence-numbers is missing or empty")
	}
	found, err := q.queue.ReceiveDeferred(numbers, broker.ReceiverOptions{Delete: mode != peekLock})
	if err != nil {
		return failed(err)
	}
	var messages wire.List
	for i := range found {
		messages = append(messages, wire.Map{
			{Key: "lock-token", Value: found[i].Token},
			{Key: "message", Value: found[i].Append(nil)},
		})
	}
	return done(wire.Map{{Key: "messages", Value: messages}})
}

// settlementNamed is a disposition-status; the spelling of defered is the service's.
func settlementNamed(status string) (broker.Settlement, bool) {
	s, ok := map[string]broker.Settlement{
		"completed": broker.Complete,
		"abandoned": broker.Abandon,
		"suspended": broker.DeadLetter,
		"defered":   broker.Defer,
	}[status]
	return s, ok
}

func updateDisposition(q *call) response {
	status, _ := q.argument("disposition-status").(string)
	settlement, ok := settlementNamed(status)
	if !ok {
		return bad("disposition-status is missing or unknown")
	}
	o := broker.Outcome{Settlement: settlement}
	o.Reason, _ = q.argument("deadletter-reason").(string)
	o.Description, _ = q.argument("deadletter-description").(string)
	o.Changes, _ = q.argument("properties-to-modify").(wire.Map)
	for _, token := range q.tokens() {
		if err := q.queue.Settle(token, o); err != nil {
			return failed(err)
		}
	}
	return done(nil)
}

func scheduleMessage(q *call) response {
	items, _ := q.argument("messages").(wire.List)
	var messages []*broker.Message
	for _, item := range items {
		entry, _ := item.(wire.Map)
		raw, _ := entry.Get("message").([]byte)
		m, err := broker.ParseMessage(raw)
		if err != nil {
			return bad(err.Error())
		}
		messages = append(messages, m)
	}
	numbers, err := q.queue.Schedule(messages)
	if err != nil {
		return failed(err)
	}
	array := make(wire.Array, len(numbers))
	for i, n := range numbers {
		array[i] = n
	}
	return done(wire.Map{{Key: "sequence-numbers", Value: array}})
}

func cancelScheduledMessage(q *call) response {
	if err := q.queue.Cancel(q.sequenceNumbers()); err != nil {
		return failed(err)
	}
	return done(nil)
}

func renewSessionLock(q *call) response {
	id, err := q.heldSession()
	if err != nil {
		return failed(err)
	}
	end, err := q.queue.RenewSession(id)
	if err != nil {
		return failed(err)
	}
	return done(wire.Map{{Key: "expiration", Value: end}})
}

func getSessionState(q *call) response {
	id, err := q.heldSession()
	if err != nil {
		return failed(err)
	}
	state, err := q.queue.SessionState(id)
	if err != nil {
		return failed(err)
	}
	var value any // null when there is none, but the key is always there
	if state != nil {
		value = state
	}
	return done(wire.Map{{Key: "session-state", Value: value}})
}

func setSessionState(q *call) response {
	id, err := q.heldSession()
	if err != nil {
		return failed(err)
	}
	state, _ := q.argument("session-state").([]byte)
	if err := q.queue.SetSessionState(id, state); err != nil {
		return failed(err)
	}
	return done(nil)
}

// getMessageSessions lists sessions by page. A last-updated-time at the end of
// time asks for sessions with messages or state.
func getMessageSessions(q *call) response {
	skip, _ := q.argument("skip").(int32)
	top, _ := q.argument("top").(int32)
	since, _ := q.argument("last-updated-time").(time.Time)
	const endOfTime = 9999
	if since.Year() >= endOfTime {
		since = time.Time{}
	}
	all := q.queue.Sessions(since)
	start := min(max(int(skip), 0), len(all))
	page := all[start:min(start+max(int(top), 0), len(all))]
	if len(page) == 0 {
		return response{status: 204, description: "No Content"}
	}
	ids := make(wire.Array, len(page))
	for i, id := range page {
		ids[i] = id
	}
	return done(wire.Map{{Key: "sessions-ids", Value: ids}, {Key: "skip", Value: int32(start + len(page))}})
}
