package servicebus

import (
	"fmt"
	"io"
	"math"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// Protocol headers (part 2, section 2.2 and part 5, section 5.3.2).
const (
	headerAMQP = "AMQP\x00\x01\x00\x00"
	headerSASL = "AMQP\x03\x01\x00\x00"
)

// handshake brings the connection from its first byte to open. SASL may be
// skipped.
func (c *conn) handshake() error {
	header, err := c.readHeader()
	if err != nil {
		return err
	}
	if header == headerSASL {
		if err := c.sasl(); err != nil {
			return err
		}
		if header, err = c.readHeader(); err != nil {
			return err
		}
	}
	c.raw([]byte(headerAMQP))
	if header != headerAMQP {
		// The answer to another protocol is the one we speak, and the end.
		return fmt.Errorf("%w: protocol header %q", errHangUp, header)
	}
	return c.open()
}

func (c *conn) readHeader() (string, error) {
	var header [8]byte
	_, err := io.ReadFull(c.reader, header[:])
	return string(header[:]), err
}

// raw queues bytes that are not an AMQP frame.
func (c *conn) raw(b []byte) {
	c.mu.Lock()
	c.out = append(c.out, b...)
	c.mu.Unlock()
	c.signals.wake()
}

// sasl offers the two mechanisms that carry no credentials: these come later,
// as tokens.
func (c *conn) sasl() error {
	const ok, refused = 0, 1
	frame := func(p wire.Performative) []byte { return wire.AppendFrame(nil, wire.FrameSASL, 0, p, nil) }
	c.raw(append([]byte(headerSASL), frame(&wire.SASLMechanisms{
		Mechanisms: wire.Array{wire.Symbol("MSSBCBS"), wire.Symbol("ANONYMOUS")},
	})...))
	p, err := c.readPerformative(wire.FrameSASL)
	if err != nil {
		return err
	}
	init, isInit := p.(*wire.SASLInit)
	if !isInit || (init.Mechanism != "ANONYMOUS" && init.Mechanism != "MSSBCBS") {
		c.raw(frame(&wire.SASLOutcome{Code: refused}))
		return fmt.Errorf("%w: SASL mechanism", errHangUp)
	}
	c.raw(frame(&wire.SASLOutcome{Code: ok}))
	return nil
}

func (c *conn) readPerformative(kind byte) (wire.Performative, error) {
	f, err := wire.ReadFrame(c.reader, maxFrameSize)
	if err != nil {
		return nil, protocolError(err, framingError)
	}
	if f.Type != kind {
		return nil, &wire.Error{Condition: framingError, Description: "unexpected frame type"}
	}
	p, _, err := wire.DecodeBody(f.Body)
	return p, protocolError(err, decodeError)
}

// open exchanges the open performatives.
func (c *conn) open() error {
	p, err := c.readPerformative(wire.FrameAMQP)
	c.mu.Lock()
	defer c.mu.Unlock()
	// Whatever comes next, a close may only follow an open.
	c.send(0, &wire.Open{
		ContainerID:  "servicebus-emulator",
		MaxFrameSize: wire.Some[uint32](maxFrameSize),
		ChannelMax:   wire.Some[uint16](channelMax),
		IdleTimeout:  wire.Some(uint32(idleTimeout.Milliseconds())),
	})
	c.opened = true
	c.signals.wake()
	if err != nil {
		return err
	}
	open, ok := p.(*wire.Open)
	if !ok {
		return &wire.Error{Condition: illegalState, Description: "the first frame must be open"}
	}
	const smallest = 512 // part 2, section 2.7.1
	frameMax := open.MaxFrameSize.Or(math.MaxUint32)
	if frameMax < smallest {
		return &wire.Error{Condition: invalidField, Description: "max-frame-size below 512"}
	}
	c.frameMax = int(min(frameMax, maxFrameSize))
	if ms := open.IdleTimeout.Or(0); ms > 0 {
		const shortest = 100 * time.Millisecond
		half := time.Duration(ms) * time.Millisecond / 2
		c.keepAlive = max(min(c.keepAlive, half), shortest)
	}
	return nil
}
