package service_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres/postgrestest"
)

const leaseLength = 15 * time.Second

// replica is a process that can be paused, as by a machine that is moved: what it
// began goes on when it wakes up, and its timers have run meanwhile.
type replica struct {
	*world
	mu     sync.Mutex
	paused chan struct{} // guarded by mu; nil = it runs
}

func (r *replica) pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paused = make(chan struct{})
}

func (r *replica) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused != nil {
		close(r.paused)
		r.paused = nil
	}
}

// pauses blocks while the process is paused.
func (r *replica) pauses() {
	r.mu.Lock()
	paused := r.paused
	r.mu.Unlock()
	if paused != nil {
		<-paused
	}
}

// replicas runs a test in a bubble with two processes on one database, one
// telephony and one Dynamics. The second has not started.
func replicas(t *testing.T, f func(first, second *replica)) {
	t.Helper()
	t.Parallel()
	d := &database{url: postgrestest.Open(t)}
	synctest.Test(t, func(t *testing.T) {
		first, second := newReplica(t, d, "first"), newReplica(t, d, "second")
		second.dynamics, second.bus, second.settings = first.dynamics, first.bus, first.settings
		second.options.Deliverer, second.options.Publisher, second.options.Settings = first.dynamics, first.bus, first.settings
		second.begin, second.seqs = first.begin, first.seqs
		defer second.halt()
		defer second.wake()
		defer first.halt()
		defer first.wake()
		first.start()
		f(first, second)
	})
}

func newReplica(t *testing.T, d disk, name string) *replica {
	t.Helper()
	r := &replica{world: newWorld(t, d)}
	r.options.Lease = leaseLength
	r.options.NewID = func() string { return fmt.Sprintf("%s-%04d", name, r.ids.Add(1)) }
	r.broken = func() error { r.pauses(); return nil }
	r.after = r.pauses
	return r
}

// kill ends a process as kill -9 does.
func (r *replica) kill() {
	r.store.(*postgresStore).cut()
}

func TestWhatAKilledReplicaWasAtIsTakenOverWhenItsLeaseIsOver(t *testing.T) {
	replicas(t, func(first, second *replica) {
		id := first.interrupted(true)
		first.kill()
		second.dynamics.set(func(d *dynamics) { d.answer = nil })
		second.start()
		second.pass(leaseLength - time.Second)
		second.wantState(id, adapter.StateDispatching) // it may only be slow
		second.pass(leaseLength/2 + time.Second)
		second.wantState(id, adapter.StateUncertain)
		second.pass(20 * time.Second)
		second.wantState(id, adapter.StateDispatched)
		second.wantAsked(31 * time.Second)
	})
}

func TestWhatAReplicaLeftThatStoppedIsTakenOverAtOnce(t *testing.T) {
	replicas(t, func(first, second *replica) {
		id := first.interrupted(false)
		second.start()
		first.halt() // it waits for no answer here, and writes that down
		second.pass(leaseLength / 2)
		second.wantState(id, adapter.StateUncertain)
	})
}

func TestAReplicaThatWakesUpTellsWhichDeliveryWasMade(t *testing.T) {
	replicas(t, func(first, second *replica) {
		answer := first.slow()
		id := first.promised("a", first.phone())
		first.wantState(id, adapter.StateDispatching)
		second.start()
		first.pause()
		second.dynamics.set(func(d *dynamics) { d.hidden = true })
		second.pass(2 * leaseLength)
		second.wantState(id, adapter.StateUncertain)
		answer()
		first.wake()
		second.pass(time.Second)
		second.wantState(id, adapter.StateDispatched) // though its row cannot be found yet
		second.dynamics.set(func(d *dynamics) { d.answer = nil })
		second.pass(time.Hour)
		second.wantAsked(31 * time.Second)
		second.dynamics.set(func(d *dynamics) { d.hidden = false })

		second.halt() // the first goes on, under a new lease
		another := first.promised("b", first.phone())
		first.pass(3 * time.Minute)
		first.wantState(another, adapter.StateDispatched)
	})
}

func TestAReplicaThatWakesUpDoesNotAskWhatAnotherGaveUp(t *testing.T) {
	replicas(t, func(first, second *replica) {
		first.halt()
		first.options.Observe = func(s service.Step) {
			if s.To == adapter.StateDispatching { // it is written down, and nobody was asked yet
				first.pause()
				first.pauses()
			}
		}
		first.start()
		id := first.promised("a", first.phone())
		second.start()
		second.wantState(id, adapter.StateDispatching)
		second.pass(2 * leaseLength)
		second.wantState(id, adapter.StateUncertain)
		first.wake()
		second.pass(10 * time.Minute)
		second.wantState(id, adapter.StateUncertain)
		second.wantAsked()
	})
}

func TestAReplicaThatHasANewLeaseDoesNotAskWhatItClaimedUnderTheOld(t *testing.T) {
	replicas(t, func(first, second *replica) {
		first.halt()
		first.options.Observe = func(s service.Step) {
			if s.To == adapter.StateDispatching {
				first.pause()
				first.pauses()
				<-time.After(leaseLength) // until it has its new lease
			}
		}
		first.start()
		id := first.promised("a", first.phone())
		second.start()
		second.pass(2 * leaseLength)
		second.wantState(id, adapter.StateUncertain)
		first.wake()
		second.pass(2 * leaseLength)
		second.wantState(id, adapter.StateUncertain)
		second.wantAsked()
	})
}

func TestTwoReplicasDoEverythingOnceAndInOrder(t *testing.T) {
	replicas(t, func(first, second *replica) {
		first.bus.set(func(b *bus) { b.slow = 100 * time.Millisecond }) // so that both are at it
		second.start()
		const calls = 12
		for n := range calls {
			of := []*replica{first, second}[n%2]
			of.rings(adapter.CallID(fmt.Sprint("call-", n)), billing, first.phone())
		}
		first.pass(35 * time.Second)
		var ids []adapter.CallbackID
		for n := range calls {
			id := adapter.CallID(fmt.Sprint("call-", n))
			of := []*replica{second, first}[n%2]
			of.tell(id, adapter.ToneReceived{Tone: "1"})
			of.tell(id, adapter.CallEnded{Reason: "confirmed"})
			ids = append(ids, first.call(id).Callback)
		}
		for n := range calls {
			first.pass(2 * time.Minute)
			first.dynamics.report(adapter.DeliveryID(fmt.Sprint("delivery-", n+1)), "Complete", "LiveAnswer")
		}
		first.pass(2 * time.Minute)
		for _, id := range ids {
			first.wantState(id, adapter.StateCompleted)
		}
		if n := len(first.dynamics.requests()); n != calls {
			t.Errorf("asked %d times for %d callbacks", n, calls)
		}
		for n := range calls {
			var prompts []adapter.Prompt
			for _, c := range first.bus.commands(adapter.CallID(fmt.Sprint("call-", n))) {
				prompts = append(prompts, c.Prompt)
			}
			if !slices.Equal(prompts, []adapter.Prompt{adapter.PromptOffer, adapter.PromptConfirmation}) {
				t.Errorf("call %d heard %v", n, prompts)
			}
		}
	})
}

// What one replica decides, another does when its time has come, even if the first
// is gone: nobody else was told of it.
func TestTheTimersOfAKilledReplicaAreKeptByAnother(t *testing.T) {
	replicas(t, func(first, second *replica) {
		second.start()
		first.rings("a", billing, first.phone())
		first.kill()
		second.pass(30*time.Second + leaseLength)
		if n := len(second.bus.commands("a")); n != 1 {
			t.Errorf("%d offers", n)
		}
	})
}

// A process that was away for longer than its lease, while nobody else was there to
// take over, still has what it had claimed.
func TestCommandsOfAReplicaThatWasAwayAloneLeave(t *testing.T) {
	replicas(t, func(first, second *replica) {
		var away sync.Once
		first.after = func() {
			if first.elapsed() >= 30*time.Second && first.claimsCommands() {
				away.Do(first.pause)
			}
			first.pauses()
		}
		first.rings("a", billing, first.phone())
		first.pass(30*time.Second + 2*leaseLength)
		if n := len(first.bus.commands("a")); n != 0 {
			t.Fatalf("%d commands left from a process that is away", n)
		}
		first.wake()
		first.pass(30 * time.Second)
		if n := len(first.bus.commands("a")); n != 1 {
			t.Errorf("%d offers", n)
		}
	})
}

// claimsCommands tells whether there are commands that somebody is sending.
func (r *replica) claimsCommands() bool {
	claimed := false
	err := r.store.Update(r.Context(), func(tx service.Tx) error {
		tally, err := tx.Tally()
		if err != nil {
			return err
		}
		free, err := tx.Leaving(adapter.OutgoingCommand, time.Now(), 1)
		claimed = tally.Leaving > 0 && len(free) == 0
		return err
	})
	return err == nil && claimed
}

// Two processes on one database, with everything due at once: what both ask together
// stays within what one may ask.
func TestReplicasShareWhatDynamicsMayBeAsked(t *testing.T) {
	replicas(t, func(first, second *replica) {
		const due, rate, costs = 60, 15, 3 // nobody knows the contacts
		second.start()
		second.numbers = 10_000 // its ids are others
		first.pass(leaseLength) // each has seen the other
		first.free(billing, due)
		for i := range due {
			asker := []*replica{first, second}[i%2]
			asker.ask(service.Request{Key: strconv.Itoa(i), Callback: adapter.Callback{Queue: billing, Phone: first.phone()}})
		}
		first.pass(2 * time.Minute)
		var asked []time.Time
		first.dynamics.set(func(d *dynamics) {
			for _, a := range d.asked {
				asked = append(asked, a.at)
			}
		})
		if len(asked) != due {
			t.Fatalf("%d of %d were asked for", len(asked), due)
		}
		slices.SortFunc(asked, time.Time.Compare)
		for _, stretch := range []time.Duration{time.Second, 5 * time.Second, 20 * time.Second} {
			from, most := 0, 0
			for to := range asked {
				for asked[to].Sub(asked[from]) >= stretch {
					from++
				}
				most = max(most, to-from+1)
			}
			if allowed := rate*(int(stretch/time.Second)+1)/costs + 2; most > allowed { // each may end in debt with one
				t.Errorf("%d deliveries in %v, %d are allowed", most, stretch, allowed)
			}
		}
		if last := asked[due-1].Sub(asked[0]); last > due*costs/rate*time.Second*3/2 {
			t.Errorf("it took %v: the share of one lies idle", last)
		}
	})
}
