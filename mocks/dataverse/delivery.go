package dataverse

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// Delivery is one call the engagement service was asked to place.
type Delivery struct {
	ID              string // DeliveryId of the answer, msdyn_delivery_id of the row
	RequestID       string
	TaskID, BatchID string // of the newer APIs; empty otherwise
	ConfigurationID string
	ContactID       string
	QueueID         string
	Phone           string // E.164: personal, never logged
	Start, End      time.Time
	CreatedAt       time.Time
	VisibleAt       time.Time
	Status          string // Pending, InProcess, then one of Complete, Expired, Cancelled, Error
	Result          string // empty until it ended
	Attributes      map[string]string
}

// String names the delivery without its phone number.
func (d Delivery) String() string {
	return fmt.Sprintf("delivery %s %s %s", d.ID, d.Status, d.Result)
}

// LogValue is the same for slog.
func (d Delivery) LogValue() slog.Value { return slog.StringValue(d.String()) }

// The states of a delivery, as msdyn_status prints them.
const (
	statusPending   = "Pending"
	statusInProcess = "InProcess"
	statusComplete  = "Complete"
	statusExpired   = "Expired"
	statusCancelled = "Cancelled"
	statusError     = "Error"
)

// What AcceptDelivery and FinishDelivery refuse.
var (
	ErrUnknownDelivery = errors.New("unknown delivery")
	ErrNotPending      = errors.New("delivery is not pending")
	ErrNotInProcess    = errors.New("delivery is not in process")
	ErrSuspended       = errors.New("the delivery's configuration is suspended")
	ErrOutsideWindow   = errors.New("outside the delivery's windows")
	ErrUnknownResult   = errors.New("unknown result")
)

// statusOf says in which state each documented result of an attempt leaves a delivery. Terminated, Expired and
// Cancelled are not here: nobody dialled, the service itself writes them.
func statusOf(result string) (status string, known bool) {
	status, known = map[string]string{
		"LiveAnswer": statusComplete, "CallEnded": statusComplete, "Undetermined": statusComplete,
		"AnsweringMachine": statusComplete, "AnsweringMachineHangup": statusComplete, "NotAHandset": statusComplete,
		"NoAnswer": statusComplete, "Abandoned": statusComplete, "CSRCancelled": statusComplete, "Unknown": statusComplete,
		"CallFailed": statusError, "InvalidAddress": statusError, "NonRetriableError": statusError,
		"BotFailed": statusError, "Error": statusError,
	}[result]
	return status, known
}

// window is half open.
type window struct{ start, end time.Time }

// delivery is the service's own record; the row is only its report.
type delivery struct {
	Delivery
	windows  []window
	dialMode string
	row      string    // key of the report row; empty until it is visible
	cancelAt time.Time // zero: nobody asked
	due      time.Time // when something happens by itself next; zero: never
	number   uint64    // order of creation

	forgetful bool      // its RequestId appears in no row
	attempted time.Time // when a representative accepted; zero: nobody has
}

func (d *delivery) visible() bool { return d.row != "" }

func (d *delivery) inWindow(now time.Time) bool {
	return slices.ContainsFunc(d.windows, func(w window) bool { return !now.Before(w.start) && now.Before(w.end) })
}

// next is the instant of the next step that needs nobody's help. Nothing ends before its row is there to say so.
func (d *delivery) next() time.Time {
	switch {
	case !d.visible():
		return d.VisibleAt
	case d.Status != statusPending:
		return time.Time{}
	case !d.cancelAt.IsZero() && d.cancelAt.Before(d.End):
		return later(d.cancelAt, d.VisibleAt)
	default:
		return later(d.End, d.VisibleAt)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (d *delivery) copy() Delivery {
	c := d.Delivery
	c.Attributes = maps.Clone(d.Attributes)
	return c
}

// Deliveries are all that were ever accepted, by creation, those whose row is not visible yet included.
func (s *Server) Deliveries() []Delivery {
	s.advance()
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]Delivery, 0, len(s.engagement.order))
	for _, d := range s.engagement.order {
		all = append(all, d.copy())
	}
	return all
}

// AcceptDelivery is a representative accepting the callback notification: Pending becomes InProcess. It fails with
// ErrUnknownDelivery, ErrNotPending (not visible yet, taken, or over), ErrSuspended or
// ErrOutsideWindow.
func (s *Server) AcceptDelivery(id string) error {
	return s.change(id, func(d *delivery, now time.Time) error {
		switch {
		case !d.visible() || d.Status != statusPending:
			return fmt.Errorf("%w: %s", ErrNotPending, d.Status)
		case s.engagement.suspended[d.ConfigurationID]:
			return ErrSuspended
		case !d.inWindow(now):
			return ErrOutsideWindow
		}
		d.Status, d.attempted = statusInProcess, now
		s.report(d, now, map[string]any{
			"msdyn_status": d.Status, "msdyn_start_date": now, "msdyn_csr_connected_date": now, "msdyn_channel_sent_date": now,
			"msdyn_conversation_id": randomID(), "msdyn_call_id": randomID(),
		})
		return nil
	})
}

// FinishDelivery is the end of the attempt, with one of the documented results: InProcess becomes Complete, or Error
// for what could not be dialled. Where the result is the network's, a SIP answer that fits it is drawn by seed. It fails
// with ErrUnknownDelivery, ErrNotInProcess or ErrUnknownResult.
func (s *Server) FinishDelivery(id, result string) error { return s.finish(id, result, nil) }

func (s *Server) finish(id, result string, answer *sipAnswer) error {
	return s.change(id, func(d *delivery, now time.Time) error {
		status, known := statusOf(result)
		switch {
		case !known:
			return fmt.Errorf("%w %q", ErrUnknownResult, result)
		case d.Status != statusInProcess:
			return fmt.Errorf("%w: %s", ErrNotInProcess, d.Status)
		}
		if drawn, ok := sipBehind(result, s.opts.Seed, d.number); ok && answer == nil {
			answer = &drawn
		}
		s.endWith(d, now, status, result, answer)
		return nil
	})
}

// change applies a step from outside, after everything that was due before it.
func (s *Server) change(id string, step func(d *delivery, now time.Time) error) error {
	defer s.hooks.drain()
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step(now)
	d := s.engagement.byID[strings.ToLower(id)]
	if d == nil {
		return ErrUnknownDelivery
	}
	if err := step(d, now); err != nil {
		return err
	}
	s.schedule(d, now)
	return nil
}
