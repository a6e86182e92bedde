package proactive

import (
	"errors"
	"net/http"
	"regexp"
	"time"

	"directcallback/adapter"
	"directcallback/dataverse"
)

// step is which of the two requests of Deliver failed. No delivery can have come
// of the first, so nothing about it is ever lost.
type step int

const (
	stepContact step = iota
	stepDelivery
	steps
)

// rule is a row of the outcome table: the first one that matches counts.
type rule struct {
	when     func(error) bool
	outcomes [steps]adapter.Outcome
}

// rules is the outcome table. 429 and the failures before sending stand first:
// they are certain, whatever else an error may match.
func rules() []rule {
	const (
		notSent   = adapter.OutcomeNotSent
		throttled = adapter.OutcomeThrottled
		refused   = adapter.OutcomeRefused
		blocked   = adapter.OutcomeBlocked
		lost      = adapter.OutcomeLost
	)
	return []rule{
		{is(errNoContact), [steps]adapter.Outcome{refused, refused}},
		{is(dataverse.ErrAmbiguous), [steps]adapter.Outcome{notSent, lost}},
		{is(dataverse.ErrThrottled), [steps]adapter.Outcome{throttled, throttled}},
		{is(dataverse.ErrUnauthorized), [steps]adapter.Outcome{blocked, blocked}},
		{is(dataverse.ErrNotSent), [steps]adapter.Outcome{notSent, notSent}},
		{isAboutCustomer, [steps]adapter.Outcome{refused, refused}},
		{is(dataverse.ErrForbidden), [steps]adapter.Outcome{blocked, blocked}},
		{is(dataverse.ErrNotFound), [steps]adapter.Outcome{blocked, blocked}},
		{isStatus(400, 400), [steps]adapter.Outcome{refused, blocked}},
		{isStatus(300, 499), [steps]adapter.Outcome{blocked, blocked}},
		{always, [steps]adapter.Outcome{notSent, lost}},
	}
}

func classify(at step, err error) *adapter.DeliverError {
	for _, r := range rules() {
		if r.when(err) {
			return &adapter.DeliverError{Outcome: r.outcomes[at], RetryAfter: retryAfter(err), Err: err}
		}
	}
	panic("the last rule matches always")
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

func always(error) bool { return true }

func isStatus(from, to int) func(error) bool {
	return func(err error) bool {
		answered, ok := errors.AsType[*dataverse.Error](err)
		return ok && answered.Status >= from && answered.Status <= to
	}
}

// aboutCustomer reads what a refusal is about. The action's page lists no error
// codes, so its words are all there is. A refusal that names the configuration is
// about the configuration, whatever else it names.
var (
	aboutCustomer      = regexp.MustCompile(`(?i)DestinationPhoneNumber|phone ?number|ContactId\b|\bcontact\b|\bcontacts With Ids?\b|\bwindows?\b`)
	aboutConfiguration = regexp.MustCompile(`(?i)ProactiveEngagementConfig|msdyn_proactive_engagement_config|engagement config|outbound profile|workstream`)
)

// isAboutCustomer: a 400, or a row that does not exist, which will be the same
// for this customer and window at every attempt.
func isAboutCustomer(err error) bool {
	answered, ok := errors.AsType[*dataverse.Error](err)
	if !ok || answered.Status != http.StatusBadRequest && answered.Code != "0x80040217" {
		return false
	}
	return aboutCustomer.MatchString(answered.Message) && !aboutConfiguration.MatchString(answered.Message)
}

func retryAfter(err error) time.Duration {
	if answered, ok := errors.AsType[*dataverse.Error](err); ok {
		return answered.RetryAfter
	}
	return 0
}
