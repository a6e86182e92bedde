package dataverse

import (
	"context"

	"directcallback/adapter"
)

// labels learns what the organization calls its overflow actions: live ones have
// more of them than any page lists, under numbers that differ.
func (l *loader) labels(ctx context.Context) error {
	choices, err := l.client.Choices(ctx, l.table.name, Picklist)
	if hidden(err) {
		return nil // the rows bring the labels of what they use
	}
	if err != nil {
		return err
	}
	known := false
	for _, choice := range choices["msdyn_overflowactiontype"] {
		put(&l.settings.ActionLabels, adapter.OverflowActionType(choice.Value), choice.Label)
		known = known || adapter.OverflowActionType(choice.Value) == adapter.ActionDirectCallback
	}
	if !known && len(l.settings.ActionLabels) > 0 {
		l.findings = append(l.findings, adapter.Finding{
			Code: "unknown.option", Severity: adapter.SeverityWarning, Table: l.table.name, Part: "msdyn_overflowactiontype",
			Reason:      "the organization has no overflow action with the number of direct callback",
			Consequence: "no rule can lead to a direct callback",
			Remedy:      "Install the release of Dynamics that has direct callback.",
		})
	}
	return nil
}
