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

	"directcallback/adapter/event"
	"directcallback/cmd/adapter/internal/register"
	"directcallback/cmd/adapter/serve"
)

const registerUsage = `usage: adapter register [-dry-run] [-remove] [-json]

Has Dataverse tell the adapter at once what changes: in the portal's settings, in
deliveries and in Dynamics' own conversations. It makes a service endpoint that sends to
the queue of platform events, and one step a table and kind of change. Running it again
changes nothing, mends what was altered, and takes over a new key.

  -dry-run   say what would be done, and do nothing
  -remove    take away what register made, and nothing else
  -json      for programs

It needs DIRECTCALLBACK_DATAVERSE_URL and the variables to sign in with, as a user who may
create, write and delete service endpoints and SDK message processing steps. Dataverse
sends with the key of DIRECTCALLBACK_REGISTER_CONNECTION, the connection string of a policy
that may send (default: DIRECTCALLBACK_SERVICEBUS_CONNECTION), and keeps that key.
`

// registration is what was asked of the command.
type registration struct{ dry, remove, asJSON bool }

// runRegister is the command "register".
func runRegister(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if wantsHelp(args) {
		_, err := io.WriteString(stdout, registerUsage)
		return err
	}
	var r registration
	flags := flag.NewFlagSet("register", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	flags.BoolVar(&r.dry, "dry-run", false, "")
	flags.BoolVar(&r.remove, "remove", false, "")
	flags.BoolVar(&r.asJSON, "json", false, "")
	if err := flags.Parse(args); err != nil {
		return &usageError{"register", err}
	}
	if flags.NArg() > 0 {
		return &usageError{"register", fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	portal, portalErr := serve.PortalFromEnvironment(environ)
	sender, senderErr := serve.SenderFromEnvironment(environ)
	if portalErr != nil {
		senderErr = nil // mistakes of both would be told twice
	}
	if err := errors.Join(portalErr, senderErr); err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if err := r.do(ctx, portal, sender, stdout); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

func (r registration) do(ctx context.Context, portal serve.Portal, sender serve.Sender, stdout io.Writer) error {
	to, err := register.ParseDestination(string(sender.Connection), sender.PlatformEvents)
	if err != nil {
		return fmt.Errorf("connection string: %w", err)
	}
	client, err := portal.Client()
	if err != nil {
		return err
	}
	var plan register.Plan
	if r.remove {
		plan, err = register.LookRemoval(ctx, client, to)
	} else {
		plan, err = register.Look(ctx, client, to, event.Tables())
	}
	if err != nil {
		return err
	}
	var carried []register.Item
	if !r.dry {
		// What was done is told also when the rest cannot be.
		err = plan.Carry(ctx, client, func(item register.Item) { carried = append(carried, item) })
		plan.Items = carried
	}
	return errors.Join(r.tell(plan, stdout), err)
}

func (r registration) tell(plan register.Plan, stdout io.Writer) error {
	if r.asJSON {
		return printJSON(stdout, struct {
			register.Plan
			DryRun  bool `json:"dryRun"`
			Changes int  `json:"changes"`
		}{plan, r.dry, plan.Changes()})
	}
	_, _ = fmt.Fprintf(stdout, "Dataverse sends to %s\n\n", plan.Destination) // Flush tells
	table := tabwriter.NewWriter(stdout, 0, 0, 3, ' ', 0)
	for _, item := range plan.Items {
		if item.Kind == register.KindEndpoint {
			_, _ = fmt.Fprintf(table, "service endpoint\t%s\n\n", r.word(item.Do))
		}
	}
	r.steps(plan, table)
	if err := table.Flush(); err != nil {
		return err
	}
	return r.sum(plan, stdout)
}

// steps prints one line a table.
func (r registration) steps(plan register.Plan, table io.Writer) {
	rows := map[string]map[string]register.Item{}
	var order []string
	for _, item := range plan.Items {
		if item.Kind != register.KindStep {
			continue
		}
		if rows[item.Table] == nil {
			rows[item.Table] = map[string]register.Item{}
			order = append(order, item.Table)
		}
		rows[item.Table][item.Message] = item
	}
	for i, name := range order {
		if i == 0 {
			_, _ = fmt.Fprintf(table, "STEPS\t%s\n", strings.ToUpper(strings.Join(event.Messages(), "\t")))
		}
		_, _ = fmt.Fprint(table, name)
		for _, message := range event.Messages() {
			_, _ = fmt.Fprintf(table, "\t%s", r.word(rows[name][message].Do))
		}
		_, _ = fmt.Fprintln(table)
	}
}

// word says what was done, or would be.
func (r registration) word(do register.Do) string {
	words := map[register.Do][2]string{
		register.Create: {"created", "create"}, register.Change: {"changed", "change"}, register.Keep: {"unchanged", "keep"},
		register.Remove: {"removed", "remove"}, register.Absent: {"not there", "not there"}, register.Refuse: {"left", "leave"},
		"": {"-", "-"},
	}[do]
	if r.dry {
		return words[1]
	}
	return words[0]
}

func (r registration) sum(plan register.Plan, stdout io.Writer) error {
	noted := false
	for _, item := range plan.Items {
		if item.Why == "" {
			continue
		}
		if !noted {
			_, _ = fmt.Fprintln(stdout)
		}
		noted = true
		if _, err := fmt.Fprintf(stdout, "%s: %s\n", item.Name, item.Why); err != nil {
			return err
		}
	}
	sentence := fmt.Sprintf("%d changes.", plan.Changes())
	switch {
	case r.dry && plan.Changes() == 0:
		sentence = "Dry run: there would be nothing to change."
	case r.dry:
		sentence = fmt.Sprintf("Dry run: nothing was changed; there would be %d changes.", plan.Changes())
	case plan.Changes() == 0:
		sentence = "Nothing had to be changed."
	}
	_, err := fmt.Fprintf(stdout, "\n%s\n", sentence)
	return err
}

// wantsHelp tells whether help is asked for, in any of its spellings.
func wantsHelp(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return slices.Contains([]string{"help", "-h", "-help", "--help"}, arg) })
}
