package main

import (
	"cmp"
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
	"directcallback/cmd/adapter/internal/check"
	"directcallback/cmd/adapter/serve"
	"directcallback/dataverse"
	"directcallback/proactive"
)

const checkUsage = `usage: adapter check [-all] [-json]

Tries out everything that the adapter needs, with the configuration that "adapter serve"
would have: the variables, signing in, the roles, the right to read each table, every
privilege and how far it reaches, every queue of the portal, the channels file, Service Bus
and the store. It changes nothing, sends nothing and takes no message. Each finding says
what is wrong, where, what follows from it and what to do.

  -all    the privileges table by table, and remarks, which need nothing to be done
  -json   for programs: all of it

The exit code is 0 when nothing is wrong, 1 when something may surprise (a warning), and 2
when something does not work (an error). Remarks do not count.
`

// verdict is an exit code that needs no more words.
type verdict struct{ code int }

func (v *verdict) Error() string { return fmt.Sprintf("exit code %d", v.code) }

// runCheck is the command "check".
func runCheck(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if wantsHelp(args) {
		_, err := io.WriteString(stdout, checkUsage)
		return err
	}
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	all := flags.Bool("all", false, "")
	asJSON := flags.Bool("json", false, "")
	if err := flags.Parse(args); err != nil {
		return &usageError{"check", err}
	}
	if flags.NArg() > 0 {
		return &usageError{"check", fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	report := examine(ctx, environ)
	var err error
	if *asJSON {
		err = printJSON(stdout, struct {
			check.Report
			ExitCode int `json:"exitCode"`
		}{report, report.Code()})
	} else {
		findings := report.Findings()
		if !*all {
			findings = withoutRemarks(findings)
		}
		err = printParts(stdout, report.Parts)
		if *all {
			err = errors.Join(err, printRights(stdout, report.Parts))
		}
		err = errors.Join(err, printFindings(stdout, findings), printCount(stdout, report))
	}
	if err == nil && report.Code() > 0 {
		return &verdict{report.Code()}
	}
	return err
}

// examine looks at all parts that can be looked at.
func examine(ctx context.Context, environ []string) check.Report {
	config, err := serve.FromEnvironment(environ)
	parts := []check.Part{check.Configuration(err)}
	var queues []adapter.QueueID
	if portal, err := serve.PortalFromEnvironment(environ); err == nil {
		var found []check.Part
		found, queues = examineDataverse(ctx, portal, uses(config))
		parts = append(parts, found...)
	}
	if file, err := serve.ChannelsFromEnvironment(environ); err == nil && file.Path != "" {
		said, err := file.Read()
		parts = append(parts, check.Channels(file.Path, said, err, queues))
	}
	if bus, err := serve.BusFromEnvironment(environ); err == nil {
		parts = append(parts, examineBus(ctx, bus))
	}
	if local, err := serve.LocalFromEnvironment(environ); err == nil {
		if config.Database.IsURL() {
			parts = append(parts, check.Postgres(ctx, string(local.Database), local.Database.String()))
		} else {
			parts = append(parts, check.File(string(local.Database)))
		}
	}
	for i := range parts {
		if parts[i].Findings == nil {
			parts[i].Findings = []adapter.Finding{} // a list in JSON, too
		}
	}
	return check.Report{Parts: parts}
}

// uses are the privileges that the adapter makes use of as it is configured.
func uses(config serve.Config) []check.Use {
	all := check.Reading()
	if config.Contacts != proactive.ContactFind && config.Contacts != proactive.ContactGiven {
		all = append(all, check.Creating()...)
	}
	return append(all, check.Placing()...)
}

// examineDataverse gives the voice queues, too; nil where they cannot be read.
func examineDataverse(ctx context.Context, portal serve.Portal, uses []check.Use) (parts []check.Part, queues []adapter.QueueID) {
	client, err := portal.Client()
	if err != nil {
		return []check.Part{check.Configuration(err)}, nil
	}
	client = client.WithMaxWait(30 * time.Second)
	signIn, user := check.SignIn(ctx, client)
	parts = []check.Part{signIn}
	if user == "" {
		return parts, nil
	}
	parts = append(parts, check.Roles(ctx, client, user))
	tables, readable := check.Tables(ctx, client)
	parts = append(parts, tables, check.Privileges(ctx, client, user, uses))
	if readable {
		var settings check.Part
		settings, queues = check.Settings(ctx, client, time.Now())
		parts = append(parts, settings)
	}
	return parts, queues
}

func examineBus(ctx context.Context, bus serve.Bus) check.Part {
	client, err := bus.Connect()
	if err != nil {
		p := check.Configuration(err)
		p.Name = "Service Bus"
		return p
	}
	defer func() { _ = client.Close(context.WithoutCancel(ctx)) }()
	return check.Bus(ctx, client, []check.Queue{
		{Name: bus.CallEvents, Variable: "DIRECTCALLBACK_CALL_EVENTS", Sessions: true, Without: "No call is heard of, so nobody is offered a callback."},
		{Name: bus.PlatformEvents, Variable: "DIRECTCALLBACK_PLATFORM_EVENTS", Without: "What Dataverse and Event Grid tell does not arrive."},
		{Name: bus.CallCommands, Variable: "DIRECTCALLBACK_CALL_COMMANDS", Sessions: true, Sends: true, Without: "No offer is spoken, and no call is ended or transferred."},
	})
}

// printParts prints one line a part.
func printParts(stdout io.Writer, parts []check.Part) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, p := range parts {
		state := "ok"
		if worst := p.Worst(); worst == adapter.SeverityWarning || worst == adapter.SeverityError {
			state = string(worst)
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", p.Name, state, cell(p.Summary)) // Flush tells
	}
	return table.Flush()
}

// printCount prints the number of all findings.
func printCount(stdout io.Writer, report check.Report) error {
	_, err := fmt.Fprintf(stdout, "\n%s, %s, %s\n", check.Count(report.Count(adapter.SeverityError), "error"),
		check.Count(report.Count(adapter.SeverityWarning), "warning"), check.Count(report.Count(adapter.SeverityInfo), "remark"))
	return err
}

// printRights prints whose rows the application user may do what with, a line a table.
func printRights(stdout io.Writer, parts []check.Part) error {
	verbs := []dataverse.Verb{dataverse.VerbRead, dataverse.VerbCreate, dataverse.VerbWrite, dataverse.VerbAppend, dataverse.VerbAppendTo}
	whose := map[dataverse.Depth]string{
		dataverse.DepthNone: "none", dataverse.DepthUser: "own", dataverse.DepthUnit: "unit", dataverse.DepthUnits: "units", dataverse.DepthOrganization: "all",
	}
	var order []string
	cells := map[string]map[dataverse.Verb]string{}
	for _, p := range parts {
		for _, r := range p.Rights {
			if cells[r.Table] == nil {
				cells[r.Table], order = map[dataverse.Verb]string{}, append(order, r.Table)
			}
			cells[r.Table][r.Verb] = cmp.Or(whose[r.Depth], string(r.Depth))
		}
	}
	if len(order) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nWHOSE ROWS\tREAD\tCREATE\tWRITE\tAPPEND\tAPPEND TO") // Flush tells
	for _, name := range order {
		row := []string{name}
		for _, verb := range verbs {
			row = append(row, cmp.Or(cells[name][verb], "-")) // not made use of
		}
		_, _ = fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// withoutRemarks leaves out what needs nothing to be done.
func withoutRemarks(all []adapter.Finding) []adapter.Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f adapter.Finding) bool { return f.Severity == adapter.SeverityInfo })
}
