// Command local runs everything on this machine in one process: the adapter, and
// in place of Microsoft and the world outside a fake Entra, a mock Dataverse, a
// Service Bus emulator and a phone simulator that replays a real day of calls.
// They talk over loopback through the adapter's real clients.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"directcallback/adapter/service"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal is not caught: it cuts
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "local: %v\n", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	trace      string
	day        int
	speed      float64
	stopAfter  time.Duration
	report     string
	database   string
	http       world.Address
	entra      world.Address
	dataverse  world.Address
	serviceBus world.Address
	seed       uint64
	load       float64
	faults     uint64
	verbose    bool

	// Not flags: what a test replaces.
	network world.Network      // nil = loopback
	watch   func(phone.Step)   // the callers' steps; nil = nobody watches
	observe func(service.Step) // the callbacks' steps; nil = print them
	tap     func([]byte)       // the telephony's events
	prepare func(*world.World) error
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.trace, "trace", "", "`file` with recorded calls to replay, .csv or .csv.gz; without it, a day that comes with the program")
	flags.IntVar(&o.day, "day", 0, "day of -trace to replay; 0 is its first")
	flags.Float64Var(&o.speed, "speed", 1, "how many times faster than life")
	flags.DurationVar(&o.stopAfter, "for", 0, "stop after this long; 0 runs until Ctrl-C")
	flags.StringVar(&o.report, "report", "", "`file` for the summary as JSON")
	flags.StringVar(&o.database, "db", "", "SQLite `file` to use and keep; without it, one that is removed at the end")
	o.http.HostPort, o.entra.HostPort, o.dataverse.HostPort, o.serviceBus.HostPort = "127.0.0.1:8080", "127.0.0.1:8443", "127.0.0.1:8081", "127.0.0.1:5672"
	flags.Var(&o.http, "http", "`address` of the adapter's API; a default that is busy is replaced by the next free port, here and below")
	flags.Var(&o.entra, "entra", "`address` of the fake Entra")
	flags.Var(&o.dataverse, "dataverse", "`address` of the mock Dataverse")
	flags.Var(&o.serviceBus, "servicebus", "`address` of the Service Bus emulator")
	flags.Uint64Var(&o.seed, "seed", 1, "of everything that is drawn: who opts in, who answers")
	flags.Float64Var(&o.load, "load", 0, "instead of a recorded day, so many calls a `second` of this machine's time, on average; for a minute and 60 times faster than life unless -for and -speed say otherwise. It then waits until everybody was served and balances the books")
	flags.Uint64Var(&o.faults, "faults", 0, "`seed` of what goes wrong meanwhile with Dataverse and the Service Bus; 0 = nothing")
	flags.BoolVar(&o.verbose, "v", false, "also show each call's steps and the adapter's log")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.load > 0 {
		o.underLoad(flags)
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q; all options start with a dash, see -h", flags.Arg(0))
	case o.speed <= 0 || o.speed > 1000:
		return o, fmt.Errorf("-speed %v: must be above 0 and at most 1000", o.speed)
	case o.stopAfter < 0:
		return o, fmt.Errorf("-for %v: must not be negative", o.stopAfter)
	case !(o.load >= 0): // NaN is not
		return o, fmt.Errorf("-load %v: must not be negative", o.load)
	case o.load > 0 && o.trace != "":
		return o, errors.New("-load and -trace: calls are either made or recorded")
	case o.day != 0 && o.trace == "":
		return o, errors.New("-day needs -trace: the program comes with one day only")
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	traffic, err := callers(o, stderr)
	if err != nil {
		return err
	}
	h, err := open(ctx, o, traffic, stdout, stderr)
	if err != nil {
		return err
	}
	return errors.Join(h.run(ctx), h.close(ctx))
}
