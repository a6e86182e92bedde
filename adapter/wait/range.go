package wait

import "fmt"

// Range is how long the recent callers of a queue waited: half of them P50 seconds or
// less, nine in ten of them P90 or less. Each is a wait that there was, the one at place
// ⌈n/2⌉ or ⌈9n/10⌉ when the n waits are sorted.
type Range struct {
	P50 int `json:"p50"` // seconds
	P90 int `json:"p90"` // seconds
	Of  int `json:"of"`  // how many waits; 0 = not enough data
}

// Known tells whether there is a range.
func (r Range) Known() bool { return r.Of > 0 }

func (r Range) check() error {
	if r.P50 < 0 || r.P90 < r.P50 || r.P90 > maxSeconds || r.Of < 0 || r.Of > recentMost {
		return fmt.Errorf("waits: a range from %d to %d seconds of %d waits", r.P50, r.P90, r.Of)
	}
	return nil
}
