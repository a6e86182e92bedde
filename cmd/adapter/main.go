// Command adapter is direct callback for Dynamics 365 Contact Center, outside
// Dynamics. `adapter serve` runs it; `adapter help` says what else it can do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"

	"directcallback/cmd/adapter/serve"
)

const usage = `usage: adapter COMMAND

  serve        run the adapter; it is configured by the environment (see the README);
               with -shadow it decides and records, and sends nothing
  check        try out everything the adapter needs, and say what is wrong and what to do
  register     have Dataverse tell the adapter at once what changes; -remove undoes it
  settings     show what is understood of the portal's settings; compare with a file
  explain      say what a queue would do with a call, and why, by the portal's settings
  callbacks    list callbacks, show one with its history, decide one in review,
               cancel, retry, move, correct its number
  queues       pause the callbacks of a queue, let them go on, list what is paused
  webhooks     have somebody told by HTTP what becomes of callbacks; list, test, rotate the
               secret, replay, enable, remove
  keys         make publishable keys for pages in browsers, list and revoke them
  outbox       look at what could not be sent, send it again, drop it
  erase        remove what is known of a person
  backup       copy the database of the adapter that runs here
  deadletters  look at messages that could not be taken, send them back, delete them
  version      print the version
  help         print this
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal is not caught: it cuts
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil {
		if v, is := errors.AsType[*verdict](err); is {
			os.Exit(v.code)
		}
		fmt.Fprintf(os.Stderr, "adapter: %v\n", err)
		if _, is := errors.AsType[*usageError](err); is {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// usageError is what was typed wrong; the exit code is 2 then.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s: %v; see adapter %s help", e.command, e.err, e.command)
}

func (e *usageError) Unwrap() error { return e.err }

func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	command := "help"
	if len(args) > 0 {
		command = args[0]
	}
	switch command {
	case "deadletters":
		return runDeadLetters(ctx, args[1:], environ, stdout)
	case "callbacks":
		return runCallbacks(ctx, args[1:], environ, stdout)
	case "queues":
		return runQueues(ctx, args[1:], environ, stdout)
	case "webhooks":
		return runWebhooks(ctx, args[1:], environ, stdout)
	case "keys":
		return runKeys(ctx, args[1:], environ, stdout)
	case "outbox":
		return runOutbox(ctx, args[1:], environ, stdout)
	case "erase":
		return runErase(ctx, args[1:], environ, stdout)
	case "backup":
		return runBackup(ctx, args[1:], environ, stdout)
	case "check":
		return runCheck(ctx, args[1:], environ, stdout)
	case "settings":
		return runSettings(ctx, args[1:], environ, stdout)
	case "register":
		return runRegister(ctx, args[1:], environ, stdout)
	case "explain":
		return runExplain(ctx, args[1:], environ, stdout)
	}
	if slices.Equal(args, []string{"serve", "-shadow"}) {
		args, environ = args[:1], append(slices.Clip(environ), "DIRECTCALLBACK_SHADOW=on")
	}
	if len(args) > 1 {
		return fmt.Errorf("%s takes no arguments, got %q; it is configured by the environment", command, args[1:])
	}
	var err error
	switch command {
	case "serve":
		return runServe(ctx, environ, stderr)
	case "version", "-version", "--version":
		_, err = fmt.Fprintln(stdout, version())
	case "help", "-h", "-help", "--help":
		_, err = io.WriteString(stdout, usage)
	default:
		err = fmt.Errorf("unknown command %q\n\n%s", command, usage)
	}
	return err
}

func runServe(ctx context.Context, environ []string, stderr io.Writer) error {
	config, err := serve.FromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	logger := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: config.LogLevel}))
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", config.Listen)
	if err != nil {
		return fmt.Errorf("DIRECTCALLBACK_LISTEN: %w", err)
	}
	adapter, err := serve.Start(ctx, config, serve.Surroundings{Logger: logger})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	// Only now: the database is this process's, and so is a socket beside it.
	control, err := config.ListenControl(ctx)
	if err != nil {
		return errors.Join(err, listener.Close(), adapter.Close(ctx))
	}
	logger.InfoContext(ctx, "adapter serves", "address", listener.Addr().String(), "version", version(), "queues", len(adapter.Service().Plans().Queues()))
	err = errors.Join(adapter.Run(ctx, listener, control), adapter.Close(ctx))
	if err == nil {
		logger.InfoContext(ctx, "adapter stopped")
	}
	return err
}

// version is the commit that this was built from, where the build knew it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
