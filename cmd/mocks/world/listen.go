package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Address is where something listens. A default one gives way when its port is
// busy; one that somebody asked for does not. It is a flag.Value.
type Address struct {
	HostPort string
	asked    bool
}

// String is host:port.
func (a *Address) String() string { return a.HostPort }

// Set takes the address that somebody asks for.
func (a *Address) Set(hostPort string) error {
	if _, _, err := split(hostPort); err != nil {
		return err
	}
	a.HostPort, a.asked = hostPort, true
	return nil
}

func split(hostPort string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(hostPort)
	if err != nil {
		return "", 0, errors.New("not an address of the form host:port")
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not a port", text)
	}
	return host, int(number), nil
}

// tries is how many ports are looked at for a free one.
const tries = 100

// Listen opens the port. A busy default is replaced by the next free one; 5672
// often is busy. Port 0 takes any.
func (a *Address) Listen(ctx context.Context) (net.Listener, error) {
	host, port, err := split(a.HostPort)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", a.HostPort, err)
	}
	var config net.ListenConfig
	for next := port; ; next++ {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(next)))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || a.asked || next+1 >= port+tries || next >= 65535 {
			return nil, err
		}
	}
}
