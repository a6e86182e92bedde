package main

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

// fragile dials connections that break after so many bytes, wherever that is.
type fragile struct {
	server *servicebus.Server
	broken atomic.Int64
	sound  atomic.Bool

	mu     sync.Mutex
	random *rand.Rand // guarded by mu
}

func (f *fragile) mend() { f.sound.Store(true) }

func (f *fragile) dial(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
	conn, err := f.server.Dial(ctx)
	if err != nil || f.sound.Load() {
		return conn, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &mortal{Conn: conn, of: f}
	c.left.Store(shortestLife + f.random.Int64N(longestLife-shortestLife))
	return c, nil
}

// mortal is a connection that breaks in the middle of a read or a write.
type mortal struct {
	net.Conn
	of   *fragile
	left atomic.Int64
}

func (c *mortal) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return c.spend(n), err
}

func (c *mortal) Write(b []byte) (int, error) {
	if left := c.left.Load(); left > 0 && left < int64(len(b)) {
		n, _ := c.Conn.Write(b[:left]) // the half that still gets through
		c.spend(len(b))
		return n, net.ErrClosed
	}
	n, err := c.Conn.Write(b)
	return c.spend(n), err
}

func (c *mortal) spend(n int) int {
	if left := c.left.Add(-int64(n)); left <= 0 && left+int64(n) > 0 && !c.of.sound.Load() {
		c.of.broken.Add(1)
		_ = c.Close() // breaking is the point
	}
	return n
}
