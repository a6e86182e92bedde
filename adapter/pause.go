package adapter

import "time"

// Paused names what is paused: a queue, whose callbacks keep their place and do not
// go out, or an engagement configuration, through which none goes out.
type Paused struct {
	Queue         QueueID         // one of the two
	Configuration ConfigurationID //
}

// Pause keeps callbacks from going out and from being offered.
type Pause struct {
	Paused
	Since  time.Time
	Until  time.Time // then it is over by itself; zero = when somebody ends it
	By     string    // the person who decided it; empty = the adapter, of what Dynamics refused
	Reason string
}

// InForce tells whether the pause is not over at now.
func (p Pause) InForce(now time.Time) bool { return p.Until.IsZero() || p.Until.After(now) }
