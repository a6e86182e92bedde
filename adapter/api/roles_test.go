package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// whoMay is which applications may use an operation of the contract. Their app roles are
// Callbacks.Request (shop), Callbacks.Manage (desk), Callbacks.Admin (office), and none of
// ours (visitor).
func whoMay() map[string][]string {
	customers, staff, admins := []string{shop, desk, office}, []string{desk, office}, []string{office}
	return map[string][]string{
		"requestCallback": customers,
		"listCallbacks":   staff,
		"getCallback":     staff,
		"followCallback":  staff,
		"changeCallback":  staff,
		"cancelCallback":  staff,
		"listQueues":      customers,
		"getQueue":        customers,
		"getQueueWait":    customers,
		"listSlots":       customers,
		"holdSlot":        customers,
		"releaseSlot":     customers,
		"erasePerson":     admins,
	}
}

// Every operation is open to the roles that it is for, and to no others.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	d := enter(t, tenant, 2)
	o := options(exemplary())
	d.trusted(&o)
	h := handler(t, o)
	tokens := map[string]string{"": ""}
	for _, application := range []string{shop, desk, office, visitor} {
		tokens[application] = d.token(t, application, identifier)
	}
	for name, s := range samples(t) {
		if len(s.operation.Security) == 1 && s.operation.Security[0].ContainsEmptyRequirement || s.operation.Security != nil && len(s.operation.Security) == 0 {
			continue // open to everybody
		}
		may, told := whoMay()[s.operation.OperationId]
		if !told {
			t.Errorf("nobody says who may %s", s.operation.OperationId)
		}
		for application, token := range tokens {
			got := as(s.call, token).to(t, h)
			switch {
			case application == "" && got.Code != http.StatusUnauthorized,
				application != "" && slices.Contains(may, application) != (got.Code < http.StatusBadRequest),
				application != "" && !slices.Contains(may, application) && got.Code != http.StatusForbidden:
				t.Errorf("%s: application %q is answered %d %s", name, application, got.Code, strings.TrimSpace(got.Body.String()))
			}
		}
	}
}
