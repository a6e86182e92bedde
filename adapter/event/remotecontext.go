package event

import (
	"strconv"
	"strings"
	"time"

	"directcallback/adapter"
)

// remoteContext is what is used of a RemoteExecutionContext, the form in which
// Dataverse tells a service endpoint what happened:
// https://learn.microsoft.com/power-apps/developer/data-platform/azure-integration
//
// Its ParentContext, which holds another context and so on, is stepped over as
// one value: what else the same request did has messages of its own.
type remoteContext struct {
	*object

	message      string // MessageName: "Update"
	table        string // PrimaryEntityName: the logical name
	key          string // PrimaryEntityId; empty when many rows were written at once
	organization string
	operation    string // empty for a synchronous step
	correlation  string
	step         string
	at           time.Time
	row          *row
}

func readContext(o *object) *remoteContext {
	c := &remoteContext{
		object:       o,
		message:      o.text("MessageName", maxID, needed),
		table:        strings.ToLower(o.text("PrimaryEntityName", maxID, needed)),
		key:          o.guid("PrimaryEntityId", optional),
		organization: o.guid("OrganizationId", needed),
		operation:    o.guid("OperationId", optional),
		correlation:  o.guid("CorrelationId", optional),
		at:           o.wcfTime("OperationCreatedOn"),
	}
	if raw := o.raw("OwningExtension", optional); raw != nil {
		if step, ok := newObject("OwningExtension.", raw); ok {
			c.step = step.guid("Id", optional)
		}
	}
	target, _ := dictionaryValue(o.raw("InputParameters", optional), "Target")
	c.row = newRow(target)
	if c.key == "" {
		c.key = c.row.key
	}
	// An update carries what changed; an image, if the step has one, the rest.
	for _, image := range entries(o.raw("PostEntityImages", optional)) {
		c.row.images = append(c.row.images, newRow(image.value).attributes...)
	}
	return c
}

// guid reads a GUID; the one that is all zero says that there is none.
func (o *object) guid(name string, n need) string {
	id := o.id(name, n)
	switch {
	case id == "":
	case !adapter.IsGUID(id):
		o.wrong(name, "not a GUID")
		return ""
	case strings.Trim(id, "0-") == "":
		if n == needed {
			o.wrong(name, "all zero")
		}
		return ""
	}
	return id
}

// wcfTime reads a needed time after 1970.
func (o *object) wcfTime(name string) time.Time {
	raw := o.raw(name, needed)
	if raw == nil {
		return time.Time{}
	}
	if isString(raw) {
		if at, ok := parseWCFTime(unquote(raw)); ok && at.UnixMicro() > 0 {
			return at
		}
	}
	o.wrong(name, "not a time as /Date(milliseconds)/ after 1970")
	return time.Time{}
}

// parseWCFTime reads "/Date(1722582039000+0200)/". The number counts from 1970 in
// UTC whatever the offset, which only tells where it was written. Newer
// serializers write RFC 3339.
func parseWCFTime(text string) (time.Time, bool) {
	inner, isDate := strings.CutPrefix(text, "/Date(")
	inner, isClosed := strings.CutSuffix(inner, ")/")
	if !isDate || !isClosed {
		at, err := time.Parse(time.RFC3339Nano, text)
		return at.UTC(), err == nil
	}
	if sign := strings.LastIndexAny(inner, "+-"); sign > 0 {
		inner = inner[:sign]
	}
	const most = 253402300799999 // the end of the year 9999
	ms, err := strconv.ParseInt(inner, 10, 64)
	return time.UnixMilli(ms).UTC(), err == nil && ms <= most && ms >= -most
}
