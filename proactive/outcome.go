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
		{is(errUnknownCustomer), [steps]adapter.Outcome{refused, refused}},
		{is(errSeveralContacts), [steps]adapter.Outcome{refused, refused}},
		{is(errDeactivated), [steps]adapter.Outcome{refused, refused}},
		{is(errDoNotPhone), [steps]adapter.Outcome{refused, refused}},
		{is(errDuplicateRule), [steps]adapter.Outcome{blocked, blocked}},
		{is(dataverse.ErrAmbiguous), [steps]adapter.Outcome{notSent, lost}},
		{is(dataverse.ErrThrottled), [steps]adapter.Outcome{throttled, throttled}},
		{is(dataverse.ErrUnauthorized), [steps]adapter.Outcome{blocked, blocked}},
		{is(dataverse.ErrNotSent), [steps]adapter.Outcome{notSent, notSent}},
		{isAbout(namesCustomer), [steps]adapter.Outcome{refused, refused}},
		// A window is made of our clock, which may have stood still or be wrong. The
		// customer has nothing to do with it, and the next attempt has another one.
		{isAbout(namesWindow), [steps]adapter.Outcome{notSent, notSent}},
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

// A refusal is about what it names. The action's page lists no error codes, so
// the names of parameters and rows in the message are all there is; everyday
// words are not enough: "no phone number is assigned" is about a configuration.
// A refusal that names the configuration is about that, whatever else it names.
var (
	namesCustomer      = regexp.MustCompile(`(?i)\bDestinationPhoneNumber\b|\bmobilePhoneNumber\b|\bContactId\b|\bcontact'? With Ids? =`)
	namesWindow        = regexp.MustCompile(`(?i)\bwindows?\b`)
	namesConfiguration = regexp.MustCompile(`(?i)ProactiveEngagementConfig|msdyn_proactive_engagement_config|engagement config|outbound profile|workstream`)
)

// isAbout: a 400, or a row that does not exist, that names it.
func isAbout(name *regexp.Regexp) func(error) bool {
	return func(err error) bool {
		answered, ok := errors.AsType[*dataverse.Error](err)
		if !ok || answered.Status != http.StatusBadRequest && answered.Code != "0x80040217" {
			return false
		}
		return name.MatchString(answered.Message) && !namesConfiguration.MatchString(answered.Message)
	}
}

func retryAfter(err error) time.Duration {
	if answered, ok := errors.AsType[*dataverse.Error](err); ok {
		return answered.RetryAfter
	}
	return 0
}
