package dataverse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"directcallback/adapter"
)

// Get reads one row by its key; no columns means all of them.
func (c *Client) Get(ctx context.Context, set, id string, columns ...string) (Row, error) {
	address, err := c.rowURL("get", set, id)
	if err != nil {
		return nil, err
	}
	if err := checkColumns(columns); err != nil {
		return nil, fmt.Errorf("get %s: %w: %w", set, ErrInvalid, err)
	}
	var o urlOptions
	o.add("$select", strings.Join(columns, ","))
	return c.fetch(ctx, "get "+set, address+o.String())
}

// Create makes a row and gives its id: what values has in the column key (the
// table's primary key), else a new one. The id is ours so that a repeat after a
// lost answer cannot make a second row. A row that was there before is
// [ErrDuplicate].
func (c *Client) Create(ctx context.Context, set, key string, values Row) (string, error) {
	values = maps.Clone(values)
	if values == nil {
		values = Row{}
	}
	if values[key] == nil {
		values[key] = uuid.NewString()
	}
	id, err := values.ID(key)
	if err != nil || id == "" || !setPattern.MatchString(set) {
		return "", fmt.Errorf("create %s: %w: key %s must be a GUID", set, ErrInvalid, key)
	}
	body, err := json.Marshal(map[string]any(values))
	if err != nil {
		return "", fmt.Errorf("create %s: %w: %w", set, ErrInvalid, err)
	}
	o, err := c.do(ctx, request{
		operation: "create " + set, method: http.MethodPost, url: c.base + set,
		header: withBody(header()), body: body, repeat: Repeatable,
	})
	if errors.Is(err, ErrDuplicate) && o.repeated {
		return id, c.readBack(ctx, set, id, values, err)
	}
	if err != nil {
		return "", err
	}
	return id, nil
}

// readBack tells whether the row that is in the way is the one that an earlier
// attempt made. Texts alone are compared: numbers and times may come back
// written in another way, and a bound lookup under another name.
func (c *Client) readBack(ctx context.Context, set, id string, values Row, duplicate error) error {
	there, err := c.Get(ctx, set, id)
	if err != nil {
		return errors.Join(duplicate, err)
	}
	for column, value := range values {
		text, ok := value.(string)
		if stored, has := there[column]; ok && has && !strings.Contains(column, "@") && !sameText(stored, text) {
			return duplicate
		}
	}
	return nil
}

func sameText(stored any, text string) bool {
	got, ok := stored.(string)
	return ok && strings.EqualFold(adapter.NormalizeID(got), adapter.NormalizeID(text))
}

// Update changes the columns in values of a row that must be there.
func (c *Client) Update(ctx context.Context, set, id string, values Row) error {
	return c.patch(ctx, "update", set, id, values, http.Header{"If-Match": {"*"}})
}

// Upsert changes a row or makes it, with this id.
func (c *Client) Upsert(ctx context.Context, set, id string, values Row) error {
	return c.patch(ctx, "upsert", set, id, values, nil)
}

func (c *Client) patch(ctx context.Context, verb, set, id string, values Row, condition http.Header) error {
	address, err := c.rowURL(verb, set, id)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any(values))
	if err != nil {
		return fmt.Errorf("%s %s: %w: %w", verb, set, ErrInvalid, err)
	}
	h := withBody(header())
	maps.Copy(h, condition)
	_, err = c.do(ctx, request{
		operation: verb + " " + set, method: http.MethodPatch, url: address, header: h, body: body, repeat: Repeatable,
	})
	return err
}

// Delete removes a row. One that was not there is [ErrNotFound], except on a
// repeat, when it was this request's earlier attempt that removed it.
func (c *Client) Delete(ctx context.Context, set, id string) error {
	address, err := c.rowURL("delete", set, id)
	if err != nil {
		return err
	}
	o, err := c.do(ctx, request{
		operation: "delete " + set, method: http.MethodDelete, url: address, header: header(), repeat: Repeatable,
	})
	if errors.Is(err, ErrNotFound) && o.repeated {
		return nil
	}
	return err
}

// Action calls an unbound action (name) or one bound to a row
// ("contacts(<guid>)/Microsoft.Dynamics.CRM.X"). body is anything that marshals
// to a JSON object, nil for none. The answer is empty when there was none.
func (c *Client) Action(ctx context.Context, name string, body any, repeat Repeat) (Row, error) {
	r := request{
		operation: "call " + shortName(name), method: http.MethodPost, url: c.base + name,
		header: header(), repeat: repeat, custom: true,
	}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", r.operation, ErrInvalid, err)
		}
		r.body, r.header = data, withBody(r.header)
	}
	var row Row
	r.decode = func(data []byte) error {
		row = nil
		if len(strings.TrimSpace(string(data))) == 0 {
			return nil // some answer 202 with nothing in it
		}
		return decodeJSON(data, &row)
	}
	if _, err := c.do(ctx, r); err != nil {
		return nil, err
	}
	return row, nil
}

// Function calls an unbound function, or one bound by a path in name. The values
// of parameters are those of [Eq].
func (c *Client) Function(ctx context.Context, name string, parameters map[string]any) (Row, error) {
	operation := "call " + shortName(name)
	var aliases []string
	var o urlOptions
	for i, parameter := range slices.Sorted(maps.Keys(parameters)) {
		text, err := literal(parameters[parameter])
		if err != nil {
			return nil, fmt.Errorf("%s: %w: parameter %s: %w", operation, ErrInvalid, parameter, err)
		}
		alias := "@p" + strconv.Itoa(i+1)
		aliases = append(aliases, parameter+"="+alias)
		o.add(alias, text)
	}
	return c.fetch(ctx, operation, c.base+name+"("+strings.Join(aliases, ",")+")"+o.String())
}

func (c *Client) fetch(ctx context.Context, operation, address string) (Row, error) {
	var row Row
	_, err := c.do(ctx, request{
		operation: operation, method: http.MethodGet, url: address, header: header(), repeat: Repeatable,
		decode: func(body []byte) error {
			row = nil
			return decodeJSON(body, &row)
		},
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

func (c *Client) rowURL(verb, set, id string) (string, error) {
	if id = adapter.NormalizeID(id); !setPattern.MatchString(set) || !adapter.IsGUID(id) {
		return "", fmt.Errorf("%s %s: %w: needs an entity set and a GUID", verb, set, ErrInvalid)
	}
	return c.base + set + "(" + url.PathEscape(id) + ")", nil
}

// shortName leaves out the path of a bound operation, which names a row.
func shortName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func withBody(h http.Header) http.Header {
	h.Set("Content-Type", "application/json; charset=utf-8")
	return h
}
