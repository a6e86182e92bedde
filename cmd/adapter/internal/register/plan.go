package register

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"directcallback/adapter/event"
	"directcallback/dataverse"
)

// Do is what is to be done with a row.
type Do string

// What can be done. A step that Dataverse does not allow, or an endpoint that
// others use too, is told and left.
const (
	Create Do = "create"
	Change Do = "change"
	Keep   Do = "keep"
	Remove Do = "remove"
	Absent Do = "absent" // to be removed, and not there
	Refuse Do = "refuse" // cannot be done; Why says why
)

// Item is one row: the endpoint, or a step.
type Item struct {
	Kind    string `json:"kind"` // "endpoint" or "step"
	ID      string `json:"id,omitempty"`
	Name    string `json:"name"`
	Table   string `json:"table,omitempty"`   // of a step
	Message string `json:"message,omitempty"` // of a step
	Do      Do     `json:"do"`
	Why     string `json:"why,omitempty"`

	values dataverse.Row // to be written
}

// The kinds of rows.
const (
	KindEndpoint = "endpoint"
	KindStep     = "step"
)

// Plan is what there is to do, in this order.
type Plan struct {
	Destination string `json:"destination"` // where Dataverse sends, without the key
	Items       []Item `json:"items"`
}

// Changes counts the items that change something.
func (p Plan) Changes() int {
	n := 0
	for _, item := range p.Items {
		if item.Do == Create || item.Do == Change || item.Do == Remove {
			n++
		}
	}
	return n
}

// Look reads what Dataverse has, and says what is to be done so that it tells of
// all changes in these tables, and, for tables that have none, of nothing else.
func Look(ctx context.Context, c *dataverse.Client, d Destination, tables []event.Table) (Plan, error) {
	there, err := read(ctx, c, d)
	if err != nil {
		return Plan{}, err
	}
	catalogue, err := readCatalogue(ctx, c, tables)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Destination: d.Address + d.Queue, Items: []Item{endpointItem(d, there.endpoint)}}
	wanted := map[string]bool{}
	for _, t := range tables {
		for _, message := range event.Messages() {
			item, err := stepItem(ctx, c, d, catalogue, there, t, message)
			if err != nil {
				return Plan{}, err
			}
			wanted[item.ID] = true
			p.Items = append(p.Items, item)
		}
	}
	for _, step := range there.steps {
		if step.ours && !wanted[step.id] {
			item := step.removal()
			item.Why = "its table is not read any more"
			p.Items = append(p.Items, item)
		}
	}
	return p, nil
}

// LookRemoval says what is to be done so that nothing of ours is left.
func LookRemoval(ctx context.Context, c *dataverse.Client, d Destination) (Plan, error) {
	there, err := read(ctx, c, d)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Destination: d.Address + d.Queue}
	var others []string
	for _, step := range there.steps {
		if !step.ours {
			others = append(others, step.name)
			continue
		}
		p.Items = append(p.Items, step.removal())
	}
	endpoint := Item{Kind: KindEndpoint, ID: d.id(), Name: d.name(), Do: Remove}
	switch {
	case there.endpoint == nil:
		endpoint.Do = Absent
	case len(others) > 0:
		endpoint.Do, endpoint.Why = Refuse, "steps that were not made here use it: "+strings.Join(others, ", ")
	}
	p.Items = append(p.Items, endpoint) // last: its steps go with it
	return p, nil
}

// removal is the item that takes a step of ours away.
func (s step) removal() Item {
	message, table, _ := strings.Cut(strings.TrimPrefix(s.name, prefix), " of ")
	return Item{Kind: KindStep, ID: s.id, Name: s.name, Table: table, Message: message, Do: Remove}
}

// Carry does what the plan says; done is told of each item that was carried out.
func (p Plan) Carry(ctx context.Context, c *dataverse.Client, done func(Item)) error {
	for _, item := range p.Items {
		if err := item.carry(ctx, c); err != nil {
			return fmt.Errorf("%s %s: %w", item.Do, item.Name, err)
		}
		done(item)
	}
	return nil
}

func (i Item) carry(ctx context.Context, c *dataverse.Client) (err error) {
	set, key := endpoints, "serviceendpointid"
	if i.Kind == KindStep {
		set, key = steps, "sdkmessageprocessingstepid"
	}
	switch i.Do {
	case Create:
		values := i.values
		values[key] = i.ID
		_, err = c.Create(ctx, set, key, values, nil)
	case Change:
		_, err = c.Update(ctx, set, dataverse.GUID(i.ID), i.values, nil)
	case Remove:
		if err = c.Delete(ctx, set, dataverse.GUID(i.ID), nil); errors.Is(err, dataverse.ErrNotFound) {
			err = nil // somebody was quicker
		}
	case Keep, Absent, Refuse:
	}
	return err
}
