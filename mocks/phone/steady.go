package phone

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Steady is traffic that is made and not recorded, for as many callers a second
// as one likes. Who calls, talks as long as people did on the embedded day, and
// is as patient. Callers come in waves and there are not quite enough
// representatives for the mean of them, so that lines overflow.
type Steady struct {
	Rate float64       // callers a second on average, simulated
	For  time.Duration // how long they come, simulated
	Seed uint64
}

const (
	waveEvery  = 15 * time.Minute
	waveHeight = 0.4 // of the mean, up and down
	staffed    = 0.9 // of what the mean would keep busy; the rest hang up or are called back
	// longestTalk leaves out the few conversations, of up to two and a half hours,
	// that a run of minutes would wait for at its end.
	longestTalk = 15 * time.Minute
	// overtime is how long representatives stay after the last caller came.
	overtime = 24 * time.Hour
	// mostCallers bounds what one run can be asked for; each of them is a row of Traffic.
	mostCallers = 5_000_000
)

// Traffic draws the callers and hires the representatives.
func (s Steady) Traffic() (Traffic, error) {
	switch {
	case !(s.Rate > 0) || math.IsInf(s.Rate, 1): // NaN is neither
		return Traffic{}, fmt.Errorf("a rate of %v callers a second: must be above 0", s.Rate)
	case s.For <= 0:
		return Traffic{}, errors.New("callers need some time to come in")
	case s.Rate*s.For.Seconds() > mostCallers:
		return Traffic{}, fmt.Errorf("%.3g callers are more than %d", s.Rate*s.For.Seconds(), mostCallers)
	}
	day, err := DefaultTraffic()
	if err != nil {
		return Traffic{}, err
	}
	t := Traffic{Day: day.Day, MeanPatience: day.MeanPatience, Arrivals: s.arrivals()}
	for _, c := range day.Conversations {
		if c.To-c.From <= longestTalk {
			c.From, c.To = c.From-overtime, c.To-overtime // yesterday: lengths are drawn from them, waits are known
			t.Conversations = append(t.Conversations, c)
		}
	}
	t.Shifts = s.shifts(t.serviceTimes())
	return t, nil
}

// arrivals is a Poisson process whose rate goes up and down, by thinning.
func (s Steady) arrivals() []Arrival {
	dice := luck{s.Seed}.of("steady")
	numbers, people := newNumbers(), len(newNumbers().areas)*numbersPerArea
	crest := s.Rate * (1 + waveHeight)
	var all []Arrival
	for at := s.gap(dice, crest); at < s.For; at += s.gap(dice, crest) {
		if dice.Float64()*crest >= s.rateAt(at) {
			continue
		}
		customer := "customer " + strconv.Itoa(dice.IntN(people))
		all = append(all, Arrival{
			Call: strconv.Itoa(len(all) + 1), Customer: customer, Phone: numbers.of(customer), Type: "PS", At: at,
		})
	}
	return all
}

func (s Steady) gap(dice *rand.Rand, rate float64) time.Duration {
	return time.Duration(dice.ExpFloat64() / rate * float64(time.Second))
}

func (s Steady) rateAt(at time.Duration) float64 {
	return s.Rate * (1 + waveHeight*math.Sin(2*math.Pi*at.Seconds()/waveEvery.Seconds()))
}

// shifts hires as many as the mean traffic keeps busy.
func (s Steady) shifts(services []time.Duration) []Shift {
	var talk time.Duration
	for _, d := range services {
		talk += d
	}
	busy := talk.Seconds()/float64(max(len(services), 1)) + DefaultBehaviour().WrapUp.Seconds()
	all := make([]Shift, max(int(math.Ceil(s.Rate*busy*staffed)), 1))
	for i := range all {
		all[i] = Shift{Server: "representative " + strconv.Itoa(i+1), To: s.For + overtime}
	}
	return all
}
