package proactive

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"directcallback/adapter"
	"directcallback/dataverse"
)

// errNoContact: the policy leaves it to the caller.
var errNoContact = errors.New("none was given, and the policy is given-only")

// contact is the row that the delivery names: given, found by number, or made.
func (c *Client) contact(ctx context.Context, r adapter.DeliveryRequest) (adapter.ContactID, error) {
	if r.Contact != "" {
		return adapter.ContactID(adapter.NormalizeID(string(r.Contact))), nil
	}
	if c.options.Contacts == ContactGivenOnly {
		return "", errNoContact
	}
	if id, err := c.findContact(ctx, r.Phone); err != nil || id != "" {
		return id, err
	}
	return c.createContact(ctx, r)
}

// findContact takes the oldest active contact with the number, so that two
// attempts take the same one.
func (c *Client) findContact(ctx context.Context, phone adapter.Phone) (adapter.ContactID, error) {
	rows, err := c.impatient.All(ctx, dataverse.Query{
		Set:    "contacts",
		Select: []string{"contactid"},
		Filter: dataverse.And(
			dataverse.Or(dataverse.Eq("mobilephone", phone.E164()), dataverse.Eq("telephone1", phone.E164())),
			dataverse.Eq("statecode", 0),
		),
		OrderBy: []string{"createdon", "contactid"},
		Top:     1,
	})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	id, err := rows[0].ID("contactid")
	return adapter.ContactID(id), err
}

// createContact makes the contact with an id of our own. That it exists already
// means that somebody asked for this number at the same time, or that the search
// did not see it yet.
func (c *Client) createContact(ctx context.Context, r adapter.DeliveryRequest) (adapter.ContactID, error) {
	first, last := splitName(r.Name)
	values := dataverse.Row{
		"contactid":   contactID(c.dataverse.Organization(), r.Phone),
		"mobilephone": r.Phone.E164(),
		"lastname":    last,
	}
	if first != "" {
		values["firstname"] = first
	}
	if r.Email != "" {
		values["emailaddress1"] = r.Email
	}
	_, err := c.impatient.Create(ctx, "contacts", "contactid", values)
	if err != nil && !errors.Is(err, dataverse.ErrDuplicate) {
		return "", err
	}
	id, err := values.ID("contactid")
	return adapter.ContactID(id), err
}

// contactID is the UUID version 5 of organization and number.
func contactID(organization string, phone adapter.Phone) string {
	namespace := uuid.NewSHA1(uuid.NameSpaceURL, []byte(organization))
	return uuid.NewSHA1(namespace, []byte(phone.E164())).String()
}

// splitName puts the last word into the last name, which alone every
// organization's forms ask for.
func splitName(name string) (first, last string) {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "", "Callback customer"
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1]
}
