package adapter

import (
	"errors"
	"time"
)

// Window is a half-open stretch of time, Start included, End not. Both are UTC.
// The zero Window means that none was asked for.
type Window struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// IsZero tells that no window was asked for.
func (w Window) IsZero() bool { return w.Start.IsZero() && w.End.IsZero() }

// Contains tells whether t lies inside.
func (w Window) Contains(t time.Time) bool { return !t.Before(w.Start) && t.Before(w.End) }

// Validate says what is wrong with a window that a customer may ask for.
func (w Window) Validate(now time.Time) error {
	switch {
	case w.Start.IsZero() || w.End.IsZero():
		return errors.New("start and end are both needed")
	case !w.End.After(w.Start):
		return errors.New("end must be after start")
	case !w.End.After(now):
		return errors.New("the window is in the past")
	}
	return nil
}
