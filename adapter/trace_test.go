package adapter_test

import (
	"strings"
	"testing"

	"directcallback/adapter"
)

func TestParseTrace(t *testing.T) {
	t.Parallel()
	const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for name, test := range map[string]struct {
		text string
		want adapter.Trace
	}{
		"as it is written":        {good, good},
		"none":                    {"", ""},
		"of a later version":      {"cc" + good[2:] + "-what-else", adapter.Trace("cc" + good[2:])},
		"of a version that is no": {"ff" + good[2:], ""},
		"with more than it has":   {good + "-x", ""},
		"in capitals":             {strings.ToUpper(good), ""},
		"of no trace":             {"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01", ""},
		"of no span":              {"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", ""},
		"too short":               {good[:50], ""},
		"a telephone number":      {"+33155501234", ""},
		"endless":                 {"cc" + good[2:] + strings.Repeat("-", 300), ""},
	} {
		if got := adapter.ParseTrace(test.text); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
