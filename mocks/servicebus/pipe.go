package servicebus

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeBuffer is how much one end may write before the other reads.
const pipeBuffer = 256 << 10

// Pipe returns the two ends of a connection in memory. Unlike those of
// [net.Pipe] they are buffered, so that two ends that both write do not wait for
// each other; and all waiting is on conditions, so that it works inside a
// testing/synctest bubble.
//
// After Close the other end reads what was written and then [io.EOF]; writing to
// it fails with [io.ErrClosedPipe].
func Pipe() (client, server net.Conn) {
	up, down := newStream(), newStream()
	return &pipeEnd{in: down, out: up, name: "client"}, &pipeEnd{in: up, out: down, name: "server"}
}

// pipeEnd is one end: it reads one stream and writes the other.
type pipeEnd struct {
	in, out *stream
	name    pipeAddr
}

func (p *pipeEnd) Read(b []byte) (int, error)         { return p.in.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error)        { return p.out.write(b) }
func (p *pipeEnd) LocalAddr() net.Addr                { return p.name }
func (p *pipeEnd) RemoteAddr() net.Addr               { return pipeAddr("peer of " + string(p.name)) }
func (p *pipeEnd) SetReadDeadline(t time.Time) error  { p.in.reading.set(p.in, t); return nil }
func (p *pipeEnd) SetWriteDeadline(t time.Time) error { p.out.writing.set(p.out, t); return nil }

func (p *pipeEnd) SetDeadline(t time.Time) error {
	p.in.reading.set(p.in, t)
	p.out.writing.set(p.out, t)
	return nil
}

// Close ends both directions.
func (p *pipeEnd) Close() error {
	p.in.close(&p.in.readClosed)
	p.out.close(&p.out.writeClosed)
	return nil
}

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

// stream is one direction.
type stream struct {
	mu      sync.Mutex
	changed sync.Cond
	// guarded by mu
	data                    []byte // data[start:] is unread
	start                   int
	readClosed, writeClosed bool
	reading, writing        pipeDeadline
}

func newStream() *stream {
	s := &stream{}
	s.changed.L = &s.mu
	return s
}

func (s *stream) close(end *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*end = true
	s.reading.stop()
	s.writing.stop()
	s.changed.Broadcast()
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.readClosed:
			return 0, io.ErrClosedPipe
		case s.reading.passed:
			return 0, os.ErrDeadlineExceeded
		case s.start < len(s.data):
			n := copy(b, s.data[s.start:])
			if s.start += n; s.start == len(s.data) {
				s.data, s.start = s.data[:0], 0
			}
			s.changed.Broadcast()
			return n, nil
		case s.writeClosed:
			return 0, io.EOF
		case len(b) == 0:
			return 0, nil
		}
		s.changed.Wait()
	}
}

func (s *stream) write(b []byte) (written int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		room := pipeBuffer - (len(s.data) - s.start)
		switch {
		case s.writeClosed || s.readClosed:
			return written, io.ErrClosedPipe
		case s.writing.passed:
			return written, os.ErrDeadlineExceeded
		case len(b) == 0:
			return written, nil
		case room > 0:
			s.compact()
			n := min(room, len(b))
			s.data = append(s.data, b[:n]...)
			written, b = written+n, b[n:]
			s.changed.Broadcast()
			continue
		}
		s.changed.Wait()
	}
}

// compact moves the unread part to the front before the slice has to grow.
func (s *stream) compact() {
	if s.start > 0 && s.start >= len(s.data)/2 {
		s.data = s.data[:copy(s.data, s.data[s.start:])]
		s.start = 0
	}
}

// pipeDeadline ends waiting at a time. Its stream's mutex guards it.
type pipeDeadline struct {
	timer  *time.Timer
	at     time.Time
	passed bool
}

func (d *pipeDeadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

func (d *pipeDeadline) set(s *stream, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.stop()
	d.at = at
	d.passed = !at.IsZero() && !at.After(time.Now())
	if !at.IsZero() && !d.passed && !s.readClosed && !s.writeClosed {
		d.timer = time.AfterFunc(time.Until(at), func() { d.expire(s, at) })
	}
	s.changed.Broadcast()
}

// expire is for the deadline that was set to at, unless it was moved since.
func (d *pipeDeadline) expire(s *stream, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.at.Equal(at) {
		d.passed = true
		s.changed.Broadcast()
	}
}
