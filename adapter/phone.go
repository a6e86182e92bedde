package adapter

import (
	"errors"
	"fmt"
	"strings"
	"unique"

	"github.com/nyaruka/phonenumbers"
)

// Phone is a telephone number that can be dialled: valid by its country's
// numbering plan and kept in E.164. The zero Phone means that the caller
// withheld the number.
//
// However it is printed, logged or marshalled, it shows only its country code
// and last two digits: fmt verbs, String, MarshalText and JSON all mask. The
// full number leaves through [Phone.E164] alone, which is called where a number
// must be dialled, stored, or shown to the person it belongs to.
type Phone struct {
	// A pointer to the one copy of the text: where fmt does not ask Format (%p, an
	// unexported field of somebody's struct), it prints an address.
	e164 unique.Handle[string]
}

// ErrPhone is matched by every error of [ParsePhone]. The error never repeats
// the number it was given.
var ErrPhone = errors.New("not a phone number that can be dialled")

// ParsePhone reads a number in E.164 ("+33155501234"); spaces, dots, dashes and
// parentheses are forgiven, a missing country code is not, because guessing one
// would phone a stranger.
func ParsePhone(text string) (Phone, error) {
	if text = strings.TrimSpace(text); text == "" {
		return Phone{}, fmt.Errorf("%w: empty", ErrPhone)
	}
	if len(text) > 40 {
		return Phone{}, fmt.Errorf("%w: longer than 40 characters", ErrPhone)
	}
	if !strings.HasPrefix(text, "+") {
		return Phone{}, fmt.Errorf("%w: no leading + with the country code", ErrPhone)
	}
	if strings.Trim(text[1:], "0123456789 .-()/\u00a0") != "" {
		// The library would read letters as a keypad does, and cut extensions off.
		return Phone{}, fmt.Errorf("%w: letters, an extension or other characters that are not dialled", ErrPhone)
	}
	number, err := phonenumbers.Parse(text, "")
	if err != nil {
		// The library's text may quote its input, so it is not passed on.
		return Phone{}, fmt.Errorf("%w: no such country code or not digits", ErrPhone)
	}
	if !phonenumbers.IsValidNumber(number) {
		if isShort(number) {
			return Phone{}, fmt.Errorf("%w: an emergency or short number", ErrPhone)
		}
		return Phone{}, fmt.Errorf("%w: not in its country's numbering plan", ErrPhone)
	}
	return Phone{unique.Make(phonenumbers.Format(number, phonenumbers.E164))}, nil
}

// E164 is the full number, "+" and 7 to 15 digits, or "" when withheld.
func (p Phone) E164() string {
	if p.IsZero() {
		return ""
	}
	return p.e164.Value()
}

// IsZero tells that the caller withheld the number.
func (p Phone) IsZero() bool { return p == Phone{} }

// String masks: "+33*******34". A withheld number is "withheld".
func (p Phone) String() string {
	if p.IsZero() {
		return "withheld"
	}
	full, country := p.E164(), 2
	if number, err := phonenumbers.Parse(full, ""); err == nil {
		country = 1 + digits(number.GetCountryCode())
	}
	hidden := max(len(full)-country-2, 0)
	return full[:country] + strings.Repeat("*", hidden) + full[len(full)-2:]
}

func digits(n int32) int {
	count := 1
	for n >= 10 {
		n /= 10
		count++
	}
	return count
}

// Format masks under every verb, including %d, %x and %#v, which would
// otherwise print the field.
func (p Phone) Format(state fmt.State, _ rune) { _, _ = fmt.Fprint(state, p.String()) }

// MarshalText masks, so that a Phone inside a logged or marshalled value does too.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads E.164; empty text is a withheld number.
func (p *Phone) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Phone{}
		return nil
	}
	parsed, err := ParsePhone(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// StoredPhone takes a number that [ParsePhone] accepted before. It checks the
// form only, because numbering plans change and a promise must stay readable.
func StoredPhone(e164 string) (Phone, error) {
	if len(e164) < 3 || len(e164) > 16 || e164[0] != '+' || strings.Trim(e164[1:], "0123456789") != "" {
		return Phone{}, fmt.Errorf("%w: stored in another form than E.164", ErrPhone)
	}
	return Phone{unique.Make(e164)}, nil
}
