package event

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzMembers holds the splitting of objects against encoding/json.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1}`, ` { "a" : [1,{"b":"}"}] , "c\"\\":"\u00e9" , "":null,"d":-1.5e3 } `, `{"a":1,"a":{"x":"]"}}`, `{"a":"\\"}`, `{"é":true}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		if !utf8.Valid(text) || json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		o, ok := newObject("", bytes.TrimSpace(text))
		if !ok {
			t.Fatalf("%q is no object", text)
		}
		got := map[string]json.RawMessage{}
		for _, m := range o.members {
			got[m.name] = o.find(m.name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", text, diff)
		}
	})
}
