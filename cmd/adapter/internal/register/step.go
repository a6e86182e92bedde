package register

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"directcallback/adapter/event"
	"directcallback/dataverse"
)

// catalogue is which messages of which tables can have steps here.
type catalogue map[pair]ids

type pair struct{ table, message string }

// ids are those of a message and of its filter for one table.
type ids struct{ message, filter string }

func readCatalogue(ctx context.Context, c *dataverse.Client, tables []event.Table) (catalogue, error) {
	names := make([]string, 0, len(tables))
	for _, t := range tables {
		names = append(names, t.Name)
	}
	all := catalogue{}
	for row, err := range c.Query(ctx, dataverse.Query{
		Set: "sdkmessagefilters", Select: []string{"primaryobjecttypecode", "_sdkmessageid_value"},
		Filter: dataverse.And(
			dataverse.In("primaryobjecttypecode", names...), dataverse.Eq("iscustomprocessingstepallowed", true),
			dataverse.In("sdkmessageid/name", event.Messages()...),
		),
		Expand: []dataverse.Expand{{Navigation: "sdkmessageid", Select: []string{"name"}}},
	}) {
		if err != nil {
			return nil, err
		}
		message, _ := row["sdkmessageid"].(map[string]any)
		r := row.Read()
		p := pair{table: r.String("primaryobjecttypecode")}
		p.message, _ = message["name"].(string)
		all[p] = ids{message: r.Lookup("sdkmessageid"), filter: r.ID("sdkmessagefilterid")}
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// stepColumns are the plain columns of a step that are compared.
func stepColumns() []string { return slices.Sorted(maps.Keys(stepValues())) }

// stepValues: an asynchronous step after the operation, on the server, whose jobs
// go when they are done.
func stepValues() dataverse.Row {
	return dataverse.Row{"stage": 40, "mode": 1, "rank": 1, "supporteddeployment": 0, "asyncautodelete": true, "filteringattributes": nil}
}

// stepItem compares one step with what is there.
func stepItem(ctx context.Context, c *dataverse.Client, d Destination, all catalogue, there present, t event.Table, message string) (Item, error) {
	item := Item{
		Kind: KindStep, ID: d.id(message, t.Name), Name: prefix + message + " of " + t.Name,
		Table: t.Name, Message: message, Do: Create,
	}
	known, allowed := all[pair{t.Name, message}]
	if !allowed {
		item.Do, item.Why = Refuse, "Dataverse allows no step here; the adapter hears of such changes when it reads next"
		return item, nil
	}
	plain := stepValues()
	if message == "Update" && len(t.Attributes) > 0 {
		attributes, err := existing(ctx, c, t)
		if err != nil {
			return item, err
		}
		plain["filteringattributes"] = strings.Join(attributes, ",")
	}
	plain["name"], plain["description"] = item.Name, mark
	item.values = maps.Clone(plain)
	for name, to := range map[string]dataverse.Ref{
		"eventhandler_serviceendpoint": dataverse.To(endpoints, dataverse.GUID(d.id())),
		"sdkmessageid":                 dataverse.To("sdkmessages", dataverse.GUID(known.message)),
		"sdkmessagefilterid":           dataverse.To("sdkmessagefilters", dataverse.GUID(known.filter)),
	} {
		item.values[name+"@odata.bind"] = to
	}
	i := slices.IndexFunc(there.steps, func(s step) bool { return s.id == item.ID })
	if i < 0 {
		return item, nil
	}
	plain["_sdkmessageid_value"], plain["_sdkmessagefilterid_value"] = known.message, known.filter
	plain["statecode"] = 0 // somebody may have switched it off
	item.values["statecode"], item.values["statuscode"] = 0, 1
	if item.Do, item.Why = Keep, differences(there.steps[i].row, plain); item.Why != "" {
		item.Do = Change
	}
	return item, nil
}

// existing leaves out columns that the organization lacks, which a step must not name.
func existing(ctx context.Context, c *dataverse.Client, t event.Table) ([]string, error) {
	columns, err := c.Columns(ctx, t.Name)
	if errors.Is(err, dataverse.ErrForbidden) {
		return t.Attributes, nil // then it is Dataverse that says so
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(t.Attributes), func(name string) bool {
		_, there := columns[name]
		return !there
	}), nil
}
