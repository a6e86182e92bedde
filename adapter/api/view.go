package api

import (
	"net/url"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/wait"
)

// callbackBody is a callback as its owner and the trusted backend see it.
type callbackBody struct {
	ID            adapter.CallbackID `json:"id"`
	State         adapter.State      `json:"state"`
	QueueID       adapter.QueueID    `json:"queueId"`
	QueueName     string             `json:"queueName"`
	Place         *int               `json:"place"`         // 1 = next; null = not in line
	EstimatedWait *estimateBody      `json:"estimatedWait"` // null = not in line, or not enough data
	Window        *adapter.Window    `json:"window"`        // asked for; null = as soon as possible
	TimeZone      string             `json:"timeZone,omitempty"`
	Attempts      int                `json:"attempts"`
	CreatedAt     time.Time          `json:"createdAt"`
	ExpiresAt     time.Time          `json:"expiresAt"`
	Reason        *string            `json:"reason"` // of the end; null = it has not ended
	Channel       adapter.Channel    `json:"channel"`
	Phone         string             `json:"phone"`
	Links         links              `json:"links"`

	ManageToken string `json:"manageToken,omitempty"` // in the answer to POST only
}

// estimateBody is what one who joins the queue now waits, from beginning to end.
type estimateBody struct {
	Seconds int         `json:"seconds"`
	Source  wait.Source `json:"source"`         // platform, or average of the calls before
	AsOf    *time.Time  `json:"asOf,omitempty"` // absent = the source did not say
}

// joinedBody is all that is told of a callback that a request joined.
type joinedBody struct {
	ID     adapter.CallbackID `json:"id"`
	State  adapter.State      `json:"state"`
	Place  *int               `json:"place"`
	Joined bool               `json:"joined"`
	Links  links              `json:"links"`
}

type links struct {
	Self   string `json:"self"`
	Cancel string `json:"cancel,omitempty"` // DELETE it; absent = too late, or asked for already
}

// bodyOf spells a callback for its owner or, in more detail, for the backend.
func bodyOf(v service.View, to caller) callbackBody {
	c := v.Callback
	body := callbackBody{
		ID: c.ID, State: c.State, QueueID: c.Queue, QueueName: v.QueueName, Place: place(v), EstimatedWait: estimate(v.Estimate), TimeZone: c.TimeZone,
		Attempts: c.Attempts, CreatedAt: c.CreatedAt.UTC(), ExpiresAt: c.ExpiresAt.UTC(), Channel: c.Channel,
		Phone: c.Phone.E164(), // the one who asks is the owner, or works for us
		Links: links{Self: location(c.ID)},
	}
	if !c.Window.IsZero() {
		body.Window = &adapter.Window{Start: c.Window.Start.UTC(), End: c.Window.End.UTC()}
	}
	if c.State.Ended() {
		why := endReason(c, to)
		body.Reason = &why
	}
	if cancellable(c) {
		body.Links.Cancel = body.Links.Self
	}
	return body
}

func estimate(e wait.Estimate) *estimateBody {
	if !e.Known() {
		return nil
	}
	body := &estimateBody{Seconds: int(e.Wait.Round(time.Second).Seconds()), Source: e.Source}
	if !e.At.IsZero() {
		at := e.At.UTC()
		body.AsOf = &at
	}
	return body
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
	if to.backend && c.Reason != "" {
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
