package phone

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// Behaviour says how people act. The zero Behaviour means [DefaultBehaviour];
// one that sets anything is taken as it is, zeros included.
type Behaviour struct {
	OptIn    float64 // share of callers who press 1 when they are first offered a callback
	Answer   float64 // share of callbacks that the customer answers
	Decline  float64 // share of notifications that a representative declines
	Withheld float64 // share of customers who withhold their number
	Locales  []LocaleShare
	WrapUp   time.Duration // of a representative after a conversation
}

// LocaleShare is how many customers speak a language; shares need not add up to 1.
type LocaleShare struct {
	Locale string
	Share  float64
}

// DefaultBehaviour is what an ordinary day looks like. The wrap-up is the mean
// gap between two conversations of the embedded day while somebody waited.
func DefaultBehaviour() Behaviour {
	return Behaviour{
		OptIn: 0.37, Answer: 0.93, Decline: 0.03, Withheld: 0.02,
		Locales: []LocaleShare{{"en-US", 0.8}, {"fr-FR", 0.15}, {"de-DE", 0.05}},
		WrapUp:  9 * time.Second,
	}
}

func (b Behaviour) isZero() bool {
	return b.OptIn == 0 && b.Answer == 0 && b.Decline == 0 && b.Withheld == 0 && b.Locales == nil && b.WrapUp == 0
}

// press is a key and how long after the one before.
type press struct {
	key   string
	after time.Duration
}

// habit is how some callers answer the offer.
type habit struct {
	share   float64
	presses []press
	hangsUp bool // at once, without waiting for the confirmation
}

const optInKey = "1"

// eager are the habits of callers who want to be phoned back.
func eager() []habit {
	return []habit{
		{share: 0.90, presses: []press{{optInKey, 0}}},
		{share: 0.05, presses: []press{{optInKey, 0}, {optInKey, 1200 * time.Millisecond}}},
		{share: 0.03, presses: []press{{"7", 0}, {optInKey, 2 * time.Second}}},
		{share: 0.02, presses: []press{{optInKey, 0}}, hangsUp: true},
	}
}

// patient are the habits of callers who would rather wait.
func patient() []habit {
	return []habit{{share: 0.95}, {share: 0.05, presses: []press{{"2", 0}}}}
}

// character is all that chance decides about one call, drawn when it arrives.
type character struct {
	optsIn   bool
	habit    habit
	listens  time.Duration // to an offer before deciding
	patience time.Duration
	service  time.Duration
}

// luck draws for one seed. Each draw is named, so that it comes out the same
// whatever else happens in between.
type luck struct{ seed uint64 }

func (l luck) of(names ...string) *rand.Rand { return rand.New(rand.NewPCG(l.seed, hash(names...))) }

func (l luck) character(a Arrival, t Traffic, services []time.Duration, b Behaviour) character {
	dice := l.of("call", a.Call, a.Customer)
	c := character{optsIn: dice.Float64() < b.OptIn, listens: between(dice, 3*time.Second, 8*time.Second)}
	habits := patient()
	if c.optsIn {
		habits = eager()
	}
	c.habit = habits[pick(dice, len(habits), func(i int) float64 { return habits[i].share })]
	c.patience = a.Wait
	if longer := time.Duration(dice.ExpFloat64() * float64(t.MeanPatience)); !a.HungUp {
		c.patience += longer
	}
	c.service = a.Service
	if drawn := sample(dice, services); c.service <= 0 {
		c.service = drawn
	}
	return c
}

// customer draws what belongs to a person and not to one call.
func (l luck) customer(name string, b Behaviour) (withheld bool, locale string) {
	dice := l.of("customer", name)
	withheld = dice.Float64() < b.Withheld
	if len(b.Locales) > 0 {
		locale = b.Locales[pick(dice, len(b.Locales), func(i int) float64 { return b.Locales[i].Share })].Locale
	}
	return withheld, locale
}

// attempt draws for the n-th time something is tried with a person or delivery.
func (l luck) attempt(name string, n int) *rand.Rand { return l.of("attempt", name, strconv.Itoa(n)) }

func between(dice *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(dice.Int64N(int64(high-low)))
}

// fallbackService is used when a trace has no conversation to draw from.
const fallbackService = 3 * time.Minute

func sample(dice *rand.Rand, times []time.Duration) time.Duration {
	if len(times) == 0 {
		return fallbackService
	}
	return times[dice.IntN(len(times))]
}

// pick draws an index by weight.
func pick(dice *rand.Rand, n int, weight func(int) float64) int {
	var total float64
	for i := range n {
		total += weight(i)
	}
	at := dice.Float64() * total
	for i := range n {
		if at -= weight(i); at < 0 {
			return i
		}
	}
	return n - 1
}
