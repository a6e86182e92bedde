// Command mocks runs the doubles of what the adapter talks to as servers of
// their own, for adapters and clients in other processes.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

const usage = `usage: mocks COMMAND [flags]

  all         Entra, Dataverse and Service Bus, with representatives who take callbacks;
              prints the variables for "adapter serve"
  dataverse   Dataverse alone, with a fake Entra or one bearer token: misbehaves on request,
              is managed through a port of its own, posts its events to a Service Bus if
              it is given one, and prints a client's variables
  servicebus  the Service Bus emulator alone: reads the config.json of Microsoft's, and
              prints its connection string when it is ready

"mocks COMMAND -h" lists the flags.
`

// command runs until ctx ends or there is nothing more to do.
type command func(ctx context.Context, args []string, stdout, stderr io.Writer) error

func commands() map[string]command {
	return map[string]command{"all": runAll, "dataverse": runDataverse, "servicebus": runServiceBus}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(exitCode(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func exitCode(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := run(ctx, args, stdout, stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	_, _ = fmt.Fprintf(stderr, "mocks: %v\n", err)
	return 1
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	do := commands()[args[0]]
	if do == nil {
		return fmt.Errorf("unknown command %q\n\n%s", args[0], usage)
	}
	return do(ctx, args[1:], stdout, stderr)
}

func runAll(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, brisk, err := allFlags(args, stderr)
	if err != nil {
		return err
	}
	if o.Traffic, err = staff(brisk); err != nil {
		return err
	}
	o.Clock = phone.NewScaledClock(1, time.Now())
	o.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	o.Log = func(s phone.Step) { _, _ = fmt.Fprintln(stdout, s) }
	w, err := world.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close(context.WithoutCancel(ctx))) }()

	folder, err := os.MkdirTemp("", "mocks")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	authority := filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(authority, w.Entra.CAPEM(), 0o600); err != nil {
		return err
	}
	if err := announce(stdout, w, authority); err != nil {
		return err
	}
	return w.Run(ctx)
}

func allFlags(args []string, stderr io.Writer) (o world.Options, brisk bool, err error) {
	flags := flag.NewFlagSet("mocks all", flag.ContinueOnError)
	flags.SetOutput(stderr)
	o.Entra.HostPort, o.Dataverse.HostPort, o.ServiceBus.HostPort = "127.0.0.1:8443", "127.0.0.1:8081", "127.0.0.1:5672"
	o.Admin.HostPort = "127.0.0.1:8082"
	flags.Var(&o.Entra, "entra", "`address` of the fake Entra; a default that is busy is replaced by the next free port")
	flags.Var(&o.Dataverse, "dataverse", "`address` of the mock Dataverse")
	flags.Var(&o.ServiceBus, "servicebus", "`address` of the Service Bus emulator")
	flags.Func("admin", "`address` of Dataverse's management port, which lets everyone in; empty for none (default "+o.Admin.HostPort+")", func(hostPort string) error {
		if hostPort == "" {
			o.Admin = world.Address{}
			return nil
		}
		return o.Admin.Set(hostPort)
	})
	scenario := flags.String("scenario", "demo", "YAML `file` with the rows to begin with; or demo, insurer")
	flags.Uint64Var(&o.Seed, "seed", 1, "of everything that is drawn")
	flags.BoolVar(&brisk, "brisk", false, "delivery rows appear in 1 to 2 seconds and people talk for seconds, not minutes")
	if err := flags.Parse(args); err != nil {
		return o, brisk, err
	}
	if flags.NArg() > 0 {
		return o, brisk, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *scenario != "demo" {
		if o.Scenario, err = readScenario(*scenario); err != nil {
			return o, brisk, err
		}
		if o.Scenario == nil {
			return o, brisk, fmt.Errorf("-scenario %s: representatives need a queue", *scenario)
		}
	}
	if brisk {
		o.DeliveryLag = [2]time.Duration{time.Second, 2 * time.Second}
	}
	return o, brisk, nil
}

// apiToken is suggested to the adapter; it guards nothing but mocks.
const apiToken = "local-token-for-this-machine-only"

// staff are representatives who are always on duty and have no callers: they
// wait for callbacks, and talk as long as people did on a real day.
func staff(brisk bool) (phone.Traffic, error) {
	traffic, err := phone.DefaultTraffic()
	if err != nil {
		return traffic, err
	}
	traffic.Arrivals, traffic.Start = nil, 24*time.Hour // the day is over, nobody is in conversation
	traffic.Shifts = nil
	for _, name := range []string{"s01", "s02", "s03"} {
		traffic.Shifts = append(traffic.Shifts, phone.Shift{Server: name, To: 10 * 365 * 24 * time.Hour})
	}
	for i := range traffic.Conversations {
		if c := &traffic.Conversations[i]; brisk {
			c.To = min(c.To, c.From+5*time.Second)
		}
	}
	return traffic, nil
}

func announce(stdout io.Writer, w *world.World, authority string) error {
	var text strings.Builder
	for _, line := range [][2]string{
		{"Entra", w.EntraURL}, {"Dataverse", w.DataverseURL}, {"Management", cmp.Or(w.AdminURL, "none")}, {"Service Bus", w.Connection},
	} {
		fmt.Fprintf(&text, "%-12s %s\n", line[0], line[1])
	}
	for _, q := range w.Queues {
		fmt.Fprintf(&text, "%-12s %s (%s)\n", "Queue", q.ID, q.Name)
	}
	for _, a := range world.Applications() {
		fmt.Fprintf(&text, "%-12s %s (%s)\n", "Application", a.ClientID, a.Role)
	}
	text.WriteString("\n# Set these for \"adapter serve\", in another terminal:\n")
	for _, v := range append(w.Environment(), "SSL_CERT_FILE="+authority, "DIRECTCALLBACK_API_TOKEN="+apiToken) {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", name, value)
	}
	fmt.Fprintf(&text, "\n# An application's token for the adapter's API is the access_token that this answers:\n# %s\n\n", w.TokenLine("ID"))
	_, err := io.WriteString(stdout, text.String())
	return err
}
