package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"directcallback/adapter"
	"directcallback/cmd/adapter/serve"
)

const queuesUsage = `usage: adapter queues COMMAND

  list [-json]                            what is paused, since when and why
  pause [-configuration] -reason WHY ID   offer no callbacks of the queue, and let none go out
  resume [-configuration] -reason WHY ID  go on

ID is a voice queue's or, with -configuration, that of an engagement configuration. Callbacks
keep their places meanwhile. It asks the adapter that runs on this machine, over its socket:
DIRECTCALLBACK_CONTROL, or DIRECTCALLBACK_DATABASE with .sock behind it; what it decides holds
for every process on that database. Flags come before ID. What is decided is logged with its
reason and your name; -by is another name than the one you are signed in with.
`

// queues is what was asked of the command.
type queues struct {
	asJSON        bool
	configuration bool
	decision      serve.PauseDecision
}

// runQueues is the command "queues".
func runQueues(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, err := io.WriteString(stdout, queuesUsage)
		return err
	}
	do, ok := map[string]func(queues, context.Context, *control) ([]serve.PausedLine, error){
		"list": queues.list, "pause": queues.pause, "resume": queues.resume,
	}[args[0]]
	if !ok {
		return &usageError{"queues", fmt.Errorf("unknown command %q", args[0])}
	}
	asked, err := parseQueues(args[0], args[1:])
	if err != nil {
		return &usageError{"queues", fmt.Errorf("%s: %w", args[0], err)}
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	all, err := do(asked, ctx, newControl(local.ControlPath()))
	if err != nil {
		return fmt.Errorf("queues %s: %w", args[0], err)
	}
	if asked.asJSON {
		return printJSON(stdout, all)
	}
	return printPauses(stdout, all)
}

func parseQueues(command string, args []string) (queues, error) {
	var q queues
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	if command == "list" {
		flags.BoolVar(&q.asJSON, "json", false, "")
	} else {
		flags.BoolVar(&q.configuration, "configuration", false, "")
		flags.StringVar(&q.decision.By, "by", "", "")
		flags.StringVar(&q.decision.Reason, "reason", "", "")
	}
	if err := flags.Parse(args); err != nil {
		return q, err
	}
	switch {
	case command == "list" && flags.NArg() > 0:
		return q, errors.New("it takes no ID")
	case command == "list":
		return q, nil
	case flags.NArg() != 1:
		return q, errors.New("it takes one ID, behind the flags")
	case strings.TrimSpace(q.decision.Reason) == "":
		return q, errors.New("-reason is missing: it is shown while the pause lasts")
	}
	if id := adapter.NormalizeID(flags.Arg(0)); q.configuration {
		q.decision.Configuration = adapter.ConfigurationID(id)
	} else {
		q.decision.Queue = adapter.QueueID(id)
	}
	var err error
	q.decision.By, err = decider(q.decision.By)
	return q, err
}

// Each command answers with what is paused then.

func (q queues) list(ctx context.Context, running *control) (all []serve.PausedLine, err error) {
	err = running.ask(ctx, "GET", "/pauses", nil, &all)
	return all, err
}

func (q queues) pause(ctx context.Context, running *control) (all []serve.PausedLine, err error) {
	err = running.ask(ctx, "POST", "/pauses/pause", q.decision, &all)
	return all, err
}

func (q queues) resume(ctx context.Context, running *control) (all []serve.PausedLine, err error) {
	err = running.ask(ctx, "POST", "/pauses/resume", q.decision, &all)
	return all, err
}

func printPauses(stdout io.Writer, all []serve.PausedLine) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(stdout, "nothing is paused")
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "PAUSED\tID\tNAME\tSINCE\tUNTIL\tBY\tREASON") // Flush tells
	for _, p := range all {
		what, until := "queue", "-"
		if p.Configuration != "" {
			what = "configuration"
		}
		if p.Until != nil {
			until = moment(*p.Until)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", what, string(p.Queue)+string(p.Configuration), cell(p.Name), moment(p.Since), until, cell(p.By), cell(p.Reason))
	}
	return table.Flush()
}
