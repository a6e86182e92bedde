package event

import (
	"strings"

	"directcallback/adapter"
)

// kind is one type of event: its name, and how its data is read and written.
type kind struct {
	name   string
	ofCall need // whether it is about a call, and so needs subject and sequence
	decode func(*object) adapter.EventData
	encode func(adapter.EventData) (any, bool) // false: the data is of another kind
}

// kinds is the contract: one line an event type.
func kinds() [8]kind {
	return [8]kind{
		{"directcallback.call.queued.v1", needed, decodeQueued, encodeQueued},
		{"directcallback.call.updated.v1", needed, decodeUpdated, encodeUpdated},
		{"directcallback.call.tone.v1", needed, decodeTone, encodeTone},
		{"directcallback.call.connected.v1", needed, decodeConnected, encodeConnected},
		{"directcallback.call.transferred.v1", needed, decodeTransferred, encodeTransferred},
		{"directcallback.call.ended.v1", needed, decodeEnded, encodeEnded},
		{"directcallback.queue.representatives.v1", optional, decodeRepresentatives, encodeRepresentatives},
		{"directcallback.callback.progress.v1", optional, decodeProgress, encodeProgress},
	}
}

func kindOf(name string) (kind, bool) {
	for _, k := range kinds() {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

func kindNames() string {
	all := kinds()
	names := make([]string, len(all))
	for i, k := range all {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}
