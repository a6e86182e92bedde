package servicebus

import (
	"directcallback/mocks/servicebus/internal/wire"
)

// maxReplies bounds the replies that wait for credit on a link.
const maxReplies = 10000

// request is a message to $cbs or $management.
type request struct {
	node       node
	properties wire.Properties
	arguments  wire.Map // application properties
	body       any      // of the value section
}

// operation is what the request wants done.
func (r *request) operation() string { return wire.KeyString(r.arguments.Get("operation")) }

// argument is a value of a map body.
func (r *request) argument(key string) any {
	m, _ := r.body.(wire.Map)
	return m.Get(key)
}

// response is the answer to a request.
type response struct {
	status      int32
	description string
	condition   wire.Symbol
	body        any
}

// requests is the sink of a request link.
type requests struct {
	l      *inLink
	node   node
	answer func(*request) response
}

func (r *requests) accept(message []byte, _ uint32) any {
	q, err := parseRequest(message)
	if err != nil {
		return rejected(&wire.Error{Condition: decodeError, Description: err.Error()})
	}
	q.node = r.node
	to := r.l.s.replyLink(r.node, wire.KeyString(q.properties.ReplyTo))
	if to == nil {
		return rejected(&wire.Error{Condition: illegalState, Description: "there is no link to reply on"})
	}
	waiting, _ := to.source.(*replies)
	if len(waiting.queue) >= maxReplies {
		return rejected(&wire.Error{Condition: resourceLimit, Description: "too many replies wait for credit"})
	}
	a := r.answer(q)
	waiting.queue = append(waiting.queue, a.encode(q))
	r.l.s.c.signals.flag(to)
	return accepted()
}

// replyLink finds the link for a reply: by its target, by its name, or the only
// one. Clients use all three, and what they write in reply-to may be neither.
func (s *session) replyLink(n node, replyTo string) *outLink {
	var byName, only *outLink
	count := 0
	for _, l := range s.links {
		out, ok := l.(*outLink)
		if !ok || out.gone() {
			continue
		}
		r, ok := out.source.(*replies)
		if !ok || r.node != n {
			continue
		}
		if r.target == replyTo && replyTo != "" {
			return out
		}
		if out.name == replyTo {
			byName = out
		}
		only = out
		count++
	}
	switch {
	case byName != nil:
		return byName
	case count == 1:
		return only
	}
	return nil
}

func parseRequest(message []byte) (*request, error) {
	sections, err := wire.SplitMessage(message)
	if err != nil {
		return nil, err
	}
	q := &request{}
	if q.properties, err = wire.ReadProperties(sections.Properties); err != nil {
		return nil, err
	}
	if q.arguments, err = wire.SectionMap(sections.ApplicationProperties); err != nil {
		return nil, err
	}
	if len(sections.Body) > 0 {
		body, _, err := wire.Decode(sections.Body)
		if err != nil {
			return nil, err
		}
		d, _ := body.(wire.Described)
		q.body = d.Value
	}
	return q, nil
}

// encode writes the response as clients read it: correlated by the request's
// message id as it came, the status an int under both of its names, and always
// with a properties section and a body.
func (a response) encode(q *request) []byte {
	b := wire.AppendProperties(nil, &wire.Properties{CorrelationID: q.properties.MessageID})
	arguments := wire.Map{
		{Key: "status-code", Value: a.status},
		{Key: "statusCode", Value: a.status},
		{Key: "status-description", Value: a.description},
		{Key: "statusDescription", Value: a.description},
	}
	if a.condition != "" {
		arguments = append(arguments,
			wire.Entry{Key: "error-condition", Value: a.condition},
			wire.Entry{Key: "errorCondition", Value: a.condition})
	}
	b = wire.AppendSection(b, wire.SectionApplicationProperties, arguments)
	return wire.AppendSection(b, wire.SectionValue, a.body)
}

// replies is the source of a response link: what waits for its credit.
type replies struct {
	node   node
	target string
	queue  [][]byte
}

func (r *replies) send(l *outLink, limit int) int {
	n := min(limit, len(r.queue))
	for _, message := range r.queue[:n] {
		l.transfer([]byte{byte(l.count >> 24), byte(l.count >> 16), byte(l.count >> 8), byte(l.count)}, true, message)
	}
	r.queue = r.queue[n:]
	return n
}

func (*replies) pass() {}

func (r *replies) close() { r.queue = nil }
