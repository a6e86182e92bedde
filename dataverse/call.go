package dataverse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Action calls an action. body is anything that marshals to a JSON object, nil
// for none. The row is empty when there was no answer.
//
// Dataverse promises nothing about an action that is called twice: only the
// caller knows whether it is [Repeatable].
func (c *Client) Action(ctx context.Context, name string, body any, repeat Repeat) (Row, error) {
	return c.call(ctx, nil, name, body, repeat)
}

// BoundAction calls an action of a row, or with a [Ref] without a key, of a table.
func (c *Client) BoundAction(ctx context.Context, to Ref, name string, body any, repeat Repeat) (Row, error) {
	return c.call(ctx, &to, name, body, repeat)
}

func (c *Client) call(ctx context.Context, to *Ref, name string, body any, repeat Repeat) (Row, error) {
	r, err := c.actionRequest(to, name, body, repeat)
	if err != nil {
		return nil, err
	}
	o, err := c.do(ctx, r)
	return o.Row, err
}

func (c *Client) actionRequest(to *Ref, name string, body any, repeat Repeat) (request, error) {
	r := request{operation: "call " + name, method: http.MethodPost, header: c.header(), repeat: repeat, custom: true, read: readAny}
	if err := c.addressCall(&r, to, name, ""); err != nil || body == nil {
		return r, err
	}
	return r, r.withJSON(body)
}

// Function calls a function. The values of parameters are those of [Eq], a
// [Ref], and []string.
func (c *Client) Function(ctx context.Context, name string, parameters map[string]any) (Row, error) {
	return c.ask(ctx, nil, name, parameters)
}

// BoundFunction calls a function of a row, or with a [Ref] without a key, of a table.
func (c *Client) BoundFunction(ctx context.Context, to Ref, name string, parameters map[string]any) (Row, error) {
	return c.ask(ctx, &to, name, parameters)
}

func (c *Client) ask(ctx context.Context, to *Ref, name string, parameters map[string]any) (Row, error) {
	r, err := c.functionRequest(to, name, parameters)
	if err != nil {
		return nil, err
	}
	o, err := c.do(ctx, r)
	return o.Row, err
}

func (c *Client) functionRequest(to *Ref, name string, parameters map[string]any) (request, error) {
	r := request{operation: "call " + name, method: http.MethodGet, header: c.header(), repeat: Repeatable, read: readRow}
	var aliases []string
	var o urlOptions
	for i, parameter := range slices.Sorted(maps.Keys(parameters)) {
		text, err := argument(parameters[parameter])
		if err == nil && !namePattern.MatchString(parameter) {
			err = errors.New("not a name")
		}
		if err != nil {
			return r, r.invalid(fmt.Errorf("parameter %s: %w", parameter, err))
		}
		alias := "@p" + strconv.Itoa(i+1)
		aliases = append(aliases, parameter+"="+alias)
		o.add(alias, text)
	}
	return r, c.addressCall(&r, to, name, "("+strings.Join(aliases, ",")+")"+o.String())
}

// argument writes the value of a parameter: what [literal] can, and what only
// parameters can be.
func argument(value any) (string, error) {
	switch v := value.(type) {
	case Ref:
		path, err := v.path()
		if err != nil {
			return "", err
		}
		text, err := quote(path)
		return "{'@odata.id':" + text + "}", err
	case []string:
		all := make([]any, len(v))
		for i := range v {
			all[i] = v[i]
		}
		return texts(all)
	}
	return literal(value)
}

var callPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

// addressCall writes the address of an action or a function: a bound one needs
// the namespace, an unbound one must not have it.
func (c *Client) addressCall(r *request, to *Ref, name, rest string) error {
	switch {
	case !callPattern.MatchString(name):
		r.operation = "call"
		return r.invalid(fmt.Errorf("%q is not the name of an action or a function", name))
	case to == nil:
		r.url = c.base + name + rest
		return nil
	case !strings.Contains(name, "."):
		name = namespace + name
	}
	if to.Key == nil {
		if !setPattern.MatchString(to.Set) {
			return r.invalid(errors.New("needs an entity set"))
		}
		r.url = c.base + to.Set + "/" + name + rest
		return nil
	}
	return r.at(c, to.Set, to.Key, "/"+name+rest)
}
