package world

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

// Network is how the parts of a world reach each other.
type Network interface {
	Listen(ctx context.Context, address Address) (net.Listener, error)
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Loopback is this machine's own network.
type Loopback struct{}

// Listen opens a port.
func (Loopback) Listen(ctx context.Context, a Address) (net.Listener, error) { return a.Listen(ctx) }

// Dial connects.
func (Loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// Memory is a network inside the process. Waiting on it is waiting on
// conditions, so that a world works inside a testing/synctest bubble.
type Memory struct {
	mu        sync.Mutex
	listeners map[string]*memoryListener // guarded by mu; by address
}

// Listen takes the address, which nobody else may have.
func (m *Memory) Listen(_ context.Context, a Address) (net.Listener, error) {
	host, port, err := split(a.HostPort)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", a.HostPort, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listeners[a.HostPort] != nil {
		return nil, fmt.Errorf("address %q: %w", a.HostPort, syscall.EADDRINUSE)
	}
	if m.listeners == nil {
		m.listeners = map[string]*memoryListener{}
	}
	l := &memoryListener{
		network: m, at: a.HostPort, address: &net.TCPAddr{IP: net.ParseIP(host), Port: port},
		dialled: make(chan net.Conn), closed: make(chan struct{}),
	}
	m.listeners[a.HostPort] = l
	return l, nil
}

// Dial connects to whoever listens.
func (m *Memory) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	m.mu.Lock()
	l := m.listeners[address]
	m.mu.Unlock()
	if l == nil {
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	}
	client, server := servicebus.Pipe()
	select {
	case l.dialled <- server:
		return client, nil
	case <-l.closed:
		return nil, fmt.Errorf("dial %s: %w", address, syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type memoryListener struct {
	network *Memory
	at      string
	address net.Addr
	dialled chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialled:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		delete(l.network.listeners, l.at)
	})
	return nil
}

func (l *memoryListener) Addr() net.Addr { return l.address }

// Transport reaches this world's servers over its network and trusts its Entra.
func (w *World) Transport() *http.Transport {
	return &http.Transport{
		DialContext:     w.network.Dial,
		TLSClientConfig: &tls.Config{RootCAs: w.Entra.CertPool(), MinVersion: tls.VersionTLS12},
	}
}

// DialService reaches this world's Service Bus over its network; nil where the
// SDK gets there by itself.
func (w *World) DialService() func(context.Context, azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
	if _, ordinary := w.network.(Loopback); ordinary {
		return nil
	}
	address := w.listeners[2].Addr().String()
	return func(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
		return w.network.Dial(ctx, "tcp", address)
	}
}
