package dataverse

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestRowAccessors(t *testing.T) {
	t.Parallel()
	var row Row
	if err := decodeJSON([]byte(`{
		"text":"x", "number":192350003, "money":5.0000, "half":0.5, "yes":true, "null":null,
		"at":"2026-10-05T12:00:00Z", "offset":"2026-10-05T14:00:00.5+02:00", "bare":"2026-10-05T12:00:00", "day":"2026-10-05",
		"_owner_value":"{AAAAAAAA-2222-3333-4444-555555555555}", "version":9007199254740993,
		"kind":3, "kind@OData.Community.Display.V1.FormattedValue":"Direct Callback"
	}`), &row); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		read func() (any, error)
		want any // nil = an error
	}{
		{"text", func() (any, error) { return row.String("text") }, "x"},
		{"null text", func() (any, error) { return row.String("null") }, ""},
		{"absent text", func() (any, error) { return row.String("absent") }, ""},
		{"number as text", func() (any, error) { return row.String("number") }, nil},
		{"number", func() (any, error) { return row.Int("number") }, 192350003},
		{"whole money", func() (any, error) { return row.Int("money") }, 5},
		{"large number", func() (any, error) { return row.Int("version") }, 9007199254740993},
		{"half", func() (any, error) { return row.Int("half") }, nil},
		{"text as number", func() (any, error) { return row.Int("text") }, nil},
		{"yes", func() (any, error) { return row.Bool("yes") }, true},
		{"null as yes", func() (any, error) { return row.Bool("null") }, false},
		{"number as yes", func() (any, error) { return row.Bool("number") }, nil},
		{"time", func() (any, error) { return row.Time("at") }, noon},
		{"time with offset", func() (any, error) { return row.Time("offset") }, noon.Add(500 * time.Millisecond)},
		{"time without zone", func() (any, error) { return row.Time("bare") }, noon},
		{"date", func() (any, error) { return row.Time("day") }, noon.Add(-12 * time.Hour)},
		{"text as time", func() (any, error) { return row.Time("text") }, nil},
		{"lookup", func() (any, error) { return row.Lookup("owner") }, "aaaaaaaa-2222-3333-4444-555555555555"},
		{"null lookup", func() (any, error) { return row.Lookup("nobody") }, ""},
		{"text as id", func() (any, error) { return row.ID("text") }, nil},
		{"label", func() (any, error) { return row.Formatted("kind"), nil }, "Direct Callback"},
	}
	for _, test := range tests {
		got, err := test.read()
		wrong, ok := errors.AsType[*ColumnError](err)
		switch {
		case test.want == nil && (!ok || wrong.Column == ""):
			t.Errorf("%s: %v, %v", test.name, got, err)
		case test.want != nil && (err != nil || got != test.want):
			t.Errorf("%s: %v, %v, want %v", test.name, got, err, test.want)
		}
	}
}

func TestReaderKeepsTheFirstError(t *testing.T) {
	t.Parallel()
	r := Row{"a": "x", "b": json.Number("1"), "c": true}.Read()
	_, _, _, _ = r.String("a"), r.Int("c"), r.Bool("b"), r.Time("a")
	if err := r.Err(); err == nil || err.Error() != "column c: not a whole number" {
		t.Errorf("error %v", err)
	}
}

func TestPrintedRowsShowNoValues(t *testing.T) {
	t.Parallel()
	row := Row{"mobilephone": "+33155501234", "name": "Ada"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, row); got != "row(mobilephone name)" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}
