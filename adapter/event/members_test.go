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

// FuzzElements holds the splitting of lists against encoding/json.
func FuzzElements(f *testing.F) {
	for _, text := range []string{`[]`, ` [ ] `, `[1]`, `[ {"a":"]"} , [1,[]] ,"\"" ,null ]`, `[[]]`, `{}`, `"["`, `null`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) || !json.Valid(text) {
			return
		}
		var want []json.RawMessage
		_ = json.Unmarshal(text, &want) // what is no list has no elements
		got := elements(bytes.TrimSpace(text))
		if len(got) != len(want) {
			t.Fatalf("%q has %d elements, not %d", text, len(want), len(got))
		}
		for i := range want {
			if !bytes.Equal(want[i], got[i]) {
				t.Fatalf("%q: element %d is %q, not %q", text, i, want[i], got[i])
			}
		}
	})
}
