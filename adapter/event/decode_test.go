package event_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

const (
	queueID = "7f3a0c1e-5b7d-4e0a-9a39-0d5f0c2b8f11"
	number  = "+33155501234"
)

var at = time.Date(2026, 3, 2, 9, 15, 4, 0, time.UTC)

// attributes are the members beside data of an event about a call.
const attributes = `"specversion":"1.0","id":"e-1","source":"/pbx","subject":"call-1","time":"2026-03-02T10:15:04+01:00","sequence":7`

func structured(name, data string) string {
	return `{` + attributes + `,"type":"` + name + `","data":` + data + `}`
}

func phone(t *testing.T, text string) adapter.Phone {
	t.Helper()
	p, err := adapter.ParsePhone(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// comparePhones lets go-cmp see that two numbers differ without reaching inside.
var comparePhones = cmp.Comparer(func(a, b adapter.Phone) bool { return a.E164() == b.E164() })

func decodes(t *testing.T, e event.Envelope, want adapter.CallEvent) {
	t.Helper()
	got, err := event.Decode(e)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, comparePhones); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func rejects(t *testing.T, e event.Envelope, reason, description string) {
	t.Helper()
	_, err := event.Decode(e)
	rejection, ok := errors.AsType[*adapter.Rejection](err)
	if !ok {
		t.Fatalf("error %v is no rejection", err)
	}
	if rejection.Reason != reason || !strings.Contains(rejection.Description, description) {
		t.Errorf("rejected as %q\nwant %s: …%s…", rejection, reason, description)
	}
}

func TestDecodeReadsEveryType(t *testing.T) {
	t.Parallel()
	three, two, wait := 3, 2, 90*time.Second
	for name, test := range map[string]struct {
		name, data string
		want       adapter.EventData
	}{
		"queued, everything": {
			"directcallback.call.queued.v1", `{"callId":"call-1","queueId":"{7F3A0C1E-5B7D-4E0A-9A39-0D5F0C2B8F11}",
				"workstreamId":"w","routingRuleId":"r","from":"+33 1 55 50 12 34","to":"+33155509999","priority":-2,
				"queuedAt":"2026-03-02T09:15:04Z","locale":"fr-FR","entry":"overflow","bot":"escalated",
				"attributes":{"tier":"gold","age":12,"vip":true,"none":null},
				"position":3,"callsWaiting":2.0,"estimatedWaitSeconds":90,"somethingNew":{"a":[1]}}`,
			adapter.CallQueued{
				Queue: queueID, Workstream: "w", RoutingRule: "r", From: phone(t, number), To: phone(t, "+33155509999"),
				Priority: -2, QueuedAt: at, Locale: "fr-FR", Entry: adapter.EntryOverflow, Bot: adapter.BotEscalated,
				Attributes: map[string]string{"tier": "gold", "age": "12", "vip": "true"},
				Measures:   adapter.Measures{Position: &three, CallsWaiting: &two, EstimatedWait: &wait},
			},
		},
		"queued, withheld number": {
			"directcallback.call.queued.v1", `{"queueId":"` + queueID + `","from":null,"queuedAt":"2026-03-02T09:15:04Z","entry":"route","bot":"none"}`,
			adapter.CallQueued{Queue: queueID, QueuedAt: at, Entry: adapter.EntryRoute, Bot: adapter.BotNone},
		},
		"queued, extension": {
			"directcallback.call.queued.v1", `{"queueId":"` + queueID + `","from":"4711","queuedAt":"2026-03-02T09:15:04Z","entry":"route","bot":"none"}`,
			adapter.CallQueued{
				Queue: queueID, QueuedAt: at, Entry: adapter.EntryRoute, Bot: adapter.BotNone,
				Attributes: map[string]string{"from": "invalid"},
			},
		},
		"queued, number as a number": {
			"directcallback.call.queued.v1", `{"queueId":"` + queueID + `","from":33155501234,"queuedAt":"2026-03-02T09:15:04Z","entry":"route","bot":"none"}`,
			adapter.CallQueued{
				Queue: queueID, QueuedAt: at, Entry: adapter.EntryRoute, Bot: adapter.BotNone,
				Attributes: map[string]string{"from": "invalid"},
			},
		},
		"updated":       {"directcallback.call.updated.v1", `{"priority":2,"position":3}`, adapter.CallUpdated{Priority: &two, Measures: adapter.Measures{Position: &three}}},
		"tone":          {"directcallback.call.tone.v1", `{"tone":"1","promptId":"c-1"}`, adapter.ToneReceived{Tone: "1", Prompt: "c-1"}},
		"connected":     {"directcallback.call.connected.v1", `{}`, adapter.CallConnected{}},
		"to a queue":    {"directcallback.call.transferred.v1", `{"toQueueId":"` + queueID + `"}`, adapter.CallTransferred{ToQueue: queueID}},
		"to a phone":    {"directcallback.call.transferred.v1", `{"toPhone":"` + number + `"}`, adapter.CallTransferred{ToPhone: phone(t, number)}},
		"ended":         {"directcallback.call.ended.v1", `{"reason":"hangup"}`, adapter.CallEnded{Reason: "hangup"}},
		"last one wins": {"directcallback.call.ended.v1", `{"reason":"a","reason":"b"}`, adapter.CallEnded{Reason: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decodes(t, event.Envelope{Body: []byte(structured(test.name, test.data)), ContentType: event.ContentType + "; charset=utf-8"},
				adapter.CallEvent{ID: "e-1", Source: "/pbx", Call: "call-1", At: at, Sequence: 7, Data: test.want})
		})
	}
}

func TestDecodeReadsEventsThatAreAboutNoCall(t *testing.T) {
	t.Parallel()
	const head = `{"specversion":"1.0","id":"e-1","source":"/pbx","time":"2026-03-02T09:15:04Z","type":"directcallback.`
	decodes(t, event.Envelope{Body: []byte(head + `queue.representatives.v1","data":{"queueId":"` + queueID + `","available":4}}`)},
		adapter.CallEvent{ID: "e-1", Source: "/pbx", At: at, Data: adapter.RepresentativesChanged{Queue: queueID, Available: 4}})
	decodes(t, event.Envelope{Body: []byte(head + `callback.progress.v1","data":{"deliveryId":"D","step":"ended","result":"NoAnswer"}}`)},
		adapter.CallEvent{ID: "e-1", Source: "/pbx", At: at, Data: adapter.CallbackProgress{
			Delivery: "D", Step: adapter.StepEnded, Result: "NoAnswer",
		}})
}

func TestDecodeForgivesTheEnvelope(t *testing.T) {
	t.Parallel()
	want := adapter.CallEvent{ID: "e-1", Source: "/pbx", Call: "call-1", At: at, Sequence: 7, Data: adapter.CallEnded{Reason: "hangup"}}
	const name, data = "directcallback.call.ended.v1", `{"reason":"hangup"}`
	body := structured(name, data)
	binary := func(prefix string, sequence any, when any) map[string]any {
		return map[string]any{
			prefix + "specversion": "1.0", prefix + "type": name, prefix + "id": "e-1", prefix + "source": "/pbx",
			prefix + "subject": "call-1", prefix + "time": when, prefix + "sequence": sequence, "other": struct{}{},
		}
	}
	for name, e := range map[string]event.Envelope{
		"structured":                {Body: []byte(body), ContentType: event.ContentType},
		"no content type":           {Body: []byte(body)},
		"plain JSON":                {Body: []byte(body), ContentType: "application/json"},
		"broken content type":       {Body: []byte(body), ContentType: "application/json;;="},
		"byte order mark":           {Body: []byte("\xEF\xBB\xBF" + body)},
		"array of one":              {Body: []byte(" [" + body + "]")},
		"sequence as text":          {Body: []byte(strings.Replace(body, `"sequence":7`, `"sequence":"007"`, 1))},
		"call in data":              {Body: []byte(strings.NewReplacer(`"subject":"call-1",`, "", `{"reason"`, `{"callId":"call-1","reason"`).Replace(body))},
		"data in base64":            {Body: []byte(`{` + attributes + `,"type":"` + name + `","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(data)) + `"}`)},
		"binary, colon":             {Body: []byte(data), ContentType: "application/json", Properties: binary("cloudEvents:", int64(7), "2026-03-02T09:15:04Z")},
		"binary, underscore":        {Body: []byte(data), Properties: binary("cloudEvents_", "7", at)},
		"binary, unsigned":          {Body: []byte(data), Properties: binary("cloudEvents_", uint32(7), at.In(time.FixedZone("", 3600)))},
		"structured wins over both": {Body: []byte(body), ContentType: event.ContentType, Properties: binary("cloudEvents:", "99", at)},
		"through Event Grid":        {Body: []byte(body), Properties: map[string]any{"aeg-event-type": "Notification"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decodes(t, e, want)
		})
	}
}

func TestDecodeRejectsAndNamesTheField(t *testing.T) {
	t.Parallel()
	const queued = `{"queueId":"q","queuedAt":"2026-03-02T09:15:04Z","entry":"route","bot":"none"`
	call := func(name, data string) event.Envelope {
		return event.Envelope{Body: []byte(structured("directcallback.call."+name+".v1", data))}
	}
	with := func(replace ...string) event.Envelope {
		return event.Envelope{Body: []byte(strings.NewReplacer(replace...).Replace(structured("directcallback.call.ended.v1", `{"reason":"x"}`)))}
	}
	for name, test := range map[string]struct {
		e                   event.Envelope
		reason, description string
	}{
		"no id":                {with(`"id":"e-1",`, ``), "BadEvent", "id: missing"},
		"empty source":         {with(`"/pbx"`, `" "`), "BadEvent", "source: empty"},
		"time":                 {with(`2026-03-02T10:15:04+01:00`, `02.03.2026`), "BadEvent", "time: not an RFC 3339 time"},
		"no subject":           {with(`"subject":"call-1",`, ``), "BadEvent", "subject: missing"},
		"two calls":            {call("connected", `{"callId":"other"}`), "BadEvent", "subject: differs from data.callId"},
		"no sequence":          {with(`,"sequence":7`, ``), "BadEvent", "sequence: missing"},
		"negative sequence":    {with(`"sequence":7`, `"sequence":"-7"`), "BadEvent", "sequence: not a whole number ≥ 0"},
		"fraction of sequence": {with(`"sequence":7`, `"sequence":7.5`), "BadEvent", "sequence: not a whole number ≥ 0"},
		"old CloudEvents":      {with(`"1.0"`, `"0.3"`), "BadEvent", "specversion: not 1.0"},
		"no data":              {with(`"data":`, `"date":`), "BadEvent", "data: missing"},
		"data is a text":       {with(`{"reason":"x"}`, `"x"`), "BadEvent", "data: not a JSON object"},
		"data is null":         {with(`{"reason":"x"}`, `null`), "BadEvent", "data: missing"},
		"unknown type":         {call("flown", `{}`), "UnknownEventType", "type: directcallback.call.flown.v1 is not one of directcallback.call.queued.v1"},
		"number as type":       {with(`directcallback.call.ended.v1`, number), "UnknownEventType", "type: +*********** is not one of"},
		"queue":                {call("queued", `{"queuedAt":"2026-03-02T09:15:04Z","entry":"route","bot":"none"}`), "BadEvent", "data.queueId: missing"},
		"queuedAt":             {call("queued", `{"queueId":"q","queuedAt":1,"entry":"route","bot":"none"}`), "BadEvent", "data.queuedAt: not an RFC 3339 time"},
		"entry":                {call("queued", `{"queueId":"q","queuedAt":"2026-03-02T09:15:04Z","entry":"door","bot":"none"}`), "BadEvent", "data.entry: not one of route, transfer, overflow, fallback"},
		"bot":                  {call("queued", `{"queueId":"q","queuedAt":"2026-03-02T09:15:04Z","entry":"route"}`), "BadEvent", "data.bot: missing"},
		"priority":             {call("queued", queued+`,"priority":"high"}`), "BadEvent", "data.priority: not a whole number"},
		"huge priority":        {call("queued", queued+`,"priority":99999999999}`), "BadEvent", "data.priority: not a whole number"},
		"position":             {call("updated", `{"position":-1}`), "BadEvent", "data.position: not a whole number ≥ 0"},
		"wait":                 {call("updated", `{"estimatedWaitSeconds":1e99}`), "BadEvent", "data.estimatedWaitSeconds: not a number of seconds"},
		"attributes":           {call("queued", queued+`,"attributes":{"a":{}}}`), "BadEvent", "data.attributes.a: not a text, number or boolean"},
		"attributes list":      {call("queued", queued+`,"attributes":[]}`), "BadEvent", "data.attributes: not an object of texts"},
		"long locale":          {call("queued", queued+`,"locale":"`+strings.Repeat("x", 300)+`"}`), "BadEvent", "data.locale: longer than 256 bytes"},
		"tone":                 {call("tone", `{"tone":"11"}`), "BadEvent", "data.tone: not one of 0, 1"},
		"transfer to nowhere":  {call("transferred", `{}`), "BadEvent", "data.toQueueId: missing, and so is data.toPhone"},
		"transfer":             {call("transferred", `{"toPhone":"0155501234"}`), "BadEvent", "data.toPhone: not a phone number in E.164"},
		"no reason":            {call("ended", `{}`), "BadEvent", "data.reason: missing"},
		"whose progress":       {event.Envelope{Body: []byte(structured("directcallback.callback.progress.v1", `{"step":"flying"}`))}, "BadEvent", "data.step: not one of offered, accepted, declined, dialing, connected, ended; data.callbackId: missing"},

		"empty":             {event.Envelope{}, "NotCloudEvent", "body: empty"},
		"not UTF-8":         {with(`/pbx`, "/pbx\xff"), "NotCloudEvent", "body: not UTF-8"},
		"not JSON":          {event.Envelope{Body: []byte(`{"a":+33155501234}`)}, "NotCloudEvent", "body: not JSON at byte 6"},
		"a text":            {event.Envelope{Body: []byte(`"hello"`)}, "NotCloudEvent", "body: not a JSON object"},
		"null":              {event.Envelope{Body: []byte(`null`)}, "NotCloudEvent", "body: not a JSON object"},
		"batch":             {event.Envelope{Body: []byte(`[{},{}]`)}, "NotCloudEvent", "send one event a message"},
		"some other JSON":   {event.Envelope{Body: []byte(`{"hello":"world"}`)}, "NotCloudEvent", "specversion: missing"},
		"binary, avro":      {event.Envelope{Body: []byte(`{}`), ContentType: "application/avro", Properties: map[string]any{"cloudEvents:id": "1"}}, "NotCloudEvent", "content type"},
		"binary, attribute": {event.Envelope{Body: []byte(`{}`), Properties: map[string]any{"cloudEvents:id": []int{1}}}, "BadEvent", "id: of a type that CloudEvents does not have"},
		"too large":         {event.Envelope{Body: make([]byte, event.MaxBody+1)}, "TooLarge", "at most 262144"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rejects(t, test.e, test.reason, test.description)
		})
	}
}

func TestDecodeReportsAllMistakesWithinTheLimit(t *testing.T) {
	t.Parallel()
	rejects(t, event.Envelope{Body: []byte(`{"specversion":"1.0","type":"directcallback.call.queued.v1","data":{}}`)}, "BadEvent",
		"id: missing; source: missing; time: missing; sequence: missing; subject: missing; want the id of the call; "+
			"data.queueId: missing; data.queuedAt: missing; data.entry: missing; data.bot: missing")

	members := make([]string, 0, 64)
	for i := range cap(members) {
		members = append(members, `"`+strings.Repeat("é", 70)+string(rune('a'+i))+`":[]`)
	}
	_, err := event.Decode(event.Envelope{Body: []byte(structured("directcallback.call.queued.v1", `{"attributes":{`+strings.Join(members, ",")+`}}`))})
	rejection, ok := errors.AsType[*adapter.Rejection](err)
	if !ok || len(rejection.Description) > 4096 || len(rejection.Description) < 4000 {
		t.Errorf("description has %d bytes", len(rejection.Description))
	}
	if strings.ToValidUTF8(rejection.Description, "?") != rejection.Description {
		t.Error("description was cut inside a character")
	}
}

// A number in a field where none belongs must not reach a dead-letter queue, which
// more people read than may read numbers.
func TestRejectionsNeverRepeatANumber(t *testing.T) {
	t.Parallel()
	members := []string{
		"specversion", "id", "source", "type", "subject", "time", "sequence", "data",
		"callId", "queueId", "workstreamId", "routingRuleId", "from", "to", "priority", "queuedAt", "locale", "entry", "bot",
		"attributes", "position", "callsWaiting", "estimatedWaitSeconds", "tone", "promptId", "representativeId",
		"toQueueId", "toPhone", "reason", "available", "callbackId", "deliveryId", "step", "result",
	}
	types := []string{"call.queued", "call.updated", "call.tone", "call.connected", "call.transferred", "call.ended", "queue.representatives", "callback.progress", number}
	values := []string{`"` + number + `"`, `33155501234`, `["` + number + `"]`, `{"` + number + `":["` + number + `"]}`}
	for _, name := range types {
		for _, member := range members {
			for _, value := range values {
				body := `{"specversion":"1.0","type":"directcallback.` + name + `.v1","` + member + `":` + value + `,"data":{"` + member + `":` + value + `}}`
				_, err := event.Decode(event.Envelope{Body: []byte(body)})
				if err != nil && strings.Contains(err.Error(), "155501234") {
					t.Errorf("%s with %s: %v", name, member, err)
				}
			}
		}
	}
}
