package proactive

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"directcallback/adapter"
	"directcallback/dataverse"
)

var (
	// errNoContact: the policy leaves it to the caller.
	errNoContact = errors.New("none was given, and the policy is given-only")
	// errDuplicateRule: only an admin can say which of two rows is the customer.
	errDuplicateRule = errors.New("an alternate key or a duplicate detection rule keeps the contact from being made, and no contact has the number")
)

// contact is the row that the delivery names: given, found by number, or made.
func (c *Client) contact(ctx context.Context, r adapter.DeliveryRequest) (adapter.ContactID, error) {
	if r.Contact != "" {
		return adapter.ContactID(adapter.NormalizeID(string(r.Contact))), nil
	}
	if c.options.Contacts == ContactGivenOnly {
		return "", errNoContact
	}
	if id, err := c.findContact(ctx, dataverse.And(hasNumber(r.Phone), dataverse.Eq("statecode", 0))); err != nil || id != "" {
		return id, err
	}
	id, err := c.createContact(ctx, r)
	if errors.Is(err, dataverse.ErrDuplicate) {
		return c.duplicate(ctx, r.Phone)
	}
	return id, err
}

func hasNumber(phone adapter.Phone) dataverse.Filter {
	return dataverse.Or(dataverse.Eq("mobilephone", phone.E164()), dataverse.Eq("telephone1", phone.E164()))
}

// findContact takes the oldest contact, active ones first, so that two attempts
// take the same one.
func (c *Client) findContact(ctx context.Context, which dataverse.Filter) (adapter.ContactID, error) {
	rows, err := c.impatient.All(ctx, dataverse.Query{
		Set:     "contacts",
		Select:  []string{"contactid"},
		Filter:  which,
		OrderBy: []string{"statecode", "createdon", "contactid"},
		Top:     1,
	})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	id, err := rows[0].ID("contactid")
	return adapter.ContactID(id), err
}

// duplicate is the contact that kept ours from being made. It has the number and
// is inactive, or was made meanwhile; or it has our id, because somebody asked
// for this number at the same time, and another number since.
func (c *Client) duplicate(ctx context.Context, phone adapter.Phone) (adapter.ContactID, error) {
	ours := contactID(c.dataverse.Organization(), phone)
	for _, which := range []dataverse.Filter{hasNumber(phone), dataverse.Eq("contactid", dataverse.GUID(ours))} {
		if id, err := c.findContact(ctx, which); err != nil || id != "" {
			return id, err
		}
	}
	return "", errDuplicateRule
}

// createContact makes the contact with an id of our own.
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
	if _, err := c.impatient.Create(ctx, "contacts", "contactid", values, nil); err != nil {
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
