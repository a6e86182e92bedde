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
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
	"directcallback/cmd/adapter/serve"
)

const explainUsage = `usage: adapter explain [-queue NAME | -workstream NAME] [what would be the case]

Reads the portal's settings from Dataverse and says, in words and rule by rule, what a
queue would do with a call, or where a work stream would lead one and what the queues
would do there. Without either it lists voice queues and work streams. Nothing is changed.

  -queue NAME     a voice queue, by its name or id
  -workstream NAME
                  a voice work stream, by its name or id: which of its route-to-queue
                  rules match, which queue is chosen where several do, and what its
                  overflow handling makes of the call
  -with A=VALUE   what the call is like, for these rules: an attribute such as
                  PreferredLanguage=FR; nothing behind the sign is one that it does
                  not have. As often as needed
  -waiting N      how many others wait (0); QUEUE=N in that queue alone. As often as
                  needed
  -wait D         the estimated wait, such as 7m; without it there is no estimate
  -in-queue D     ask the in-queue rules, of a call that has waited so long
  -at TIME        when, such as 2026-11-22T10:00:00Z (now): for operating hours
  -entry HOW      route, transfer, overflow or fallback (route)
  -bot HOW        none, handling or escalated (none)
  -locale L       the language of the answer: en, or fr (en); findings are in English
  -json           for programs

It needs DIRECTCALLBACK_DATAVERSE_URL and the variables to sign in with.
`

// explain is what was asked of the command.
type explain struct {
	queue      string
	workstream string
	item       overflow.Item
	waiting    waiting
	at         time.Time
	asJSON     bool
	language   overflow.Language
	snapshot   overflow.Snapshot
}

// runExplain is the command "explain".
func runExplain(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if wantsHelp(args) {
		_, err := io.WriteString(stdout, explainUsage)
		return err
	}
	now := time.Now()
	asked, err := parseExplain(args, now)
	if err != nil {
		return &usageError{"explain", err}
	}
	portal, err := serve.PortalFromEnvironment(environ)
	if err != nil {
		return fmt.Errorf("configuration:\n%w", err)
	}
	client, err := portal.Client()
	if err != nil {
		return err
	}
	settings, err := client.LoadSettings(ctx, now)
	if err != nil {
		return fmt.Errorf("explain: read settings: %w", err)
	}
	return asked.answer(settings, stdout)
}

func parseExplain(args []string, now time.Time) (explain, error) {
	e := explain{at: now, item: overflow.Item{}, snapshot: overflow.Snapshot{EstimatedWait: overflow.NoEstimate, Entry: adapter.EntryRoute, Bot: adapter.BotNone}}
	flags := flag.NewFlagSet("explain", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	flags.StringVar(&e.queue, "queue", "", "")
	flags.StringVar(&e.workstream, "workstream", "", "")
	flags.Func("with", "", with(e.item))
	flags.Func("waiting", "", e.waiting.set)
	flags.DurationVar(&e.snapshot.EstimatedWait, "wait", overflow.NoEstimate, "")
	flags.DurationVar(&e.snapshot.Elapsed, "in-queue", 0, "")
	flags.TextVar(&e.at, "at", now, "")
	flags.StringVar((*string)(&e.snapshot.Entry), "entry", string(adapter.EntryRoute), "")
	flags.StringVar((*string)(&e.snapshot.Bot), "bot", string(adapter.BotNone), "")
	flags.BoolVar(&e.asJSON, "json", false, "")
	locale := flags.String("locale", "en", "")
	if err := flags.Parse(args); err != nil {
		return e, err
	}
	flags.Visit(func(f *flag.Flag) {
		if f.Name == "in-queue" {
			e.snapshot.Moment = overflow.InQueue
		}
	})
	e.language = overflow.LanguageOf(*locale)
	switch {
	case e.language == overflow.English && !strings.HasPrefix(strings.ToLower(*locale), "en"):
		return e, fmt.Errorf("-locale %q: want en or fr", *locale)
	case flags.NArg() > 0:
		return e, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case e.queue != "" && e.workstream != "":
		return e, errors.New("-queue or -workstream, not both")
	case e.workstream != "" && e.snapshot.Moment == overflow.InQueue:
		return e, errors.New("-in-queue is asked of a -queue: rules of a work stream choose before a call is queued")
	case e.workstream == "" && len(e.item) > 0:
		return e, errors.New("-with is for a -workstream: rules of a queue do not ask what a call is like")
	case e.snapshot.EstimatedWait < 0 && e.snapshot.EstimatedWait != overflow.NoEstimate:
		return e, errors.New("-wait must not be negative")
	case e.snapshot.Elapsed < 0:
		return e, errors.New("-in-queue must not be negative")
	case !slices.Contains(adapter.Entries(), e.snapshot.Entry):
		return e, fmt.Errorf("-entry %q: want one of %q", e.snapshot.Entry, adapter.Entries())
	case !slices.Contains(adapter.Bots(), e.snapshot.Bot):
		return e, fmt.Errorf("-bot %q: want one of %q", e.snapshot.Bot, adapter.Bots())
	}
	return e, nil
}

// answer says what the settings make of the question.
func (e explain) answer(settings adapter.Settings, stdout io.Writer) error {
	set, schedules := overflow.Compile(settings, nil), hours.Compile(settings, time.LoadLocation)
	switch {
	case e.workstream != "":
		return e.route(set, schedules, stdout)
	case e.queue == "":
		return errors.Join(e.list(set, stdout), listWorkstreams(set, stdout))
	}
	plan, err := find(set, e.queue)
	if err != nil {
		return err
	}
	e.snapshot.Size = e.waiting.of(plan.Queue())
	e.snapshot.Hours = service.Openness(schedules, plan.Queue(), e.at)
	account := plan.Decide(e.snapshot, e.at).Account()
	account.Explanation = account.Explain(e.language)
	if e.asJSON {
		return printJSON(stdout, struct {
			overflow.Account
			Findings []adapter.Finding `json:"findings"`
		}{account, plan.Findings()})
	}
	if err := e.heading(plan.Queue().Name, schedules.Of(plan.Queue()), stdout); err != nil {
		return err
	}
	if err := printWrapped(stdout, "", plain(account.Explanation)); err != nil {
		return err
	}
	if err := printRules(stdout, account.Told(e.language)); err != nil {
		return err
	}
	return printFindings(stdout, withoutRemarks(plan.Findings()))
}

// heading says what was asked, and how long the queue stays as it is then.
func (e explain) heading(queue string, schedule *hours.Schedule, stdout io.Writer) error {
	w := headings(e.language)
	line := fmt.Sprintf("%s, %s, %s", queue, w.moments[e.snapshot.Moment], e.at.Format(minutes))
	if e.snapshot.Hours != overflow.HoursAbsent {
		line += ", " + w.hours[e.snapshot.Hours]
	}
	local := func(at time.Time) string { return at.In(schedule.Location()).Format(minutes) }
	left, _ := schedule.TimeLeft(e.at)
	opens, then := schedule.NextOpening(e.at)
	switch {
	case e.snapshot.Hours == overflow.Open && left != hours.Forever:
		line += fmt.Sprintf(w.until, local(e.at.Add(left)))
	case e.snapshot.Hours == overflow.Closed && then == hours.Open:
		line += fmt.Sprintf(w.opens, local(opens))
	}
	return errors.Join(printWrapped(stdout, "", line), printLine(stdout, ""))
}

// minutes is how times are printed.
const minutes = "2006-01-02 15:04 MST"

// headingWords are what headings are made of, in one language.
type headingWords struct {
	moments, hours []string // by overflow.Moment and overflow.Openness
	until, opens   string
	comesIn        string // of a work stream
}

func headings(l overflow.Language) headingWords {
	if l == overflow.French {
		return headingWords{
			[]string{"avant la mise en file", "pendant l'attente"},
			[]string{"", "ouverte", "fermée", "heures d'ouverture inconnues"},
			" jusqu'au %s", "\u00a0; ouvre le %s", "un appel arrive",
		}
	}
	return headingWords{[]string{"before it is queued", "while it waits"}, []string{"", "open", "closed", "operating hours unknown"}, " until %s", "; opens %s", "a call comes in"}
}

func printLine(stdout io.Writer, text string) error {
	_, err := fmt.Fprintln(stdout, text)
	return err
}

func (e explain) list(set *overflow.Set, stdout io.Writer) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "QUEUE\tNAME\tFINDINGS") // Flush tells
	for _, id := range set.Queues() {
		plan, _ := set.Plan(id)
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\n", id, cell(plan.Queue().Name), len(plan.Findings()))
	}
	return table.Flush()
}

// find is the plan of the queue with that id or name.
func find(set *overflow.Set, name string) (*overflow.Plan, error) {
	if plan, ok := set.Plan(adapter.QueueID(adapter.NormalizeID(name))); ok {
		return plan, nil
	}
	var found []*overflow.Plan
	var names []string
	for _, id := range set.Queues() {
		plan, _ := set.Plan(id)
		names = append(names, plan.Queue().Name)
		if strings.EqualFold(plan.Queue().Name, name) {
			found = append(found, plan)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("explain: no voice queue is called %q; there are %q", name, names)
	default:
		return nil, fmt.Errorf("explain: %d voice queues are called %q: give the id of one", len(found), name)
	}
}

// printRules shows the rules one by one, each condition with what was seen.
func printRules(stdout io.Writer, rules []overflow.Told) error {
	for _, r := range rules {
		if err := errors.Join(printLine(stdout, ""), printWrapped(stdout, "", plain(r.Title))); err != nil {
			return err
		}
		table := tabwriter.NewWriter(stdout, 0, 0, 3, ' ', 0)
		for _, c := range r.Conditions {
			_, _ = fmt.Fprintf(table, "  %s%s\t%s\t%s\n", strings.Repeat("  ", c.Depth), plain(c.Text), plain(c.Seen), c.Result) // Flush tells
		}
		if err := table.Flush(); err != nil {
			return err
		}
		if r.Action != "" {
			if err := printWrapped(stdout, "  → ", plain(r.Action)); err != nil {
				return err
			}
		}
		if r.Reason != "" {
			if err := printWrapped(stdout, "    ", plain(r.Reason)); err != nil {
				return err
			}
		}
	}
	return nil
}
