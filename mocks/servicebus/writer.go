package servicebus

import (
	"sync"
	"time"

	"directcallback/mocks/servicebus/internal/wire"
)

// signals is how other goroutines reach a connection: they leave a note and
// kick the writer, whatever locks they hold.
type signals struct {
	kick chan struct{}

	mu     sync.Mutex
	parked bool // the writer waits for a kick
	jobs   []func()
	links  []*outLink // that may have something to send
}

func (s *signals) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// post has the writer run job with the connection's lock held.
func (s *signals) post(job func()) {
	s.mu.Lock()
	s.jobs = append(s.jobs, job)
	s.parked = false
	s.mu.Unlock()
	s.wake()
}

// flag has the writer look at l. It returns whether the writer was waiting.
func (s *signals) flag(l *outLink) (idle bool) {
	s.mu.Lock()
	if !l.flagged {
		l.flagged = true
		s.links = append(s.links, l)
	}
	idle, s.parked = s.parked, false
	s.mu.Unlock()
	s.wake()
	return idle
}

// collect takes the notes.
func (s *signals) collect(links []*outLink) ([]func(), []*outLink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs := s.jobs
	s.jobs = nil
	links = append(links, s.links...)
	for _, l := range s.links {
		l.flagged = false
	}
	s.links = s.links[:0]
	s.parked = false
	return jobs, links
}

// park marks the writer as waiting, unless there is something to do.
func (s *signals) park() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parked = len(s.jobs) == 0 && len(s.links) == 0
	return s.parked
}

// write is the writer goroutine.
func (c *conn) write() {
	defer c.stopWriting()
	interval := keepAlive
	timer := time.NewTimer(interval)
	defer timer.Stop()
	lastWrite := time.Now()
	var spare []byte
	for {
		b, wanted, last := c.fill(spare)
		if wanted != interval {
			interval = wanted
			timer.Reset(interval)
		}
		if len(b) > 0 {
			if _, err := c.net.Write(b); err != nil {
				_ = c.net.Close() // ends the reader too
				return
			}
			lastWrite = time.Now()
		}
		if last {
			return
		}
		if spare = b; cap(spare) > outHardLimit {
			spare = nil
		}
		if !c.signals.park() {
			continue
		}
		select {
		case <-c.signals.kick:
		case <-c.agenda.timer.C:
		case <-timer.C:
			rest := c.beat(lastWrite)
			if rest < 0 {
				return
			}
			timer.Reset(rest)
		}
	}
}

// fill runs the jobs, pulls messages and exchanges the buffers. It also returns
// the keep-alive interval, and whether close is in the buffer.
func (c *conn) fill(spare []byte) (b []byte, interval time.Duration, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.agenda.keep(time.Now())
	jobs, links := c.signals.collect(nil)
	for _, job := range jobs {
		job()
	}
	for _, l := range links {
		l.pump()
	}
	b, c.out = c.out, spare[:0]
	c.drained.Broadcast()
	return b, c.keepAlive, c.closing
}

// beat sends an empty frame when nothing else was sent for long enough, and
// returns when to look again; negative when the peer has been silent for so
// long that it must be gone.
func (c *conn) beat(lastWrite time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.lastRead) > 2*idleTimeout {
		_ = c.net.Close()
		return -1
	}
	rest := lastWrite.Add(c.keepAlive).Sub(now)
	if rest > 0 {
		return rest
	}
	if !c.closing {
		c.out = wire.AppendFrame(c.out, wire.FrameAMQP, 0, nil, nil)
	}
	return c.keepAlive
}

func (c *conn) stopWriting() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead, c.closing = true, true
	c.drained.Broadcast()
}
