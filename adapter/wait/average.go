package wait

import "time"

// Average is Dynamics' rule.
type Average struct {
	Every    time.Duration // how often the estimate is worked out, on the full ten minutes of the clock
	AtLeast  int           // connected conversations that it takes
	ForgetIn time.Duration // without any, it begins anew
	Newest   float64       // weight of the newest conversation; the average so far has the rest
}

// Documented is the rule as Microsoft documents it. The weight of the newest is
// ours: undocumented but for being the smaller one, it is what makes the first
// twenty conversations an even mean.
func Documented() Average {
	return Average{Every: 10 * time.Minute, AtLeast: 20, ForgetIn: 7 * 24 * time.Hour, Newest: 1.0 / 20}
}

// Predict is a [Predictor].
func (a Average) Predict(line Line, now time.Time) Estimate {
	w := line.Waits
	if a.forgotten(w, now) {
		return Estimate{}
	}
	if w = a.workedOut(w, now); w.Worked.Count < a.AtLeast {
		return Estimate{}
	}
	return Estimate{Wait: w.Worked.wait(), Source: FromAverage, At: now.Truncate(a.Every), Range: w.Range}
}

// Learn adds the wait of a conversation that was connected at now. A wait below
// zero, which two clocks can make, is none.
func (a Average) Learn(w Waits, waited time.Duration, now time.Time) Waits {
	now = now.UTC()
	if a.forgotten(w, now) {
		w = Waits{}
	}
	w = a.workedOut(w, now)
	if now.After(w.LastAt) {
		w.LastAt = now
	}
	waited = max(waited, 0)
	w.Running, w.Recent = w.Running.with(waited, a.Newest), w.Recent.with(waited)
	return w
}

// workedOut is what is remembered, worked out when that was last due.
func (a Average) workedOut(w Waits, now time.Time) Waits {
	if at := now.Truncate(a.Every); at.After(w.LastAt) {
		w.Worked, w.Range = w.Running, w.Recent.spread(a.AtLeast)
	}
	return w
}

func (a Average) forgotten(w Waits, now time.Time) bool {
	return w.LastAt.IsZero() || now.Sub(w.LastAt) >= a.ForgetIn
}

// with is the average with one more; the first ones count alike.
func (m Mean) with(waited time.Duration, newest float64) Mean {
	m.Count++
	weight := max(1/float64(m.Count), newest)
	m.Seconds += weight * (waited.Seconds() - m.Seconds)
	return m
}

func (m Mean) wait() time.Duration { return time.Duration(m.Seconds * float64(time.Second)) }
