package phone

import "time"

// Clock is the simulated time. A duration handed to AfterFunc is simulated too:
// a clock that runs ten times as fast waits a tenth of it.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// ScaledClock runs at a multiple of true time. At speed 1 it is true time, also
// inside a testing/synctest bubble.
type ScaledClock struct {
	speed   float64
	started time.Time // true time
	began   time.Time // simulated time at started
}

// NewScaledClock shows began now and runs speed times as fast as true time;
// a speed of 0 or less means 1.
func NewScaledClock(speed float64, began time.Time) *ScaledClock {
	if speed <= 0 {
		speed = 1
	}
	return &ScaledClock{speed: speed, started: time.Now(), began: began}
}

// Speed is how many simulated seconds pass in a true one.
func (c *ScaledClock) Speed() float64 { return c.speed }

// Now is the simulated time.
func (c *ScaledClock) Now() time.Time {
	return c.began.Add(time.Duration(float64(time.Since(c.started)) * c.speed))
}

// AfterFunc calls f on a goroutine of its own once the simulated d has passed.
func (c *ScaledClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(time.Duration(float64(d)/c.speed), f).Stop
}
