package servicebus

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

const (
	maxFrameSize = 65536
	channelMax   = 65535
	idleTimeout  = 2 * time.Minute  // announced; the peer must send within it
	keepAlive    = 15 * time.Second // longest silence of our own
	lingerTime   = time.Second      // for the peer to read our close

	// outSoftLimit is how much may wait to be written before no more messages
	// are taken from the entities, and outHardLimit before no more is read.
	outSoftLimit = 256 << 10
	outHardLimit = 1 << 20
)

// Conditions of the protocol itself.
const (
	framingError     wire.Symbol = "amqp:connection:framing-error"
	connectionForced wire.Symbol = "amqp:connection:forced"
	decodeError      wire.Symbol = "amqp:decode-error"
	illegalState     wire.Symbol = "amqp:illegal-state"
	invalidField     wire.Symbol = "amqp:invalid-field"
	notImplemented   wire.Symbol = "amqp:not-implemented"
	unattachedHandle wire.Symbol = "amqp:session:unattached-handle"
	handleInUse      wire.Symbol = "amqp:session:handle-in-use"
	windowViolation  wire.Symbol = "amqp:session:window-violation"
	transferLimit    wire.Symbol = "amqp:link:transfer-limit-exceeded"
	messageTooLarge  wire.Symbol = "amqp:link:message-size-exceeded"
	resourceLimit    wire.Symbol = "amqp:resource-limit-exceeded"
)

// conn is one connection. Its reader decodes frames and changes state under mu;
// its writer runs what other goroutines asked for, pulls messages from the
// entities as far as credit, window and buffer allow, and writes. Nothing is
// ever written to the network with a lock held.
//
// Locks are taken in the order conn.mu, entity, signals.mu.
type conn struct {
	server *Server
	net    net.Conn
	reader *bufio.Reader

	mu        sync.Mutex
	drained   sync.Cond           // out was handed to the writer, or the connection ended
	out       []byte              // encoded frames for the writer
	sessions  map[uint16]*session // by channel, the peer's and ours alike
	frameMax  int                 // the peer's
	keepAlive time.Duration       // shorter if the peer wants
	lastRead  time.Time
	opened    bool // our open was queued
	closing   bool // close was queued: nothing may follow it
	dead      bool // the writer is gone

	grants  map[string]grant // what tokens were put for, by path
	expiry  time.Time        // of the first of them
	trusted bool             // needs no tokens
	agenda  agenda

	signals signals
	scratch []byte // the message being encoded
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{
		server: s, net: nc, reader: bufio.NewReaderSize(nc, maxFrameSize),
		sessions: map[uint16]*session{}, frameMax: maxFrameSize, keepAlive: keepAlive,
		signals: signals{kick: make(chan struct{}, 1)}, lastRead: time.Now(), agenda: newAgenda(),
	}
	c.drained.L = &c.mu
	return c
}

// serve runs the connection to its end.
func (c *conn) serve() {
	var writer sync.WaitGroup
	writer.Go(c.write)
	err := c.read()
	c.finish(err)
	writer.Wait()
	// Shutdown of the network side is complete; nothing to report it to.
	_ = c.net.Close()
	c.release()
}

// read handles frames until the connection ends. An [*wire.Error] is one that
// the peer must be told.
func (c *conn) read() error {
	if err := c.handshake(); err != nil {
		return err
	}
	for {
		f, err := wire.ReadFrame(c.reader, maxFrameSize)
		if err != nil {
			return protocolError(err, framingError)
		}
		if f.Type != wire.FrameAMQP {
			return &wire.Error{Condition: framingError, Description: "a frame that is not AMQP after the handshake"}
		}
		if done, err := c.handle(f); done || err != nil {
			return err
		}
	}
}

// protocolError turns malformed input into the error to close with, and leaves
// an end of the network as it is.
func protocolError(err error, condition wire.Symbol) error {
	if errors.Is(err, wire.ErrDecode) {
		return &wire.Error{Condition: condition, Description: err.Error()}
	}
	return err
}

// handle applies one frame; done means that the peer closed.
func (c *conn) handle(f wire.Frame) (done bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastRead = time.Now()
	if len(f.Body) > 0 { // an empty frame keeps the connection alive
		if done, err = c.apply(f); done || err != nil {
			return done, err
		}
	}
	// The writer is woken once for all frames that came together.
	if len(c.out) > outSoftLimit || !wire.FrameBuffered(c.reader) {
		c.signals.wake()
	}
	for len(c.out) > outHardLimit && !c.dead {
		c.drained.Wait()
	}
	return false, nil
}

func (c *conn) apply(f wire.Frame) (done bool, err error) {
	p, payload, err := wire.DecodeBody(f.Body)
	if err != nil {
		return false, protocolError(err, decodeError)
	}
	if _, ok := p.(*wire.Close); ok {
		return true, nil
	}
	return false, c.dispatch(f.Channel, p, payload)
}

func (c *conn) dispatch(channel uint16, p wire.Performative, payload []byte) error {
	s := c.sessions[channel]
	if begin, ok := p.(*wire.Begin); ok {
		if s != nil {
			return &wire.Error{Condition: illegalState, Description: "begin on a channel in use"}
		}
		c.begin(channel, begin)
		return nil
	}
	_, isEnd := p.(*wire.End)
	switch {
	case s == nil && isEnd:
		// The SDK ends a session twice when a token renewal is cut short.
		return nil
	case s == nil:
		return &wire.Error{Condition: illegalState, Description: "a frame on a channel without a session"}
	case isEnd:
		s.end()
		return nil
	case s.ended:
		return nil // by us; what was under way is passed over
	}
	if err := s.handle(p, payload); err != nil {
		s.fail(err)
	}
	return nil
}

// send queues a frame. mu is held.
func (c *conn) send(channel uint16, p wire.Performative) {
	if !c.closing {
		c.out = wire.AppendFrame(c.out, wire.FrameAMQP, channel, p, nil)
	}
}

// errHangUp ends a connection that never got to open: what is queued is
// written, and that is all.
var errHangUp = errors.New("servicebus: handshake failed")

// finish ends the connection: with a close that carries the error, if there is
// one to tell and the peer is still there.
func (c *conn) finish(err error) {
	var tell *wire.Error
	if err != nil && !errors.As(err, &tell) && !errors.Is(err, errHangUp) {
		// The network is gone; there is nobody to tell.
		_ = c.net.Close()
	}
	// A peer that does not read must not keep us. Errors here come out as
	// those of the reads and writes.
	_ = c.net.SetDeadline(time.Now().Add(lingerTime))
	c.mu.Lock()
	if c.opened {
		c.send(0, &wire.Close{Error: tell})
	}
	c.closing = true
	c.mu.Unlock()
	c.signals.wake()
	if tell != nil {
		// Closing with unread input would reset a TCP connection, and the peer
		// would never see why.
		_, _ = io.Copy(io.Discard, c.reader)
	}
}

// release gives back what the connection held in the entities.
func (c *conn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.agenda.drop()
	for channel, s := range c.sessions {
		s.release()
		delete(c.sessions, channel)
	}
}
