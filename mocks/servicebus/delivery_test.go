package servicebus_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
	"directcallback/mocks/servicebus/internal/wire"
)

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
