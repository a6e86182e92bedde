package serve

import (
	"time"

	"directcallback/adapter/service"
)

// realTime is the clock of a server in the real world.
func realTime() service.Clock { return wallClock{} }

// wallClock is the time of the machine.
type wallClock struct{}

func (wallClock) Now() time.Time                       { return time.Now() }
func (wallClock) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }
