package sqlite

import (
	"maps"
	"time"

	"directcallback/adapter"
)

// maxRecent bounds how many calls are remembered beside the file.
const maxRecent = 4096

// recent are live calls that were saved last, exactly as the file has them: most
// events are about one of them, and reading its 27 columns costs as much as
// saving them. Only this process writes to the file, and only through one owner
// goroutine, which owns this too. Whatever is rolled back empties it.
type recent map[adapter.CallID]adapter.Call

func (r recent) forget() { clear(r) }

func (r recent) call(id adapter.CallID) (adapter.Call, bool) {
	c, ok := r[id]
	c.Attributes = maps.Clone(c.Attributes) // the reader's own
	return c, ok
}

// saved remembers a call, or forgets it once its caller has hung up.
func (r recent) saved(c adapter.Call) {
	if c.State != adapter.CallWaiting && c.State != adapter.CallTaken {
		delete(r, c.ID)
		return
	}
	if len(r) >= maxRecent {
		r.forget()
	}
	for _, at := range []*time.Time{
		&c.QueuedAt, &c.ChangedAt, &c.ConnectedAt, &c.OverflowAt, &c.CheckAt, &c.FirstOffer, &c.LastOffer, &c.NextOffer, &c.ConfirmedAt,
	} {
		*at = instant(micros(*at)) // as the file keeps it
	}
	c.Attributes = maps.Clone(c.Attributes)
	r[c.ID] = c
}

// stands tells that a call is known to be where it is to be in line, or out of it.
func (r recent) stands(c adapter.Call) bool {
	was, ok := r[c.ID]
	if !ok || was.Waits() != c.Waits() {
		return false
	}
	return !c.Waits() || was.Queue == c.Queue && was.Priority == c.Priority && micros(was.QueuedAt) == micros(c.QueuedAt)
}
