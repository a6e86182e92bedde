package dataverse

import (
	"slices"
	"strings"
)

// The words the table files are written in. They return columns, so that a file reads like the reference page; what
// follows a column with a dot refines it.

// Every word takes the schema name as the page lists it; the logical name is the same in lower case.

func newColumn(schema string, k kind, attribute string) *column {
	return &column{name: strings.ToLower(schema), schema: schema, kind: k, attribute: attribute}
}

func text(schema string, length int) *column {
	c := newColumn(schema, kindString, "String")
	c.length = length
	return c
}

func memo(schema string, length int) *column {
	c := newColumn(schema, kindString, "Memo")
	c.length = length
	return c
}

// tableName is a text that holds the logical name of a table.
func tableName(schema string) *column { return newColumn(schema, kindString, "EntityName") }

func integer(schema string, low, high int64) *column {
	c := newColumn(schema, kindInteger, "Integer")
	c.low, c.high = low, high
	return c
}

// number is an integer without a range of its own.
func number(schema string) *column { return integer(schema, -1<<31, 1<<31-1) }

// count is an integer that cannot be negative.
func count(schema string) *column { return integer(schema, 0, 1<<31-1) }

func bigInt(schema string) *column { return newColumn(schema, kindBigInt, "BigInt") }

func double(schema string) *column { return newColumn(schema, kindDouble, "Double") }

func money(schema string) *column { return newColumn(schema, kindDouble, "Money") }

func yesNo(schema string) *column {
	c := newColumn(schema, kindBoolean, "Boolean")
	c.labels = []label{{0, "No"}, {1, "Yes"}}
	return c
}

func choice(schema string, labels ...label) *column {
	c := newColumn(schema, kindChoice, "Picklist")
	c.labels = labels
	return c
}

func dateTime(schema string) *column { return newColumn(schema, kindDateTime, "DateTime") }

func dateOnly(schema string) *column { return newColumn(schema, kindDate, "DateTime") }

func guidColumn(schema string) *column { return newColumn(schema, kindGUID, "Uniqueidentifier") }

// lookup reaches every target by the usual names unless via and as say otherwise.
func lookup(schema string, tables ...string) *column {
	c := newColumn(schema, kindLookup, "Lookup")
	for _, t := range tables {
		c.targets = append(c.targets, target{table: t})
	}
	return c
}

// customer is the lookup that takes accounts and contacts.
func customer(schema string) *column {
	c := lookup(schema, "account", "contact")
	c.attribute = "Customer"
	return c
}

// via names the navigation property to each target, as names the relationship.
func (c *column) via(navs ...string) *column {
	for i, nav := range navs {
		c.targets[i].nav = nav
	}
	return c
}

func (c *column) as(schemas ...string) *column {
	for i, schema := range schemas {
		c.targets[i].schema = schema
	}
	return c
}

func (c *column) starts(value any) *column    { c.initial = value; return c }
func (c *column) must() *column               { c.required = true; return c }
func (c *column) with(a access) *column       { c.access = a; return c }
func (c *column) cascades() *column           { c.cascade = true; return c }
func (c *column) restricts() *column          { c.restrict = true; return c }
func (c *column) hidden() *column             { c.secret = true; return c }
func (c *column) seen() *column               { c.evidence = observed; return c }
func (c *column) supposed() *column           { c.evidence = inferred; return c }
func (c *column) everywhereTheSame() *column  { c.zoneless = true; return c }
func (c *column) global(name string) *column  { c.optionSet = name; return c }
func (c *column) in(attribute string) *column { c.attribute = attribute; return c }

// whether says if another column of the row has a value.
func whether(schema, other string) *column {
	c := yesNo(schema).with(readOnly).starts(false)
	c.tells = other
	return c
}

func key(schema string) *column {
	return newColumn(schema, kindKey, "Uniqueidentifier").with(createOnly)
}

func page(groups ...[]*column) []*column   { return slices.Concat(groups...) }
func columns(columns ...*column) []*column { return columns }

// labelsFrom numbers labels upwards from base; they stand between bars.
func labelsFrom(base int64, texts string) []label {
	var labels []label
	for i, text := range strings.Split(texts, "|") {
		labels = append(labels, label{base + int64(i), text})
	}
	return labels
}

// system are the columns Dataverse itself keeps on every table.
func system() []*column {
	return columns(
		dateTime("CreatedOn").with(readOnly), dateTime("ModifiedOn").with(readOnly),
		lookup("CreatedBy", "systemuser").with(readOnly), lookup("ModifiedBy", "systemuser").with(readOnly),
		lookup("CreatedOnBehalfBy", "systemuser").with(readOnly), lookup("ModifiedOnBehalfBy", "systemuser").with(readOnly),
		version(),
	)
}

func version() *column { return bigInt("VersionNumber").with(readOnly) }

// state is the pair every activatable table has: one status a state.
func state() []*column { return states("Active|Inactive", "Active|Inactive", nil) }

// states numbers the states from 0 and the statuses from 1; of says which state each status belongs to.
func states(names, statuses string, of map[int64]int64) []*column {
	code := choice("statecode", labelsFrom(0, names)...).in("State").starts(int64(0))
	status := choice("statuscode", labelsFrom(1, statuses)...).in("Status").starts(int64(1))
	if status.stateOf = of; of == nil {
		status.stateOf = map[int64]int64{}
		for i, l := range status.labels {
			status.stateOf[l.value] = int64(i)
		}
	}
	return columns(code, status)
}

// owned are the columns of user-owned tables.
func owned() []*column {
	return columns(
		lookup("OwnerId", "systemuser", "team").in("Owner"),
		lookup("OwningUser", "systemuser").with(readOnly),
		lookup("OwningTeam", "team").with(readOnly),
		lookup("OwningBusinessUnit", "businessunit").with(readOnly),
	)
}

// ownedAs is owned where the relationships are named after the plural, as the oldest tables have it.
func ownedAs(plural string) []*column {
	all := owned()
	all[0].as("owner_"+plural, "owner_"+plural)
	all[1].as("user_" + plural)
	all[2].as("team_" + plural)
	all[3].as("business_unit_" + plural)
	return all
}

// organisationColumn is what organisation-owned tables have in place of an owner.
func organisationColumn(table string) *column {
	return lookup("OrganizationId", "organization").as("organization_" + table).with(readOnly)
}

// componentState is the global choice of rows that solutions carry.
func componentState() *column {
	return choice("ComponentState", labelsFrom(0, "Published|Unpublished|Deleted|Deleted Unpublished")...).
		global("componentstate").starts(int64(0)).with(readOnly)
}

// partitioned are the columns of elastic tables.
func partitioned() []*column {
	return columns(text("PartitionId", maxPartition).with(createOnly), count("TTLInSeconds"))
}
