package phone

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"time"
)

//go:embed traffic/bank-calls-1999-08-day-02.csv.gz
var busyDay []byte

const busyDayNumber = 2

// Traffic is one day of callers and representatives. All times are since
// midnight of that day; [Traffic.Start] is the moment the simulation begins with.
type Traffic struct {
	Day           int
	Start         time.Duration
	Arrivals      []Arrival // by At; those before Start are already waiting
	Conversations []Conversation
	Shifts        []Shift
	MeanPatience  time.Duration // of the day's callers
}

// Arrival is a caller who reaches the waiting line.
type Arrival struct {
	Call     string // the trace's name of the call
	Customer string // the trace's name of the caller; unknown callers have one of their own
	Phone    string // fictitious, E.164
	Type     string // the trace's kind of service, "PS"
	Priority int    // 1 = high: ranks before everyone who is normal
	At       time.Duration

	// Wait is how long the caller waited in the trace. For one who hung up it is
	// the whole patience, for the others a lower bound of it.
	Wait   time.Duration
	HungUp bool

	Service time.Duration // 0 = not known, drawn from the day's conversations
}

// Conversation is one thing that kept a representative busy in the trace.
type Conversation struct {
	Server   string // empty when the trace does not say
	Type     string
	From, To time.Duration
	Wait     time.Duration // of the caller before it
	Outbound bool          // the representative phoned the customer
}

// DefaultTraffic is the embedded day from its first call on.
func DefaultTraffic() (Traffic, error) {
	day, broken, err := ReadTrace(bytes.NewReader(busyDay), busyDayNumber)
	if err != nil {
		return Traffic{}, err
	}
	if len(broken) > 0 {
		return Traffic{}, fmt.Errorf("embedded trace: %w", broken[0])
	}
	return day, nil
}

// traffic makes a day of its usable rows.
func traffic(day int, calls []recorded) Traffic {
	t := Traffic{Day: day, MeanPatience: meanPatience(calls)}
	slices.SortStableFunc(calls, func(a, b recorded) int { return cmp.Compare(a.arrival(), b.arrival()) })
	numbers := newNumbers()
	for _, c := range calls {
		if c.served && !c.unseen {
			t.Conversations = append(t.Conversations, c.conversation())
		}
		if c.outbound() || !c.served && !c.waited {
			continue
		}
		customer := c.identity()
		t.Arrivals = append(t.Arrivals, Arrival{
			Call: c.call, Customer: customer, Phone: numbers.of(customer), Type: c.kind, Priority: c.priority / 2,
			At: c.arrival(), Wait: c.wait, HungUp: !c.served, Service: c.service,
		})
	}
	t.Shifts = shifts(t.Conversations)
	t.Start = t.first()
	return t
}

// arrival is when the caller reached the line. One who never waited has no time
// of queueing: the menu's end, or the start of service, is as near as we get.
func (r recorded) arrival() time.Duration {
	switch {
	case r.waited:
		return r.queueStart
	case r.menuExit > 0 && (r.serviceStart == 0 || r.menuExit <= r.serviceStart):
		return r.menuExit
	default:
		return r.serviceStart
	}
}

// identity keeps unknown callers apart from each other.
func (r recorded) identity() string {
	if r.customer == "0" || r.customer == "" {
		return "call " + r.call
	}
	return "customer " + r.customer
}

func (r recorded) conversation() Conversation {
	return Conversation{
		Server: r.server, Type: r.kind, From: r.serviceStart, To: r.serviceStart + r.service,
		Wait: r.wait, Outbound: r.outbound(),
	}
}

// meanPatience is the maximum-likelihood estimate for exponential patience of
// which most is only known to exceed a wait: all time waited for each one lost.
func meanPatience(calls []recorded) time.Duration {
	var waited time.Duration
	lost := 0
	for _, c := range calls {
		if c.outbound() || !c.waited {
			continue
		}
		waited += c.wait
		if !c.served {
			lost++
		}
	}
	return waited / time.Duration(max(lost, 1))
}

func (t Traffic) first() time.Duration {
	first := time.Duration(secondsPerDay) * time.Second
	for _, a := range t.Arrivals {
		first = min(first, a.At)
	}
	for _, s := range t.Shifts {
		first = min(first, s.From)
	}
	return first
}

// Busiest is the start of the hour in which most callers began to wait.
func (t Traffic) Busiest() time.Duration {
	var hours [24]int
	for _, a := range t.Arrivals {
		if h := int(a.At / time.Hour); a.Wait > 0 && h < len(hours) {
			hours[h]++
		}
	}
	best := 0
	for h, n := range hours {
		if n > hours[best] {
			best = h
		}
	}
	return time.Duration(best) * time.Hour
}

// StartAtBusiest begins with the busiest hour, see [Traffic.StartAt].
func (t Traffic) StartAtBusiest() Traffic { return t.StartAt(t.Busiest()) }

// StartAt begins at a time of the day. Who was waiting at that moment waits from
// the first moment on, with the wait already behind them; representatives who
// were talking finish their conversation first; everyone earlier is dropped.
func (t Traffic) StartAt(start time.Duration) Traffic {
	t.Start = start
	t.Arrivals = slices.DeleteFunc(slices.Clone(t.Arrivals), func(a Arrival) bool {
		return a.At < start && a.At+a.Wait <= start
	})
	return t
}
