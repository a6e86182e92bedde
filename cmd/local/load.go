package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"directcallback/mocks/phone"
)

// What -load means where nothing else is said.
const (
	loadFor   = time.Minute
	loadSpeed = 60
)

const (
	tellEvery = 5 * time.Second
	// patience bounds the wait for the books to close, simulated: a request whose
	// reply was lost is made anew after 20 minutes, and may be lost again.
	patience = 3 * time.Hour
	// quiet is how long nothing may be left to do, true: something may be on its way.
	quiet = 2 * time.Second
)

// underLoad sets what the user did not.
func (o *options) underLoad(flags *flag.FlagSet) {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["for"] {
		o.stopAfter = loadFor
	}
	if !given["speed"] {
		o.speed = loadSpeed
	}
}

// parkFor is 2 minutes, but no less than what it takes to find a delivery whose
// reply was lost while Dataverse says "in half a minute" again and again: that does
// not run faster than life.
func (o options) parkFor() time.Duration {
	return max(2*time.Minute, time.Duration(o.speed*float64(time.Minute)))
}

// steady is the traffic of -load: its callers come in this machine's time and
// live in the simulated one.
func (o options) steady() phone.Steady {
	return phone.Steady{Rate: o.load / o.speed, For: time.Duration(float64(o.stopAfter) * o.speed), Seed: o.seed}
}

// day returns when it is time to hang up.
func (h *house) day(ctx context.Context) error {
	var err error
	if h.options.faults != 0 {
		if h.weather, err = storms(ctx, h.world, h.options.faults); err != nil {
			return err
		}
	}
	h.pass(ctx, h.options.stopAfter, func() bool { return false })
	if h.weather != nil {
		err = h.weather.clearUp()
	}
	if err != nil || h.options.load == 0 || ctx.Err() != nil {
		return err
	}
	return h.windUp(ctx)
}

// windUp waits, after a load, until everybody was served and nothing is under
// way. That it did not come to that is for the books to say.
func (h *house) windUp(ctx context.Context) (err error) {
	_, _ = fmt.Fprintln(h.stdout, "No more callers, and nothing goes wrong any more. Whoever waits is served.")
	busy := time.Now()
	h.pass(ctx, time.Duration(float64(patience)/h.options.speed), func() bool {
		var left remainder
		if left, err = h.left(ctx); err != nil {
			return true
		}
		if left != (remainder{}) {
			busy = time.Now()
		}
		return time.Since(busy) > quiet
	})
	return err
}

// pass lets the time pass until enough is true, or d is over; 0 has no end. Under
// load it says now and then how it goes.
func (h *house) pass(ctx context.Context, d time.Duration, enough func() bool) {
	var over <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	look, tell := time.NewTicker(quiet/4), time.NewTicker(tellEvery)
	defer look.Stop()
	defer tell.Stop()
	for {
		select {
		case <-look.C:
			if enough() {
				return
			}
		case <-tell.C:
			h.progress(ctx)
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}

// progress is one line of how it goes. Only under load: there callbacks are too
// many to be told one by one.
func (h *house) progress(ctx context.Context) {
	if h.options.load == 0 {
		return
	}
	left, err := h.left(ctx)
	if err != nil {
		return // the books will say
	}
	r := h.world.Phone.Report()
	_, _ = fmt.Fprintf(h.stdout, "%s  %6d calls %5d on the line   %5d pressed 1 %5d open   %5d messages %4d outbox",
		h.clock.Now().Format(time.TimeOnly), r.CallsQueued, left.calls, r.OptedIn, left.callbacks, left.messages, left.outbox)
	if h.weather != nil {
		_, _ = fmt.Fprintf(h.stdout, "   %6d faults", h.weather.struck())
	}
	_, _ = fmt.Fprintln(h.stdout)
}
