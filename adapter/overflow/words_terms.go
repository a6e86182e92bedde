package overflow

import (
	"fmt"
	"time"

	"directcallback/adapter"
)

// promise says the terms of a direct callback, as far as they are not the product's own.
func (x *explainer) promise(t adapter.Terms) {
	if t.Unreadable != "" {
		x.say("Nobody is offered one: %s.", t.Unreadable)
		return
	}
	if t.OfferEvery > 0 {
		x.say("The offer comes after 30 s and then every %d s.", int(t.OfferEvery/time.Second))
	}
	if t.Limited {
		x.say("It is not offered while %d callbacks or more of this queue are pending.", t.Limit)
	}
	where := map[adapter.DuplicateReach]string{
		adapter.DuplicatesInQueue: "in this queue", adapter.DuplicatesInWorkstream: "in a queue of the same workstream", adapter.DuplicatesAnywhere: "in any queue",
	}[t.Duplicates]
	if where != "" {
		x.say("A caller whose number waits for one already, %s, %s.", where, map[adapter.DuplicateAnswer]string{
			adapter.DuplicateWaits: "waits on without an offer", adapter.DuplicateIsToldWaits: "is told so and waits on",
			adapter.DuplicateIsToldEnds: "is told so, and the call ends",
		}[t.OnDuplicate])
	}
	if t.Attempts > 1 {
		x.say("It is attempted up to %d times%s.", t.Attempts, apart(t.RetryDelay))
	}
	if t.OutsideHours == adapter.No && x.decision.plan.queue.OperatingHours != "" {
		x.say("It does not go out while the queue is closed.")
	}
	if t.Throttle > 0 {
		x.say("It goes out later by what representatives took longer than %v, on average over %v, to accept one.", t.Throttle, t.LookBack)
	}
}

func apart(delay time.Duration) string {
	if delay == 0 {
		return ""
	}
	return fmt.Sprintf(", %v apart", delay)
}
