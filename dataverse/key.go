package dataverse

import (
	"errors"
	"strconv"
	"strings"
)

// Key says which row of a table: a [GUID], an [Alternate] key or, inside a
// change set, the [Op] that makes the row.
type Key interface {
	// address is what stands in a URL for the row of this table.
	address(set string) (string, error)
}

// GUID is an identifier. In a filter it is compared without quotes, as keys and
// lookups are; GUIDs in text columns are ordinary strings.
type GUID string

func (id GUID) address(set string) (string, error) {
	text, err := literal(id)
	if err != nil {
		return "", errNoGUID
	}
	return set + "(" + text + ")", nil
}

// Alternate is a key that an admin defined, or the key of an elastic table's row
// together with its partition. The values are those of [Eq]; a lookup is a
// [GUID] in a column with the name of [LookupColumn].
type Alternate []KeyColumn

// KeyColumn is one column of an [Alternate] key.
type KeyColumn struct {
	Column string
	Value  any
}

func (key Alternate) address(set string) (string, error) {
	if len(key) == 0 {
		return "", errors.New("a key without columns")
	}
	parts := make([]string, len(key))
	for i, part := range key {
		text, err := literal(part.Value)
		switch {
		case !namePattern.MatchString(part.Column):
			return "", errors.New("not the name of a key column")
		case err != nil:
			return "", errors.New("key column " + part.Column + ": " + err.Error())
		case part.Value == nil:
			return "", errors.New("key column " + part.Column + ": a key has no null")
		}
		parts[i] = part.Column + "=" + strings.ReplaceAll(escape(text), "%27", "'")
	}
	return set + "(" + strings.Join(parts, ",") + ")", nil
}

// Op is an operation of a [Batch]: the index of its [Result]. In the same change
// set, and after it, it stands for the row that it makes: as a key, as an end of
// [ChangeSet.Associate], and as the value of "x@odata.bind".
type Op int

func (op Op) address(string) (string, error) { return op.contentID(), nil }

// contentID is how the wire calls it: numbers begin at 1.
func (op Op) contentID() string { return "$" + strconv.Itoa(int(op)+1) }

// MarshalText lets an Op be the value of "x@odata.bind".
func (op Op) MarshalText() ([]byte, error) { return []byte(op.contentID()), nil }

// Ref points to a row from another: the value of "x@odata.bind", an end of
// [Client.Associate], a parameter of a function.
type Ref struct {
	Set string
	Key Key
}

// To is a [Ref], in short.
func To(set string, key Key) Ref { return Ref{set, key} }

// MarshalText lets a Ref be the value of "x@odata.bind".
func (r Ref) MarshalText() ([]byte, error) {
	path, err := r.path()
	if err != nil {
		return nil, err
	}
	if _, inside := r.Key.(Op); !inside {
		path = "/" + path
	}
	return []byte(path), nil
}

// path is the row's address below the root of the service.
func (r Ref) path() (string, error) {
	if !setPattern.MatchString(r.Set) {
		return "", errors.New(strconv.Quote(r.Set) + " is not an entity set")
	}
	if r.Key == nil {
		return "", errors.New("no key")
	}
	return r.Key.address(r.Set)
}

var errNoGUID = errors.New("needs an entity set and a GUID")
