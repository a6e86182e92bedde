package bus

import (
	"regexp"
	"strings"
)

// leastDigits is how many digits in a row, grouped or not, are taken for a
// telephone number. Nobody can say for sure what is one in a message that could
// not be read, so rather too much is hidden than too little.
const leastDigits = 7

var (
	numberLike = regexp.MustCompile(`\+?\d[\d ().\-/]*\d`)
	// A base64 text may hide anything. JSON writers of .NET spell + as \u002B.
	base64Data  = regexp.MustCompile(`("data_base64"\s*:\s*)"[^"]*"`)
	escapedPlus = regexp.MustCompile(`\\u002[Bb]`)
)

// mask hides all digits but the last two of whatever looks like a telephone
// number, and leaves times, GUIDs and small numbers alone.
func mask(text string) string {
	text = base64Data.ReplaceAllString(escapedPlus.ReplaceAllLiteralString(text, "+"), `$1"****"`)
	var masked strings.Builder
	end := 0
	for _, at := range numberLike.FindAllStringIndex(text, -1) {
		masked.WriteString(text[end:at[0]])
		end = at[1]
		if part := text[at[0]:at[1]]; looksDialable(text, at[0], at[1]) {
			masked.WriteString(hideDigits(part))
		} else {
			masked.WriteString(part)
		}
	}
	masked.WriteString(text[end:])
	return masked.String()
}

// looksDialable judges what stands at text[from:to], digits and what groups them.
func looksDialable(text string, from, to int) bool {
	part := text[from:to]
	digits, longest, run := 0, 0, 0
	for i := range len(part) {
		if part[i] >= '0' && part[i] <= '9' {
			digits++
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	switch {
	case digits < leastDigits:
		return false
	case part[0] == '+' && !followsDigit(text, from), longest >= leastDigits+2:
		return true
	default:
		return !inWord(text, from-1) && !inWord(text, to) && !inClock(text, from-1) && !inClock(text, to)
	}
}

// followsDigit tells a time zone's plus from a number's.
func followsDigit(text string, at int) bool { return at > 0 && isDigit(text[at-1]) }

// inWord tells that a character belongs to a GUID or a time, not to its surroundings.
func inWord(text string, at int) bool {
	if at < 0 || at >= len(text) {
		return false
	}
	c := text[at] | 0x20 // in lower case
	return c >= 'a' && c <= 'z'
}

// inClock tells that at is a colon with digits on both sides.
func inClock(text string, at int) bool {
	return at > 0 && at+1 < len(text) && text[at] == ':' && isDigit(text[at-1]) && isDigit(text[at+1])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func hideDigits(part string) string {
	hidden := []byte(part)
	kept := 2
	for i := len(hidden) - 1; i >= 0; i-- {
		switch {
		case !isDigit(hidden[i]):
		case kept > 0:
			kept--
		default:
			hidden[i] = '*'
		}
	}
	return string(hidden)
}
