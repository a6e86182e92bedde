package phone

import "time"

// The platform's rule for an estimated wait: an exponential moving average over
// earlier connected waits in which the running average keeps the higher weight,
// renewed every ten minutes, and none before twenty conversations. The smoothing
// factor is not published; ours is a guess.
const (
	estimateEvery   = 10 * time.Minute
	estimateNeeds   = 20
	estimateWeight  = 0.1
	estimateSmooths = 1 - estimateWeight
)

// estimate is what the platform tells callers of one queue about their wait.
type estimate struct {
	conversations int
	average       float64 // seconds, up to date
	published     int     // seconds, of the last renewal
	known         bool
}

// connected takes one wait that ended with a representative.
func (e *estimate) connected(wait time.Duration) {
	e.conversations++
	if e.conversations == 1 {
		e.average = wait.Seconds()
		return
	}
	e.average = estimateSmooths*e.average + estimateWeight*wait.Seconds()
}

// renew is the job that runs every ten minutes.
func (e *estimate) renew() {
	if e.conversations >= estimateNeeds {
		e.published, e.known = int(e.average), true
	}
}

// seconds is the figure told to callers, nil when there is none.
func (e *estimate) seconds() *int {
	if !e.known {
		return nil
	}
	published := e.published
	return &published
}
