package servicebus

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// isoDuration is a duration as ISO 8601 writes it: P1DT2H3M4.5S. Years and
// months have no fixed length and are refused. What is longer than a
// [time.Duration] can be, like .NET's longest, becomes the longest.
type isoDuration time.Duration

// isoPattern has a group for each of the units, in their order.
const isoPattern = `^P(?:([0-9.]+)W)?(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?$`

// UnmarshalText reads the duration.
func (d *isoDuration) UnmarshalText(text []byte) error {
	parts := regexp.MustCompile(isoPattern).FindStringSubmatch(string(text))
	if parts == nil || len(text) < len("P1D") {
		return fmt.Errorf("%q is not an ISO 8601 duration of weeks, days and times", text)
	}
	units := [...]time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second}
	total := 0.0
	for i, part := range parts[1:] {
		if part == "" {
			continue
		}
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return fmt.Errorf("%q is not an ISO 8601 duration: %w", text, err)
		}
		total += n * float64(units[i])
	}
	if total >= math.MaxInt64 {
		*d = math.MaxInt64
		return nil
	}
	*d = isoDuration(total)
	return nil
}

func (d *isoDuration) or(absent time.Duration) time.Duration {
	if d == nil {
		return absent
	}
	return time.Duration(*d)
}
