package broker

import "time"

// duplicates remembers message ids for a window. Old ones are dropped when new
// ones come, so an idle entity needs no timer for them.
type duplicates struct {
	window time.Duration
	at     map[string]time.Time
	order  []string // oldest first
}

// repeated tells whether id was seen within the window, and notes it if not.
func (d *duplicates) repeated(id string, now time.Time) bool {
	if d.window <= 0 {
		return false
	}
	if d.at == nil {
		d.at = map[string]time.Time{}
	}
	for len(d.order) > 0 && !d.at[d.order[0]].Add(d.window).After(now) {
		delete(d.at, d.order[0])
		d.order = d.order[1:]
	}
	if _, ok := d.at[id]; ok {
		return true
	}
	d.at[id] = now
	d.order = append(d.order, id)
	return false
}
