package check

import (
	"context"
	"errors"
	"slices"

	"directcallback/adapter"
	"directcallback/dataverse"
)

// needs are the tables that the adapter reads, beside those of the settings.
func needs() []dataverse.Need {
	return append(dataverse.SettingsNeeds(),
		dataverse.Need{
			Table: "msdyn_proactive_delivery", Set: "msdyn_proactive_deliveries", Key: "msdyn_proactive_deliveryid",
			Without: "what became of a callback is not known: it is uncertain until a person decides",
		},
		dataverse.Need{
			Table: "msdyn_ocliveworkitem", Set: "msdyn_ocliveworkitems", Key: "activityid",
			Without: "Dynamics' own calls are not counted",
		},
		dataverse.Need{Table: "contact", Set: "contacts", Key: "contactid", Without: "a customer's contact is not found, so no callback can be placed"},
	)
}

// Tables tries to read a row of each table. All says whether the settings can be read.
func Tables(ctx context.Context, c *dataverse.Client) (p Part, all bool) {
	p, all = Part{Name: "tables"}, true
	readable := 0
	for _, need := range needs() {
		err := need.Try(ctx, c)
		switch {
		case err == nil:
			readable++
			continue
		case errors.Is(err, dataverse.ErrForbidden), errors.Is(err, dataverse.ErrNotFound):
			f := need.Finding(err)
			if need.Needed {
				f.Consequence = "the settings cannot be read, and the adapter decides nothing"
			}
			p.find(f)
		default:
			p.find(broken("unreachable.table", need.Table, err.Error(), "Whether the table can be read is not known.", "Try again in a few minutes."))
		}
		all = all && !need.Needed
	}
	p.Summary = Count(readable, "table") + " can be read"
	return p, all
}

// Roles looks for the roles that Dynamics asks of whoever creates deliveries.
func Roles(ctx context.Context, c *dataverse.Client, user string) Part {
	p := Part{Name: "roles", Summary: "may create deliveries"}
	row, err := c.Get(ctx, "systemusers", dataverse.GUID(user), &dataverse.GetOptions{
		Select: []string{"systemuserid"},
		Expand: []dataverse.Expand{{Navigation: "systemuserroles_association", Select: []string{"name"}}},
	})
	if err != nil {
		p.Summary = "cannot be read"
		p.find(adapter.Finding{
			Code: "unreadable.roles", Severity: adapter.SeverityInfo, Table: "systemuser", Row: user,
			Reason: "the application user may not read its own roles", Consequence: "Whether it may create deliveries shows with the first callback.",
			Remedy: "Look in the Power Platform admin center whether it has the role Omnichannel agent or Omnichannel supervisor.",
		})
		return p
	}
	roles, _ := row.Rows("systemuserroles_association")
	enough := []string{"Omnichannel agent", "Omnichannel supervisor", "System Administrator"}
	if !slices.ContainsFunc(roles, func(r dataverse.Row) bool { name, _ := r.String("name"); return slices.Contains(enough, name) }) {
		p.Summary = "may not create deliveries"
		p.find(adapter.Finding{
			Code: "missing.role", Severity: adapter.SeverityError, Table: "systemuser", Row: user,
			Reason:      "the application user has neither the role Omnichannel agent nor Omnichannel supervisor",
			Consequence: "Dynamics refuses every callback that the adapter asks for.",
			Remedy:      "Give the application user the role Omnichannel agent.",
		})
	}
	p.Findings = Linked(c.Organization(), p.Findings)
	return p
}
