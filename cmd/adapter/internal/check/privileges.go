package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"directcallback/adapter"
	"directcallback/dataverse"
)

// Use is a privilege that the adapter makes use of.
type Use struct {
	Table    string
	Verb     dataverse.Verb
	Without  string           // what follows when it is missing
	Severity adapter.Severity // how bad that is
}

// Right is how far a privilege reaches that the adapter makes use of.
type Right struct {
	Table string          `json:"table"`
	Verb  dataverse.Verb  `json:"verb"`
	Depth dataverse.Depth `json:"depth"` // "Basic", "Local", "Deep" or "Global"; empty = it is missing
}

// Reading are the tables that are read, whatever the configuration.
func Reading() []Use {
	var all []Use
	for _, need := range needs() {
		all = append(all, Use{Table: need.Table, Verb: dataverse.VerbRead, Without: need.Without})
	}
	return all
}

// Creating is the right to make contacts, which some policies ask for.
func Creating() []Use {
	return []Use{{
		Table: "contact", Verb: dataverse.VerbCreate, Severity: adapter.SeverityError,
		Without: "A callback of a customer who has no contact yet fails.",
	}}
}

// Placing is what a known set-up gives an application that has Dynamics place calls.
// Microsoft's pages name the role, and no privileges.
func Placing() []Use {
	const without = "Dynamics may refuse deliveries: those who are known to place them have this privilege, though Microsoft names only the role."
	var all []Use
	for _, u := range []struct {
		table string
		verbs []dataverse.Verb
	}{
		{"contact", []dataverse.Verb{dataverse.VerbWrite, dataverse.VerbAppend, dataverse.VerbAppendTo}},
		{"msdyn_proactive_delivery", []dataverse.Verb{dataverse.VerbCreate}},
		{"msdyn_ocliveworkitem", []dataverse.Verb{dataverse.VerbWrite}},
	} {
		for _, verb := range u.verbs {
			all = append(all, Use{u.table, verb, without, adapter.SeverityInfo})
		}
	}
	return all
}

// Privileges asks table by table what the application user may do, and how far that
// reaches: a user that may read only its own rows reads none, and is not refused.
func Privileges(ctx context.Context, c *dataverse.Client, user string, uses []Use) Part {
	p := Part{Name: "privileges", Summary: "cannot be read"}
	var tables []string
	for _, u := range uses {
		tables = append(tables, u.Table)
	}
	slices.Sort(tables)
	held, err := c.Privileges(ctx, user, slices.Compact(tables))
	switch {
	case errors.Is(err, dataverse.ErrForbidden), errors.Is(err, dataverse.ErrNotFound):
		p.find(adapter.Finding{
			Code: "unreadable.privileges", Severity: adapter.SeverityInfo, Table: "systemuser", Row: user,
			Reason: "the application user may not read its own privileges", Consequence: "Whether it sees all rows, and may make contacts, is not known.",
			Remedy: "Give a role of the application user the privilege prvReadUser, or look at its roles in the Power Platform admin center.",
		})
		p.Findings = Linked(c.Organization(), p.Findings)
		return p
	case err != nil:
		p.find(broken("unreachable.privileges", c.Organization(), err.Error(), "What the application user may do is not known.", "Try again in a few minutes."))
		return p
	}
	narrow := map[dataverse.Depth][]string{}
	for _, u := range uses {
		table, has := held[u.Table]
		if !has {
			continue // what has no privileges of its own is seen by trying to read it
		}
		right := table[u.Verb]
		p.Rights = append(p.Rights, Right{u.Table, u.Verb, right.Depth})
		switch {
		case u.Verb == dataverse.VerbRead: // that a table cannot be read at all is found by reading it
			narrow[right.Depth] = append(narrow[right.Depth], u.Table)
		case right.Depth == dataverse.DepthNone:
			p.find(u.missing(right.Name))
		}
	}
	p.Findings = append(p.Findings, tooNarrow(narrow)...)
	p.Summary = fmt.Sprintf("%s on %s", Count(len(p.Rights), "privilege"), Count(len(held), "table"))
	return p
}

func (u Use) missing(privilege string) adapter.Finding {
	return adapter.Finding{
		Code: "missing.privilege", Severity: u.Severity, Table: u.Table, Part: string(u.Verb),
		Reason: "the application user lacks the privilege " + privilege, Consequence: u.Without,
		Remedy: "Give a role of the application user the privilege " + privilege + " with access level Organization.",
	}
}

// tooNarrow tells of tables of which only some rows can be read, once for each depth:
// it is one role that needs another access level.
func tooNarrow(tables map[dataverse.Depth][]string) (all []adapter.Finding) {
	for _, d := range []struct {
		depth              dataverse.Depth
		severity           adapter.Severity
		whose, consequence string
	}{
		{dataverse.DepthUser, adapter.SeverityWarning, "that it owns itself", "Rows of others are taken for not there: what they say is not done."},
		{dataverse.DepthUnit, adapter.SeverityWarning, "that its business unit owns", "Rows of others are taken for not there: what they say is not done."},
		{dataverse.DepthUnits, adapter.SeverityInfo, "that its business unit owns, or one below it", "These are all rows only if its business unit is the root of all."},
	} {
		names := tables[d.depth]
		if len(names) == 0 {
			continue
		}
		all = append(all, adapter.Finding{
			Code: "narrow.privilege", Severity: d.severity, Name: "application user", Part: string(d.depth),
			Reason:      fmt.Sprintf("the application user reads only rows %s in %s: %s", d.whose, Count(len(names), "table"), strings.Join(names, ", ")),
			Consequence: d.consequence, Remedy: "Give a role of the application user read on these tables with access level Organization.",
		})
	}
	return all
}
