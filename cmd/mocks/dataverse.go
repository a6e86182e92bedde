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
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/cmd/mocks/world"
	"directcallback/mocks/dataverse"
	"directcallback/mocks/entra"
)

// orgOptions are the flags of "mocks dataverse".
type orgOptions struct {
	listen, admin, entra string
	token                string // instead of Entra
	administrator        bool   // the application's user is one
	serviceBus           string // connection string; empty: messages of service endpoints go nowhere
	host                 string // beside the loopback addresses, in certificates
	tls, limits          bool
	scenario             string
	seed                 uint64
	chance               float64
}

func orgFlags(args []string, stderr io.Writer) (o orgOptions, err error) {
	flags := flag.NewFlagSet("mocks dataverse", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8081", "`address` of the organisation; port 0 is any free one")
	flags.StringVar(&o.admin, "admin", "127.0.0.1:8082", "`address` of the management port, which lets everyone in; empty for none")
	flags.StringVar(&o.entra, "entra", "127.0.0.1:8443", "`address` of the fake Entra, which speaks TLS")
	flags.StringVar(&o.token, "token", "", "the one bearer `token` that is good, an administrator's: then there is no Entra")
	flags.BoolVar(&o.administrator, "administrator", false, "the application's user is an administrator; without, it may what the adapter needs")
	flags.StringVar(&o.serviceBus, "servicebus", "", "`connection` string of the Service Bus that all service endpoints post to, whatever namespace they name; without, their jobs fail")
	flags.BoolVar(&o.tls, "tls", false, "the organisation speaks TLS, with a certificate of the authority that is printed")
	flags.StringVar(&o.host, "host", "", "a further `name` of this machine, for the certificates")
	flags.StringVar(&o.scenario, "scenario", "demo", "YAML `file` with the rows to begin with; or demo, insurer, empty")
	flags.Uint64Var(&o.seed, "seed", 1, "of everything that is drawn")
	flags.BoolVar(&o.limits, "limits", false, "service protection with Microsoft's limits")
	flags.Float64Var(&o.chance, "chance", 0, "`share` of the requests that each kind of fault strikes, 0 to 1")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.token != "" && o.administrator:
		return o, errors.New("-administrator goes with Entra; -token is an administrator's anyway")
	}
	return o, nil
}

// runDataverse serves an organisation until ctx ends. The one line on stdout is what a client needs, as variables,
// printed when it may begin.
func runDataverse(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := orgFlags(args, stderr)
	if err != nil {
		return err
	}
	org, err := newOrganisation(ctx, &o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, org.close(context.WithoutCancel(ctx))) }()
	if o.admin != "" {
		if _, err := fmt.Fprintf(stderr, "mocks dataverse: management on http://%s\n", org.listeners["-admin"].Addr()); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for name, handler := range org.handlers {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		group.Go(func() error {
			if err := server.Serve(org.listeners[name]); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			return server.Close()
		})
	}
	group.Go(func() error {
		_, err := fmt.Fprintln(stdout, strings.Join(org.environment, " "))
		return err
	})
	return group.Wait()
}

// organisation is a mock with its listeners open and its rows loaded.
type organisation struct {
	mock        *dataverse.Server
	bus         *azservicebus.Client    // nil: none
	listeners   map[string]net.Listener // by flag
	handlers    map[string]http.Handler // likewise
	folder      string                  // of the certificate authority; empty: none
	environment []string                // variables of a client
}

func newOrganisation(ctx context.Context, o *orgOptions) (_ *organisation, err error) {
	rows, err := readScenario(o.scenario)
	if err != nil {
		return nil, err
	}
	org := &organisation{listeners: map[string]net.Listener{}, handlers: map[string]http.Handler{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, org.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := org.listen(ctx, o); err != nil {
		return nil, err
	}
	if err := org.build(o, rows); err != nil {
		return nil, err
	}
	return org, nil
}

// readScenario finds the rows by name or in a file; empty has none. They are checked before a port is opened.
func readScenario(name string) (*dataverse.Scenario, error) {
	switch name {
	case "empty":
		return nil, nil //nolint:nilnil // no rows are no error
	case "demo":
		return dataverse.ParseScenario(dataverse.DemoScenario())
	case "insurer":
		return dataverse.ParseScenario(dataverse.InsurerScenario())
	}
	text, err := os.ReadFile(name) //nolint:gosec // whoever starts the command names the file
	if err != nil {
		return nil, fmt.Errorf("-scenario: %w", err)
	}
	rows, err := dataverse.ParseScenario(text)
	if err != nil {
		return nil, fmt.Errorf("-scenario %s: %w", name, err)
	}
	return rows, nil
}

func (org *organisation) listen(ctx context.Context, o *orgOptions) error {
	for name, address := range map[string]string{"-listen": o.listen, "-admin": o.admin, "-entra": o.entra} {
		if address == "" && name == "-admin" || o.token != "" && name == "-entra" {
			continue
		}
		l, err := listen(ctx, name, address)
		if err != nil {
			return err
		}
		org.listeners[name] = l
	}
	return nil
}

// build makes Entra, the organisation on its clock, and what a client is told of both.
func (org *organisation) build(o *orgOptions, rows *dataverse.Scenario) error {
	clock := dataverse.NewClock()
	var hosts []string
	if o.host != "" {
		hosts = append(hosts, o.host)
	}
	// Entra's authority signs the organisation's certificate too.
	directory, err := entra.New(entra.Options{
		Tenant: world.Tenant, ClientID: world.ClientID, Secret: world.Secret, Hosts: hosts, Now: clock.Now,
	})
	if err != nil {
		return err
	}
	options := dataverse.Options{
		StaticToken: o.token, Seed: o.seed, Now: clock.Now, AfterFunc: clock.AfterFunc, Advance: clock.Advance,
	}
	if o.serviceBus != "" {
		client, err := azservicebus.NewClientFromConnectionString(o.serviceBus, nil)
		if err != nil {
			return fmt.Errorf("-servicebus: %w", err)
		}
		org.bus, options.Poster = client, world.NewPoster(client) // never half a client, which cannot be closed
	}
	if o.limits {
		options.Limits = dataverse.MicrosoftLimits()
	}
	if o.token == "" {
		options.Tokens, options.Applications = directory, []string{world.ClientID}
		options.Challenge = "https://" + org.address("-entra", o.host) + "/" + world.Tenant + "/oauth2/authorize"
		org.listeners["-entra"] = tls.NewListener(org.listeners["-entra"], directory.TLSConfig())
		org.handlers["-entra"] = directory.Handler()
	}
	if org.mock, err = dataverse.New(options); err != nil {
		return err
	}
	if err := org.populate(o, rows); err != nil {
		return err
	}
	org.handlers["-listen"] = org.mock.Handler()
	if o.admin != "" {
		org.handlers["-admin"] = org.mock.Admin()
	}
	return org.describe(o, directory)
}

func (org *organisation) populate(o *orgOptions, rows *dataverse.Scenario) error {
	if rows != nil {
		if _, err := org.mock.Load(rows); err != nil {
			return fmt.Errorf("-scenario %s: %w", o.scenario, err)
		}
	}
	if o.administrator {
		if err := org.mock.SetRoles(world.ClientID, dataverse.RoleAdministrator); err != nil {
			return err
		}
	}
	org.mock.Snapshot(dataverse.Start)
	if err := org.mock.Misbehave(o.chance); err != nil {
		return fmt.Errorf("-chance: %w", err)
	}
	return nil
}

// describe writes the authority's certificate where it is needed, and the variables.
func (org *organisation) describe(o *orgOptions, directory *entra.Server) (err error) {
	scheme := "http"
	if o.tls {
		scheme = "https"
		org.listeners["-listen"] = tls.NewListener(org.listeners["-listen"], directory.TLSConfig())
	}
	org.environment = []string{"DATAVERSE_URL=" + scheme + "://" + org.address("-listen", o.host)}
	if o.token != "" {
		org.environment = append(org.environment, "DATAVERSE_TOKEN="+o.token)
	} else {
		org.environment = append(org.environment,
			"AZURE_AUTHORITY_HOST=https://"+org.address("-entra", o.host), "AZURE_TENANT_ID="+world.Tenant,
			"AZURE_CLIENT_ID="+world.ClientID, "AZURE_CLIENT_SECRET="+world.Secret)
	}
	if o.token != "" && !o.tls {
		return nil
	}
	if org.folder, err = os.MkdirTemp("", "mocks"); err != nil {
		return err
	}
	authority := filepath.Join(org.folder, "authority.pem")
	org.environment = append(org.environment, "SSL_CERT_FILE="+authority)
	return os.WriteFile(authority, directory.CAPEM(), 0o600)
}

// address is how clients reach a listener: by the name given, where it listens everywhere.
func (org *organisation) address(name, host string) string {
	address, ok := org.listeners[name].Addr().(*net.TCPAddr)
	if !ok || !address.IP.IsUnspecified() {
		return org.listeners[name].Addr().String()
	}
	if host == "" {
		host = "localhost"
	}
	return net.JoinHostPort(host, strconv.Itoa(address.Port))
}

func (org *organisation) close(ctx context.Context) error {
	var errs []error
	if org.mock != nil {
		org.mock.Close()
	}
	if org.bus != nil {
		errs = append(errs, org.bus.Close(ctx))
	}
	for _, l := range org.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if org.folder != "" {
		errs = append(errs, os.RemoveAll(org.folder)) //nolint:gosec // os.MkdirTemp named it
	}
	return errors.Join(errs...)
}
