package dataverse

import (
	"regexp"
	"strings"
)

// personal finds what may be personal or secret in a foreign text. The first two
// alternatives are there to be kept: GUIDs and codes are digits too.
var (
	personal = regexp.MustCompile(`(?i)\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?` +
		`|\b0x[0-9a-f]{1,8}\b` +
		`|eyJ[\w-]+\.[\w-]*(?:\.[\w-]*)?` +
		`|[^\s@'"<>,;:()]+@[^\s@'"<>,;:()]+` +
		`|(?:\+|%2B|\b00)?\d(?:(?:%20|[\s().\-/\x{a0}\x{2010}-\x{2015}])*\d){5,}`)
	kept            = regexp.MustCompile(`(?i)^(?:\{?[0-9a-f]{8}-[0-9a-f-]{27}\}?|0x[0-9a-f]{1,8})$`)
	international   = regexp.MustCompile(`(?i)^(?:\+|%2B|00)`)
	hopelessPattern = regexp.MustCompile(`unsupported protocol scheme|invalid header|stopped after \d+ redirects|no Host in request URL`)
)

// redact masks telephone numbers, mail addresses and tokens. A number counts as
// a telephone number when it says so by its prefix or has ten digits or more:
// choice values have nine, and an error that hides them would help nobody.
func redact(text string) string {
	return personal.ReplaceAllStringFunc(text, func(found string) string {
		switch {
		case kept.MatchString(found):
			return found
		case strings.HasPrefix(found, "eyJ"):
			return "[token]"
		case strings.Contains(found, "@"):
			return "[address]"
		case international.MatchString(found), countDigits(found) >= 10:
			return "[number]"
		}
		return found
	})
}

func countDigits(text string) int {
	count := 0
	for _, r := range strings.ReplaceAll(text, "%20", "") {
		if r >= '0' && r <= '9' {
			count++
		}
	}
	return count
}
