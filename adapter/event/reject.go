package event

import (
	"fmt"
	"strings"
	"unicode"

	"directcallback/adapter"
)

// The reasons of the rejections made here, short and stable, for dashboards and
// for rules on the dead-letter queue.
const (
	ReasonBadEvent     = "BadEvent"         // a field is missing or wrong
	ReasonBadCommand   = "BadCommand"       // the same, of a command
	ReasonUnknownType  = "UnknownEventType" // a CloudEvent of a type this contract does not have
	ReasonNotReadable  = "NotCloudEvent"    // not a CloudEvent 1.0 in JSON
	ReasonTooLarge     = "TooLarge"         // the body is larger than MaxBody
	ReasonNotSupported = "NotSupported"     // a sender we recognise, in a form we do not read
	ReasonNotNeeded    = "NotNeeded"        // a message we recognise and have no use for: its sender may stop
)

// maxDescription is what Service Bus keeps of a dead-letter description, in bytes.
const maxDescription = 4096

func reject(reason, format string, args ...any) *adapter.Rejection {
	return &adapter.Rejection{Reason: reason, Description: shorten(fmt.Sprintf(format, args...), maxDescription)}
}

// shorten cuts text to at most limit bytes and never inside a character.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const mark = "…"
	cut := limit - len(mark)
	for cut > 0 && text[cut]&0xC0 == 0x80 { // inside a UTF-8 sequence
		cut--
	}
	return text[:cut] + mark
}

// echo makes a name chosen by the sender fit to be repeated in a description:
// short, printable, and without its digits when there are enough of them to be a
// phone number.
func echo(text string) string {
	text = shorten(text, 80)
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsDigit(r) && digits > 4:
			return '*'
		case !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text)
}
