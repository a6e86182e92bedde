package adapter

// Workstream is a row of table msdyn_liveworkstream: a way into the contact
// center, with the routing that leads from it to a queue.
type Workstream struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Active    bool          `json:"active"`
	Stream    int           `json:"stream"`              // msdyn_streamsource
	Direction int           `json:"direction,omitempty"` // msdyn_direction; 0 = inbound
	Fallback  QueueID       `json:"fallback,omitempty"`  // msdyn_defaultqueue
	Bot       string        `json:"bot,omitempty"`       // msdyn_bot_user: overflow is judged after escalation only
	BotQueue  QueueID       `json:"botQueue,omitempty"`  // msdyn_bot_queue
	BotFails  ActionID      `json:"botFails,omitempty"`  // msdyn_botfailureactionconfig
	Outbound  QueueID       `json:"outbound,omitempty"`  // msdyn_outboundqueueid
	Picks     bool          `json:"picks,omitempty"`     // msdyn_workdistributionmode is Pick: representatives choose their work
	Silent    bool          `json:"silent,omitempty"`    // msdyn_enableautomatedmessages is No
	Templates []Template    `json:"templates,omitempty"`
	Steps     []RoutingStep `json:"steps,omitempty"` // of the active routing configurations, in their order
}

// DistributionPick is the msdyn_workdistributionmode in which representatives choose.
const DistributionPick = 192350001

// IsVoice tells whether calls come in through the work stream.
func (w Workstream) IsVoice() bool { return w.Stream == StreamVoice }

// Template is the notification that a work stream shows to representatives.
type Template struct {
	Purpose string `json:"purpose"` // what the column is called after msdyn_notificationtemplate_: "agent_dial"
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`  // what the portal shows for it
	Title   string `json:"title,omitempty"` // what representatives read
}

// RoutingStepType is msdyn_type of a routing configuration's step, as stored.
type RoutingStepType int

// The kinds of steps. Route to queue is the one that is read for its queues.
const (
	StepClassification RoutingStepType = 192350000
	StepSkills         RoutingStepType = 192350001
	StepRouteToQueue   RoutingStepType = 192350002
	StepAgentGroup     RoutingStepType = 192350003
)

// RoutingStep is a row of table msdyn_routingconfigurationstep.
type RoutingStep struct {
	ID      string          `json:"id"`
	Name    string          `json:"name,omitempty"`
	Order   int             `json:"order"`
	Type    RoutingStepType `json:"type"`
	Ruleset RulesetID       `json:"ruleset,omitempty"`
}

// VoiceChannel is a row of table msdyn_ocvoicechannelsetting: a number that
// customers call, and how its calls are treated.
type VoiceChannel struct {
	ID                    string `json:"id"`
	Name                  string `json:"name,omitempty"`
	Active                bool   `json:"active"`
	Workstream            string `json:"workstream,omitempty"`
	Number                string `json:"number,omitempty"`   // msdyn_phonenumberid, a row
	CallerID              string `json:"callerId,omitempty"` // msdyn_calleridphonenumberid, a row
	OperatingHours        string `json:"operatingHours,omitempty"`
	AnnouncesWait         bool   `json:"announcesWait,omitempty"`
	AnnouncesPosition     bool   `json:"announcesPosition,omitempty"`
	AnonymousCallerID     bool   `json:"anonymousCallerId,omitempty"`
	Regions               string `json:"regions,omitempty"` // msdyn_outboundcallregionallowlist, as stored
	Records               bool   `json:"records,omitempty"`
	Transcribes           bool   `json:"transcribes,omitempty"`
	StopsAfterTransfer    bool   `json:"stopsAfterTransfer,omitempty"` // recording, when the call goes to an external number
	BridgesTransfer       bool   `json:"bridgesTransfer,omitempty"`
	SkipsMusicForVoicebot bool   `json:"skipsMusicForVoicebot,omitempty"`
}

// Presence is a row of table msdyn_presence: what a representative can be.
type Presence struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Base   int    `json:"base"` // msdyn_basepresencestatus
	Active bool   `json:"active"`
}

// PresenceAvailable is the one msdyn_basepresencestatus in which work is offered
// without more ado.
const PresenceAvailable = 192360000
