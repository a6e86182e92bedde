package broker

import (
	"fmt"

	"directcallback/mocks/servicebus/internal/wire"
)

// Conditions of Service Bus and of AMQP that the emulator reports.
const (
	NotAllowed         wire.Symbol = "amqp:not-allowed"
	Unauthorized       wire.Symbol = "amqp:unauthorized-access"
	NotFound           wire.Symbol = "amqp:not-found"
	NotImplemented     wire.Symbol = "amqp:not-implemented"
	DecodeError        wire.Symbol = "amqp:decode-error"
	InvalidField       wire.Symbol = "amqp:invalid-field"
	MessageLockLost    wire.Symbol = "com.microsoft:message-lock-lost"
	SessionLockLost    wire.Symbol = "com.microsoft:session-lock-lost"
	SessionUnavailable wire.Symbol = "com.microsoft:session-cannot-be-locked"
	Timeout            wire.Symbol = "com.microsoft:timeout"
)

func failure(condition wire.Symbol, format string, args ...any) *wire.Error {
	return &wire.Error{Condition: condition, Description: fmt.Sprintf(format, args...)}
}
