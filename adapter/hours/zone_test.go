package hours

import (
	"testing"
	"time"
	_ "time/tzdata"
)

// Every name must be one that the Go tables have, and one or two that everybody
// knows must be right.
func TestZonesHaveTables(t *testing.T) {
	t.Parallel()
	for windows, want := range map[string]string{
		"Romance Standard Time": "Europe/Paris", "Eastern Standard Time": "America/New_York", "UTC": "UTC", "Invented Standard Time": "",
	} {
		if got := ianaName(windows); got != want {
			t.Errorf("%s is %s", windows, got)
		}
	}
	for windows, iana := range ianaNames() {
		if _, err := time.LoadLocation(iana); err != nil {
			t.Errorf("%s: %v", windows, err)
		}
	}
	if n := len(ianaNames()); n < 130 {
		t.Errorf("%d zones", n)
	}
}

func TestDaysBetweenWhichRulesAreInForce(t *testing.T) {
	t.Parallel()
	if first, end := dayOf(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)), dayOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); first != firstDay || end != endOfAll {
		t.Errorf("%d, %d", first, end)
	}
}
