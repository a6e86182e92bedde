package adapter_test

import (
	"strings"
	"testing"

	"directcallback/adapter"
)

func TestKindsOfNumbers(t *testing.T) {
	t.Parallel()
	for e164, want := range map[string]struct{ country, objection string }{
		"+33155501234":    {"FR", ""},
		"+12025550123":    {"US", ""},
		"+18765550123":    {"JM", ""}, // looks like one of the United States
		"+447624123456":   {"IM", ""},
		"+491701234567":   {"DE", ""},
		"+18005550123":    {"US", ""}, // who is called there pays
		"+33899701234":    {"FR", "premium-rate"},
		"+19002345678":    {"US", "premium-rate"},
		"+449012345678":   {"GB", "premium-rate"},
		"+33820123456":    {"FR", "shared-cost"},
		"+41840123456":    {"CH", "shared-cost"},
		"+447012345678":   {"GB", "personal"},
		"+447640123456":   {"GB", "pager"},
		"+443001234567":   {"GB", "company"},
		"+41860791234567": {"CH", "voicemail"},
		"+881612345678":   {adapter.International, "no country"}, // a satellite's
		"+870773111632":   {adapter.International, "no country"}, // a ship's
		"+80812345678":    {adapter.International, "no country"},
	} {
		p, err := adapter.ParsePhone(e164)
		if err != nil {
			t.Errorf("%s: %v", e164, err)
			continue
		}
		got := p.Objection()
		if p.Country() != want.country || (got == "") != (want.objection == "") || !strings.Contains(got, want.objection) {
			t.Errorf("%s: %q, %q", e164, p.Country(), got)
		}
	}
	var withheld adapter.Phone
	if withheld.Country() != "" || withheld.Objection() == "" {
		t.Errorf("withheld: %q, %q", withheld.Country(), withheld.Objection())
	}
}

func TestEmergencyAndShortNumbersAreCalledWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, short := range []string{"+33112", "+3317", "+1911", "+44999", "+49110", "+331023"} {
		if _, err := adapter.ParsePhone(short); err == nil || !strings.Contains(err.Error(), "emergency or short number") {
			t.Errorf("%s: %v", short, err)
		}
	}
	if _, err := adapter.ParsePhone("+3315550123"); err == nil || strings.Contains(err.Error(), "emergency") {
		t.Errorf("a number that is too short by one digit: %v", err)
	}
}
