package adapter

import "time"

// CallEvent is one thing that a telephony reported. Source and ID name it for
// ever; Sequence grows per call and source, so that an older report can be told
// from a newer one. Data says what happened and is one of the types below.
type CallEvent struct {
	ID       string
	Source   string
	Call     CallID // empty for events about a queue or a delivery
	At       time.Time
	Sequence int64
	Trace    Trace // of what made the telephony report it
	Data     EventData
}

// EventData is one of CallQueued, CallUpdated, ToneReceived, CallConnected,
// CallTransferred, CallEnded, RepresentativesChanged, CallbackProgress, or, from
// Dataverse, SettingsChanged, DeliveryChanged, ConversationChanged, EndpointChecked.
type EventData interface{ eventData() }

// Entry says how a call came into its queue.
type Entry string

// The ways into a queue.
const (
	EntryRoute    Entry = "route"
	EntryTransfer Entry = "transfer"
	EntryOverflow Entry = "overflow"
	EntryFallback Entry = "fallback"
)

// Entries lists them.
func Entries() []Entry { return []Entry{EntryRoute, EntryTransfer, EntryOverflow, EntryFallback} }

// Bot says what an AI agent does with the call.
type Bot string

// The stages of a call that an AI agent may handle.
const (
	BotNone      Bot = "none"
	BotHandling  Bot = "handling"
	BotEscalated Bot = "escalated"
)

// Bots lists them.
func Bots() []Bot { return []Bot{BotNone, BotHandling, BotEscalated} }

// Measures is what the platform itself knows of a waiting line. A nil field
// means that it did not say.
type Measures struct {
	Position      *int
	CallsWaiting  *int
	EstimatedWait *time.Duration
}

// CallQueued reports a call that starts to wait in a queue.
type CallQueued struct {
	Queue       QueueID
	Workstream  string
	RoutingRule string
	From        Phone // zero = withheld
	To          Phone
	Priority    int // Dynamics' priority score, higher first
	QueuedAt    time.Time
	Locale      string
	Entry       Entry
	Bot         Bot
	Attributes  map[string]string
	Measures
}

// CallUpdated reports new measures or a new priority of a waiting call.
type CallUpdated struct {
	Priority *int
	Measures
}

// ToneReceived reports a key that the caller pressed.
type ToneReceived struct {
	Tone   string
	Prompt string // id of the prompt it answers, if the telephony knows
}

// CallConnected reports that a representative took the call.
type CallConnected struct{ Representative string }

// CallTransferred reports that the call left its queue for another place.
type CallTransferred struct {
	ToQueue QueueID
	ToPhone Phone
}

// CallEnded reports that the caller's call is over.
type CallEnded struct{ Reason string }

// RepresentativesChanged reports how many representatives of a queue could take
// work now.
type RepresentativesChanged struct {
	Queue     QueueID
	Available int
}

// ProgressStep is how far Dynamics is with a delivery.
type ProgressStep string

// The steps of a delivery, in their order.
const (
	StepOffered   ProgressStep = "offered"
	StepAccepted  ProgressStep = "accepted"
	StepDeclined  ProgressStep = "declined"
	StepDialing   ProgressStep = "dialing"
	StepConnected ProgressStep = "connected"
	StepEnded     ProgressStep = "ended"
)

// CallbackProgress reports a step of a delivery, named by our callback or by
// Dynamics' delivery.
type CallbackProgress struct {
	Callback CallbackID
	Delivery DeliveryID
	Step     ProgressStep
	Result   string // of StepEnded: a value of msdyn_result
}

// SettingsChanged reports that a row of the portal's settings was written. It is
// a hint: rows are read again, never taken from an event.
type SettingsChanged struct {
	Table string // logical name
	Row   string // its key; empty when many rows were written at once
}

// DeliveryChanged reports that a row of msdyn_proactive_delivery was written. It
// is a hint like SettingsChanged: of the rest only what the message carried is set.
type DeliveryChanged struct {
	Row      string     // msdyn_proactive_deliveryid
	Delivery DeliveryID // msdyn_delivery_id
	Status   string     // msdyn_status
	Result   string     // msdyn_result
}

// ConversationID is the key of a row in table msdyn_ocliveworkitem.
type ConversationID string

// ConversationStatus is a statuscode of msdyn_ocliveworkitem.
type ConversationStatus int

// The statuses. Numbers that are not listed are kept as they come.
const (
	ConversationUntold    ConversationStatus = 0 // the message did not say
	ConversationOpen      ConversationStatus = 1
	ConversationActive    ConversationStatus = 2
	ConversationWaiting   ConversationStatus = 3
	ConversationClosed    ConversationStatus = 4
	ConversationWrapUp    ConversationStatus = 5
	ConversationResolved  ConversationStatus = 6
	ConversationScheduled ConversationStatus = 7
)

// OnTheLine tells whether the customer is there, waiting or served.
func (s ConversationStatus) OnTheLine() bool {
	return s == ConversationOpen || s == ConversationActive || s == ConversationWaiting
}

// ConversationChanged reports that a row of msdyn_ocliveworkitem was written: a
// call that is Dynamics' own, to be counted and never offered anything. An update
// carries only what changed, so each field but the first may be untold.
type ConversationChanged struct {
	Conversation ConversationID
	Queue        QueueID            // msdyn_cdsqueueid
	Status       ConversationStatus // a deleted row is ConversationClosed
	StatusReason int                // msdyn_statuschangereason
	Outbound     bool               // msdyn_isoutbound: phoned by Dynamics, perhaps for one of our callbacks
	Cut          bool               // the message came without its row, which must be read to know
}

// EndpointChecked reports that somebody tried out Dataverse's service endpoint: it
// arrived, and there is nothing to do.
type EndpointChecked struct{}

func (CallQueued) eventData()             {}
func (CallUpdated) eventData()            {}
func (ToneReceived) eventData()           {}
func (CallConnected) eventData()          {}
func (CallTransferred) eventData()        {}
func (CallEnded) eventData()              {}
func (RepresentativesChanged) eventData() {}
func (CallbackProgress) eventData()       {}
func (SettingsChanged) eventData()        {}
func (DeliveryChanged) eventData()        {}
func (ConversationChanged) eventData()    {}
func (EndpointChecked) eventData()        {}
