package dataverse

import (
	"encoding/binary"
	"hash/fnv"
	"strings"
)

// definition is a row of the metadata: a table, a column, a relationship, a choice. All are made on demand from the
// declarations in tables_*.go; there is no second list of anything.
type definition struct {
	kind  string // type name, without the namespace
	facts []member
	// nav follows a navigation property; nil for what has none.
	nav func(name string) (related, bool)
}

// related is what a navigation property of a definition leads to.
type related struct {
	kind string // declared type of what is there; members of a collection may be of types derived from it
	many []definition
	one  *definition // when many is nil; nil is null
}

// fact finds a property.
func (d definition) fact(name string) (value any, ok bool) {
	for _, m := range d.facts {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

// text is a property known to be one.
func (d definition) text(name string) string {
	value, _ := d.fact(name)
	s, _ := value.(string)
	return s
}

func (d definition) typeName() string { return queryNamespace + d.kind }

// enumValue is written as its name and compared with Microsoft.Dynamics.CRM.Type'Name'.
type enumValue struct{ kind, name string }

// object is a complex value.
type object []member

// managed is a managed property.
func managed(value any, name string) object {
	return object{{"Value", value}, {"CanBeChanged", false}, {"ManagedPropertyLogicalName", name}}
}

// localised is a label in the organisation's one language.
func localised(text, of string) object {
	if text == "" {
		return object{{"LocalizedLabels", []object{}}, {"UserLocalizedLabel", nil}}
	}
	l := object{
		{"Label", text},
		{"LanguageCode", language},
		{"IsManaged", true},
		{"MetadataId", metadataID("label", of, text)},
		{"HasChanged", nil},
	}
	return object{{"LocalizedLabels", []object{l}}, {"UserLocalizedLabel", l}}
}

// metadataID is the same in every organisation and run.
func metadataID(parts ...string) string {
	h := fnv.New128a()
	for _, part := range parts {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(part)))) // a hash never fails
		_, _ = h.Write([]byte(part))
	}
	return guid([16]byte(h.Sum(nil)))
}

// fact writes a value of the metadata.
func (w *jsonWriter) fact(value any) {
	switch v := value.(type) {
	case enumValue:
		w.string(v.name)
	case object:
		w.open('{')
		for _, m := range v {
			w.name(m.name)
			w.fact(m.value)
		}
		w.close('}')
	case []object:
		w.open('[')
		for _, o := range v {
			w.fact(o)
		}
		w.close(']')
	case []string:
		w.open('[')
		for _, s := range v {
			w.separate()
			w.string(s)
		}
		w.close(']')
	default:
		w.value(v)
	}
}

// cutNamespace takes Microsoft.Dynamics.CRM off a name.
func cutNamespace(name string) (bare string, ok bool) { return strings.CutPrefix(name, queryNamespace) }
