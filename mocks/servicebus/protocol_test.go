package servicebus_test

import (
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
	"directcallback/mocks/servicebus/internal/wire"
)

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
