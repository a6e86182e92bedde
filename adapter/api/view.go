package api

import (
	"net/url"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/api/body"
	"directcallback/adapter/service"
	"directcallback/adapter/wait"
)

// bodyOf spells a callback for its owner or, in more detail, for staff.
func bodyOf(v service.View, to caller) body.Callback {
	c := v.Callback
	shown := body.Callback{
		ID: string(c.ID), State: body.State(c.State), QueueID: string(c.Queue), QueueName: v.QueueName, Place: place(v), EstimatedWait: estimate(v.Estimate),
		Attempts: c.Attempts, Window: windowOf(c.Window), CreatedAt: c.CreatedAt.UTC(), ExpiresAt: c.ExpiresAt.UTC(), Channel: body.Channel(c.Channel),
		Phone: c.Phone.E164(), // the one who asks is the owner, or works for us
		Links: body.Links{Self: location(c.ID)},
	}
	if c.TimeZone != "" {
		shown.TimeZone = &c.TimeZone
	}
	if c.State.Ended() {
		shown.Reason = new(endReason(c, to))
	}
	if !c.State.Ended() {
		shown.Links.Events = new(shown.Links.Self + "/events")
	}
	if service.Changeable(c) {
		shown.Links.Change = &shown.Links.Self
	}
	if cancellable(c) {
		shown.Links.Cancel = &shown.Links.Self
	}
	return shown
}

func estimate(e wait.Estimate) *body.Estimate {
	if !e.Known() {
		return nil
	}
	told := &body.Estimate{Seconds: int(e.Wait.Round(time.Second).Seconds()), Source: body.EstimateSource(e.Source)}
	if !e.At.IsZero() {
		told.AsOf = new(e.At.UTC())
	}
	if e.Range.Known() {
		told.P50Seconds, told.P90Seconds = &e.Range.P50, &e.Range.P90
	}
	return told
}

// windowOf is nil for as soon as possible.
func windowOf(w adapter.Window) *body.Window {
	if w.IsZero() {
		return nil
	}
	return &body.Window{Start: w.Start.UTC(), End: w.End.UTC()}
}

func place(v service.View) *int {
	if v.Place == 0 {
		return nil
	}
	return &v.Place
}

func location(id adapter.CallbackID) string { return "/v1/callbacks/" + url.PathEscape(string(id)) }

// cancellable tells whether DELETE would still change something.
func cancellable(c adapter.Callback) bool {
	switch c.State {
	case adapter.StateAccepted, adapter.StateConnected:
		return false
	default:
		return !c.State.Ended() && c.After != adapter.StateCancelled
	}
}

// endReason says why a callback ended. What was noted may quote Dynamics, which is
// for the people who run this; customers get the same in plain words.
func endReason(c adapter.Callback, to caller) string {
	if to.staff() && c.Reason != "" {
		return c.Reason
	}
	words, ok := map[adapter.State]string{
		adapter.StateCompleted:  "You were called.",
		adapter.StateUnanswered: "You were called and did not answer.",
		adapter.StateServed:     "You reached a representative another way.",
		adapter.StateExpired:    "You could not be called in time.",
		adapter.StateCancelled:  "The callback was cancelled.",
		adapter.StateFailed:     "The call could not be placed.",
	}[c.State]
	if !ok {
		return string(c.State)
	}
	return words
}
