package dataverse

import (
	"slices"
	"strings"
)

// The words the table files are written in. They return columns, so that a file reads like the reference page; what
// follows a column with a dot refines it.

func text(name string, length int) *column {
	return &column{name: name, kind: kindString, length: length}
}

func memo(name string, length int) *column { return text(name, length) }

func integer(name string, low, high int64) *column {
	return &column{name: name, kind: kindInteger, low: low, high: high}
}

func yesNo(name string) *column {
	return &column{name: name, kind: kindBoolean, labels: []label{{0, "No"}, {1, "Yes"}}}
}

func choice(name string, labels ...label) *column {
	return &column{name: name, kind: kindChoice, labels: labels}
}

func dateTime(name string) *column { return &column{name: name, kind: kindDateTime} }

func guidColumn(name string) *column { return &column{name: name, kind: kindGUID} }

// lookup reaches every target through a navigation property of its own name unless via says otherwise.
func lookup(name string, tables ...string) *column {
	c := &column{name: name, kind: kindLookup}
	for _, t := range tables {
		c.targets = append(c.targets, target{t, name})
	}
	return c
}

func (c *column) via(nav string) *column   { c.targets[0].nav = nav; return c }
func (c *column) starts(value any) *column { c.initial = value; return c }
func (c *column) must() *column            { c.required = true; return c }
func (c *column) with(a access) *column    { c.access = a; return c }
func (c *column) cascades() *column        { c.cascade = true; return c }
func key(name string) *column              { return &column{name: name, kind: kindKey, access: createOnly} }

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
		dateTime("createdon").with(readOnly), dateTime("modifiedon").with(readOnly),
		lookup("createdby", "systemuser").with(readOnly), lookup("modifiedby", "systemuser").with(readOnly),
		&column{name: "versionnumber", kind: kindBigInt, access: readOnly},
	)
}

// state is the pair every activatable table has.
func state() []*column {
	return columns(
		choice("statecode", labelsFrom(0, "Active|Inactive")...).starts(int64(0)),
		choice("statuscode", labelsFrom(1, "Active|Inactive")...).starts(int64(1)),
	)
}

// owned are the columns of user-owned tables.
func owned() []*column {
	return columns(
		lookup("ownerid", "systemuser", "team"),
		lookup("owninguser", "systemuser").with(readOnly),
		lookup("owningbusinessunit", "businessunit").with(readOnly),
	)
}

// partitioned are the columns of elastic tables.
func partitioned() []*column {
	return columns(text("partitionid", 100).with(createOnly), integer("ttlinseconds", 0, 1<<31-1))
}
