package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/cmd/adapter/serve"
)

const callbacksUsage = `usage: adapter callbacks COMMAND

  list [-state S,…] [-queue ID] [-phone NUMBER] [-n 50] [-json]
                            the newest first; -state review lists what waits for a person
  show [-json] ID           one callback: its attempts, and all that happened to it
  resolve -reason WHY ID reached|again|give-up
                            decide one in review: the customer was called; nobody was
                            called, back to its place; or nobody will be
  cancel -reason WHY ID     take the promise back
  retry -reason WHY ID      promise again what failed, expired or was not answered, once:
                            asked again, it shows what became of that new promise
  move -reason WHY -at START/END|-asap ID
                            phone at another time; times as 2026-11-23T14:00:00+01:00
  correct -reason WHY -phone-file FILE ID
                            phone another number, which is read from FILE, or from the
                            standard input if that is -

It asks the adapter that runs on this machine, over its socket: DIRECTCALLBACK_CONTROL, or
DIRECTCALLBACK_DATABASE with .sock behind it. Flags come before ID. What is decided is kept
with its reason and your name; -by is another name than the one you are signed in with.
`

// callbacks is what was asked of the command.
type callbacks struct {
	states  string
	queue   string
	phone   string
	limit   int
	asJSON  bool
	by      string
	reason  string
	id      string
	verdict service.Verdict
	at      string // of a move: START/END
	asap    bool
	file    string // of the number to phone instead
}

// runCallbacks is the command "callbacks".
func runCallbacks(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, err := io.WriteString(stdout, callbacksUsage)
		return err
	}
	do, ok := map[string]func(callbacks, context.Context, *control, io.Writer) error{
		"list": callbacks.list, "show": callbacks.show, "resolve": decide("resolve"),
		"cancel": decide("cancel"), "retry": decide("retry"), "move": callbacks.move, "correct": callbacks.correct,
	}[args[0]]
	if !ok {
		return &usageError{"callbacks", fmt.Errorf("unknown command %q", args[0])}
	}
	asked, err := parseCallbacks(args[0], args[1:])
	if err != nil {
		return &usageError{"callbacks", fmt.Errorf("%s: %w", args[0], err)}
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if err := do(asked, ctx, newControl(local.ControlPath()), stdout); err != nil {
		return fmt.Errorf("callbacks %s: %w", args[0], err)
	}
	return nil
}

func parseCallbacks(command string, args []string) (callbacks, error) {
	var c callbacks
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	switch command {
	case "list":
		flags.StringVar(&c.states, "state", "", "")
		flags.StringVar(&c.queue, "queue", "", "")
		flags.StringVar(&c.phone, "phone", "", "")
		flags.IntVar(&c.limit, "n", 50, "")
		flags.BoolVar(&c.asJSON, "json", false, "")
	case "show":
		flags.BoolVar(&c.asJSON, "json", false, "")
	default:
		flags.StringVar(&c.by, "by", "", "")
		flags.StringVar(&c.reason, "reason", "", "")
	}
	switch command {
	case "move":
		flags.StringVar(&c.at, "at", "", "")
		flags.BoolVar(&c.asap, "asap", false, "")
	case "correct":
		flags.StringVar(&c.file, "phone-file", "", "")
	}
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	return c, c.take(command, flags.Args())
}

// take takes what is not a flag, and says what is missing.
func (c *callbacks) take(command string, args []string) error {
	want := map[string]int{"list": 0, "resolve": 2}
	n, ok := want[command]
	if !ok {
		n = 1
	}
	switch {
	case command == "list" && len(args) > 0:
		return fmt.Errorf("it takes no ID, got %q", args)
	case command == "list" && c.limit < 1:
		return errors.New("-n must be at least 1")
	case command == "resolve" && len(args) != n:
		return fmt.Errorf("it takes an ID and one of %q", service.Verdicts())
	case len(args) != n:
		return errors.New("it takes one ID, behind the flags")
	case command == "move" && (c.at == "") != c.asap:
		return errors.New("want either -at or -asap")
	case command == "correct" && c.file == "":
		return errors.New("-phone-file is missing: a number on the command line is seen by everybody on this machine")
	}
	if n > 0 {
		c.id = args[0]
	}
	if n > 1 {
		c.verdict = service.Verdict(args[1])
		if !slices.Contains(service.Verdicts(), c.verdict) {
			return fmt.Errorf("%q is none of %q", args[1], service.Verdicts())
		}
	}
	if command == "list" || command == "show" {
		return nil
	}
	if strings.TrimSpace(c.reason) == "" {
		return errors.New("-reason is missing: it is kept with the decision")
	}
	var err error
	c.by, err = decider(c.by)
	return err
}

// decider is who decides: the one who is named, or else who is signed in.
func decider(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	person, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("-by is missing, and who is signed in cannot be told: %w", err)
	}
	return person.Username, nil
}

func (c callbacks) list(ctx context.Context, running *control, stdout io.Writer) error {
	search := serve.CallbackSearch{Queue: adapter.QueueID(c.queue), Phone: c.phone, Limit: c.limit}
	if c.states != "" {
		for name := range strings.SplitSeq(c.states, ",") {
			state := adapter.State(strings.TrimSpace(name))
			if !slices.Contains(adapter.States(), state) {
				return fmt.Errorf("-state: %q is none of %q", name, adapter.States())
			}
			search.States = append(search.States, state)
		}
	}
	var all []serve.CallbackSummary
	if err := running.ask(ctx, "POST", "/callbacks", search, &all); err != nil {
		return err
	}
	if c.asJSON {
		return printJSON(stdout, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(stdout, "no such callbacks")
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tSTATE\tSINCE\tQUEUE\tNUMBER\tBY\tASKED FOR\tREASON") // Flush tells
	for _, s := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.State, moment(s.Since), cell(queueName(s)), s.Phone,
			cell(string(s.Channel)), moment(s.CreatedAt), cell(s.Reason))
	}
	return table.Flush()
}

func (c callbacks) show(ctx context.Context, running *control, stdout io.Writer) error {
	var story serve.CallbackStory
	if err := running.ask(ctx, "GET", "/callbacks/"+escape(c.id), nil, &story); err != nil {
		return err
	}
	if c.asJSON {
		return printJSON(stdout, story)
	}
	return printStory(stdout, story)
}

// decide makes the command that decides something of a callback and then shows it.
func decide(how string) func(callbacks, context.Context, *control, io.Writer) error {
	return func(c callbacks, ctx context.Context, running *control, stdout io.Writer) error {
		var story serve.CallbackStory
		decision := serve.CallbackDecision{Verdict: c.verdict, By: c.by, Reason: c.reason}
		if err := running.ask(ctx, "POST", "/callbacks/"+escape(c.id)+"/"+how, decision, &story); err != nil {
			return err
		}
		return printStory(stdout, story)
	}
}

// move phones at another time.
func (c callbacks) move(ctx context.Context, running *control, stdout io.Writer) error {
	when := adapter.Window{}
	if !c.asap {
		var err error
		if when, err = parseWindow(c.at); err != nil {
			return fmt.Errorf("-at: %w", err)
		}
	}
	return c.change(ctx, running, serve.CallbackChange{When: &when}, stdout)
}

// correct phones another number.
func (c callbacks) correct(ctx context.Context, running *control, stdout io.Writer) error {
	number, err := readNumber(c.file)
	if err != nil {
		return fmt.Errorf("-phone-file: %w", err)
	}
	return c.change(ctx, running, serve.CallbackChange{Phone: number}, stdout)
}

func (c callbacks) change(ctx context.Context, running *control, change serve.CallbackChange, stdout io.Writer) error {
	var story serve.CallbackStory
	change.By, change.Reason = c.by, c.reason
	if err := running.ask(ctx, "POST", "/callbacks/"+escape(c.id)+"/change", change, &story); err != nil {
		return err
	}
	return printStory(stdout, story)
}

// parseWindow reads START/END, each with its distance from UTC.
func parseWindow(text string) (adapter.Window, error) {
	start, end, both := strings.Cut(text, "/")
	if !both {
		return adapter.Window{}, fmt.Errorf("%q: want START/END", text)
	}
	var w adapter.Window
	for _, part := range []struct {
		text string
		into *time.Time
	}{{start, &w.Start}, {end, &w.End}} {
		t, err := time.Parse(time.RFC3339, part.text)
		if err != nil {
			return adapter.Window{}, fmt.Errorf("%q is no time such as 2026-11-23T14:00:00+01:00", part.text)
		}
		*part.into = t.UTC()
	}
	if !w.End.After(w.Start) {
		return adapter.Window{}, errors.New("END must be after START")
	}
	return w, nil
}

func printStory(stdout io.Writer, s serve.CallbackStory) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", name, value) // Flush tells
		}
	}
	line("callback", string(s.ID))
	line("state", string(s.State)+" since "+moment(s.Since))
	line("reason", cell(s.Reason))
	line("queue", cell(queueName(s.CallbackSummary)))
	line("number", s.Phone)
	line("asked for", moment(s.CreatedAt)+" by "+cell(string(s.Channel)))
	if s.State == adapter.StateScheduled {
		line("phoned from", moment(s.QueuedAt))
	}
	line("call", string(s.Call))
	if s.Place > 0 {
		line("place", fmt.Sprintf("%d, by its time %s", s.Place, moment(s.QueuedAt)))
	}
	line("held by call", string(s.HeldBy))
	line("expires", moment(s.ExpiresAt))
	if err := table.Flush(); err != nil {
		return err
	}
	if len(s.Attempts) > 0 {
		_, _ = fmt.Fprintln(table, "\nATTEMPT\tSENT\tCANNOT RING AFTER\tDELIVERY\tSTATUS\tRESULT\tNETWORK")
		for _, a := range s.Attempts {
			_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Number, moment(a.SentAt), moment(a.Until), cell(string(a.Delivery)), cell(a.Status), cell(a.Result), cell(a.Network))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	_, _ = fmt.Fprintln(table, "\nWHEN\tWHAT HAPPENED\tTHEN IT WAS\tDECIDED BY\tREASON\tTRACE")
	for _, h := range s.History {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", moment(h.At), cell(h.Event), h.To, cell(h.By), cell(h.Reason), cell(string(h.Trace)))
	}
	return table.Flush()
}

// queueName is the portal's name of a queue, or its id when the portal has no
// such queue any more.
func queueName(s serve.CallbackSummary) string {
	if s.QueueName != "" {
		return s.QueueName
	}
	return string(s.Queue)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func printJSON(stdout io.Writer, value any) error {
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
