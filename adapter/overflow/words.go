package overflow

import (
	"strconv"
	"time"
)

// measure writes a value for a person: "10", "9 minutes 59.4 seconds".
func measure(value float64, k kind) string {
	if k != duration {
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return english().span(value / float64(time.Second))
}
