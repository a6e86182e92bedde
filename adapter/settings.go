package adapter

import "time"

// Settings is what was read from Dataverse in one pass, as it is stored there:
// numbers unmapped, rulesets as XML. Package overflow compiles it. It marshals
// to JSON so that a restart without Dataverse can use the last one.
type Settings struct {
	ReadAt         time.Time                     `json:"readAt"`
	Queues         []Queue                       `json:"queues"`
	Rulesets       map[RulesetID]Ruleset         `json:"rulesets"`
	Actions        map[ActionID]OverflowAction   `json:"actions"`
	Profiles       map[ProfileID]CallbackProfile `json:"profiles,omitempty"`
	Messages       []Message                     `json:"messages"`
	Configurations []EngagementConfiguration     `json:"configurations"`
	Workstreams    []Workstream                  `json:"workstreams,omitempty"`
	Channels       []VoiceChannel                `json:"channels,omitempty"`
	Presences      []Presence                    `json:"presences,omitempty"`
	Members        map[QueueID]int               `json:"members,omitzero"`    // how many people work in a queue; nil = cannot be read
	Choices        map[string]map[int]string     `json:"choices,omitempty"`   // what the organization calls its numbers, by "table.column"
	Hours          map[string]OperatingHours     `json:"hours,omitempty"`     // by msdyn_operatinghourid
	Calendars      map[string]Calendar           `json:"calendars,omitempty"` // by calendarid: outer, inner and holiday ones
	TimeZones      map[int]string                `json:"timeZones,omitempty"` // timezonecode → standardname
	Findings       []Finding                     `json:"findings,omitempty"`
}

// ActionNames are what this organization calls its overflow actions: by its metadata,
// else as the portal shows them in rows.
func (s Settings) ActionNames() map[OverflowActionType]string {
	names := map[OverflowActionType]string{}
	for _, row := range s.Actions {
		if row.TypeName != "" {
			names[row.Type] = row.TypeName
		}
	}
	for number, name := range s.Choices["msdyn_overflowactionconfig.msdyn_overflowactiontype"] {
		names[OverflowActionType(number)] = name
	}
	return names
}

// QueueType is msdyn_queuetype, as stored.
type QueueType int

// The documented queue types.
const (
	QueueMessaging QueueType = 192350000
	QueueRecord    QueueType = 192350001
	QueueVoice     QueueType = 192350002
)

// Queue is a row of table queue that unified routing uses.
type Queue struct {
	ID             QueueID   `json:"id"`
	Name           string    `json:"name"`
	Type           QueueType `json:"type"`
	Active         bool      `json:"active"`
	Priority       int       `json:"priority"`                 // lower first
	Assignment     int       `json:"assignment,omitempty"`     // msdyn_assignmentstrategy
	Default        bool      `json:"default,omitempty"`        // one that the platform made
	MaxSize        int       `json:"maxSize,omitempty"`        // msdyn_maxqueuesize; no page says what it does
	OperatingHours string    `json:"operatingHours,omitempty"` // msdyn_operatinghourid; empty = always open
	PreQueue       RulesetID `json:"preQueue,omitempty"`       // "Before work items are queued"
	InQueue        RulesetID `json:"inQueue,omitempty"`        // "When work items are queued"
}

// Ruleset is a row of table msdyn_decisionruleset.
type Ruleset struct {
	ID            RulesetID `json:"id"`
	Name          string    `json:"name"`
	Type          int       `json:"type"` // msdyn_rulesettype; only RulesetDeclarative can be evaluated
	Definition    string    `json:"definition"`
	DisabledRules string    `json:"disabledRules,omitempty"` // msdyn_disabledrules, as stored
}

// RulesetDeclarative is the one msdyn_rulesettype whose definition is decision XML.
const RulesetDeclarative = 192350000

// OverflowActionType is msdyn_overflowactiontype, as stored.
type OverflowActionType int

// The documented overflow actions. Live organizations have more.
const (
	ActionDefault         OverflowActionType = 192350000
	ActionEnd             OverflowActionType = 192350001
	ActionTransferToPhone OverflowActionType = 192350002
	ActionDirectCallback  OverflowActionType = 192350003
	ActionVoicemail       OverflowActionType = 192350004
	ActionTransferToQueue OverflowActionType = 192350005
	ActionStay            OverflowActionType = 192350006
)

// DuplicateScope is msdyn_directcallbackqueuesetting.
type DuplicateScope int

// Where a second request of one number counts as a duplicate.
const (
	DuplicateInQueue      DuplicateScope = 1
	DuplicateInWorkstream DuplicateScope = 2
)

// DuplicateHandling is msdyn_directcallbackaction.
type DuplicateHandling int

// What a duplicate hears.
const (
	DuplicateDisconnect DuplicateHandling = 1
	DuplicateKeepCall   DuplicateHandling = 2
)

// OverflowAction is a row of table msdyn_overflowactionconfig.
type OverflowAction struct {
	ID                ActionID           `json:"id"`
	Name              string             `json:"name"`
	Active            bool               `json:"active"`
	Type              OverflowActionType `json:"type"`
	TypeName          string             `json:"typeName,omitempty"` // the portal's word for the type
	Data              string             `json:"data,omitempty"`     // target queue or phone number, as stored
	Deduplicate       bool               `json:"deduplicate,omitempty"`
	DuplicateScope    DuplicateScope     `json:"duplicateScope,omitempty"`
	DuplicateHandling DuplicateHandling  `json:"duplicateHandling,omitempty"`
	Profile           ProfileID          `json:"profile,omitempty"` // msdyn_proactive_callback_profileid

	// What Dynamics does in its own callbacks and transfers only.
	OutboundProfile     string `json:"outboundProfile,omitempty"`     // msdyn_ocvoicechannelsettingid
	ScheduledWorkstream string `json:"scheduledWorkstream,omitempty"` // of the action that no page lists
	BotFailure          int    `json:"botFailure,omitempty"`          // msdyn_botfailureactiontype: the row is no overflow action
	StopsRecording      bool   `json:"stopsRecording,omitempty"`      // and transcription, after a transfer
}

// MessageEvent is msdyn_systemmessageeventtype.
type MessageEvent int

// The automated messages that this product speaks.
const (
	MessageOverflowEnd      MessageEvent = 192350055
	MessageCallbackOffer    MessageEvent = 192350073
	MessageCallbackResponse MessageEvent = 192350074
	// MessageCallbackPending is the product's own: the portal has no text for a number
	// that waits for a callback already.
	MessageCallbackPending MessageEvent = -1
)

// StreamVoice is the msdyn_streamsource of voice.
const StreamVoice = 192370000

// Message is a row of table msdyn_ocsystemmessage.
type Message struct {
	ID       string       `json:"id"`
	Event    MessageEvent `json:"event"`
	Stream   int          `json:"stream"`             // msdyn_streamsource
	Instance string       `json:"instance,omitempty"` // empty = the whole channel
	Locale   string       `json:"locale,omitempty"`   // empty = the default language
	Text     string       `json:"text"`
	Active   bool         `json:"active"`

	// Translations are the text in other languages, by locale.
	Translations map[string]string `json:"translations,omitempty"`
}

// The columns of an engagement configuration that decide whether it may place callbacks.
const (
	ConfigurationVoice = 100000000 // msdyn_type
	DialModePreview    = 100000002 // msdyn_dialmode_type
)

// The msdyn_processing_order values that matter here.
const (
	OrderEarliest = 700610000 // the earliest window first; the default
	OrderFirst    = 700610001
	OrderLast     = 700610002
)

// EngagementConfiguration is a row of table msdyn_proactive_engagement_config.
type EngagementConfiguration struct {
	ID                  ConfigurationID `json:"id"`
	Name                string          `json:"name"`
	Active              bool            `json:"active"`
	Type                int             `json:"type"`
	DialMode            int             `json:"dialMode"`
	Queue               QueueID         `json:"queue"`
	Workstream          string          `json:"workstream,omitempty"`
	ClosesConversations bool            `json:"closesConversations"` // msdyn_close_existing_conversations
	IgnoresHours        bool            `json:"ignoresHours"`

	Suspended          bool `json:"suspended,omitempty"`       // by CCaaS_CreateOperation, or in the portal
	Engagement         int  `json:"engagement,omitempty"`      // msdyn_engagement_type
	Priority           int  `json:"priority,omitempty"`        // 1 critical to 3 normal
	ProcessingOrder    int  `json:"processingOrder,omitempty"` // see OrderEarliest; 0 is the default
	SkipsAvailability  bool `json:"skipsAvailability,omitempty"`
	PreviewSeconds     int  `json:"previewSeconds,omitempty"` // after which a preview dials by itself; 0 = a person starts it
	MaxConcurrentCalls int  `json:"maxConcurrentCalls,omitempty"`
}

// PlacesCallbacks tells whether a representative would accept before the
// customer is dialled: an active Voice configuration in dial mode Preview.
func (c EngagementConfiguration) PlacesCallbacks() bool {
	return c.Active && c.Type == ConfigurationVoice && c.DialMode == DialModePreview
}
