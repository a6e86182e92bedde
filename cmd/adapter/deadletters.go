package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"directcallback/adapter/bus"
	"directcallback/cmd/adapter/serve"
)

const deadLettersUsage = `usage: adapter deadletters COMMAND [-queue NAME]

  list [-n 50] [-json]    show what could not be taken, and why; nothing is changed
  show SEQ                print one message's content
  resubmit SEQ…|-all      send messages back to their queue, to be taken again
  delete SEQ…             throw messages away for good

SEQ is the number in the first column of the list; flags come before it. -queue is
call-events, or what DIRECTCALLBACK_CALL_EVENTS says. Telephone numbers are masked.
`

// deadLetters is what was asked of the command.
type deadLetters struct {
	queue     string
	limit     int
	asJSON    bool
	all       bool
	sequences []int64
}

// runDeadLetters is the command "deadletters".
func runDeadLetters(ctx context.Context, args, environ []string, stdout io.Writer) (err error) {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, err := io.WriteString(stdout, deadLettersUsage)
		return err
	}
	do, ok := map[string]func(deadLetters, context.Context, *bus.DeadLetters, io.Writer) error{
		"list": deadLetters.list, "show": deadLetters.show, "resubmit": deadLetters.resubmit, "delete": deadLetters.remove,
	}[args[0]]
	if !ok {
		return &usageError{"deadletters", fmt.Errorf("unknown command %q", args[0])}
	}
	asked, err := parseDeadLetters(args[0], args[1:])
	if err != nil {
		return &usageError{"deadletters", fmt.Errorf("%s: %w", args[0], err)}
	}
	config, err := serve.BusFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if asked.queue == "" {
		asked.queue = config.CallEvents
	}
	client, err := config.Connect()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close(context.WithoutCancel(ctx))) }()
	letters, err := bus.OpenDeadLetters(client, asked.queue)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, letters.Close(context.WithoutCancel(ctx))) }()
	return do(asked, ctx, letters, stdout)
}

func parseDeadLetters(command string, args []string) (deadLetters, error) {
	var d deadLetters
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	flags.StringVar(&d.queue, "queue", "", "")
	switch command {
	case "list":
		flags.IntVar(&d.limit, "n", 50, "")
		flags.BoolVar(&d.asJSON, "json", false, "")
	case "resubmit":
		flags.BoolVar(&d.all, "all", false, "")
	}
	if err := flags.Parse(args); err != nil {
		return d, err
	}
	for _, arg := range flags.Args() {
		sequence, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return d, fmt.Errorf("%q is not a sequence number", arg)
		}
		d.sequences = append(d.sequences, sequence)
	}
	return d, d.check(command)
}

func (d deadLetters) check(command string) error {
	n := len(d.sequences)
	switch {
	case command == "list" && n > 0:
		return errors.New("it takes no sequence numbers")
	case command == "list" && d.limit < 1:
		return errors.New("-n must be at least 1")
	case command == "show" && n != 1:
		return errors.New("it takes one sequence number")
	case d.all && n > 0:
		return errors.New("give sequence numbers or -all, not both")
	case command == "resubmit" && n == 0 && !d.all:
		return errors.New("it takes sequence numbers, or -all")
	case command == "delete" && n == 0:
		return errors.New("it takes sequence numbers")
	}
	return nil
}

func (d deadLetters) list(ctx context.Context, letters *bus.DeadLetters, stdout io.Writer) error {
	list, err := letters.List(ctx, d.limit)
	if err != nil {
		return err
	}
	if d.asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(append([]bus.DeadLetter{}, list...)) // none is [], not null
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "SEQ\tENQUEUED\tREASON\tTYPE\tSUBJECT\tDELIVERIES\tDESCRIPTION") // Flush tells
	for _, l := range list {
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Sequence, l.EnqueuedAt.Format(time.RFC3339),
			cell(l.Reason), cell(l.Type), cell(l.Subject), l.DeliveryCount, cell(l.Description))
	}
	return table.Flush()
}

// cell keeps a sender's text from breaking the table or the terminal.
func cell(text string) string {
	const widest = 160
	if text == "" {
		return "-"
	}
	if runes := []rune(text); len(runes) > widest {
		text = string(runes[:widest]) + "…"
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

func (d deadLetters) show(ctx context.Context, letters *bus.DeadLetters, stdout io.Writer) error {
	letter, err := letters.Show(ctx, d.sequences[0])
	if err != nil {
		return err
	}
	body := letter.Body
	if strings.ContainsFunc(body, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		body = strconv.Quote(body) // nothing that a terminal would obey
	}
	_, err = fmt.Fprintln(stdout, body)
	return err
}

func (d deadLetters) resubmit(ctx context.Context, letters *bus.DeadLetters, stdout io.Writer) error {
	if d.all {
		// Only what lies there now: what is rejected again must not go round for ever.
		var err error
		if d.sequences, err = letters.All(ctx); err != nil {
			return err
		}
	}
	done, err := letters.Resubmit(ctx, d.sequences)
	return errors.Join(err, report(stdout, "resubmitted", done))
}

func (d deadLetters) remove(ctx context.Context, letters *bus.DeadLetters, stdout io.Writer) error {
	done, err := letters.Delete(ctx, d.sequences)
	return errors.Join(err, report(stdout, "deleted", done))
}

// report names every message that was dealt with, also when others were not.
func report(stdout io.Writer, what string, done []int64) error {
	for _, sequence := range done {
		if _, err := fmt.Fprintf(stdout, "%s %d\n", what, sequence); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(stdout, "%s: %d\n", what, len(done))
	return err
}
