package dataverse

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Depth is how far a privilege reaches: whose rows it is about.
type Depth string

// The depths. DepthNone is no privilege at all.
const (
	DepthNone         Depth = ""
	DepthUser         Depth = "Basic"  // rows of the user, or shared with it
	DepthUnit         Depth = "Local"  // rows of its business unit
	DepthUnits        Depth = "Deep"   // and of the units below
	DepthOrganization Depth = "Global" // all
)

// Verb is what a privilege allows.
type Verb string

// The verbs that matter here.
const (
	VerbRead     Verb = "Read"
	VerbCreate   Verb = "Create"
	VerbWrite    Verb = "Write"
	VerbAppend   Verb = "Append"
	VerbAppendTo Verb = "AppendTo"
)

// Privilege is one that a table has.
type Privilege struct {
	Name  string // "prvReadQueue": for people, because several tables may share one
	Depth Depth  // how far it reaches for the user
}

// Privileges tells what a user may do with the rows of tables, by table and verb: by
// all its roles and those of its teams. A table that has no privileges of its own,
// because its rows lie between two others, or that does not exist, is left out.
func (c *Client) Privileges(ctx context.Context, user string, tables []string) (map[string]map[Verb]Privilege, error) {
	depths, err := c.depths(ctx, user)
	if err != nil {
		return nil, err
	}
	definitions, err := c.definitions(ctx, tables)
	if err != nil {
		return nil, err
	}
	all := map[string]map[Verb]Privilege{}
	for _, definition := range definitions {
		r := definition.Read()
		table := r.String("LogicalName")
		for _, row := range objects(definition["Privileges"]) {
			p := row.Read()
			verb, one := Verb(p.String("PrivilegeType")), Privilege{p.String("Name"), depths[p.ID("PrivilegeId")]}
			if err := p.Err(); err != nil {
				return nil, fmt.Errorf("privileges of %s: %w", table, err)
			}
			if all[table] == nil {
				all[table] = map[Verb]Privilege{}
			}
			all[table][verb] = one
		}
		if err := r.Err(); err != nil {
			return nil, fmt.Errorf("privileges of tables: %w", err)
		}
	}
	return all, nil
}

// depths are those of a user's privileges, by their ids.
func (c *Client) depths(ctx context.Context, user string) (map[string]Depth, error) {
	answer, err := c.BoundFunction(ctx, Ref{Set: "systemusers", Key: GUID(user)}, "RetrieveUserPrivileges", nil)
	if err != nil {
		return nil, err
	}
	held := map[string]Depth{}
	for _, row := range objects(answer["RolePrivileges"]) {
		r := row.Read()
		id, depth := r.ID("PrivilegeId"), Depth(r.String("Depth"))
		if err := r.Err(); err != nil {
			return nil, fmt.Errorf("privileges of the user: %w", err)
		}
		if wider(depth, held[id]) {
			held[id] = depth
		}
	}
	return held, nil
}

// wider compares depths. One that is not known counts for least of all.
func wider(a, b Depth) bool {
	order := []Depth{DepthUser, DepthUnit, DepthUnits, DepthOrganization}
	return b == DepthNone || slices.Index(order, a) > slices.Index(order, b)
}

// definitions asks for the tables at once: one by one they would be dozens of requests.
func (c *Client) definitions(ctx context.Context, tables []string) ([]Row, error) {
	r := request{operation: "describe tables", method: http.MethodGet, header: c.header(), repeat: Repeatable, read: readRow}
	var one []string
	for _, table := range tables {
		if !namePattern.MatchString(table) {
			return nil, r.invalid(fmt.Errorf("%q is not the logical name of a table", table))
		}
		one = append(one, "LogicalName eq '"+table+"'")
	}
	var o urlOptions
	o.add("$select", "LogicalName,Privileges")
	o.add("$filter", strings.Join(one, " or "))
	r.url = c.base + "EntityDefinitions" + o.String()
	answer, err := c.do(ctx, r)
	return objects(answer.Row["value"]), err
}
