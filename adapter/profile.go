package adapter

// CallbackProfile is a row of table msdyn_proactive_callback_profile, as stored. A
// number that is nil is an empty column.
type CallbackProfile struct {
	ID     ProfileID    `json:"id"`
	Name   string       `json:"name"`
	Active bool         `json:"active"`
	Type   CallbackType `json:"type"`

	RepeatInterval  *int   `json:"repeatInterval,omitempty"`  // seconds
	OfferingWindows string `json:"offeringWindows,omitempty"` // JSON of a shape that is not documented
	MaxCallbacks    *int   `json:"maxCallbacks,omitempty"`    // concurrent, in a queue

	DuplicatePrevention DuplicatePrevention `json:"duplicatePrevention,omitempty"`
	DuplicateResolution DuplicateResolution `json:"duplicateResolution,omitempty"`

	AskForAlternateNumber   bool   `json:"askForAlternateNumber,omitempty"`
	AlternateTerminatingKey string `json:"alternateTerminatingKey,omitempty"`

	WaitLimit      *int     `json:"waitLimit,omitempty"` // msdyn_wait_time_limit_seconds; see WaitLimitUnit
	WaitLimitUnit  WaitUnit `json:"waitLimitUnit,omitempty"`
	WaitWindow     *int     `json:"waitWindow,omitempty"` // msdyn_wait_time_window_seconds; see WaitWindowUnit
	WaitWindowUnit WaitUnit `json:"waitWindowUnit,omitempty"`

	OutsideHours bool `json:"outsideHours,omitempty"` // msdyn_call_outside_queue_hours

	Retries        *int      `json:"retries,omitempty"`
	RetryDelay     *int      `json:"retryDelay,omitempty"` // in RetryDelayUnit
	RetryDelayUnit RetryUnit `json:"retryDelayUnit,omitempty"`
	ReattemptRules string    `json:"reattemptRules,omitempty"` // JSON of a shape that is not documented

	// What Dynamics does in its own callbacks only, where an AI agent calls first.
	NumberBehavior NumberBehavior `json:"numberBehavior,omitempty"`
	PhoneNumber    string         `json:"phoneNumber,omitempty"`     // msdyn_ocphonenumberid
	BotUser        string         `json:"botUser,omitempty"`         // systemuserid
	CallbackBot    string         `json:"callbackBotUser,omitempty"` // systemuserid
	Fallback       FallbackAction `json:"fallback,omitempty"`
	FallbackPrompt string         `json:"fallbackPrompt,omitempty"`
}

// CallbackType is msdyn_callback_type, as stored.
type CallbackType int

// The documented types of a profile.
const (
	CallbackDirect    CallbackType = 192350000
	CallbackScheduled CallbackType = 192350001
)

// DuplicatePrevention is msdyn_duplicate_prevention_settings; 0 is an empty column.
type DuplicatePrevention int

// Where a second request of one number counts as a duplicate.
const (
	PreventNone      DuplicatePrevention = 192350000
	PreventInQueue   DuplicatePrevention = 192350001
	PreventInAnyLine DuplicatePrevention = 192350002
)

// DuplicateResolution is msdyn_duplicate_resolution_action; 0 is an empty column.
type DuplicateResolution int

// What becomes of the call of a duplicate.
const (
	ResolveEndCall     DuplicateResolution = 192350000
	ResolveWaitInQueue DuplicateResolution = 192350001
)

// WaitUnit is msdyn_wait_time_limit_unit or msdyn_wait_time_window_unit; 0 is an
// empty column. Whether the number beside it is in this unit or in seconds, as the
// name of its column says, is not documented.
type WaitUnit int

// The units of the wait throttle.
const (
	WaitSeconds WaitUnit = 192350000
	WaitMinutes WaitUnit = 192350001
	WaitHours   WaitUnit = 192350002
)

// RetryUnit is msdyn_delay_between_retries_unit; 0 is an empty column.
type RetryUnit int

// The units of the delay between two attempts.
const (
	RetrySeconds RetryUnit = 192350000
	RetryMinutes RetryUnit = 192350001
	RetryHours   RetryUnit = 192350002
)

// NumberBehavior is msdyn_callback_number_behavior.
type NumberBehavior int

// The numbers that Dynamics' own callbacks come from.
const (
	NumberDialledIn NumberBehavior = 192350000
	NumberSpecific  NumberBehavior = 192350001
)

// FallbackAction is msdyn_fallback_action: when the AI agent fails.
type FallbackAction int

// The fallbacks.
const (
	FallbackHangUp   FallbackAction = 192350000
	FallbackEscalate FallbackAction = 192350001
)
