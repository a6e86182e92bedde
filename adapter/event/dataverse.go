package event

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"directcallback/adapter"
)

// claims begins the names of the application properties that Dataverse sets on
// every message of a service endpoint.
const claims = "http://schemas.microsoft.com/xrm/2011/Claims/"

// msbin1 is .NET's binary XML, the format of a service endpoint that nobody
// changed.
const msbin1 = "application/msbin1"

// isOtherDataverse knows a message of a service endpoint that does not write
// JSON: .NET binary says so, XML and binary without a content type do not begin
// as an object does.
func isOtherDataverse(e Envelope) bool {
	if e.mediaType() == msbin1 {
		return true
	}
	body := bytes.TrimSpace(bytes.TrimPrefix(e.Body, []byte(byteOrderMark)))
	return e.hasProperty(claims) && len(body) > 0 && body[0] != '{' && body[0] != '['
}

func refuseOtherDataverse(Envelope) (adapter.CallEvent, *adapter.Rejection) {
	return adapter.CallEvent{}, reject(ReasonNotSupported,
		"Dataverse sent this in .NET binary or XML: set the service endpoint's Message Format to JSON")
}

// isDataverse knows a RemoteExecutionContext by the endpoint's properties, or,
// where a relay dropped them, by the two members that say what was done to what.
func isDataverse(e Envelope, o *object) bool {
	return e.hasProperty(claims) || o.find("MessageName") != nil && o.find("PrimaryEntityName") != nil
}

// writes are the messages after which a row is another one. A step on a reading
// message must not wake a reader: each reading would cause the next.
const writes = "Create Update Upsert Delete SetState SetStateDynamicEntity CreateMultiple UpdateMultiple UpsertMultiple DeleteMultiple"

// endpointCheck is the message of an admin who tries the endpoint out. That it
// arrives is all it means, so whatever else it holds, which no page tells, is no mistake.
const endpointCheck = "TriggerServiceEndpointCheck"

// decodeDataverse reads a RemoteExecutionContext. A message from which Dataverse
// cut the rows, because it was larger than 192 KB, still names its row.
func decodeDataverse(_ Envelope, o *object) (adapter.CallEvent, *adapter.Rejection) {
	c := readContext(o)
	if c.message == endpointCheck {
		return adapter.CallEvent{ID: c.id(), Source: "dataverse/" + c.organization, At: c.at, Data: adapter.EndpointChecked{}}, nil
	}
	if len(o.mistakes) > 0 {
		return adapter.CallEvent{}, reject(ReasonBadEvent, "%s", strings.Join(o.mistakes, "; "))
	}
	decode, known := tableOf(c.table)
	switch {
	case !known:
		return adapter.CallEvent{}, reject(ReasonNotNeeded, "PrimaryEntityName: nothing here reads table %s; remove %s", echo(c.table), c.stepName())
	case !slices.Contains(strings.Fields(writes), c.message):
		return adapter.CallEvent{}, reject(ReasonNotNeeded,
			"MessageName: %s changes no row; remove %s, and register Create, Update and Delete", echo(c.message), c.stepName())
	}
	data := decode(c)
	if mistakes := slices.Concat(c.mistakes, c.row.mistakes); len(mistakes) > 0 {
		return adapter.CallEvent{}, reject(ReasonBadEvent, "%s", strings.Join(mistakes, "; "))
	}
	return adapter.CallEvent{
		ID: c.id(), Source: "dataverse/" + c.organization, At: c.at,
		Sequence: c.at.UnixMicro(), // there is no number that grows, and nothing promises an order
		Data:     data,
	}, nil
}

// id names the message. Dataverse gives none; one operation runs each step once
// for a row. A synchronous step has no operation: then the time must tell apart
// what one request did to one row.
func (c *remoteContext) id() string {
	operation := c.operation
	if operation == "" {
		operation = c.correlation + "@" + strconv.FormatInt(c.at.UnixMilli(), 10) + "/" + c.message
	}
	return operation + "/" + c.key + "/" + c.step
}

// stepName is how an admin finds what to remove.
func (c *remoteContext) stepName() string {
	if !adapter.IsGUID(c.step) {
		return "the service endpoint's step that sent this"
	}
	return "the service endpoint's step " + c.step
}
