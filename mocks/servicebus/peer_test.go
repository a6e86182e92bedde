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
