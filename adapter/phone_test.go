package adapter_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"directcallback/adapter"
)

const (
	number = "+33155501234"
	hidden = "155501" // a part of it that must never be seen
	masked = "+33*******34"
)

func phone(t *testing.T, text string) adapter.Phone {
	t.Helper()
	p, err := adapter.ParsePhone(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPhoneMasksUnderEveryVerb(t *testing.T) {
	t.Parallel()
	p := phone(t, number)
	inside := struct {
		Caller  adapter.Phone
		pointer *adapter.Phone
		list    []adapter.Phone
		byName  map[string]adapter.Phone
	}{p, &p, []adapter.Phone{p}, map[string]adapter.Phone{"a": p}}
	for _, flags := range []string{"", "+", "#", "-", " ", "0", "30", ".3", "+#"} {
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp!" {
			format := "%" + flags + string(verb)
			for _, value := range []any{p, &p, []adapter.Phone{p}, inside} {
				if got := fmt.Sprintf(format, value); leaks(got) {
					t.Errorf("%s of %T shows %q", format, value, got)
				}
			}
		}
	}
	for _, verb := range []string{"%v", "%s", "%d", "%x", "%q", "%+v", "%#v"} {
		if got := fmt.Sprintf(verb, p); got != masked {
			t.Errorf("%s: %q, want %q", verb, got, masked)
		}
	}
	if got := fmt.Sprint(p, &p) + fmt.Sprintln(p); leaks(got) {
		t.Errorf("print shows %q", got)
	}
}

// leaks tells whether the number can be read, as text or in hexadecimal.
func leaks(text string) bool {
	return strings.Contains(text, hidden) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", hidden))
}

func TestPhoneMasksInJSONErrorsAndLogs(t *testing.T) {
	t.Parallel()
	p := phone(t, number)
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(handler).Info("call", "from", p, "at", &p, "call", adapter.Call{From: p}, "callback", &adapter.Callback{Phone: p},
			slog.Group("group", "from", p), "list", []adapter.Phone{p}, "error", fmt.Errorf("call %v: %w", p, errors.New("no")))
	}
	body, err := json.Marshal(map[string]any{"p": p, "pp": &p, "call": adapter.Call{From: p}, "keys": map[adapter.Phone]int{p: 1}, "list": []adapter.Phone{p}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"log": log.String(), "JSON": string(body)} {
		if leaks(text) || !strings.Contains(text, masked) {
			t.Errorf("%s shows %s", name, text)
		}
	}
}

func TestPhoneShowsItsCountryAndTwoDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+12025550123":   "+1********23",
		"+33155501234":   "+33*******34",
		"+3544101234":    "+354*****34",
		"+8613812345678": "+86*********78",
	} {
		if got := phone(t, text).String(); got != want {
			t.Errorf("%s of %d digits, want %s", got, len(text), want)
		}
	}
	if got := (adapter.Phone{}).String(); got != "withheld" {
		t.Errorf("a withheld number is %q", got)
	}
}

func TestParsePhone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"E.164":                     {"+33155501234", "+33155501234"},
		"spaces":                    {"  +33 1 55 50 12 34 ", "+33155501234"},
		"dashes and parentheses":    {"+1 (202) 555-0123", "+12025550123"},
		"dots":                      {"+33.1.55.50.12.34", "+33155501234"},
		"trunk zero in parentheses": {"+44 (0)20 7946 0958", "+442079460958"},
		"empty":                     {"", ""},
		"space only":                {" \t ", ""},
		"no country code":           {"0155501234", ""},
		"international prefix":      {"0033155501234", ""},
		"a word":                    {"anonymous", ""},
		"a word with a plus":        {"+anonymous", ""},
		"no such country":           {"+999123456789", ""},
		"too short":                 {"+3315550", ""},
		"too long":                  {"+331555012345678901", ""},
		"plus only":                 {"+", ""},
		"an address of SIP":         {"sip:+33155501234@example.com", ""},
		"not in the numbering plan": {"+12005550123", ""},
		"as long as a letter":       {"+33155501234" + strings.Repeat(" 1", 20), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := adapter.ParsePhone(test.text)
			if p.E164() != test.want || (err == nil) != (test.want != "") || p.IsZero() != (test.want == "") {
				t.Fatalf("%q, %v, want %q", p.E164(), err, test.want)
			}
			if err != nil && (!errors.Is(err, adapter.ErrPhone) || leaks(err.Error())) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestStoredPhoneChecksTheFormOnly(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"+33155501234": true, "+999123456789": true, "+12": true, "+123456789012345": true,
		"": false, "+": false, "+1": false, "33155501234": false, "+1234567890123456": false, "+33 155501234": false, "+33x55501234": false,
	} {
		p, err := adapter.StoredPhone(text)
		if (err == nil) != good || (good && p.E164() != text) || (!good && !errors.Is(err, adapter.ErrPhone)) {
			t.Errorf("%q: %q, %v", text, p.E164(), err)
		}
		if got := p.String(); good && len(text) > 6 && strings.Contains(got, text[3:len(text)-2]) {
			t.Errorf("%q is shown", got)
		}
	}
}

func TestPhoneReadsText(t *testing.T) {
	t.Parallel()
	p := phone(t, number)
	if err := json.Unmarshal([]byte(`""`), &p); err != nil || !p.IsZero() {
		t.Errorf("empty text: %v, %v", p, err)
	}
	if err := json.Unmarshal([]byte(`"+1 202 555 0123"`), &p); err != nil || p.E164() != "+12025550123" {
		t.Errorf("E.164: %v, %v", p, err)
	}
	if err := json.Unmarshal([]byte(`"withheld"`), &p); !errors.Is(err, adapter.ErrPhone) || p.E164() != "+12025550123" {
		t.Errorf("a word: %v, %v", p, err)
	}
}

func FuzzParsePhone(f *testing.F) {
	for _, text := range []string{number, "+1 (202) 555-0123", "+44 (0)20 7946 0958", "0155501234", "+", "sip:+33155501234@x", "+33155501234;ext=5", "+１２０２５５５０１２３"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := adapter.ParsePhone(text)
		if err != nil {
			if !errors.Is(err, adapter.ErrPhone) || !p.IsZero() {
				t.Errorf("%q with error %v", p.E164(), err)
			}
			return
		}
		if again, err := adapter.ParsePhone(p.E164()); err != nil || again != p {
			t.Errorf("what was parsed is not parsed again: %v", err)
		}
		if stored, err := adapter.StoredPhone(p.E164()); err != nil || stored != p {
			t.Errorf("what was parsed is not taken back from a store: %v", err)
		}
		shown := p.String()
		if visible := len(shown) - strings.Count(shown, "*"); visible > 6 || len(shown) != len(p.E164()) {
			t.Errorf("%d characters of %d are visible", visible, len(shown))
		}
	})
}
