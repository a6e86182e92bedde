package overflow

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// measure writes a value for a person: "10", "9 minutes 59.4 seconds".
func measure(value float64, k kind) string {
	if k != duration {
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	if math.Abs(value) > float64(1<<62) {
		return strconv.FormatFloat(value/float64(time.Second), 'f', 0, 64) + " seconds"
	}
	return span(time.Duration(value))
}

// span writes a duration in minutes and seconds.
func span(d time.Duration) string {
	if d < 0 {
		return "-" + span(-max(d, -1<<62))
	}
	minutes, seconds := d/time.Minute, (d % time.Minute).Seconds()
	text := strconv.FormatFloat(seconds, 'f', -1, 64)
	switch {
	case minutes == 0:
		return text + " " + plural("second", text == "1")
	case seconds == 0:
		return fmt.Sprintf("%d %s", minutes, plural("minute", minutes == 1))
	default:
		return fmt.Sprintf("%d %s %s %s", minutes, plural("minute", minutes == 1), text, plural("second", text == "1"))
	}
}

// plural is the noun, with an s unless there is one.
func plural(noun string, one bool) string {
	if one {
		return noun
	}
	return noun + "s"
}
