package servicebus

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"directcallback/mocks/servicebus/internal/broker"
	"directcallback/mocks/servicebus/internal/wire"
)

const (
	// healthQueue is what the self-check sends through. It is not listed.
	healthQueue = "$emulator/health"
	// checkTimeout bounds a self-check, which takes about a millisecond.
	checkTimeout = 5 * time.Second
)

// Check sends a message and receives it, over a connection of its own and in
// the frames of the protocol: an error means that clients cannot do it either.
// During an outage it fails, as they do.
func (s *Server) Check(ctx context.Context) error {
	select {
	case s.checking <- struct{}{}: // one at a time: they share the queue
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.checking }()
	s.broker.Lookup(healthQueue).Reset() // what an earlier check may have left
	nc, err := s.dial(func(c *conn) { c.trusted = true })
	if err != nil {
		return err
	}
	defer nc.Close() //nolint:errcheck // the check is over, whatever this says
	if err := nc.SetDeadline(time.Now().Add(checkTimeout)); err != nil {
		return err
	}
	p := &probe{conn: nc, reader: bufio.NewReaderSize(nc, maxFrameSize)}
	p.run()
	if p.err != nil {
		return fmt.Errorf("servicebus: self-check: %s: %w", p.step, p.err)
	}
	return nil
}

// probe is a client of the least size. After an error its methods do nothing.
type probe struct {
	conn   net.Conn
	reader *bufio.Reader
	step   string
	err    error
}

// run is the whole conversation.
func (p *probe) run() {
	const handle = 0
	p.step = "open"
	p.write([]byte(headerAMQP))
	p.header()
	p.send(&wire.Open{ContainerID: "self-check"})
	await[wire.Open](p)
	p.send(&wire.Begin{IncomingWindow: sessionWindow, OutgoingWindow: sessionWindow})
	await[wire.Begin](p)

	p.step = "send"
	p.send(&wire.Attach{Name: "send", Handle: handle, Role: wire.RoleSender, Target: terminus(wire.CodeTarget), InitialDeliveryCount: wire.Some[uint32](0)})
	await[wire.Attach](p)
	await[wire.Flow](p)
	p.send(&wire.Transfer{Handle: handle, DeliveryID: wire.Some[uint32](0), DeliveryTag: []byte{0}, MessageFormat: wire.Some[uint32](0)},
		wire.AppendSection(nil, wire.SectionData, []byte("self-check"))...)
	p.accepted(await[wire.Disposition](p))

	p.step = "receive"
	p.send(&wire.Attach{Name: "receive", Handle: handle + 1, Role: wire.RoleReceiver, ReceiveMode: wire.Some[uint8](wire.ReceiveSecond), Source: terminus(wire.CodeSource)})
	await[wire.Attach](p)
	p.send(&wire.Flow{
		NextIncomingID: wire.Some[uint32](0), IncomingWindow: sessionWindow, NextOutgoingID: 1, OutgoingWindow: sessionWindow,
		Handle: wire.Some[uint32](handle + 1), DeliveryCount: wire.Some[uint32](0), LinkCredit: wire.Some[uint32](1),
	})
	received := await[wire.Transfer](p)

	p.step = "settle"
	p.send(&wire.Disposition{Role: wire.RoleReceiver, First: received.DeliveryID.Value, State: accepted()})
	p.accepted(await[wire.Disposition](p))
}

func terminus(code uint64) any {
	return wire.Described{Descriptor: code, Value: wire.List{healthQueue}}
}

func (p *probe) write(b []byte) {
	if p.err == nil {
		_, p.err = p.conn.Write(b)
	}
}

func (p *probe) send(f wire.Performative, payload ...byte) {
	p.write(wire.AppendFrame(nil, wire.FrameAMQP, 0, f, payload))
}

func (p *probe) header() {
	var got [len(headerAMQP)]byte
	if p.err == nil {
		_, p.err = io.ReadFull(p.reader, got[:])
	}
	if p.err == nil && string(got[:]) != headerAMQP {
		p.err = fmt.Errorf("protocol header %q", got)
	}
}

// accepted checks an outcome.
func (p *probe) accepted(d *wire.Disposition) {
	outcome, _ := d.State.(wire.Described)
	if p.err == nil && outcome.Code() != wire.CodeAccepted {
		p.err = errors.New("not accepted")
	}
}

// await reads the next frame, which must be a T. After an error it is an empty one.
func await[T any, P interface {
	*T
	wire.Performative
}](p *probe) P {
	for p.err == nil {
		f, err := wire.ReadFrame(p.reader, maxFrameSize)
		if err != nil {
			p.err = err
			break
		}
		if len(f.Body) == 0 {
			continue
		}
		got, _, err := wire.DecodeBody(f.Body)
		if want, ok := got.(P); ok && err == nil {
			return want
		}
		p.err = cmp.Or(err, fmt.Errorf("a %T came instead of a %T", got, P(nil)))
	}
	return new(T)
}

// addHealthQueue makes room for the self-check.
func addHealthQueue(b *broker.Broker) error {
	return b.AddQueue(healthQueue, QueueConfig{}.settings())
}
