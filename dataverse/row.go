package dataverse

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
)

// Row is a row, or the answer of an action: column to value. Read values are
// string, [json.Number], bool, nil, []any or map[string]any; written ones are
// whatever marshals to JSON.
//
// A column that is null or absent reads as the zero value. A value of another
// type is a [*ColumnError].
//
// Printed or logged, a Row shows its columns only: the values may be personal.
type Row map[string]any

// ColumnError says which column did not have what was expected of it.
type ColumnError struct {
	Column string
	Want   string
}

// Error does not print the value, which may be personal.
func (e *ColumnError) Error() string {
	return fmt.Sprintf("column %s: not %s", e.Column, e.Want)
}

// String reads text.
func (r Row) String(column string) (string, error) {
	switch v := r[column].(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case GUID: // in a row that is to be written
		return string(v), nil
	}
	return "", &ColumnError{column, "a text"}
}

// Int reads a whole number, a choice too.
func (r Row) Int(column string) (int, error) {
	switch v := r[column].(type) {
	case nil:
		return 0, nil
	case json.Number:
		if n, err := v.Int64(); err == nil && int64(int(n)) == n {
			return int(n), nil
		}
		if f, err := v.Float64(); err == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int(f), nil
		}
	}
	return 0, &ColumnError{column, "a whole number"}
}

// Bool reads yes or no.
func (r Row) Bool(column string) (bool, error) {
	switch v := r[column].(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}
	return false, &ColumnError{column, "true or false"}
}

// Time reads an instant, in UTC. A date alone is its midnight.
func (r Row) Time(column string) (time.Time, error) {
	text, err := r.String(column)
	if err == nil && text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, &ColumnError{column, "a time"}
}

// ID reads a GUID, in the form of [adapter.NormalizeID].
func (r Row) ID(column string) (string, error) {
	text, err := r.String(column)
	if err == nil && text == "" {
		return "", nil
	}
	if id := adapter.NormalizeID(text); adapter.IsGUID(id) {
		return id, nil
	}
	return "", &ColumnError{column, "a GUID"}
}

// Lookup reads the GUID that a lookup column points to; column is its plain
// name, without the underscore and "_value" that the Web API puts around it.
func (r Row) Lookup(column string) (string, error) { return r.ID(LookupColumn(column)) }

// Rows reads the rows of a collection that was expanded.
func (r Row) Rows(navigation string) ([]Row, error) {
	values, ok := r[navigation].([]any)
	if !ok && r[navigation] != nil {
		return nil, &ColumnError{navigation, "a list of rows"}
	}
	rows := make([]Row, len(values))
	for i, value := range values {
		row, ok := value.(map[string]any)
		if !ok {
			return nil, &ColumnError{navigation, "a list of rows"}
		}
		rows[i] = row
	}
	return rows, nil
}

// LookupColumn is how the Web API names a lookup column when it is read.
func LookupColumn(column string) string { return "_" + column + "_value" }

// Formatted is what the portal shows for a value, when [Query.Formatted] asked
// for it; else "".
func (r Row) Formatted(column string) string {
	text, _ := r[column+"@"+formattedValue].(string)
	return text
}

const formattedValue = "OData.Community.Display.V1.FormattedValue"

// ETag is the version of the row; "" when Dataverse did not say it.
func (r Row) ETag() ETag {
	text, _ := r["@odata.etag"].(string)
	return ETag(text)
}

// Columns are the names of what is in the row, sorted.
func (r Row) Columns() []string { return slices.Sorted(maps.Keys(r)) }

// Format shows the columns without their values under every verb.
func (r Row) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "row("+strings.Join(r.Columns(), " ")+")")
}

// LogValue shows the columns without their values.
func (r Row) LogValue() slog.Value { return slog.AnyValue(r.Columns()) }

// Reader reads many columns of one row and remembers the first that was wrong.
type Reader struct {
	Row Row
	err error
}

// Read starts reading.
func (r Row) Read() *Reader { return &Reader{Row: r} }

// Err is the first error of all the columns read.
func (r *Reader) Err() error { return r.err }

// String is [Row.String].
func (r *Reader) String(column string) string { return keep(r, Row.String, column) }

// Int is [Row.Int].
func (r *Reader) Int(column string) int { return keep(r, Row.Int, column) }

// Bool is [Row.Bool].
func (r *Reader) Bool(column string) bool { return keep(r, Row.Bool, column) }

// Time is [Row.Time].
func (r *Reader) Time(column string) time.Time { return keep(r, Row.Time, column) }

// ID is [Row.ID].
func (r *Reader) ID(column string) string { return keep(r, Row.ID, column) }

// Lookup is [Row.Lookup].
func (r *Reader) Lookup(column string) string { return keep(r, Row.Lookup, column) }

func keep[T any](r *Reader, read func(Row, string) (T, error), column string) T {
	value, err := read(r.Row, column)
	if err != nil && r.err == nil {
		r.err = err
	}
	return value
}
