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

const keysUsage = `usage: adapter keys COMMAND

  create -name NAME -origin ORIGIN… -queue ID…
                         make a publishable key, for pages in browsers, and print it:
                         it is kept nowhere and cannot be printed again
  list [-all] [-json]    the keys in force; with -all, those that were revoked too
  revoke -reason WHY ID  end one: here at once, and within seconds for other processes

ORIGIN is where a page comes from, such as https://www.example.com; ID of a queue is the
portal's. Both flags can be given several times. The key stands in the page for everybody
to read: it asks for callbacks of its queues from its origins, and may do nothing else.
It asks the adapter that runs on this machine, over its socket: DIRECTCALLBACK_CONTROL,
or DIRECTCALLBACK_DATABASE with .sock behind it. What is decided is logged with your
name; -by is another name than the one you are signed in with.
`

// keys is what was asked of the command.
type keys struct {
	asJSON, all bool
	wish        serve.KeyWish
	decision    serve.KeyDecision
}

// runKeys is the command "keys".
func runKeys(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, err := io.WriteString(stdout, keysUsage)
		return err
	}
	do, ok := map[string]func(keys, context.Context, *control, io.Writer) error{
		"create": keys.create, "list": keys.list, "revoke": keys.revoke,
	}[args[0]]
	if !ok {
		return &usageError{"keys", fmt.Errorf("unknown command %q", args[0])}
	}
	asked, err := parseKeys(args[0], args[1:])
	if err != nil {
		return &usageError{"keys", fmt.Errorf("%s: %w", args[0], err)}
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if err := do(asked, ctx, newControl(local.ControlPath()), stdout); err != nil {
		return fmt.Errorf("keys %s: %w", args[0], err)
	}
	return nil
}

func parseKeys(command string, args []string) (keys, error) {
	var k keys
	var by, reason string
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	switch command {
	case "create":
		flags.StringVar(&k.wish.Name, "name", "", "")
		flags.Func("origin", "", func(text string) error { k.wish.Origins = append(k.wish.Origins, text); return nil })
		flags.Func("queue", "", func(text string) error { k.wish.Queues = append(k.wish.Queues, adapter.QueueID(text)); return nil })
		flags.StringVar(&reason, "reason", "asked for on the command line", "")
		flags.StringVar(&by, "by", "", "")
	case "list":
		flags.BoolVar(&k.asJSON, "json", false, "")
		flags.BoolVar(&k.all, "all", false, "")
	case "revoke":
		flags.StringVar(&reason, "reason", "", "")
		flags.StringVar(&by, "by", "", "")
	}
	if err := flags.Parse(args); err != nil {
		return k, err
	}
	switch {
	case command != "revoke" && flags.NArg() > 0:
		return k, errors.New("it takes no argument behind the flags")
	case command == "create" && (strings.TrimSpace(k.wish.Name) == "" || len(k.wish.Origins) == 0 || len(k.wish.Queues) == 0):
		return k, errors.New("-name, -origin and -queue are needed")
	case command == "revoke" && flags.NArg() != 1:
		return k, errors.New("it takes one ID, behind the flags")
	case command == "revoke" && strings.TrimSpace(reason) == "":
		return k, errors.New("-reason is missing")
	case command == "list":
		return k, nil
	}
	by, err := decider(by)
	k.wish.By, k.wish.Reason = by, reason
	k.decision = serve.KeyDecision{ID: adapter.KeyID(flags.Arg(0)), By: by, Reason: reason}
	return k, err
}

func (k keys) create(ctx context.Context, running *control, stdout io.Writer) error {
	var made serve.CreatedKey
	if err := running.ask(ctx, "POST", "/keys", k.wish, &made); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "%s\nid %s; it is shown this once\n", made.Key, made.ID)
	return err
}

func (k keys) list(ctx context.Context, running *control, stdout io.Writer) error {
	var all []serve.KeyLine
	if err := running.ask(ctx, "GET", "/keys", nil, &all); err != nil {
		return err
	}
	if !k.all {
		all = slices.DeleteFunc(all, func(l serve.KeyLine) bool { return l.RevokedAt != nil })
	}
	if k.asJSON {
		return printJSON(stdout, all)
	}
	return printKeys(stdout, all)
}

func (k keys) revoke(ctx context.Context, running *control, stdout io.Writer) error {
	var all []serve.KeyLine
	if err := running.ask(ctx, "POST", "/keys/revoke", k.decision, &all); err != nil {
		return err
	}
	return printKeys(stdout, slices.DeleteFunc(all, func(l serve.KeyLine) bool { return l.ID != k.decision.ID }))
}

// printKeys prints each key in lines of its own: its id, and what it is for below.
func printKeys(stdout io.Writer, all []serve.KeyLine) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(stdout, "there is no key in force")
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, l := range all {
		_, _ = fmt.Fprintf(table, "%s\n  name\t%s\n  created\t%s by %s\n", l.ID, cell(l.Name), moment(l.CreatedAt), cell(l.CreatedBy)) // Flush tells
		if l.RevokedAt != nil {
			_, _ = fmt.Fprintf(table, "  revoked\t%s by %s\n", moment(*l.RevokedAt), cell(l.RevokedBy))
		}
		for _, origin := range l.Origins {
			_, _ = fmt.Fprintf(table, "  origin\t%s\n", origin)
		}
		for _, queue := range l.Queues {
			_, _ = fmt.Fprintf(table, "  queue\t%s\n", queue)
		}
	}
	return table.Flush()
}
