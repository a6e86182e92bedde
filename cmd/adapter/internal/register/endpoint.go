package register

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"directcallback/dataverse"
)

// The entity sets.
const (
	endpoints = "serviceendpoints"
	steps     = "sdkmessageprocessingsteps"
)

// prefix begins the names that Dataverse's tools show of what is made here.
const prefix = "directcallback: "

func (d Destination) name() string { return prefix + d.Queue }

// values are the columns of the endpoint, but for the key, which is never read.
func (d Destination) values() dataverse.Row {
	return dataverse.Row{
		"name": d.name(), "description": d.description(),
		"contract":       6, // a persistent queue
		"authtype":       2, // by key
		"messageformat":  2, // JSON
		"messagecharset": 1, "connectionmode": 1, "userclaim": 1, "namespaceformat": 2,
		"namespaceaddress": d.Address, "solutionnamespace": d.namespace(), "path": d.Queue, "saskeyname": d.KeyName,
	}
}

// endpointItem compares the endpoint that is there, or nil, with the one wanted.
func endpointItem(d Destination, there dataverse.Row) Item {
	item := Item{Kind: KindEndpoint, ID: d.id(), Name: d.name(), Do: Create, values: d.values()}
	item.values["saskey"] = string(d.Key)
	if there == nil {
		return item
	}
	if item.Do, item.Why = Keep, differences(there, d.values()); item.Why != "" {
		item.Do = Change
	}
	return item
}

// differences names the columns whose values are not those wanted.
func differences(there, wanted dataverse.Row) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if fmt.Sprint(there[name]) != fmt.Sprint(wanted[name]) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "not as wanted: " + strings.Join(names, ", ")
}

// present is what Dataverse has of an endpoint.
type present struct {
	endpoint dataverse.Row // nil: none
	steps    []step
}

// step is a step of the endpoint.
type step struct {
	id, name string
	ours     bool
	row      dataverse.Row
}

func read(ctx context.Context, c *dataverse.Client, d Destination) (there present, err error) {
	key := dataverse.GUID(d.id())
	there.endpoint, err = c.Get(ctx, endpoints, key, &dataverse.GetOptions{Select: slices.Sorted(maps.Keys(d.values()))})
	if errors.Is(err, dataverse.ErrNotFound) {
		return present{}, nil
	}
	if err != nil {
		return present{}, err
	}
	for row, err := range c.Query(ctx, dataverse.Query{
		Set: steps, Filter: dataverse.Eq(dataverse.LookupColumn("eventhandler"), key),
		Select: append(stepColumns(), "name", "description", "statecode", "_sdkmessageid_value", "_sdkmessagefilterid_value"),
	}) {
		if err != nil {
			return present{}, err
		}
		r := row.Read()
		s := step{id: r.ID("sdkmessageprocessingstepid"), name: r.String("name"), ours: r.String("description") == mark, row: row}
		if err := r.Err(); err != nil {
			return present{}, fmt.Errorf("step %s: %w", s.name, err)
		}
		there.steps = append(there.steps, s)
	}
	slices.SortFunc(there.steps, func(a, b step) int { return cmp.Compare(a.name, b.name) })
	return there, nil
}
