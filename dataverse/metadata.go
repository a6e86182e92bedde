package dataverse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Table is what the organization says of a table.
type Table struct {
	Name                  string // logical name: "contact"
	Set                   string // entity set: "contacts"
	Key                   string // primary key column
	Label                 string // column with the name that the portal shows
	Elastic               bool
	ChangeTracking        bool // [Client.Delta] works
	OptimisticConcurrency bool // [WriteOptions.IfMatch] and [GetOptions.IfNoneMatch] count
}

// Column is what the organization says of a column.
type Column struct {
	Name                           string // logical name
	Type                           string // "Picklist", "Lookup", "String"
	Readable, Creatable, Updatable bool
}

// Choice is a value of a choice column.
type Choice struct {
	Value   int
	Label   string // in the language of the principal
	English string // empty where the organization has none
}

// ChoiceKind is the kind of a choice column, which Dataverse asks to be said.
type ChoiceKind string

// The kinds of choice columns.
const (
	Picklist            ChoiceKind = "PicklistAttributeMetadata"
	MultiSelectPicklist ChoiceKind = "MultiSelectPicklistAttributeMetadata"
	State               ChoiceKind = "StateAttributeMetadata"
	Status              ChoiceKind = "StatusAttributeMetadata"
)

// Table describes a table, by its logical name. One that does not exist is [ErrNotFound].
func (c *Client) Table(ctx context.Context, name string) (Table, error) {
	row, err := c.metadata(ctx, "describe table", name, "", []string{
		"LogicalName", "EntitySetName", "PrimaryIdAttribute", "PrimaryNameAttribute", "TableType",
		"ChangeTrackingEnabled", "IsOptimisticConcurrencyEnabled",
	}, "")
	if err != nil {
		return Table{}, err
	}
	r := row.Read()
	t := Table{
		Name: r.String("LogicalName"), Set: r.String("EntitySetName"), Key: r.String("PrimaryIdAttribute"),
		Label: r.String("PrimaryNameAttribute"), Elastic: r.String("TableType") == "Elastic",
		ChangeTracking: r.Bool("ChangeTrackingEnabled"), OptimisticConcurrency: r.Bool("IsOptimisticConcurrencyEnabled"),
	}
	if err := r.Err(); err != nil {
		return Table{}, fmt.Errorf("describe table %s: %w", name, err)
	}
	return t, nil
}

// Columns describes the columns of a table, by logical name; whether one exists
// is whether it is in the map.
func (c *Client) Columns(ctx context.Context, table string) (map[string]Column, error) {
	row, err := c.metadata(ctx, "describe columns of", table, "/Attributes",
		[]string{"LogicalName", "AttributeType", "IsValidForRead", "IsValidForCreate", "IsValidForUpdate"}, "")
	if err != nil {
		return nil, err
	}
	columns := map[string]Column{}
	for _, row := range objects(row["value"]) {
		r := row.Read()
		column := Column{
			Name: r.String("LogicalName"), Type: r.String("AttributeType"),
			Readable: r.Bool("IsValidForRead"), Creatable: r.Bool("IsValidForCreate"), Updatable: r.Bool("IsValidForUpdate"),
		}
		if err := r.Err(); err != nil {
			return nil, fmt.Errorf("describe columns of %s: %w", table, err)
		}
		columns[column.Name] = column
	}
	return columns, nil
}

// Choices gives the values of a table's choice columns of one kind, by the
// logical name of the column. A table without such columns gives none.
func (c *Client) Choices(ctx context.Context, table string, kind ChoiceKind) (map[string][]Choice, error) {
	row, err := c.metadata(ctx, "describe choices of", table, "/Attributes/"+namespace+string(kind),
		[]string{"LogicalName"}, expandChoices(kind))
	if err != nil {
		return nil, err
	}
	choices := map[string][]Choice{}
	for _, column := range objects(row["value"]) {
		name, err := column.String("LogicalName")
		if err != nil {
			return nil, fmt.Errorf("describe choices of %s: %w", table, err)
		}
		for _, set := range []string{"OptionSet", "GlobalOptionSet"} {
			if found, err := readChoices(column[set]); err != nil {
				return nil, fmt.Errorf("describe choices of %s: column %s: %w", table, name, err)
			} else if len(found) > 0 {
				choices[name] = found
				break
			}
		}
	}
	return choices, nil
}

// expandChoices: states and reasons have no global sets.
func expandChoices(kind ChoiceKind) string {
	const own = "OptionSet($select=Options)"
	if kind == State || kind == Status {
		return own
	}
	return own + ",GlobalOptionSet($select=Options)"
}

func readChoices(set any) ([]Choice, error) {
	options, _ := set.(map[string]any)
	var choices []Choice
	for _, option := range objects(options["Options"]) {
		value, err := option.Int("Value")
		if err != nil {
			return nil, err
		}
		choices = append(choices, Choice{value, label(option["Label"]), labelIn(option["Label"], english)})
	}
	return choices, nil
}

// label is the text for the principal, else the first there is.
func label(value any) string {
	all, _ := value.(map[string]any)
	if mine, ok := all["UserLocalizedLabel"].(map[string]any); ok {
		if text, ok := mine["Label"].(string); ok {
			return text
		}
	}
	for _, one := range objects(all["LocalizedLabels"]) {
		if text, ok := one["Label"].(string); ok {
			return text
		}
	}
	return ""
}

// english is the language code of English as spoken in the United States, in which
// Microsoft writes its labels.
const english = 1033

// labelIn is the text in one language.
func labelIn(value any, language int) string {
	all, _ := value.(map[string]any)
	for _, one := range objects(all["LocalizedLabels"]) {
		if code, err := one.Int("LanguageCode"); err == nil && code == language {
			text, _ := one["Label"].(string)
			return text
		}
	}
	return ""
}

// objects are the elements of an array that are objects.
func objects(value any) []Row {
	all, _ := value.([]any)
	var rows []Row
	for _, one := range all {
		if row, ok := one.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// metadata asks for what describes a table, or is below it.
func (c *Client) metadata(ctx context.Context, verb, table, below string, columns []string, expand string) (Row, error) {
	r := request{operation: verb + " " + table, method: http.MethodGet, header: c.header(), repeat: Repeatable, read: readRow}
	if !namePattern.MatchString(table) || strings.ToLower(table) != table {
		r.operation = verb
		return nil, r.invalid(errors.New("needs the logical name of a table, which is lower case"))
	}
	var o urlOptions
	o.add("$select", strings.Join(columns, ","))
	o.add("$expand", expand)
	r.url = c.base + "EntityDefinitions(LogicalName='" + table + "')" + below + o.String()
	answer, err := c.do(ctx, r)
	return answer.Row, err
}
