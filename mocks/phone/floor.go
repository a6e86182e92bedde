package phone

import (
	"strconv"
	"strings"
	"time"
)

// Deliveries is what the delivery service lets a representative do. Its errors
// mean that the delivery is no longer to be had; the simulator forgets it then.
type Deliveries interface {
	AcceptDelivery(id string) error
	FinishDelivery(id, result string) error
}

// floor is the contact center's floor with everyone on it. The loop owns it; it
// starts nothing, waits for nothing and reads no clock.
type floor struct {
	options  Options
	luck     luck
	services []time.Duration
	books    *books

	began  time.Time // the simulated moment of Traffic.Start
	now    time.Time
	agenda agenda
	prefix string // of call ids, so that two runs never share one

	people   map[string]*person // by the trace's name
	byPhone  map[string]*person
	calls    map[string]*call
	queues   []*queue
	staff    []*representative
	byServer map[string]*representative

	notifications map[string]*notification
	order         []*notification // the same, oldest first

	announced int // representatives last reported available
	out       []event
}

func newFloor(o Options, b *books) *floor {
	f := &floor{
		options: o, luck: luck{o.Seed}, services: o.Traffic.serviceTimes(), books: b,
		people: map[string]*person{}, byPhone: map[string]*person{}, calls: map[string]*call{},
		byServer: map[string]*representative{}, notifications: map[string]*notification{}, announced: -1,
	}
	for _, id := range o.QueueIDs {
		f.queues = append(f.queues, &queue{id: id})
	}
	return f
}

// open begins the day: everything that the traffic knows goes on the agenda.
func (f *floor) open(now time.Time) {
	f.began, f.now = now, now
	f.prefix = "sim-" + strconv.FormatInt(now.Unix(), 36) + "-"
	f.schedule()
	f.seedEstimates()
	for _, a := range f.options.Traffic.Arrivals {
		f.agenda.plan(latest(f.clock(a.At), now), func() { f.arrive(a) })
	}
	f.advance(now)
	f.settle()
}

// clock turns a time of the trace's day into simulated time.
func (f *floor) clock(at time.Duration) time.Time { return f.began.Add(at - f.options.Traffic.Start) }

// advance lives through everything that is due by now, one thing at a time.
func (f *floor) advance(now time.Time) {
	for e := f.agenda.due(now); e != nil; e = f.agenda.due(now) {
		f.now = latest(f.now, e.at)
		e.do()
		f.settle()
	}
	f.now = latest(f.now, now)
}

// react lets something from outside happen now.
func (f *floor) react(now time.Time, what func()) {
	f.advance(now)
	what()
	f.settle()
}

// settle is what follows of any change: free representatives take work, and the
// adapter is told how many are left.
func (f *floor) settle() {
	f.match()
	f.announce()
}

func (f *floor) after(d time.Duration, do func()) { f.agenda.plan(f.now.Add(d), do) }

func (f *floor) emit(e event) {
	e.at = f.now
	f.out = append(f.out, e)
}

// taken hands the events of this step to the loop.
func (f *floor) taken() []event {
	out := f.out
	f.out = nil
	return out
}

// seedEstimates teaches each queue the waits of the trace's earlier hours, so
// that a start in the middle of the day knows what the platform would know.
func (f *floor) seedEstimates() {
	for _, c := range f.options.Traffic.Conversations {
		if c.To <= f.options.Traffic.Start && !c.Outbound {
			f.queueOf(c.Type).estimate.connected(c.Wait)
		}
	}
	f.renewEstimates()
}

func (f *floor) renewEstimates() {
	for _, q := range f.queues {
		q.estimate.renew()
	}
	f.after(estimateEvery, f.renewEstimates)
}

// queueOf spreads the trace's kinds of service over the queues.
func (f *floor) queueOf(kind string) *queue {
	return f.queues[hash(kind)%uint64(len(f.queues))]
}

// queueNamed finds a queue by its id, in any case; nil if it is not ours.
func (f *floor) queueNamed(id string) *queue {
	for _, q := range f.queues {
		if strings.EqualFold(q.id, id) {
			return q
		}
	}
	return nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
