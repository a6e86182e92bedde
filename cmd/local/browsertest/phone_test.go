package browsertest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// written is a number as people of a country write it, and what it is.
type written struct{ Text, Country, Want string }

// The widget reads what people of each country write at home as the service's own
// library does. Where it cannot, it must not make another number of it.
func TestNumbersAreReadAsTheirCountriesWriteThem(t *testing.T) {
	t.Parallel()
	var all []written
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
			number := phonenumbers.GetExampleNumberForType(region, kind)
			if number == nil || (region == "AR" && kind == phonenumbers.MOBILE) { // Argentina writes a 15 at home and a 9 abroad
				continue
			}
			e164 := phonenumbers.Format(number, phonenumbers.E164)
			all = append(all,
				written{phonenumbers.Format(number, phonenumbers.NATIONAL), region, e164},
				written{phonenumbers.Format(number, phonenumbers.INTERNATIONAL), "", e164},
			)
		}
	}
	if len(all) < 800 {
		t.Fatalf("only %d numbers", len(all))
	}
	read(t, all)
}

func TestNumbersAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	read(t, []written{
		{"+33 1 99 00 12 34", "", "+33199001234"},
		{"+33 (0)1 99 00 12 34", "GB", "+33199001234"},
		{"0033 1.99.00.12.34", "", "+33199001234"},
		{"01-99-00-12-34", "FR", "+33199001234"},
		{"٠١٩٩٠٠١٢٣٤", "FR", "+33199001234"},
		{"０１９９００１２３４", "FR", "+33199001234"},
		{"01\u00a099\u202f00‑12–34", "FR", "+33199001234"},
		{"(202) 555-0123", "US", "+12025550123"},
		{"1 202 555 0123", "US", "+12025550123"},
		{"01 99 00 12 34", "", ""},
		{"01 99 00 12 34", "ZZ", ""},
		{"0800 FLOWERS", "US", ""},
		{"01 99 00 12 34 ext. 5", "FR", ""},
		{"+", "FR", ""},
		{"12", "FR", ""},
		{"+1234567890123456", "", ""},
		{"", "FR", ""},
	})
}

func read(t *testing.T, all []written) {
	t.Helper()
	b := open(t, openDesk(t).address+"/demo", looks{lang: "en"})
	numbers, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	got := eval[[]string](b, fmt.Sprintf("import('/widget.js').then((w) => %s.map((n) => w.international(n.Text, n.Country)))", numbers))
	for i, n := range all {
		if got[i] != n.Want {
			t.Errorf("%s writes %q: read as %q, want %q", n.Country, n.Text, got[i], n.Want)
		}
	}
	// What is shown to be checked is the same number.
	for i, shown := range eval[[]string](b, fmt.Sprintf("import('/widget.js').then((w) => %s.map((n) => w.spaced(n.Want).replaceAll(' ', '')))", numbers)) {
		if shown != all[i].Want {
			t.Errorf("%s is shown as %s", all[i].Want, shown)
		}
	}
}
