package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"directcallback/adapter"
	"directcallback/cmd/adapter/internal/understood"
	"directcallback/cmd/adapter/serve"
)

const settingsUsage = `usage: adapter settings COMMAND

  show [-queue NAME] [-yaml|-json]
                     what is understood of the portal's settings, queue by queue
  diff [-json] FILE  what is different in the portal from what "show -yaml" wrote to
                     FILE: nothing (exit code 0), or something (1)
  diff [-json]       the same, compared with what the adapter that runs on this
                     machine read last and works by
  diff [-json] -since DAY
                     the same, compared with what that adapter read first on DAY:
                     today, yesterday, or a date such as 2026-11-21, in UTC. It
                     keeps the settings of each day for 30 days

The YAML is the same whenever the settings are, so it can be kept beside other
configuration and reviewed. It has no secrets, and no number of a customer.
It needs DIRECTCALLBACK_DATAVERSE_URL and the variables to sign in with.
`

// runSettings is the command "settings".
func runSettings(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) == 0 || wantsHelp(args) {
		_, err := io.WriteString(stdout, settingsUsage)
		return err
	}
	command, rest := args[0], args[1:]
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	asJSON := flags.Bool("json", false, "")
	asYAML, queue, since := new(bool), new(string), new(string)
	most := 0
	switch command {
	case "show":
		asYAML, queue = flags.Bool("yaml", false, ""), flags.String("queue", "", "")
	case "diff":
		most, since = 1, flags.String("since", "", "")
	default:
		return &usageError{"settings", fmt.Errorf("unknown command %q", command)}
	}
	if err := flags.Parse(rest); err != nil {
		return &usageError{"settings", fmt.Errorf("%s: %w", command, err)}
	}
	switch {
	case flags.NArg() > most:
		return &usageError{"settings", fmt.Errorf("%s: unexpected argument %q", command, flags.Arg(most))}
	case *since != "" && flags.NArg() > 0:
		return &usageError{"settings", errors.New("diff: -since or a FILE, not both")}
	case *asJSON && *asYAML:
		return &usageError{"settings", errors.New("show: -json or -yaml, not both")}
	}
	day, err := parseDay(*since, time.Now())
	if err != nil {
		return &usageError{"settings", fmt.Errorf("diff: -since: %w", err)}
	}
	now, err := understand(ctx, environ)
	if err != nil {
		return err
	}
	if command == "diff" {
		before, since, err := compared(ctx, environ, flags.Arg(0), day)
		if err != nil {
			return fmt.Errorf("settings diff: %w", err)
		}
		return diffSettings(before, now, since, *asJSON, stdout)
	}
	if *queue != "" {
		if now, err = onlyQueue(now, *queue); err != nil {
			return err
		}
	}
	switch {
	case *asJSON:
		return printJSON(stdout, now)
	case *asYAML:
		return yaml.NewEncoder(stdout, yaml.UseLiteralStyleIfMultiline(true)).Encode(now)
	default:
		return showSettings(now, stdout)
	}
}

// parseDay reads a day; the zero time is none.
func parseDay(text string, now time.Time) (time.Time, error) {
	today := now.UTC().Truncate(24 * time.Hour)
	switch text {
	case "":
		return time.Time{}, nil
	case "today":
		return today, nil
	case "yesterday":
		return today.AddDate(0, 0, -1), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, fmt.Errorf("%q is neither yesterday nor a date such as 2026-11-21", text)
	}
	if day.After(today) {
		return day, fmt.Errorf("%s is yet to come", text)
	}
	return day, nil
}

// diffSettings says what differs; since is when before was read, where that is known.
func diffSettings(before, now understood.Document, since time.Time, asJSON bool, stdout io.Writer) error {
	differences, err := understood.Diff(before, now)
	if err != nil {
		return fmt.Errorf("settings diff: %w", err)
	}
	if asJSON {
		err = printJSON(stdout, differences)
	} else {
		if !since.IsZero() {
			_, err = fmt.Fprintf(stdout, "Since %s:\n", since.UTC().Format("2006-01-02 15:04 MST"))
		}
		err = errors.Join(err, printDifferences(stdout, differences))
	}
	if err == nil && len(differences) > 0 {
		return &verdict{1}
	}
	return err
}

// understand reads the settings and writes down what was understood.
func understand(ctx context.Context, environ []string) (understood.Document, error) {
	portal, err := serve.PortalFromEnvironment(environ)
	if err != nil {
		return understood.Document{}, fmt.Errorf("configuration:\n%w", err)
	}
	client, err := portal.Client()
	if err != nil {
		return understood.Document{}, err
	}
	settings, err := client.LoadSettings(ctx, time.Now())
	if err != nil {
		return understood.Document{}, fmt.Errorf("settings: %w", err)
	}
	return understood.Of(settings), nil
}

// onlyQueue leaves one queue, by its name or id.
func onlyQueue(d understood.Document, name string) (understood.Document, error) {
	for _, q := range d.Queues {
		if strings.EqualFold(q.Name, name) || strings.EqualFold(q.ID, name) {
			return understood.Document{Queues: []understood.Queue{q}}, nil
		}
	}
	return d, fmt.Errorf("settings: no voice queue is called %q; adapter settings show lists them", name)
}

// compared is what the portal is compared with: a file, or without one what the
// adapter that runs here works by, or read first on a day; since says when that was.
func compared(ctx context.Context, environ []string, file string, day time.Time) (before understood.Document, since time.Time, err error) {
	if file != "" {
		before, err = written(file)
		return before, time.Time{}, err
	}
	local, err := serve.LocalFromEnvironment(environ)
	if err != nil {
		return before, time.Time{}, err
	}
	var stored adapter.Settings
	if err := newControl(local.ControlPath()).ask(ctx, http.MethodPost, "/settings", serve.SettingsSearch{Of: day}, &stored); err != nil {
		return before, time.Time{}, err
	}
	if !day.IsZero() {
		since = stored.ReadAt
	}
	return understood.Of(stored), since, nil
}

// written reads what "show -yaml" wrote to a file.
func written(file string) (understood.Document, error) {
	body, err := os.ReadFile(file) //nolint:gosec // the path is the operator's own
	if err != nil {
		return understood.Document{}, err
	}
	var before understood.Document
	if err := yaml.UnmarshalWithOptions(body, &before, yaml.Strict()); err != nil {
		return before, fmt.Errorf("%s is not what adapter settings show -yaml writes: %w", file, err)
	}
	return before, nil
}

func printDifferences(stdout io.Writer, all []understood.Difference) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(stdout, "The portal says the same.")
		return err
	}
	for _, d := range all {
		if _, err := fmt.Fprintln(stdout, cell(d.Where)); err != nil {
			return err
		}
		for _, side := range []struct{ mark, text string }{{"  - ", d.Before}, {"  + ", d.After}} {
			if side.text == "" {
				continue
			}
			if err := printWrapped(stdout, side.mark, cell(side.text)); err != nil {
				return err
			}
		}
	}
	return nil
}

// showSettings says the settings queue by queue.
func showSettings(d understood.Document, stdout io.Writer) error {
	var b strings.Builder
	for i, q := range d.Queues {
		if i > 0 {
			b.WriteString("\n")
		}
		showQueue(&b, q)
	}
	for _, h := range d.Hours {
		fmt.Fprintf(&b, "\n\"%s\" (hours %s)\n", cell(h.Name), h.ID)
		if h.Zone != "" {
			fmt.Fprintf(&b, "  %s\n", h.Zone)
		}
		for _, line := range h.Open {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	for _, w := range d.Streams {
		showStream(&b, w)
	}
	for i, q := range d.Others {
		if i == 0 {
			b.WriteString("\nnot for calls\n")
		}
		fmt.Fprintf(&b, "  %s, %s (queue %s)\n", cell(q.Name), cell(q.Type), q.ID)
	}
	for _, f := range d.Findings {
		fmt.Fprintf(&b, "\nfinding: %s\n", f.Reason)
	}
	for line := range strings.Lines(b.String()) {
		text := strings.TrimRight(line, "\n")
		indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
		if err := printWrapped(stdout, indent, text); err != nil {
			return err
		}
	}
	return nil
}

func showStream(b *strings.Builder, w understood.Stream) {
	fmt.Fprintf(b, "\n%s (work stream %s)\n", cell(w.Name), w.ID)
	facts := []string{"no fallback queue"}
	if w.Fallback != "" {
		facts[0] = "fallback queue " + cell(w.Fallback)
	}
	if w.Bot {
		facts = append(facts, "an AI agent answers first")
	}
	if w.Silent {
		facts = append(facts, "without automated messages")
	}
	if w.Inactive {
		facts = append(facts, "inactive")
	}
	fmt.Fprintf(b, "  %s\n", strings.Join(facts, ", "))
	showRules(b, w.Routes)
}

func showRules(b *strings.Builder, rules []understood.Rule) {
	for _, r := range rules {
		disabled := ""
		if r.Disabled {
			disabled = ", disabled"
		}
		then := r.Then
		if r.Target != "" {
			then += ": " + r.Target
		}
		fmt.Fprintf(b, "    %d%s. %s → %s\n", r.Rule, disabled, cell(inWords(r.When)), cell(then))
		if r.Terms != "" {
			fmt.Fprintf(b, "       %s\n", cell(r.Terms))
		}
	}
}

func showQueue(b *strings.Builder, q understood.Queue) {
	fmt.Fprintf(b, "%s (queue %s)\n", cell(q.Name), q.ID)
	hours, people, places := "always open", "", "no configuration places its callbacks"
	if q.Hours != "" {
		hours = "open by \"" + cell(q.Hours) + "\""
	}
	if q.Members != nil {
		people = fmt.Sprintf(", %d members", *q.Members)
	}
	if q.Configuration != "" {
		places = "callbacks are placed by \"" + cell(q.Configuration) + "\""
	}
	if q.Assignment != "" {
		people += ", assigned by " + cell(q.Assignment)
	}
	fmt.Fprintf(b, "  %s%s; %s\n", hours, people, places)
	for _, moment := range []struct {
		name  string
		rules []understood.Rule
	}{{"before a call is queued", q.Before}, {"while it waits", q.Waiting}} {
		if len(moment.rules) > 0 {
			fmt.Fprintf(b, "  %s\n", moment.name)
		}
		showRules(b, moment.rules)
	}
	for _, f := range q.Findings {
		fmt.Fprintf(b, "  finding: %s\n", cell(f.Reason))
	}
}

// inWords says conditions of a ruleset as the portal does.
func inWords(when string) string {
	return strings.NewReplacer(
		"currentqueuesize", "calls waiting", "estimatedwaittimeinminutes", "estimated wait in minutes", "lapsedwaittime", "waited",
		"iswithinoperatinghour == false", "out of operating hours", "iswithinoperatinghour == true", "within operating hours",
		">=", "at least", "<=", "at most", "==", "is", ">", "more than", "<", "less than",
	).Replace(when)
}
