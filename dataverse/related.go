package dataverse

import (
	"context"
	"errors"
	"net/http"
)

// Property reads one column of a row: a [Row] with that column alone, so that
// its methods know the type. It is for long texts; [Client.Get] reads several.
func (c *Client) Property(ctx context.Context, set string, key Key, column string) (Row, error) {
	r, err := c.propertyRequest("get column of", http.MethodGet, set, key, column)
	if err != nil {
		return nil, err
	}
	r.read = func(a answer, result *Result) error {
		if a.status == http.StatusNoContent {
			result.Row = Row{}
			return nil
		}
		return readRow(a, result)
	}
	o, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	return Row{column: o.Row["value"]}, nil
}

// SetProperty writes one column of a row.
func (c *Client) SetProperty(ctx context.Context, set string, key Key, column string, value any) error {
	r, err := c.propertyRequest("set column of", http.MethodPut, set, key, column)
	if err == nil {
		err = r.withJSON(map[string]any{"value": value})
	}
	if err != nil {
		return err
	}
	_, err = c.do(ctx, r)
	return err
}

// ClearProperty empties one column of a row. The row and the column stay.
func (c *Client) ClearProperty(ctx context.Context, set string, key Key, column string) error {
	r, err := c.propertyRequest("clear column of", http.MethodDelete, set, key, column)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, r)
	return err
}

func (c *Client) propertyRequest(verb, method, set string, key Key, column string) (request, error) {
	r := request{operation: verb + " " + set, method: method, header: c.header(), repeat: Repeatable, read: readDone}
	if !namePattern.MatchString(column) {
		return r, r.invalid(errors.New("not the name of a column"))
	}
	return r, r.at(c, set, key, "/"+column)
}

// Associate adds the other row to a collection of this one: a 1:N or N:N
// relationship. Twice is once.
func (c *Client) Associate(ctx context.Context, set string, key Key, collection string, other Ref) error {
	r, err := c.associateRequest(set, key, collection, other)
	if err != nil {
		return err
	}
	o, err := c.do(ctx, r)
	if o.doubt && errors.Is(err, ErrDuplicate) {
		return nil
	}
	return err
}

// Disassociate takes the other row out of a collection of this one. One that
// was not in it is [ErrNotFound].
func (c *Client) Disassociate(ctx context.Context, set string, key Key, collection string, other Key) error {
	r, err := c.disassociateRequest(set, key, collection, other)
	if err != nil {
		return err
	}
	return c.removeReference(ctx, r)
}

// SetLookup points a lookup, by the name of its navigation, to the other row.
func (c *Client) SetLookup(ctx context.Context, set string, key Key, navigation string, other Ref) error {
	r, err := c.setLookupRequest(set, key, navigation, other)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, r)
	return err
}

// ClearLookup points a lookup to nothing.
func (c *Client) ClearLookup(ctx context.Context, set string, key Key, navigation string) error {
	r, err := c.referenceRequest("clear lookup of", http.MethodDelete, set, key, navigation, "/$ref")
	if err != nil {
		return err
	}
	return c.removeReference(ctx, r)
}

func (c *Client) removeReference(ctx context.Context, r request) error {
	o, err := c.do(ctx, r)
	if o.doubt && errors.Is(err, ErrNotFound) {
		return nil // an earlier attempt of this request has removed it
	}
	return err
}

func (c *Client) associateRequest(set string, key Key, collection string, other Ref) (request, error) {
	r, err := c.referenceRequest("associate with", http.MethodPost, set, key, collection, "/$ref")
	if err != nil {
		return r, err
	}
	return r, r.pointTo(c, other)
}

func (c *Client) setLookupRequest(set string, key Key, navigation string, other Ref) (request, error) {
	r, err := c.referenceRequest("set lookup of", http.MethodPut, set, key, navigation, "/$ref")
	if err != nil {
		return r, err
	}
	return r, r.pointTo(c, other)
}

func (c *Client) disassociateRequest(set string, key Key, collection string, other Key) (request, error) {
	r := request{operation: "disassociate from " + set}
	if other == nil {
		return r, r.invalid(errors.New("no key"))
	}
	inside, err := other.address("")
	if err != nil {
		return r, r.invalid(err)
	}
	if _, reference := other.(Op); reference {
		return r, r.invalid(errors.New("a row of the same change set cannot be taken out"))
	}
	return c.referenceRequest("disassociate from", http.MethodDelete, set, key, collection, inside+"/$ref")
}

func (c *Client) referenceRequest(verb, method, set string, key Key, navigation, rest string) (request, error) {
	r := request{operation: verb + " " + set, method: method, header: c.header(), repeat: Repeatable, read: readDone}
	if !namePattern.MatchString(navigation) {
		return r, r.invalid(errors.New("not the name of a navigation"))
	}
	return r, r.at(c, set, key, "/"+navigation+rest)
}

// pointTo writes the body of a reference.
func (r *request) pointTo(c *Client, other Ref) error {
	target := request{operation: r.operation}
	if err := target.at(c, other.Set, other.Key, ""); err != nil {
		return err
	}
	if op, inside := other.Key.(Op); inside {
		r.bound = append(r.bound, op)
	}
	return r.withJSON(map[string]string{"@odata.id": target.url})
}
