package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/cmd/mocks/world"
	"directcallback/mocks/servicebus"
)

// busOptions are the flags of "mocks servicebus".
type busOptions struct {
	config        string
	listen, admin string
	cert, key     string // of TLS; none is without
}

func busFlags(args []string, stderr io.Writer) (o busOptions, err error) {
	flags := flag.NewFlagSet("mocks servicebus", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.config, "config", "", "config.json of Microsoft's emulator, as it is; without it, the adapter's three queues")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:5672", "`address` for clients; port 0 is any free one")
	flags.StringVar(&o.admin, "admin", "127.0.0.1:5300", "`address` of the management port, which lets everyone in; empty for none")
	flags.StringVar(&o.cert, "tls-cert", "", "PEM `file` with the server's certificate: clients must then use TLS")
	flags.StringVar(&o.key, "tls-key", "", "PEM `file` with its key")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case (o.cert == "") != (o.key == ""):
		return o, errors.New("-tls-cert and -tls-key go together")
	}
	return o, nil
}

// runServiceBus serves the emulator until ctx ends. The one line on stdout is
// the connection string, printed once a message was sent and received.
func runServiceBus(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := busFlags(args, stderr)
	if err != nil {
		return err
	}
	config, err := o.namespace()
	if err != nil {
		return err
	}
	secure, err := o.tls()
	if err != nil {
		return err
	}
	bus, err := servicebus.New(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bus.Close()) }()
	clients, err := listen(ctx, "-listen", o.listen)
	if err != nil {
		return err
	}
	defer clients.Close() //nolint:errcheck // the emulator closed it already, or was never asked to serve it
	connection := bus.ConnectionString(clients.Addr().String())
	if secure != nil {
		clients, connection = tls.NewListener(clients, secure), bus.SecureConnectionString(clients.Addr().String())
	}
	group, ctx := errgroup.WithContext(ctx)
	if err := serveAdmin(ctx, group, bus, o.admin, stderr); err != nil {
		return err
	}
	group.Go(func() error {
		if err := bus.Serve(clients); !errors.Is(err, servicebus.ErrClosed) { // before it began: ctx was over
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return bus.Close()
	})
	group.Go(func() error {
		if err := bus.Check(ctx); err != nil {
			return err
		}
		_, err := fmt.Fprintln(stdout, connection)
		return err
	})
	return group.Wait()
}

// serveAdmin serves the management port in the group, if one is wanted.
func serveAdmin(ctx context.Context, group *errgroup.Group, bus *servicebus.Server, address string, stderr io.Writer) error {
	if address == "" {
		return nil
	}
	l, err := listen(ctx, "-admin", address)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stderr, "mocks servicebus: management on http://%s\n", l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	server := &http.Server{Handler: bus.Admin(), ReadHeaderTimeout: 10 * time.Second}
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	return nil
}

// listen opens a port that somebody asked for: if it is busy, no other will do.
func listen(ctx context.Context, name, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s %s: another program listens there", name, address)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, address, err)
	}
	return l, nil
}

func (o *busOptions) namespace() (config servicebus.Config, err error) {
	if o.config == "" {
		return world.Namespace(), nil
	}
	file, err := os.Open(o.config) //nolint:gosec // whoever starts the command names the file
	if err != nil {
		return config, fmt.Errorf("-config: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	if config, err = servicebus.ReadConfig(file); err != nil {
		return config, fmt.Errorf("-config %s: %w", o.config, err)
	}
	return config, nil
}

// tls is nil for a server without it.
func (o *busOptions) tls() (*tls.Config, error) {
	if o.cert == "" {
		return nil, nil //nolint:nilnil // no TLS is no error
	}
	certificate, err := tls.LoadX509KeyPair(o.cert, o.key)
	if err != nil {
		return nil, fmt.Errorf("-tls-cert %s, -tls-key %s: %w", o.cert, o.key, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}, nil
}
