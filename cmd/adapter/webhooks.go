package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/cmd/adapter/serve"
)

const webhooksUsage = `usage: adapter webhooks COMMAND

  list [-json]              who is told by HTTP what becomes of callbacks
  add [-types T,…] [-queue ID]… -reason WHY -url URL
                            tell somebody; without -types everything, without -queue of
                            every queue. It shows the secret that messages are signed with,
                            this once
  test ID                   send a message that says nothing, and show what is answered
  rotate [-overlap 24h] -reason WHY ID
                            sign with a new secret, which is shown this once; the one before
                            signs too for so long
  replay -since WHEN -reason WHY ID
                            tell once more what happened since 2026-11-23,
                            2026-11-23T14:00:00+01:00 or 24h ago, under the same ids
  enable -reason WHY ID     tell one again that was disabled because it answered 410
  remove -reason WHY ID     tell it nothing any more; what waits for it is dropped

It asks the adapter that runs on this machine, over its socket: DIRECTCALLBACK_CONTROL, or
DIRECTCALLBACK_DATABASE with .sock behind it; what it decides holds for every process on that
database within seconds. Flags come before ID. What is decided is logged with its reason and
your name; -by is another name than the one you are signed in with.
`

// webhooks is what was asked of the command.
type webhooks struct {
	asJSON  bool
	added   serve.NewWebhook
	overlap time.Duration
	since   string
	by      string
	reason  string
	id      string
}

// webhooksCommand is one of the commands: what it takes and does.
type webhooksCommand struct {
	flags   func(*webhooks, *flag.FlagSet) // its own; may be nil
	decides bool                           // so that it needs a reason
	id      bool                           // it is about one webhook
	do      func(webhooks, context.Context, *control, io.Writer) error
}

func webhooksCommands() map[string]webhooksCommand {
	return map[string]webhooksCommand{
		"list":   {flags: func(w *webhooks, f *flag.FlagSet) { f.BoolVar(&w.asJSON, "json", false, "") }, do: webhooks.list},
		"add":    {flags: (*webhooks).addFlags, decides: true, do: webhooks.add},
		"test":   {id: true, do: webhooks.test},
		"rotate": {flags: func(w *webhooks, f *flag.FlagSet) { f.DurationVar(&w.overlap, "overlap", 24*time.Hour, "") }, decides: true, id: true, do: webhooks.rotate},
		"replay": {flags: func(w *webhooks, f *flag.FlagSet) { f.StringVar(&w.since, "since", "", "") }, decides: true, id: true, do: webhooks.replay},
		"enable": {decides: true, id: true, do: webhooks.enable},
		"remove": {decides: true, id: true, do: webhooks.remove},
	}
}

// runWebhooks is the command "webhooks".
func runWebhooks(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, err := io.WriteString(stdout, webhooksUsage)
		return err
	}
	command, ok := webhooksCommands()[args[0]]
	if !ok {
		return &usageError{"webhooks", fmt.Errorf("unknown command %q", args[0])}
	}
	asked, err := command.parse(args[0], args[1:])
	if err != nil {
		return &usageError{"webhooks", fmt.Errorf("%s: %w", args[0], err)}
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	if err := command.do(asked, ctx, newControl(local.ControlPath()), stdout); err != nil {
		return fmt.Errorf("webhooks %s: %w", args[0], err)
	}
	return nil
}

func (c webhooksCommand) parse(name string, args []string) (webhooks, error) {
	var w webhooks
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	if c.flags != nil {
		c.flags(&w, flags)
	}
	if c.decides {
		flags.StringVar(&w.by, "by", "", "")
		flags.StringVar(&w.reason, "reason", "", "")
	}
	if err := flags.Parse(args); err != nil {
		return w, err
	}
	switch {
	case !c.id && flags.NArg() > 0:
		return w, errors.New("it takes no ID")
	case c.id && flags.NArg() != 1:
		return w, errors.New("it takes one ID, behind the flags")
	case c.decides && strings.TrimSpace(w.reason) == "":
		return w, errors.New("-reason is missing: it is logged with the decision")
	case name == "add" && w.added.URL == "":
		return w, errors.New("-url is missing")
	case name == "replay" && w.since == "":
		return w, errors.New("-since is missing")
	case w.overlap < 0 || w.overlap > maxOverlap:
		return w, fmt.Errorf("-overlap must be from 0 to %v", maxOverlap)
	}
	w.id = flags.Arg(0)
	if !c.decides {
		return w, nil
	}
	var err error
	w.by, err = decider(w.by)
	return w, err
}

// maxOverlap is long enough to tell a receiver's owner.
const maxOverlap = 30 * 24 * time.Hour

func (w *webhooks) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&w.added.URL, "url", "", "")
	flags.Func("types", "", func(text string) error {
		for kind := range strings.SplitSeq(text, ",") {
			w.added.Types = append(w.added.Types, strings.TrimPrefix(strings.TrimSpace(kind), "callback."))
		}
		return nil
	})
	flags.Func("queue", "", func(id string) error {
		w.added.Queues = append(w.added.Queues, adapter.QueueID(adapter.NormalizeID(id)))
		return nil
	})
}

// path is that of what is asked about one webhook.
func (w webhooks) path(what string) string { return "/webhooks/" + escape(w.id) + "/" + what }

func (w webhooks) decision() serve.WebhookDecision {
	return serve.WebhookDecision{Overlap: w.overlap, By: w.by, Reason: w.reason}
}

func (w webhooks) list(ctx context.Context, running *control, stdout io.Writer) error {
	var all []serve.WebhookLine
	if err := running.ask(ctx, "GET", "/webhooks", nil, &all); err != nil {
		return err
	}
	if w.asJSON {
		return printJSON(stdout, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(stdout, "there are no webhooks")
		return err
	}
	for i, line := range all {
		if i > 0 {
			_, _ = fmt.Fprintln(stdout) // printWebhook tells
		}
		if err := printWebhook(stdout, line); err != nil {
			return err
		}
	}
	return nil
}

func (w webhooks) add(ctx context.Context, running *control, stdout io.Writer) error {
	w.added.By, w.added.Reason = w.by, w.reason
	return showSecret(ctx, running, "/webhooks", w.added, stdout)
}

func (w webhooks) rotate(ctx context.Context, running *control, stdout io.Writer) error {
	return showSecret(ctx, running, w.path("rotate"), w.decision(), stdout)
}

// showSecret shows the secret that a webhook was given.
func showSecret(ctx context.Context, running *control, path string, command any, stdout io.Writer) error {
	var given serve.WebhookSecret
	if err := running.ask(ctx, "POST", path, command, &given); err != nil {
		return err
	}
	if err := printWebhook(stdout, given.WebhookLine); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "\n%s\n\nThis is the secret for its owner. It is not shown again.\n", given.Secret)
	return err
}

func (w webhooks) test(ctx context.Context, running *control, stdout io.Writer) error {
	var answer serve.WebhookAnswer
	if err := running.ask(ctx, "POST", w.path("test"), nil, &answer); err != nil {
		return err
	}
	if answer.Status != 0 {
		if _, err := fmt.Fprintf(stdout, "%d in %v\n", answer.Status, answer.Took.Round(time.Millisecond)); err != nil {
			return err
		}
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return nil
}

func (w webhooks) enable(ctx context.Context, running *control, stdout io.Writer) error {
	var line serve.WebhookLine
	if err := running.ask(ctx, "POST", w.path("enable"), w.decision(), &line); err != nil {
		return err
	}
	return printWebhook(stdout, line)
}

func (w webhooks) remove(ctx context.Context, running *control, stdout io.Writer) error {
	var removed serve.WebhookRemoved
	if err := running.ask(ctx, "POST", w.path("remove"), w.decision(), &removed); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "removed; %d notifications that waited for it were dropped\n", removed.Dropped)
	return err
}

// replay asks piece by piece.
func (w webhooks) replay(ctx context.Context, running *control, stdout io.Writer) error {
	since, err := parseSince(w.since, time.Now())
	if err != nil {
		return fmt.Errorf("-since: %w", err)
	}
	what := serve.WebhookReplay{After: adapter.ChangePosition{At: since}, By: w.by, Reason: w.reason}
	for count := 0; ; {
		var piece serve.WebhookReplayed
		if err := running.ask(ctx, "POST", w.path("replay"), what, &piece); err != nil {
			return fmt.Errorf("after %d notifications: %w", count, err)
		}
		count += piece.Count
		if piece.Done {
			_, err := fmt.Fprintf(stdout, "%d notifications since %s are told once more\n", count, moment(since))
			return err
		}
		what.After, what.Until = piece.After, piece.Until
	}
}

// parseSince reads a time, a day or how long ago.
func parseSince(text string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago).UTC(), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is none of 2026-11-23, 2026-11-23T14:00:00+01:00 and 24h", text)
}

func idsOf(queues []adapter.QueueID) []string {
	var ids []string
	for _, id := range queues {
		ids = append(ids, string(id))
	}
	return ids
}

// printWebhook prints where it is, what it is told, and how it stands.
func printWebhook(stdout io.Writer, w serve.WebhookLine) error {
	if _, err := fmt.Fprintf(stdout, "%s\n  %s\n", w.ID, cell(w.URL)); err != nil {
		return err
	}
	what, whose := "everything", "every queue"
	if len(w.Types) > 0 {
		what = strings.Join(w.Types, ", ")
	}
	if len(w.Queues) > 0 {
		whose = "queue " + strings.Join(idsOf(w.Queues), ", ")
	}
	lines := []string{
		"told " + what + ", of " + whose,
		"added " + moment(w.AddedAt) + " by " + cell(w.AddedBy) + ": " + cell(w.Reason),
	}
	if !w.OldSecretUntil.IsZero() {
		lines = append(lines, "the secret before signs until "+moment(w.OldSecretUntil))
	}
	if !w.WaitingSince.IsZero() {
		lines = append(lines, fmt.Sprintf("the next waits since %s, tried %d times", moment(w.WaitingSince), w.Tries))
	}
	if !w.DisabledAt.IsZero() {
		lines = append(lines, "disabled since "+moment(w.DisabledAt)+": "+cell(w.DisabledWhy))
	}
	if !w.MissedFrom.IsZero() {
		lines = append(lines, "it misses what happened since "+moment(w.MissedFrom)+"; replay tells it, once it is enabled")
	}
	for _, line := range lines {
		if err := printWrapped(stdout, "  ", line); err != nil {
			return err
		}
	}
	return nil
}
