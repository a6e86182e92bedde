package proactive

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/google/uuid"

	"directcallback/adapter"
	"directcallback/dataverse"
)

// ContactPolicy is what to do for a customer whose contact row is not given. A given
// one is taken whatever the policy.
type ContactPolicy string

const (
	// ContactFindOrCreate takes an active contact with the number, else with the
	// address, else makes one.
	ContactFindOrCreate ContactPolicy = "find-or-create"
	// ContactFind refuses the customer whom nobody knows.
	ContactFind ContactPolicy = "find"
	// ContactCreate looks for nobody: the customer's contact is ours, one a number.
	ContactCreate ContactPolicy = "create"
	// ContactGiven refuses.
	ContactGiven ContactPolicy = "given"
)

// Ambiguity is what to do when several active contacts match.
type Ambiguity string

const (
	// AmbiguousOldest takes the one that was made first, so that every attempt takes the same.
	AmbiguousOldest Ambiguity = "oldest"
	// AmbiguousRefuse refuses: a family shares a number, and the representative would
	// see one of them.
	AmbiguousRefuse Ambiguity = "refuse"
)

var (
	// errNoContact: the policy leaves it to the caller.
	errNoContact = errors.New("none was given, and the policy is given")
	// errUnknownCustomer: the policy is find.
	errUnknownCustomer = errors.New("no active contact has the number or the address, and the policy is find")
	// errSeveralContacts: the policy is to refuse them.
	errSeveralContacts = errors.New("several active contacts match, and the policy is to refuse them; name one")
	// errDeactivated: somebody does not want ours.
	errDeactivated = errors.New("the contacts made for this number were deactivated; activate one, or give the contact's id")
	// errDoNotPhone: the contact's own wish, or that of whoever knows it.
	errDoNotPhone = errors.New("the contact asks not to be phoned")
	// errDuplicateRule: only an admin can say which of two rows is the customer.
	errDuplicateRule = errors.New("an alternate key keeps a contact from being made, even without number and address")
)

// customer is a contact row as far as a delivery names it.
type customer struct {
	id          adapter.ContactID
	first, last string
	doNotPhone  bool
}

// contact is the row that the delivery names, unless it is not to be phoned.
func (c *Client) contact(ctx context.Context, r adapter.DeliveryRequest) (customer, error) {
	who, err := c.named(ctx, r)
	if err == nil && who.doNotPhone && r.DoNotPhone {
		err = errDoNotPhone
	}
	return who, err
}

// named is the row that the delivery names: given, found, or made.
func (c *Client) named(ctx context.Context, r adapter.DeliveryRequest) (customer, error) {
	if r.Contact != "" {
		return c.given(ctx, r)
	}
	switch c.options.Contacts {
	case ContactGiven:
		return customer{}, errNoContact
	case ContactCreate:
		return c.own(ctx, r)
	case ContactFind, ContactFindOrCreate:
	}
	found, err := c.find(ctx, r)
	if err != nil || found.id != "" {
		return found, err
	}
	if c.options.Contacts == ContactFind {
		return customer{}, errUnknownCustomer
	}
	return c.own(ctx, r)
}

// given reads the row only where it is needed: whether it may be phoned, and its names
// because the task generation renews the contact with what it is told, and must not be
// told another name.
func (c *Client) given(ctx context.Context, r adapter.DeliveryRequest) (customer, error) {
	id := adapter.NormalizeID(string(r.Contact))
	if c.options.API == APIVoice && !r.DoNotPhone {
		return customer{id: adapter.ContactID(id)}, nil
	}
	row, err := c.impatient.Get(ctx, "contacts", dataverse.GUID(id), &dataverse.GetOptions{Select: contactColumns()})
	if err != nil {
		return customer{}, err
	}
	return readCustomer(row)
}

func contactColumns() []string { return []string{"contactid", "firstname", "lastname", "donotphone"} }

func readCustomer(row dataverse.Row) (customer, error) {
	r := row.Read()
	return customer{adapter.ContactID(r.ID("contactid")), r.String("firstname"), r.String("lastname"), r.Bool("donotphone")}, r.Err()
}

// find looks for an active contact: by the number that is to be phoned, else by the
// address. An inactive one is nobody's to phone, and Dynamics refuses it.
func (c *Client) find(ctx context.Context, r adapter.DeliveryRequest) (customer, error) {
	ways := []dataverse.Filter{dataverse.Or(dataverse.Eq("mobilephone", r.Phone.E164()), dataverse.Eq("telephone1", r.Phone.E164()))}
	if r.Email != "" {
		ways = append(ways, dataverse.Eq("emailaddress1", r.Email))
	}
	for _, way := range ways {
		if found, err := c.active(ctx, way); err != nil || found.id != "" {
			return found, err
		}
	}
	return customer{}, nil
}

// active takes the oldest of the active contacts, or refuses several.
func (c *Client) active(ctx context.Context, which dataverse.Filter) (customer, error) {
	rows, err := c.impatient.All(ctx, dataverse.Query{
		Set:     "contacts",
		Select:  contactColumns(),
		Filter:  dataverse.And(which, dataverse.Eq("statecode", 0)),
		OrderBy: []string{"createdon", "contactid"},
		Top:     2,
	})
	switch {
	case err != nil || len(rows) == 0:
		return customer{}, err
	case len(rows) > 1 && c.options.Ambiguous == AmbiguousRefuse:
		return customer{}, errSeveralContacts
	}
	return readCustomer(rows[0])
}

// own is a contact with an id of ours. Where an alternate key keeps it from being
// made, or somebody deactivated it, there is a second one without number and address:
// the promise is worth more than a well-kept row, and what others deactivated stays so.
func (c *Client) own(ctx context.Context, r adapter.DeliveryRequest) (customer, error) {
	number := map[string]any{"mobilephone": r.Phone.E164()}
	if r.Email != "" {
		number["emailaddress1"] = r.Email
	}
	full, err := c.create(ctx, contactID(c.dataverse.Organization(), r.Phone), r.Name, number)
	if !errors.Is(err, errDeactivated) && !errors.Is(err, errDuplicateRule) {
		return full, err
	}
	if c.options.Contacts != ContactCreate { // somebody may have made one just now
		if found, err := c.find(ctx, r); err != nil || found.id != "" {
			return found, err
		}
	}
	return c.create(ctx, bareID(c.dataverse.Organization(), r.Phone), r.Name, nil)
}

// create makes the contact with that id; one that is there already is taken if it is
// active, under the names that it has.
func (c *Client) create(ctx context.Context, id, name string, values dataverse.Row) (customer, error) {
	first, last := splitName(name)
	row := dataverse.Row{"contactid": id, "lastname": last}
	if first != "" {
		row["firstname"] = first
	}
	maps.Copy(row, values)
	_, err := c.impatient.Create(ctx, "contacts", "contactid", row, nil)
	if !errors.Is(err, dataverse.ErrDuplicate) {
		return customer{id: adapter.ContactID(id), first: first, last: last}, err
	}
	there, err := c.impatient.Get(ctx, "contacts", dataverse.GUID(id), &dataverse.GetOptions{Select: append(contactColumns(), "statecode")})
	if errors.Is(err, dataverse.ErrNotFound) {
		return customer{}, errDuplicateRule
	}
	if err != nil {
		return customer{}, err
	}
	switch state, err := there.Int("statecode"); {
	case err != nil:
		return customer{}, err
	case state != 0:
		return customer{}, errDeactivated
	}
	return readCustomer(there)
}

// contactID is the UUID version 5 of organization and number.
func contactID(organization string, phone adapter.Phone) string {
	namespace := uuid.NewSHA1(uuid.NameSpaceURL, []byte(organization))
	return uuid.NewSHA1(namespace, []byte(phone.E164())).String()
}

// bareID is that of the contact without number and address.
func bareID(organization string, phone adapter.Phone) string {
	return uuid.NewSHA1(uuid.MustParse(contactID(organization, phone)), []byte("bare")).String()
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
