package servicebus_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
	"directcallback/mocks/servicebus/internal/wire"
)

// manage makes one request on new links; handle and the next one are free.
func (p *peer) manage(operation string, body any, handle uint32) (status int32, answer any) {
	p.Helper()
	p.send(3, receiverAttach("responses", handle, source("q/$management")))
	expect[*wire.Attach](p)
	p.send(3, senderAttach("requests", handle+1, target("q/$management")))
	expect[*wire.Attach](p)
	expect[*wire.Flow](p)
	return p.request(operation, body, handle, "responses", nil)
}

// request sends a request and then gives credit for the reply.
func (p *peer) request(operation string, body any, handle uint32, replyTo any, id any) (status int32, answer any) {
	p.Helper()
	raw := wire.AppendProperties(nil, &wire.Properties{MessageID: id, ReplyTo: replyTo})
	raw = wire.AppendSection(raw, wire.SectionApplicationProperties, wire.Map{{Key: "operation", Value: operation}})
	raw = wire.AppendSection(raw, wire.SectionValue, body)
	p.send(3, transfer(handle+1, 0), raw...)
	expect[*wire.Disposition](p)
	p.silence() // it waits for credit
	p.send(3, credit(handle, 1))
	_, frame, payload := p.next()
	if tr, ok := frame.(*wire.Transfer); !ok || !tr.Settled.Value {
		p.Fatalf("reply %+v", frame)
	}
	sections, err := wire.SplitMessage(payload)
	if err != nil {
		p.Fatal(err)
	}
	properties, err := wire.ReadProperties(sections.Properties)
	if err != nil || len(sections.Properties) == 0 || !cmp.Equal(properties.CorrelationID, id) {
		p.Errorf("correlation id %v, want %v (%v)", properties.CorrelationID, id, err)
	}
	arguments, err := wire.SectionMap(sections.ApplicationProperties)
	if err != nil {
		p.Fatal(err)
	}
	status, ok := arguments.Get("statusCode").(int32)
	if !ok || arguments.Get("status-code") != status {
		p.Errorf("status is a %T", arguments.Get("statusCode"))
	}
	value, _, err := wire.Decode(sections.Body)
	if err != nil {
		p.Fatal(err)
	}
	return status, value.(wire.Described).Value
}

func TestRepliesFindTheirLinkAndKeepTheID(t *testing.T) {
	for name, c := range map[string]struct{ target, replyTo, id any }{
		"by target":   {"reply-address", "reply-address", "text"},
		"by name":     {nil, "responses", uint64(7)},
		"by neither":  {"reply-address", "something else", wire.UUID{1}},
		"no reply-to": {nil, nil, []byte("binary")},
	} {
		t.Run(name, func(t *testing.T) {
			protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
				p.open()
				a := receiverAttach("responses", 1, source("$cbs"))
				a.Target = target(c.target)
				p.send(3, a)
				expect[*wire.Attach](p)
				p.send(3, senderAttach("requests", 2, target("$CBS")))
				expect[*wire.Attach](p)
				expect[*wire.Flow](p)
				if status, _ := p.request("put-token", "token", 1, c.replyTo, c.id); status != 202 {
					p.Errorf("status %d", status)
				}
			})
		})
	}
}

func TestManagementAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		operation string
		body      any
		status    int32
	}{
		"unknown operation":    {"com.microsoft:add-rule", wire.Map{}, 501},
		"renew nothing":        {"com.microsoft:renew-lock", wire.Map{{Key: "lock-tokens", Value: wire.Array{}}}, 400},
		"renew unknown":        {"com.microsoft:renew-lock", wire.Map{{Key: "lock-tokens", Value: wire.Array{wire.UUID{1}}}}, 410},
		"peek nothing":         {"com.microsoft:peek-message", wire.Map{{Key: "from-sequence-number", Value: int64(1)}, {Key: "message-count", Value: int32(1)}}, 204},
		"peek without count":   {"com.microsoft:peek-message", wire.Map{}, 400},
		"deferred not there":   {"com.microsoft:receive-by-sequence-number", wire.Map{{Key: "sequence-numbers", Value: wire.Array{int64(1)}}}, 404},
		"deferred none":        {"com.microsoft:receive-by-sequence-number", wire.Map{}, 400},
		"settle unknown":       {"com.microsoft:update-disposition", wire.Map{{Key: "disposition-status", Value: "completed"}, {Key: "lock-tokens", Value: wire.Array{wire.UUID{1}}}}, 410},
		"settle how":           {"com.microsoft:update-disposition", wire.Map{}, 400},
		"schedule garbage":     {"com.microsoft:schedule-message", wire.Map{{Key: "messages", Value: wire.List{wire.Map{{Key: "message", Value: []byte{1}}}}}}, 400},
		"cancel unknown":       {"com.microsoft:cancel-scheduled-message", wire.Map{{Key: "sequence-numbers", Value: wire.Array{int64(1)}}}, 404},
		"session not held":     {"com.microsoft:renew-session-lock", wire.Map{{Key: "session-id", Value: "s"}}, 410},
		"session not named":    {"com.microsoft:get-session-state", wire.Map{}, 400},
		"state without a lock": {"com.microsoft:set-session-state", wire.Map{{Key: "session-id", Value: "s"}}, 410},
		"no sessions":          {"com.microsoft:get-message-sessions", wire.Map{{Key: "top", Value: int32(10)}}, 204},
		"no body":              {"com.microsoft:peek-message", nil, 400},
	} {
		t.Run(name, func(t *testing.T) {
			protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
				p.open()
				if status, _ := p.manage(c.operation, c.body, 1); status != c.status {
					p.Errorf("status %d, want %d", status, c.status)
				}
			})
		})
	}
}
