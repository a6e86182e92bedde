package dataverse

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"directcallback/adapter"
)

func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"code":"0x80040217","message":"contact With Id = 11111111-2222-3333-4444-555555555555 Does Not Exist"}}`,
		`{"error":{"code":"-2147220969","message":"x"}}`, `{"error":{"code":"","message":""}}`, `{"error":{"code":"0x0"}}`,
		`{"error":"invalid_client"}`, `{"error":{"code":5}}`, `<html>503</html>`, ``, `null`, "\xff+33155501234",
		`{"error":{"message":"+33 (1) 55-50 12.34 and %2B33155501234 and eyJhbGciOi.eyJ.x and a@b.c"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		code, message := parseError(body)
		if code != "" && (len(code) > 60 || code != strings.ToLower(code) && !strings.Contains(code, "[")) {
			t.Errorf("code %q", code)
		}
		if !utf8.ValidString(message) {
			t.Errorf("message %q", message)
		}
		for _, signal := range []int{400, 429, 500, 503} {
			refused := &Error{Operation: "x", Status: signal, Code: code, Message: message}
			if refused.kind() == nil || len(refused.Error()) > 1000 {
				t.Errorf("error %v", refused)
			}
		}
	})
}

// FuzzRedact hides a number between foreign text: it must not come through.
func FuzzRedact(f *testing.F) {
	for _, seed := range []string{"", "tel ", "11111111-2222-3333-4444-", "0x8004", "%", "'", "a@"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, "33155501234") {
			return // it stands there anyway
		}
		if got := redact(before + " +33155501234 " + after); strings.Contains(got, "33155501234") {
			t.Errorf("%q", got)
		}
	})
}

func FuzzRow(f *testing.F) {
	for _, seed := range []string{
		`{"a":"x","a@OData.Community.Display.V1.FormattedValue":"X","_a_value":"11111111-2222-3333-4444-555555555555"}`,
		`{"a":1e400}`, `{"a":-0.0}`, `{"a":9223372036854775808}`, `{"a":"2026-10-05"}`, `{"a":[{}]}`, `[]`, `null`, `{`,
		`{"a@OData.Community.Display.V1.FormattedValue":5}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var row Row
		if decodeJSON(body, &row) != nil {
			return
		}
		for _, column := range append(row.Columns(), "absent") {
			_, _ = row.String(column)
			_, _ = row.Int(column)
			_, _ = row.Bool(column)
			if at, err := row.Time(column); err == nil && at.Location() != time.UTC {
				t.Errorf("%v is not UTC", at)
			}
			if id, err := row.ID(column); err == nil && id != "" && !adapter.IsGUID(id) {
				t.Errorf("%q is not a GUID", id)
			}
			_, _ = row.Lookup(column)
			_ = row.Formatted(column)
		}
	})
}

func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{
		"7", "1,200.00", "1.5", "-1", "NaN", "Inf", "1e300", "Wed, 21 Oct 2026 07:28:00 GMT", "",
		`Bearer error="insufficient_claims", claims="e30="`, `Bearer error=insufficient_claims, claims=e30`, `Bearer claims="%%"`,
	} {
		f.Add(seed)
	}
	now := time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if wait := parseRetryAfter(text, now); wait < 0 {
			t.Errorf("wait %v", wait)
		}
		_ = challengedClaims(http.Header{"Www-Authenticate": {text}})
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 21, 7, 27, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"7": 7 * time.Second, "1.5": 1500 * time.Millisecond, "1,200.00": 20 * time.Minute, " 3 ": 3 * time.Second,
		"Wed, 21 Oct 2026 07:28:00 GMT": time.Minute, "Wed, 21 Oct 2020 07:28:00 GMT": 0,
		"": 0, "-1": 0, "NaN": 0, "soon": 0, "1e300": 24 * time.Hour,
	} {
		if got := parseRetryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestRedactKeepsWhatHelps(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"contact With Id = 11111111-2222-3333-4444-555555555555 Does Not Exist": "contact With Id = 11111111-2222-3333-4444-555555555555 Does Not Exist",
		"code 0x80040217, choice 192350003, limit 6000 of 300 seconds":          "code 0x80040217, choice 192350003, limit 6000 of 300 seconds",
		"at 2026-10-05T12:00:00Z":                   "at 2026-10-05T12:00:00Z",
		"number +33155501234!":                      "number [number]!",
		"number 01 55 50 12 34":                     "number [number]",
		"eq '%2B33155501234'":                       "eq '[number]'",
		"mail ada@example.org, Bearer eyJabc.def.g": "mail [address], Bearer [token]",
	} {
		if got := redact(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
