package event

import (
	"strings"

	"directcallback/adapter"
)

// claims begins the names of the application properties that Dataverse sets on
// every message of a service endpoint.
const claims = "http://schemas.microsoft.com/xrm/2011/Claims/"

// isDataverse knows a message of a Dataverse service endpoint by its properties,
// or by the .NET binary format, which nothing else on these queues uses.
func isDataverse(e Envelope) bool {
	return e.mediaType() == "application/msbin1" || e.hasProperty(claims)
}

func refuseDataverse(e Envelope) (adapter.CallEvent, *adapter.Rejection) {
	if e.mediaType() == "application/msbin1" {
		return adapter.CallEvent{}, reject(ReasonNotSupported,
			"Dataverse sent this in its .NET binary format: set the service endpoint's message format to JSON")
	}
	return adapter.CallEvent{}, reject(ReasonNotSupported,
		"Dataverse sent this: its messages are not read by this version; remove the service endpoint's step")
}

// isEventGrid knows an Event Grid message by the members of its own schema, or,
// when it comes as a CloudEvent, by a type that is not ours beside its properties.
func isEventGrid(e Envelope, o *object) bool {
	if o.find("specversion") == nil {
		return o.find("eventType") != nil
	}
	name := (&object{members: o.members}).text("type", maxID, optional)
	if _, ours := kindOf(name); ours {
		return false
	}
	return strings.HasPrefix(name, "Microsoft.") || e.hasProperty("aeg-")
}

func refuseEventGrid() *adapter.Rejection {
	return reject(ReasonNotSupported,
		"Event Grid sent this: its events are not read by this version; remove the event subscription")
}
