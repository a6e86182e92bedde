package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"directcallback/cmd/adapter/serve"
)

const outboxUsage = `usage: adapter outbox COMMAND

  list [-all] [-n 50] [-json]
                            what never can be sent, and why; with -all, what waits too
  retry -reason WHY ID      send it after all
  drop -reason WHY ID       it is never sent

It asks the adapter that runs on this machine, over its socket: DIRECTCALLBACK_CONTROL, or
DIRECTCALLBACK_DATABASE with .sock behind it. Flags come before ID. What is decided is
logged with its reason and your name, and kept in the history of the callback that it is
about; -by is another name than the one you are signed in with.
`

// outbox is what was asked of the command.
type outbox struct {
	all    bool
	limit  int
	asJSON bool
	by     string
	reason string
	id     string
}

// runOutbox is the command "outbox".
func runOutbox(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, err := io.WriteString(stdout, outboxUsage)
		return err
	}
	do, ok := map[string]func(outbox, context.Context, *control, io.Writer) error{
		"list": outbox.list, "retry": settle("retry"), "drop": settle("drop"),
	}[args[0]]
	if !ok {
		return &usageError{"outbox", fmt.Errorf("unknown command %q", args[0])}
	}
	asked, err := parseOutbox(args[0], args[1:])
	if err != nil {
		return &usageError{"outbox", fmt.Errorf("%s: %w", args[0], err)}
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if err := do(asked, ctx, newControl(local.ControlPath()), stdout); err != nil {
		return fmt.Errorf("outbox %s: %w", args[0], err)
	}
	return nil
}

func parseOutbox(command string, args []string) (outbox, error) {
	var o outbox
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	if command == "list" {
		flags.BoolVar(&o.all, "all", false, "")
		flags.IntVar(&o.limit, "n", 50, "")
		flags.BoolVar(&o.asJSON, "json", false, "")
	} else {
		flags.StringVar(&o.by, "by", "", "")
		flags.StringVar(&o.reason, "reason", "", "")
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if command == "list" {
		if flags.NArg() > 0 || o.limit < 1 {
			return o, errors.New("it takes no ID, and -n must be at least 1")
		}
		return o, nil
	}
	if flags.NArg() != 1 {
		return o, errors.New("it takes one ID, behind the flags")
	}
	if strings.TrimSpace(o.reason) == "" {
		return o, errors.New("-reason is missing: it is logged with the decision")
	}
	o.id = flags.Arg(0)
	var err error
	o.by, err = decider(o.by)
	return o, err
}

func (o outbox) list(ctx context.Context, running *control, stdout io.Writer) error {
	var all []serve.OutboxEntry
	if err := running.ask(ctx, "POST", "/outbox", serve.OutboxSearch{All: o.all, Limit: o.limit}, &all); err != nil {
		return err
	}
	if o.asJSON {
		return printJSON(stdout, all)
	}
	if len(all) == 0 {
		none := "everything could be sent"
		if o.all {
			none = "nothing waits to be sent"
		}
		_, err := fmt.Fprintln(stdout, none)
		return err
	}
	return printOutbox(stdout, all)
}

// settle makes the command that decides about one dead entry.
func settle(how string) func(outbox, context.Context, *control, io.Writer) error {
	return func(o outbox, ctx context.Context, running *control, stdout io.Writer) error {
		var entry serve.OutboxEntry
		if err := running.ask(ctx, "POST", "/outbox/"+escape(o.id)+"/"+how, serve.CallbackDecision{By: o.by, Reason: o.reason}, &entry); err != nil {
			return err
		}
		return printOutbox(stdout, []serve.OutboxEntry{entry})
	}
}

// printOutbox prints a line for each entry, and below it why it is dead.
func printOutbox(stdout io.Writer, all []serve.OutboxEntry) error {
	for i, e := range all {
		if i > 0 {
			if _, err := fmt.Fprintln(stdout); err != nil {
				return err
			}
		}
		state := "waits"
		if e.DeadAt != nil {
			state = "dead since " + moment(*e.DeadAt)
		}
		what := string(e.Kind)
		if e.What != "" {
			what += " " + e.What
		}
		lines := []string{what + " for " + cell(e.For) + ", " + state, fmt.Sprintf("put in %s, tried %d times", moment(e.PutAt), e.Tries)}
		switch {
		case e.Callback != "":
			lines = append(lines, "callback "+string(e.Callback))
		case e.Call != "":
			lines = append(lines, "call "+string(e.Call))
		}
		if _, err := fmt.Fprintln(stdout, e.ID); err != nil {
			return err
		}
		for _, line := range append(lines, sentence(e.Reason)) {
			if line == "" {
				continue
			}
			if err := printWrapped(stdout, "  ", line); err != nil {
				return err
			}
		}
	}
	return nil
}
