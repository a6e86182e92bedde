package hours

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// pattern is an iCalendar recurrence, as far as calendars of operating hours
// have one.
type pattern struct {
	frequency string
	interval  int
	count     int // 0 = without end
	weekdays  weekdays
}

// maxCount is the most occurrences that are read: a rule has days, not a history.
const maxCount = 10_000

// readPattern reads FREQ, INTERVAL, COUNT and BYDAY. Every other part would
// change the days and is an error.
func readPattern(text string) (pattern, error) {
	p := pattern{interval: 1}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok || seen[name] {
			return p, fmt.Errorf("the part %q is not read", part)
		}
		seen[name] = true
		err := error(nil)
		switch name {
		case "FREQ":
			p.frequency = value
		case "INTERVAL":
			p.interval, err = countOf(value, maxPeriod)
		case "COUNT":
			p.count, err = countOf(value, maxCount)
		case "BYDAY":
			p.weekdays, err = weekdaysOf(value)
		default:
			err = fmt.Errorf("the part %q is not read", part)
		}
		if err != nil {
			return p, err
		}
	}
	return p, p.check()
}

// check refuses what does not say on which days.
func (p pattern) check() error {
	switch {
	case p.frequency == "WEEKLY" && p.weekdays == 0:
		return errors.New("a weekly pattern without BYDAY does not say on which days")
	case p.frequency == "WEEKLY" && p.count != 0:
		return errors.New("COUNT is not read in a weekly pattern")
	case p.frequency == "DAILY" && (p.weekdays != 0 || p.interval != 1):
		return errors.New("BYDAY and INTERVAL are not read in a daily pattern")
	case p.frequency != "WEEKLY" && p.frequency != "DAILY":
		return fmt.Errorf("the frequency %q is not read", p.frequency)
	default:
		return nil
	}
}

func countOf(text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is not a number from 1 to %d", text, most)
	}
	return n, nil
}

func weekdaysOf(text string) (weekdays, error) {
	const names = "MO TU WE TH FR SA SU"
	var all weekdays
	for name := range strings.SplitSeq(text, ",") {
		at := strings.Index(names, name)
		if len(name) != 2 || at < 0 || at%3 != 0 {
			return 0, fmt.Errorf("%q is not a day of the week", name)
		}
		all |= 1 << (at / 3)
	}
	return all, nil
}
