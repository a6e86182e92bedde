package servicebus_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
	"directcallback/mocks/servicebus/internal/wire"
)

// peer is a client that speaks frames, for what the SDK hides or never does.
type peer struct {
	*testing.T

	conn   net.Conn
	reader *bufio.Reader
}

const (
	saslHeader = "AMQP\x03\x01\x00\x00"
	amqpHeader = "AMQP\x00\x01\x00\x00"
)

// protocol runs a script against a server inside a bubble.
func protocol(t *testing.T, c servicebus.Config, script func(s *servicebus.Server, p *peer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, c)
		script(s, dial(t, s))
	})
}

func dial(t *testing.T, s *servicebus.Server) *peer {
	t.Helper()
	conn, err := s.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t, conn, bufio.NewReaderSize(conn, 1<<17)}
}

func (p *peer) write(b []byte) {
	p.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.Fatal(err)
	}
}

func (p *peer) send(channel uint16, f wire.Performative, payload ...byte) {
	p.Helper()
	p.write(wire.AppendFrame(nil, wire.FrameAMQP, channel, f, payload))
}

// next reads a frame that is no keep-alive.
func (p *peer) next() (wire.Frame, wire.Performative, []byte) {
	p.Helper()
	for {
		f, err := wire.ReadFrame(p.reader, 1<<16)
		if err != nil {
			p.Fatal(err)
		}
		if len(f.Body) == 0 {
			continue
		}
		body, payload, err := wire.DecodeBody(f.Body)
		if err != nil {
			p.Fatal(err)
		}
		return f, body, payload
	}
}

// expect reads a frame of one kind.
func expect[T wire.Performative](p *peer) T {
	p.Helper()
	_, body, _ := p.next()
	f, ok := body.(T)
	if !ok {
		p.Fatalf("got %T %+v, want %T", body, body, f)
	}
	return f
}

// silence checks that nothing comes.
func (p *peer) silence() {
	p.Helper()
	synctest.Wait()
	_ = p.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := p.reader.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		_, body, _ := p.next()
		p.Fatalf("got %T %+v, want nothing", body, body)
	}
	_ = p.conn.SetReadDeadline(time.Time{})
	p.reader.Reset(p.conn)
}

// ended checks that the connection is closed, with nothing more to read.
func (p *peer) ended() {
	p.Helper()
	if b, err := io.ReadAll(p.reader); err != nil || len(b) > 0 {
		p.Fatalf("%d bytes and %v, want the end", len(b), err)
	}
}

func (p *peer) header(want string) {
	p.Helper()
	var got [8]byte
	if _, err := io.ReadFull(p.reader, got[:]); err != nil || string(got[:]) != want {
		p.Fatalf("header %q (%v), want %q", got, err, want)
	}
}

// open opens connection and session, without SASL.
func (p *peer) open() {
	p.Helper()
	p.openWith(&wire.Open{ContainerID: "test"}, 5000)
}

func (p *peer) openWith(o *wire.Open, window uint32) {
	p.Helper()
	p.write([]byte(amqpHeader))
	p.header(amqpHeader)
	p.send(0, o)
	expect[*wire.Open](p)
	p.send(3, &wire.Begin{IncomingWindow: window, OutgoingWindow: 5000})
	if b := expect[*wire.Begin](p); b.RemoteChannel != wire.Some[uint16](3) {
		p.Fatalf("begin answers channel %+v", b.RemoteChannel)
	}
}

func source(address string, filters ...wire.Entry) any {
	fields := wire.List{address, nil, nil, nil, nil, nil, nil, wire.Map(filters)}
	return wire.Described{Descriptor: uint64(wire.CodeSource), Value: fields}
}

func target(address any) any {
	return wire.Described{Descriptor: uint64(wire.CodeTarget), Value: wire.List{address}}
}

func receiverAttach(name string, handle uint32, from any) *wire.Attach {
	return &wire.Attach{
		Name: name, Handle: handle, Role: wire.RoleReceiver, ReceiveMode: wire.Some[uint8](wire.ReceiveSecond),
		Source: from, Target: target(nil),
	}
}

func senderAttach(name string, handle uint32, to any) *wire.Attach {
	return &wire.Attach{Name: name, Handle: handle, Role: wire.RoleSender, Source: source("me"), Target: to, InitialDeliveryCount: wire.Some[uint32](0)}
}

func credit(handle, n uint32) *wire.Flow {
	return &wire.Flow{
		NextIncomingID: wire.Some[uint32](0), IncomingWindow: 5000, OutgoingWindow: 5000,
		Handle: wire.Some(handle), DeliveryCount: wire.Some[uint32](0), LinkCredit: wire.Some(n),
	}
}

// message encodes one with the SDK's own codec.
func message(tb testing.TB, m *amqp.Message) []byte {
	tb.Helper()
	b, err := m.MarshalBinary()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func simple(tb testing.TB, body string) []byte {
	tb.Helper()
	return message(tb, amqp.NewMessage([]byte(body)))
}

func transfer(handle, id uint32) *wire.Transfer {
	return &wire.Transfer{Handle: handle, DeliveryID: wire.Some(id), DeliveryTag: []byte{1}, MessageFormat: wire.Some[uint32](0)}
}

// putMessage attaches a sender and sends one message.
func (p *peer) putMessage(body string) {
	p.Helper()
	p.send(3, senderAttach("put", 90, target("q")))
	expect[*wire.Attach](p)
	if f := expect[*wire.Flow](p); f.LinkCredit.Value == 0 || !f.NextIncomingID.Set {
		p.Fatalf("flow %+v", f)
	}
	p.send(3, transfer(90, 0), simple(p, body)...)
	if d := expect[*wire.Disposition](p); !d.Settled || stateCode(d.State) != wire.CodeAccepted {
		p.Fatalf("disposition %+v", d)
	}
	p.send(3, &wire.Detach{Handle: 90, Closed: true})
	expect[*wire.Detach](p)
}

func stateCode(state any) uint64 {
	d, _ := state.(wire.Described)
	return d.Code()
}

func stateCondition(state any) wire.Symbol {
	d, _ := state.(wire.Described)
	fields, _ := d.Value.(wire.List)
	if len(fields) == 0 {
		return ""
	}
	e, _ := fields[0].(wire.Described)
	fields, _ = e.Value.(wire.List)
	condition, _ := fields[0].(wire.Symbol)
	return condition
}

func TestSASL(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.write([]byte(saslHeader))
		p.header(saslHeader)
		m := expect[*wire.SASLMechanisms](p)
		if mechanisms, _ := m.Mechanisms.(wire.Array); len(mechanisms) != 2 || mechanisms[1] != wire.Symbol("ANONYMOUS") {
			p.Errorf("mechanisms %v", m.Mechanisms)
		}
		p.write(wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLInit{Mechanism: "ANONYMOUS", Response: []byte("anonymous")}, nil))
		if o := expect[*wire.SASLOutcome](p); o.Code != 0 {
			p.Errorf("outcome %d", o.Code)
		}
		p.open()
		p.send(0, &wire.Close{})
		expect[*wire.Close](p)
		p.ended()
	})
}

func TestSASLRefusesOtherMechanisms(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.write([]byte(saslHeader))
		p.header(saslHeader)
		expect[*wire.SASLMechanisms](p)
		p.write(wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLInit{Mechanism: "SCRAM-SHA-256"}, nil))
		if o := expect[*wire.SASLOutcome](p); o.Code == 0 {
			p.Error("accepted")
		}
		p.ended()
	})
}

func TestOtherProtocolsAreAnsweredWithOurs(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.write([]byte("GET / HT"))
		p.header(amqpHeader)
		p.ended()
	})
}

func TestBadFramesCloseTheConnectionAndNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		bytes     []byte
		condition wire.Symbol
	}{
		"too large":         {[]byte{0xff, 0, 0, 0, 2, 0, 0, 0}, "amqp:connection:framing-error"},
		"too small":         {[]byte{0, 0, 0, 7, 2, 0, 0, 0}, "amqp:connection:framing-error"},
		"data offset":       {[]byte{0, 0, 0, 8, 3, 0, 0, 0}, "amqp:connection:framing-error"},
		"SASL frame":        {[]byte{0, 0, 0, 8, 2, 1, 0, 0}, "amqp:connection:framing-error"},
		"garbage":           {[]byte{0, 0, 0, 12, 2, 0, 0, 0, 1, 2, 3, 4}, "amqp:decode-error"},
		"unknown":           {[]byte{0, 0, 0, 12, 2, 0, 0, 0, 0, 0x53, 0x7f, 0x45}, "amqp:decode-error"},
		"mandatory missing": {[]byte{0, 0, 0, 12, 2, 0, 0, 3, 0, 0x53, 0x12, 0x45}, "amqp:decode-error"},
		"no session":        {wire.AppendFrame(nil, 0, 9, &wire.Detach{}, nil), "amqp:illegal-state"},
		"begin twice":       {wire.AppendFrame(nil, 0, 3, &wire.Begin{}, nil), "amqp:illegal-state"},
	} {
		t.Run(name, func(t *testing.T) {
			protocol(t, plain(), func(s *servicebus.Server, p *peer) {
				other := dial(p.T, s)
				other.open()
				p.open()
				p.write(c.bytes)
				if got := expect[*wire.Close](p); got.Error == nil || got.Error.Condition != c.condition {
					p.Errorf("close %+v, want %s", got.Error, c.condition)
				}
				_ = p.conn.Close()
				other.putMessage("still here")
			})
		})
	}
}

func TestBadUseOfASessionEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		frame     wire.Performative
		condition wire.Symbol
	}{
		"transfer":    {transfer(7, 0), "amqp:session:unattached-handle"},
		"flow":        {credit(7, 1), "amqp:session:unattached-handle"},
		"detach":      {&wire.Detach{Handle: 7}, "amqp:session:unattached-handle"},
		"disposition": {&wire.Disposition{Role: wire.RoleReceiver, First: 5, Last: wire.Some[uint32](1)}, "amqp:invalid-field"},
		"open":        {&wire.Open{ContainerID: "again"}, "amqp:illegal-state"},
	} {
		t.Run(name, func(t *testing.T) {
			protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
				p.open()
				p.send(3, c.frame)
				if got := expect[*wire.End](p); got.Error == nil || got.Error.Condition != c.condition {
					p.Errorf("end %+v, want %s", got.Error, c.condition)
				}
				// Nothing for a channel that was ended; it is free after the answer.
				p.send(3, credit(0, 1))
				p.silence()
				p.send(3, &wire.End{})
				p.send(3, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
				expect[*wire.Begin](p)
			})
		})
	}
}

func TestEndingASessionTwiceDoesNoHarm(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.send(3, &wire.End{})
		p.send(3, &wire.End{})
		expect[*wire.End](p)
		p.silence()
		p.send(3, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
		expect[*wire.Begin](p)
	})
}

func TestAttachEchoesSettleModes(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		handle := uint32(0)
		for _, send := range []wire.Optional[uint8]{{}, wire.Some[uint8](0), wire.Some[uint8](1), wire.Some[uint8](2)} {
			for _, receive := range []wire.Optional[uint8]{{}, wire.Some[uint8](0), wire.Some[uint8](1)} {
				a := receiverAttach("link", handle, source("q"))
				a.SendMode, a.ReceiveMode = send, receive
				p.send(3, a)
				got := expect[*wire.Attach](p)
				if got.SendMode != wire.Some(send.Or(2)) || got.ReceiveMode != wire.Some(receive.Or(0)) {
					p.Errorf("asked for %v %v, got %v %v", send, receive, got.SendMode, got.ReceiveMode)
				}
				if got.Name != "link" || got.Role != wire.RoleSender || !got.InitialDeliveryCount.Set {
					p.Errorf("attach %+v", got)
				}
				handle++
			}
		}
	})
}

func TestRefusalHasNoTerminusAndClosesWithAnError(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		coordinator := wire.Described{Descriptor: uint64(wire.CodeCoordinator), Value: wire.List{}}
		for i, c := range []struct {
			attach    *wire.Attach
			condition wire.Symbol
		}{
			{receiverAttach("r", 1, source("nothing")), "amqp:not-found"},
			{senderAttach("s", 1, target("nothing")), "amqp:not-found"},
			{senderAttach("c", 1, coordinator), "amqp:not-implemented"},
			{senderAttach("n", 1, nil), "amqp:invalid-field"},
			{senderAttach("d", 1, target("q/$DeadLetterQueue")), "amqp:not-allowed"},
		} {
			p.send(3, c.attach)
			a := expect[*wire.Attach](p)
			if (c.attach.Role == wire.RoleReceiver && a.Source != nil) || (c.attach.Role == wire.RoleSender && a.Target != nil) {
				p.Errorf("%d: attach %+v", i, a)
			}
			d := expect[*wire.Detach](p)
			if !d.Closed || d.Error == nil || d.Error.Condition != c.condition {
				p.Errorf("%d: detach %+v, want %s", i, d, c.condition)
			}
			// Nothing for the handle any more, and it is free after the answer.
			p.send(3, credit(1, 5))
			p.silence()
			p.send(3, &wire.Detach{Handle: 1, Closed: true})
			p.silence()
		}
	})
}

func TestEveryUnsettledDispositionIsAnswered(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.putMessage("a")
		p.send(3, receiverAttach("r", 1, source("q")))
		expect[*wire.Attach](p)
		p.send(3, credit(1, 10))
		tr := expect[*wire.Transfer](p)
		id := tr.DeliveryID.Value
		// One that is there, whatever its outcome, and two that never were.
		p.send(3, &wire.Disposition{Role: wire.RoleReceiver, First: id, Last: wire.Some(id + 2), State: wire.Described{
			Descriptor: uint64(wire.CodeRejected), Value: wire.List{&wire.Error{Condition: "com.microsoft:dead-letter", Info: wire.Map{}}},
		}})
		for i := range uint32(3) {
			d := expect[*wire.Disposition](p)
			if d.Role != wire.RoleSender || d.First != id+i || !d.Settled {
				p.Errorf("disposition %+v", d)
			}
			want := wire.Symbol("")
			if i > 0 {
				want = "com.microsoft:message-lock-lost"
			}
			if code := stateCode(d.State); stateCondition(d.State) != want || (i == 0 && code != wire.CodeAccepted) {
				p.Errorf("state %v", d.State)
			}
		}
	})
}

func TestDeliveryIsWhatClientsRead(t *testing.T) {
	protocol(t, plain(), func(s *servicebus.Server, p *peer) {
		p.open()
		p.putMessage("a")
		p.send(3, receiverAttach("r", 1, source("q")))
		expect[*wire.Attach](p)
		p.send(3, credit(1, 1))
		_, body, payload := p.next()
		tr := body.(*wire.Transfer)
		if len(tr.DeliveryTag) != 16 || !tr.DeliveryID.Set || tr.MessageFormat != wire.Some[uint32](0) {
			p.Errorf("transfer %+v", tr)
		}
		sections, err := wire.SplitMessage(payload)
		if err != nil {
			p.Fatal(err)
		}
		// All five fields of the header, the delivery count being 0 and not absent.
		v, _, err := wire.Decode(sections.Header)
		if err != nil {
			p.Fatal(err)
		}
		if diff := cmp.Diff(wire.List{false, nil, nil, false, uint32(0)}, v.(wire.Described).Value); diff != "" {
			p.Error(diff)
		}
		annotations, err := wire.SectionMap(sections.Annotations)
		if err != nil {
			p.Fatal(err)
		}
		for key, want := range map[string]any{
			"x-opt-sequence-number": int64(0), "x-opt-enqueued-time": time.Time{},
			"x-opt-enqueue-sequence-number": int64(0), "x-opt-locked-until": time.Time{},
		} {
			got := annotations.Get(key)
			switch want.(type) {
			case int64:
				_, ok := got.(int64)
				if !ok {
					p.Errorf("%s is a %T", key, got)
				}
			case time.Time:
				if _, ok := got.(time.Time); !ok {
					p.Errorf("%s is a %T", key, got)
				}
			}
		}
		properties, err := wire.ReadProperties(sections.Properties)
		if err != nil || properties.MessageID == nil {
			p.Errorf("properties %+v: %v", properties, err)
		}
		// $management knows the lock by the same bytes in another order.
		p.send(3, &wire.Disposition{Role: wire.RoleReceiver, First: tr.DeliveryID.Value, State: wire.Described{Descriptor: uint64(wire.CodeReleased), Value: wire.List{}}})
		expect[*wire.Disposition](p)
		if c, _ := s.Counts("q"); c.Active != 1 {
			p.Errorf("counts %+v", c)
		}
	})
}

func TestLockTokenOrder(t *testing.T) {
	protocol(t, plain(), func(s *servicebus.Server, p *peer) {
		p.open()
		p.putMessage("a")
		p.send(3, receiverAttach("r", 1, source("q")))
		expect[*wire.Attach](p)
		p.send(3, credit(1, 1))
		g := expect[*wire.Transfer](p).DeliveryTag
		token := wire.UUID{g[3], g[2], g[1], g[0], g[5], g[4], g[7], g[6], g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]}
		body := wire.Map{{Key: "disposition-status", Value: "completed"}, {Key: "lock-tokens", Value: wire.Array{token}}}
		status, _ := p.manage("com.microsoft:update-disposition", body, 10)
		if c, _ := s.Counts("q"); status != 200 || c.Locked != 0 {
			p.Errorf("status %d, counts %+v", status, c)
		}
	})
}

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

func TestSessionFilterIsEchoedInItsForm(t *testing.T) {
	described := func(v any) any { return wire.Described{Descriptor: uint64(0x137000000c), Value: v} }
	for name, c := range map[string]struct{ asked, want any }{
		"described":           {described("s"), described("s")},
		"undescribed":         {"s", "s"},
		"described any":       {described(nil), described("s")},
		"undescribed any":     {nil, "s"},
		"described by a name": {wire.Described{Descriptor: wire.Symbol("com.microsoft:session-filter"), Value: "s"}, wire.Described{Descriptor: wire.Symbol("com.microsoft:session-filter"), Value: "s"}},
	} {
		t.Run(name, func(t *testing.T) {
			protocol(t, sessions(), func(s *servicebus.Server, p *peer) {
				send(p, pipeClient(p, s), "q", inSession("s", "1"))
				p.open()
				p.send(3, receiverAttach("r", 1, source("q", wire.Entry{Key: wire.Symbol("com.microsoft:session-filter"), Value: c.asked})))
				a := expect[*wire.Attach](p)
				fields := a.Source.(wire.Described).Value.(wire.List)
				if diff := cmp.Diff(c.want, fields[7].(wire.Map).Get("com.microsoft:session-filter")); diff != "" {
					p.Error(diff)
				}
				ticks, ok := a.Properties.Get("com.microsoft:locked-until-utc").(int64)
				if want := time.Now().Add(time.Minute).UnixMilli()*10000 + 621355968000000000; !ok || ticks != want {
					p.Errorf("locked until %d, want %d", ticks, want)
				}
			})
		})
	}
}

func TestSessionLockLostDetaches(t *testing.T) {
	protocol(t, sessions(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.send(3, receiverAttach("r", 1, source("q", wire.Entry{Key: wire.Symbol("com.microsoft:session-filter"), Value: "s"})))
		expect[*wire.Attach](p)
		if d := expect[*wire.Detach](p); !d.Closed || d.Error.Condition != "com.microsoft:session-lock-lost" {
			p.Errorf("detach %+v", d)
		}
		// Frames under way are passed over.
		p.send(3, credit(1, 5))
		p.send(3, &wire.Detach{Handle: 1, Closed: true})
		p.silence()
	})
}

func TestPendingAcceptEndsWithItsLink(t *testing.T) {
	protocol(t, sessions(), func(s *servicebus.Server, p *peer) {
		p.open()
		p.send(3, receiverAttach("r", 1, source("q", wire.Entry{Key: wire.Symbol("com.microsoft:session-filter"), Value: nil})))
		p.silence()
		p.send(3, &wire.Detach{Handle: 1, Closed: true})
		expect[*wire.Detach](p)
		send(p, pipeClient(p, s), "q", inSession("s", "1"))
		p.silence()
		if c, _ := s.Counts("q"); c.Active != 1 {
			p.Errorf("counts %+v", c)
		}
	})
}

func TestDrainUsesUpTheCredit(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.putMessage("a")
		p.send(3, receiverAttach("r", 1, source("q")))
		expect[*wire.Attach](p)
		f := credit(1, 10)
		f.Drain = true
		p.send(3, f)
		expect[*wire.Transfer](p)
		got := expect[*wire.Flow](p)
		if !got.Drain || got.LinkCredit != wire.Some[uint32](0) || got.DeliveryCount != wire.Some[uint32](10) {
			p.Errorf("flow %+v", got)
		}
	})
}

func TestEchoIsAnswered(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.send(3, &wire.Flow{IncomingWindow: 1, OutgoingWindow: 1, Echo: true})
		if f := expect[*wire.Flow](p); !f.NextIncomingID.Set || f.Handle.Set {
			p.Errorf("flow %+v", f)
		}
		p.send(3, receiverAttach("r", 1, source("q")))
		expect[*wire.Attach](p)
		echo := credit(1, 2)
		echo.Echo = true
		p.send(3, echo)
		if f := expect[*wire.Flow](p); f.Handle != wire.Some[uint32](1) || f.LinkCredit != wire.Some[uint32](2) {
			p.Errorf("flow %+v", f)
		}
	})
}

func TestSmallFramesAndWindowsOfThePeerAreRespected(t *testing.T) {
	protocol(t, plain(), func(s *servicebus.Server, p *peer) {
		const size = 2000
		send(p, pipeClient(p, s), "q", text(string(make([]byte, size))))
		p.openWith(&wire.Open{ContainerID: "small", MaxFrameSize: wire.Some[uint32](512)}, 1)
		p.send(3, receiverAttach("r", 1, source("q")))
		expect[*wire.Attach](p)
		f := credit(1, 5)
		f.IncomingWindow = 1
		p.send(3, f)
		var whole []byte
		for frames := uint32(1); ; frames++ {
			frame, body, payload := p.next()
			tr := body.(*wire.Transfer)
			if len(frame.Body)+wire.HeaderSize > 512 {
				p.Errorf("frame of %d bytes", len(frame.Body)+wire.HeaderSize)
			}
			whole = append(whole, payload...)
			if !tr.More {
				break
			}
			p.silence()
			p.send(3, &wire.Flow{NextIncomingID: wire.Some(frames), IncomingWindow: 1, OutgoingWindow: 1})
		}
		var m amqp.Message
		if err := m.UnmarshalBinary(whole); err != nil || len(m.GetData()) != size {
			p.Errorf("message of %d bytes: %v", len(m.GetData()), err)
		}
	})
}

func TestIncomingWindowIsRenewedByFrames(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.send(3, senderAttach("s", 1, target("q")))
		expect[*wire.Attach](p)
		expect[*wire.Flow](p)
		raw := simple(p, "a")
		first := transfer(1, 0)
		first.More = true
		p.send(3, first, raw[:1]...)
		for range 3000 { // of one delivery
			p.send(3, &wire.Transfer{Handle: 1, More: true})
		}
		if f := expect[*wire.Flow](p); f.IncomingWindow != 5000 || f.NextIncomingID != wire.Some[uint32](2500) {
			p.Errorf("flow %+v", f)
		}
		p.send(3, &wire.Transfer{Handle: 1}, raw[1:]...)
		if d := expect[*wire.Disposition](p); stateCode(d.State) != wire.CodeAccepted {
			p.Errorf("disposition %+v", d)
		}
	})
}

func TestCreditIsLimited(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.send(3, senderAttach("s", 1, target("q")))
		expect[*wire.Attach](p)
		granted := expect[*wire.Flow](p).LinkCredit.Value
		aborted := transfer(1, 0)
		aborted.Aborted = true
		raw := simple(p, "a")
		p.send(3, aborted)
		for id := uint32(1); id <= granted/2; id++ {
			settled := transfer(1, id)
			settled.Settled = wire.Some(true)
			p.send(3, settled, raw...)
		}
		f := expect[*wire.Flow](p)
		renewed := f.LinkCredit.Value == granted && f.DeliveryCount.Value >= granted/2
		if !renewed {
			p.Errorf("flow %+v", f)
		}
	})
}

func TestAMalformedMessageIsRejected(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		p.send(3, senderAttach("s", 1, target("q")))
		expect[*wire.Attach](p)
		expect[*wire.Flow](p)
		for id, raw := range [][]byte{{1, 2, 3}, {0, 0x53, 0x73, 0x40}, {0, 0x53, 0x75, 0xa0, 5}} {
			p.send(3, transfer(1, uint32(id)), raw...)
			if d := expect[*wire.Disposition](p); stateCondition(d.State) != "amqp:decode-error" {
				p.Errorf("%d: disposition %+v", id, d)
			}
		}
	})
}

func TestKeepAlive(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.openWith(&wire.Open{ContainerID: "test", IdleTimeout: wire.Some[uint32](4000)}, 5000)
		for range 10 {
			start := time.Now()
			f, err := wire.ReadFrame(p.reader, 1<<16)
			if err != nil || len(f.Body) > 0 || time.Since(start) > 2*time.Second {
				p.Errorf("frame %+v after %v (%v)", f, time.Since(start), err)
			}
		}
	})
}

func TestAnAnswerDoesNotWaitBehindAKeepAlive(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		together := wire.AppendFrame(nil, wire.FrameAMQP, 4, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1}, nil)
		p.write(wire.AppendFrame(together, wire.FrameAMQP, 0, nil, nil))
		start := time.Now()
		expect[*wire.Begin](p)
		if waited := time.Since(start); waited > 0 {
			p.Errorf("answered after %v", waited)
		}
	})
}

func TestASilentPeerIsGivenUp(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		start := time.Now()
		if _, err := io.Copy(io.Discard, p.reader); err != nil || time.Since(start) > 5*time.Minute {
			p.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestAPeerThatDoesNotReadCostsNothing(t *testing.T) {
	virtually(t, plain(), func(w world) {
		const messages, size = 500, 10 << 10
		lazy := dial(w.T, w.server)
		lazy.open()
		lazy.send(3, receiverAttach("r", 1, source("q")))
		expect[*wire.Attach](lazy)
		lazy.send(3, credit(1, 5000))
		s := w.sender("q")
		for range messages {
			w.ok(s.SendMessage(w.Context(), text(string(make([]byte, size))), nil))
		}
		synctest.Wait()
		c, err := w.server.Counts("q")
		w.ok(err)
		if c.Locked == 0 || c.Locked > 100 {
			w.Errorf("%d messages are on their way to who does not read", c.Locked)
		}
		if got := w.receive(w.receiver("q", nil), c.Active); len(got) != c.Active {
			w.Errorf("the other one received %d of %d", len(got), c.Active)
		}
	})
}

func TestAPeerThatOnlyWritesIsNotBuffered(t *testing.T) {
	protocol(t, plain(), func(_ *servicebus.Server, p *peer) {
		p.open()
		flow := wire.AppendFrame(nil, wire.FrameAMQP, 3, &wire.Flow{IncomingWindow: 1, OutgoingWindow: 1, Echo: true}, nil)
		_ = p.conn.SetWriteDeadline(time.Now().Add(time.Second))
		written := 0
		for {
			n, err := p.conn.Write(flow)
			written += n
			if err != nil {
				break
			}
			if written > 16<<20 {
				p.Fatal("everything is read, and the answers are kept")
			}
		}
	})
}

func FuzzServer(f *testing.F) {
	frame := func(p wire.Performative, payload []byte) []byte {
		return wire.AppendFrame(nil, wire.FrameAMQP, 3, p, payload)
	}
	open := append([]byte(amqpHeader), wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Open{ContainerID: "f"}, nil)...)
	open = append(open, frame(&wire.Begin{IncomingWindow: 10, OutgoingWindow: 10}, nil)...)
	attach := append([]byte{}, open...)
	attach = append(attach, frame(senderAttach("s", 1, target("q")), nil)...)
	attach = append(attach, frame(transfer(1, 0), simple(f, "a"))...)
	receive := append([]byte{}, attach...)
	receive = append(receive, frame(receiverAttach("r", 2, source("q")), nil)...)
	receive = append(receive, frame(credit(2, 10), nil)...)
	receive = append(receive, frame(&wire.Disposition{Role: true, State: wire.Described{Descriptor: uint64(wire.CodeAccepted), Value: wire.List{}}}, nil)...)
	f.Add(open)
	f.Add(attach)
	f.Add(receive)
	f.Add([]byte(saslHeader))
	f.Fuzz(func(t *testing.T, input []byte) {
		s, err := servicebus.New(plain())
		if err != nil {
			t.Fatal(err)
		}
		client, server := servicebus.Pipe()
		done := make(chan struct{})
		go func() { defer close(done); s.ServeConn(server) }()
		go func() { _, _ = client.Write(input); _ = client.Close() }()
		_, _ = io.Copy(io.Discard, client)
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
