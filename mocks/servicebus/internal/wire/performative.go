package wire

// Descriptors of performatives, delivery states, termini and SASL frames.
const (
	CodeOpen           = 0x10
	CodeBegin          = 0x11
	CodeAttach         = 0x12
	CodeFlow           = 0x13
	CodeTransfer       = 0x14
	CodeDisposition    = 0x15
	CodeDetach         = 0x16
	CodeEnd            = 0x17
	CodeClose          = 0x18
	CodeError          = 0x1d
	CodeReceived       = 0x23
	CodeAccepted       = 0x24
	CodeRejected       = 0x25
	CodeReleased       = 0x26
	CodeModified       = 0x27
	CodeSource         = 0x28
	CodeTarget         = 0x29
	CodeCoordinator    = 0x30
	CodeSASLMechanisms = 0x40
	CodeSASLInit       = 0x41
	CodeSASLOutcome    = 0x44
)

// codeNamed is the numeric form of a symbolic descriptor.
func codeNamed(name Symbol) (uint64, bool) {
	code, ok := map[Symbol]uint64{
		"amqp:open:list":                  CodeOpen,
		"amqp:begin:list":                 CodeBegin,
		"amqp:attach:list":                CodeAttach,
		"amqp:flow:list":                  CodeFlow,
		"amqp:transfer:list":              CodeTransfer,
		"amqp:disposition:list":           CodeDisposition,
		"amqp:detach:list":                CodeDetach,
		"amqp:end:list":                   CodeEnd,
		"amqp:close:list":                 CodeClose,
		"amqp:error:list":                 CodeError,
		"amqp:received:list":              CodeReceived,
		"amqp:accepted:list":              CodeAccepted,
		"amqp:rejected:list":              CodeRejected,
		"amqp:released:list":              CodeReleased,
		"amqp:modified:list":              CodeModified,
		"amqp:source:list":                CodeSource,
		"amqp:target:list":                CodeTarget,
		"amqp:coordinator:list":           CodeCoordinator,
		"amqp:sasl-mechanisms:list":       CodeSASLMechanisms,
		"amqp:sasl-init:list":             CodeSASLInit,
		"amqp:sasl-outcome:list":          CodeSASLOutcome,
		"amqp:header:list":                SectionHeader,
		"amqp:delivery-annotations:map":   SectionDeliveryAnnotations,
		"amqp:message-annotations:map":    SectionAnnotations,
		"amqp:properties:list":            SectionProperties,
		"amqp:application-properties:map": SectionApplicationProperties,
		"amqp:data:binary":                SectionData,
		"amqp:amqp-sequence:list":         SectionSequence,
		"amqp:amqp-value:*":               SectionValue,
		"amqp:footer:map":                 SectionFooter,
	}[name]
	return code, ok
}

// Performative is a frame body.
type Performative interface{ composite }

// Open starts a connection.
type Open struct {
	ContainerID  string
	Hostname     string
	MaxFrameSize Optional[uint32]
	ChannelMax   Optional[uint16]
	IdleTimeout  Optional[uint32] // milliseconds
	Outgoing     any
	Incoming     any
	Offered      any
	Desired      any
	Properties   Map
}

func (p *Open) fields() (uint64, []any) {
	return CodeOpen, []any{
		must{&p.ContainerID},
		&p.Hostname, &p.MaxFrameSize, &p.ChannelMax, &p.IdleTimeout,
		&p.Outgoing, &p.Incoming, &p.Offered, &p.Desired, &p.Properties,
	}
}

// Begin starts a session.
type Begin struct {
	RemoteChannel  Optional[uint16]
	NextOutgoingID uint32
	IncomingWindow uint32
	OutgoingWindow uint32
	HandleMax      Optional[uint32]
	Offered        any
	Desired        any
	Properties     Map
}

func (p *Begin) fields() (uint64, []any) {
	return CodeBegin, []any{
		&p.RemoteChannel,
		must{&p.NextOutgoingID},
		must{&p.IncomingWindow},
		must{&p.OutgoingWindow},
		&p.HandleMax, &p.Offered, &p.Desired, &p.Properties,
	}
}

// Roles of a link's end.
const (
	RoleSender   = false
	RoleReceiver = true
)

// Settle modes.
const (
	SendUnsettled = 0
	SendSettled   = 1
	SendMixed     = 2
	ReceiveFirst  = 0
	ReceiveSecond = 1
)

// Attach starts a link.
type Attach struct {
	Name                 string
	Handle               uint32
	Role                 bool
	SendMode             Optional[uint8]
	ReceiveMode          Optional[uint8]
	Source               any // described list, or nil
	Target               any // described list, or nil
	Unsettled            Map
	IncompleteUnsettled  bool
	InitialDeliveryCount Optional[uint32]
	MaxMessageSize       Optional[uint64]
	Offered              any
	Desired              any
	Properties           Map
}

func (p *Attach) fields() (uint64, []any) {
	return CodeAttach, []any{
		must{&p.Name},
		must{&p.Handle},
		must{&p.Role},
		&p.SendMode, &p.ReceiveMode, &p.Source, &p.Target,
		&p.Unsettled, &p.IncompleteUnsettled, &p.InitialDeliveryCount, &p.MaxMessageSize,
		&p.Offered, &p.Desired, &p.Properties,
	}
}

// Flow grants credit and moves the session's windows.
type Flow struct {
	NextIncomingID Optional[uint32]
	IncomingWindow uint32
	NextOutgoingID uint32
	OutgoingWindow uint32
	Handle         Optional[uint32]
	DeliveryCount  Optional[uint32]
	LinkCredit     Optional[uint32]
	Available      Optional[uint32]
	Drain          bool
	Echo           bool
	Properties     Map
}

func (p *Flow) fields() (uint64, []any) {
	return CodeFlow, []any{
		&p.NextIncomingID,
		must{&p.IncomingWindow},
		must{&p.NextOutgoingID},
		must{&p.OutgoingWindow},
		&p.Handle, &p.DeliveryCount, &p.LinkCredit, &p.Available, &p.Drain, &p.Echo, &p.Properties,
	}
}

// Transfer carries a message or a part of one. Its payload follows it in the frame.
type Transfer struct {
	Handle        uint32
	DeliveryID    Optional[uint32]
	DeliveryTag   []byte
	MessageFormat Optional[uint32]
	Settled       Optional[bool]
	More          bool
	ReceiveMode   Optional[uint8]
	State         any
	Resume        bool
	Aborted       bool
	Batchable     bool
}

func (p *Transfer) fields() (uint64, []any) {
	return CodeTransfer, []any{
		must{&p.Handle},
		&p.DeliveryID, &p.DeliveryTag, &p.MessageFormat, &p.Settled, &p.More,
		&p.ReceiveMode, &p.State, &p.Resume, &p.Aborted, &p.Batchable,
	}
}

// Disposition tells the state of deliveries First to Last.
type Disposition struct {
	Role      bool
	First     uint32
	Last      Optional[uint32]
	Settled   bool
	State     any
	Batchable bool
}

func (p *Disposition) fields() (uint64, []any) {
	return CodeDisposition, []any{
		must{&p.Role}, must{&p.First}, &p.Last, &p.Settled, &p.State, &p.Batchable,
	}
}

// Detach ends a link.
type Detach struct {
	Handle uint32
	Closed bool
	Error  *Error
}

func (p *Detach) fields() (uint64, []any) {
	return CodeDetach, []any{must{&p.Handle}, &p.Closed, &p.Error}
}

// End ends a session.
type End struct{ Error *Error }

func (p *End) fields() (uint64, []any) { return CodeEnd, []any{&p.Error} }

// Close ends a connection.
type Close struct{ Error *Error }

func (p *Close) fields() (uint64, []any) { return CodeClose, []any{&p.Error} }

// Error says why something was ended or rejected.
type Error struct {
	Condition   Symbol
	Description string
	Info        Map
}

// Error is the condition and its description.
func (p *Error) Error() string { return string(p.Condition) + ": " + p.Description }

func (p *Error) fields() (uint64, []any) {
	return CodeError, []any{must{&p.Condition}, &p.Description, &p.Info}
}

// SASLMechanisms offers mechanisms.
type SASLMechanisms struct{ Mechanisms any }

func (p *SASLMechanisms) fields() (uint64, []any) {
	return CodeSASLMechanisms, []any{must{&p.Mechanisms}}
}

// SASLInit chooses a mechanism.
type SASLInit struct {
	Mechanism Symbol
	Response  []byte
	Hostname  string
}

func (p *SASLInit) fields() (uint64, []any) {
	return CodeSASLInit, []any{must{&p.Mechanism}, &p.Response, &p.Hostname}
}

// SASLOutcome ends the negotiation; 0 is success.
type SASLOutcome struct {
	Code       uint8
	Additional []byte
}

func (p *SASLOutcome) fields() (uint64, []any) {
	return CodeSASLOutcome, []any{must{&p.Code}, &p.Additional}
}

// newPerformative is the empty frame body for a descriptor, or nil.
func newPerformative(code uint64) Performative {
	switch code {
	case CodeOpen:
		return &Open{}
	case CodeBegin:
		return &Begin{}
	case CodeAttach:
		return &Attach{}
	case CodeFlow:
		return &Flow{}
	case CodeTransfer:
		return &Transfer{}
	case CodeDisposition:
		return &Disposition{}
	case CodeDetach:
		return &Detach{}
	case CodeEnd:
		return &End{}
	case CodeClose:
		return &Close{}
	case CodeSASLMechanisms:
		return &SASLMechanisms{}
	case CodeSASLInit:
		return &SASLInit{}
	case CodeSASLOutcome:
		return &SASLOutcome{}
	}
	return nil
}
