package service

import (
	"fmt"
	"time"

	"directcallback/adapter"
)

// TooOftenError says that callbacks to a number were asked for often enough for now, by
// whoever: a form on a page would have anybody phoned, again and again.
type TooOftenError struct {
	After time.Duration // then another one may be asked for
}

// Error names no number.
func (e *TooOftenError) Error() string {
	return fmt.Sprintf("callbacks to this number were asked for too often, for another %v", e.After)
}

// notTooOften tells whether one more callback may go to a number, asked for through a
// channel. Those that were cancelled count, too.
func (r *run) notTooOften(phone adapter.Phone, channel adapter.Channel) error {
	limit := r.s.o.Channels.Limits.PerNumber
	if limit.IsZero() || !channel.Open() {
		return nil
	}
	asked, err := r.tx.Asked(phone, r.now.Add(-limit.Per), limit.N)
	if err != nil || len(asked) < limit.N {
		return err
	}
	return &TooOftenError{After: asked[limit.N-1].Add(limit.Per).Sub(r.now)}
}
