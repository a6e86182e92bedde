package proactive

import (
	"context"
	"maps"
	"slices"
	"unicode/utf16"

	"directcallback/adapter"
)

const (
	// requestAttribute is the Input attribute that carries our request id.
	requestAttribute = "adapterRequestId"

	// maxAttributes is ours: Microsoft gives no limit.
	maxAttributes = 32

	// The columns of msdyn_proactive_delivery_attribute, in UTF-16 units.
	maxKeyword = 850
	maxValue   = 4000
)

// reserved are the attributes that others rely on, the representative's screen
// and those who report progress. They are never left out.
func reserved() []string {
	return []string{"type", "callbackId", "queueId", "queuedAt", "priority", "callId", requestAttribute, "locale", "notes"}
}

// inputAttributes are a request's Input attributes as far as they fit. A promise
// is worth more than an attribute, so one too many never fails a delivery.
type inputAttributes struct {
	kept    map[string]string
	dropped int // attributes left out
	cut     int // values shortened
}

// inputs keeps the reserved attributes and then as many others, in the order of
// their names, as fit.
func inputs(r adapter.DeliveryRequest) inputAttributes {
	all := map[string]string{"type": "callback"}
	maps.Copy(all, r.Attributes)
	all[requestAttribute] = r.RequestID

	order := reserved()
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return slices.Contains(order, name) })
	in := inputAttributes{kept: map[string]string{}}
	for _, name := range append(order, others...) {
		value, ok := all[name]
		switch {
		case !ok: // a reserved one that this request has not
			continue
		case len(in.kept) == maxAttributes, first(name, maxKeyword) != name:
			in.dropped++
			continue
		}
		fits := first(value, maxValue)
		if len(fits) < len(value) {
			in.cut++
		}
		in.kept[name] = fits
	}
	return in
}

// first is as much of text as n UTF-16 units hold, in which Dataverse counts.
func first(text string, n int) string {
	for i, r := range text {
		if n -= utf16.RuneLen(r); n < 0 {
			return text[:i]
		}
	}
	return text
}

// warnOfLoss logs that not all attributes go along. Their names and values are
// the customer's and stay out of the log.
func (c *Client) warnOfLoss(ctx context.Context, r adapter.DeliveryRequest) {
	if in := inputs(r); in.dropped+in.cut > 0 {
		c.options.Logger.WarnContext(ctx, "delivery attributes do not fit",
			"request_id", r.RequestID, "attributes_dropped", in.dropped, "values_cut", in.cut)
	}
}
