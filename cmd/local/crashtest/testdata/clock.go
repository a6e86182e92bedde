package serve

import (
	"os"
	"strconv"
	"time"

	"directcallback/adapter/service"
)

// realTime is what the test says that it is: SIMULATED_SPEED times faster since
// SIMULATED_SINCE, and on this machine SIMULATED_AHEAD of that.
func realTime() service.Clock {
	speed, err := strconv.ParseFloat(os.Getenv("SIMULATED_SPEED"), 64)
	if err != nil {
		panic(err)
	}
	since, err := time.Parse(time.RFC3339Nano, os.Getenv("SIMULATED_SINCE"))
	if err != nil {
		panic(err)
	}
	ahead, err := time.ParseDuration(os.Getenv("SIMULATED_AHEAD"))
	if err != nil {
		panic(err)
	}
	now := time.Now()
	return wallClock{now, since.Add(time.Duration(speed * float64(now.Sub(since)))).Add(ahead), speed}
}

// wallClock showed began at started.
type wallClock struct {
	started, began time.Time
	speed          float64
}

func (c wallClock) Now() time.Time {
	return c.began.Add(time.Duration(c.speed * float64(time.Since(c.started))))
}

func (c wallClock) NewTimer(d time.Duration) *time.Timer {
	return time.NewTimer(time.Duration(float64(d) / c.speed))
}
