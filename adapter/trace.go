package adapter

import "strings"

// Trace is the traceparent of what caused something, as the W3C's Trace Context
// writes it; empty = it told none.
type Trace string

// ParseTrace takes a traceparent; what is none is no trace, as the specification
// wants it.
func ParseTrace(text string) Trace {
	parts := strings.Split(text, "-")
	if len(parts) < 4 || parts[0] == "ff" || parts[0] == "00" && len(parts) > 4 || len(text) > maxTrace {
		return ""
	}
	for i, length := range []int{2, 32, 16, 2} {
		if len(parts[i]) != length || strings.Trim(parts[i], "0123456789abcdef") != "" {
			return ""
		}
	}
	if strings.Trim(parts[1], "0") == "" || strings.Trim(parts[2], "0") == "" {
		return ""
	}
	return Trace(strings.Join(parts[:4], "-"))
}

// maxTrace bounds what later versions may append.
const maxTrace = 256
