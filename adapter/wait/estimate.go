package wait

import "time"

// Source is where an estimate comes from.
type Source string

// The sources. NotEnoughData is the zero value: there is no estimate.
const (
	NotEnoughData Source = ""
	FromPlatform  Source = "platform"
	FromAverage   Source = "average"
)

// Estimate is what a caller who joins now will wait, if Source says anything.
type Estimate struct {
	Wait   time.Duration
	Source Source
	At     time.Time // when it was worked out; zero = the source did not say
	Range  Range     // of the waits that an average is made of; unknown with others
}

// Known tells whether there is an estimate.
func (e Estimate) Known() bool { return e.Source != NotEnoughData }

// Line is what is known of a queue's waiting line.
type Line struct {
	Told  time.Duration // by the platform for this call; below 0 = not told
	Waits Waits         // of those who were connected
}

// Predictor estimates from what is known at now.
type Predictor interface {
	Predict(line Line, now time.Time) Estimate
}

// Platform is the platform's own number, and another's where there is none.
type Platform struct{ Else Predictor }

// Predict is a [Predictor].
func (p Platform) Predict(line Line, now time.Time) Estimate {
	if line.Told >= 0 {
		return Estimate{Wait: line.Told, Source: FromPlatform}
	}
	return p.Else.Predict(line, now)
}
