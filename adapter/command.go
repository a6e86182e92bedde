package adapter

import "time"

// CommandType says what the telephony shall do.
type CommandType string

// The commands that leave for the telephony.
const (
	CommandPlay      CommandType = "directcallback.prompt.play.v1"
	CommandEnd       CommandType = "directcallback.call.end.v1"
	CommandTransfer  CommandType = "directcallback.call.transfer.v1"
	CommandVoicemail CommandType = "directcallback.call.voicemail.v1"
)

// Prompt names a text for the caller.
type Prompt string

// The prompts.
const (
	PromptOffer        Prompt = "callback-offer"
	PromptConfirmation Prompt = "callback-confirmation"
	PromptOverflowEnd  Prompt = "overflow-end"
	PromptDuplicate    Prompt = "callback-pending" // the number waits for one already
)

// ThenEnd makes a prompt end the call after it was played.
const ThenEnd = "end"

// Command asks the telephony for one thing. It is refused there when the call
// is no longer in the state OnlyWhile, which is what makes a late command
// harmless: nobody's conversation is cut.
type Command struct {
	ID        string // our outbox id; also the Service Bus MessageID
	Type      CommandType
	Call      CallID
	Queue     QueueID // its ordered stream
	At        time.Time
	OnlyWhile CallState

	Prompt   Prompt // CommandPlay
	Text     string
	Locale   string
	Collect  string // the tones to listen for, "1"
	Then     string // ThenEnd or empty
	Sequence int64  // counts the prompts of a call
	NotAfter time.Time

	ToQueue QueueID // CommandTransfer
	ToPhone Phone
}
