package wait

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// recentMost is how many waits are remembered one by one.
const recentMost = 100

// Recent are the last waits of a queue, the oldest first, in whole seconds. It is a plain
// value like the [Waits] that it belongs to.
type Recent struct {
	n       int
	seconds [recentMost]uint32
}

// with is the sample with one more; the oldest leaves when it is full.
func (r Recent) with(waited time.Duration) Recent {
	if r.n == recentMost {
		copy(r.seconds[:], r.seconds[1:])
		r.n--
	}
	r.seconds[r.n] = uint32(min(waited.Round(time.Second).Seconds(), maxSeconds))
	r.n++
	return r
}

// spread is the range of the sample; with fewer than atLeast waits it has none.
func (r Recent) spread(atLeast int) Range {
	if r.n < max(atLeast, 1) {
		return Range{}
	}
	sorted := r.seconds // a copy
	slices.Sort(sorted[:r.n])
	tenths := func(t int) int { return int(sorted[(t*r.n+9)/10-1]) }
	return Range{P50: tenths(5), P90: tenths(9), Of: r.n}
}

// MarshalJSON writes an array of numbers.
func (r Recent) MarshalJSON() ([]byte, error) {
	text := make([]byte, 0, 2+5*r.n)
	text = append(text, '[')
	for i, seconds := range r.seconds[:r.n] {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(seconds), 10)
	}
	return append(text, ']'), nil
}

// UnmarshalJSON reads one. It is read for each call that is connected, so it goes the
// short way.
func (r *Recent) UnmarshalJSON(text []byte) error {
	inner, opened := bytes.CutPrefix(text, []byte{'['})
	inner, closed := bytes.CutSuffix(inner, []byte{']'})
	if !opened || !closed {
		return errors.New("recent waits are no array")
	}
	*r = Recent{}
	for number := range bytes.SplitSeq(inner, []byte{','}) {
		if number = bytes.TrimSpace(number); len(number) == 0 && r.n == 0 {
			break // it is empty
		}
		seconds, err := strconv.ParseUint(string(number), 10, 32)
		switch {
		case err != nil || seconds > maxSeconds:
			return errors.New("a recent wait is no number of seconds below a year")
		case r.n == recentMost:
			return fmt.Errorf("more than %d recent waits", recentMost)
		}
		r.seconds[r.n] = uint32(seconds)
		r.n++
	}
	return nil
}
