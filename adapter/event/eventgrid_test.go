package event_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

const topic = "/subscriptions/s/resourceGroups/bank/providers/Microsoft.Communication/CommunicationServices/voice"

// gridEvent is an event of Azure Communication Services in Event Grid's schema.
func gridEvent(name, data string) string {
	return `{"id":"g-1","topic":"` + topic + `","subject":"job/job-1/channel/voice/queue/q","eventType":"Microsoft.Communication.` + name +
		`","dataVersion":"1.0","metadataVersion":"1","eventTime":"2026-03-02T09:15:04.0000010Z","data":` + data + `}`
}

// gridCloudEvent is the same in the other schema.
func gridCloudEvent(name, data string) string {
	return strings.NewReplacer(`"topic":`, `"source":`, `"eventType":`, `"type":`, `"eventTime":`, `"time":`,
		`"dataVersion":"1.0","metadataVersion":"1"`, `"specversion":"1.0"`).Replace(gridEvent(name, data))
}

func job(members string) string {
	return `{"jobId":"job-1","channelId":"voice","channelReference":"call-77","queueId":"` + queueID + `"` + members + `}`
}

func TestDecodeReadsJobRouter(t *testing.T) {
	t.Parallel()
	when := at.Add(time.Microsecond)
	waits := func(change func(*adapter.CallQueued)) adapter.CallQueued {
		call := adapter.CallQueued{
			Queue: queueID, QueuedAt: when, Entry: adapter.EntryRoute, Bot: adapter.BotNone,
			Attributes: map[string]string{"channelReference": "call-77"},
		}
		change(&call)
		return call
	}
	for name, test := range map[string]struct {
		name, data string
		want       adapter.EventData
	}{
		"a job that waits": {
			"RouterJobQueued", job(`,"priority":7,"labels":{"Locale":"fr-FR","from":"+33155501234","tier":"gold","age":12,"vip":true,"none":null},
				"tags":{"a":1},"requestedWorkerSelectors":[{"key":"k","labelOperator":"GreaterThan","value":5,"ttl":"PT50S"}],"attachedWorkerSelectors":[],"scheduledOn":"x","queueDetails":{}`),
			waits(func(c *adapter.CallQueued) {
				c.Priority, c.Locale, c.From = 7, "fr-FR", phone(t, number)
				c.Attributes["tier"], c.Attributes["age"], c.Attributes["vip"] = "gold", "12", "true"
			}),
		},
		"a job that tells more by its labels": {
			"RouterJobQueued", job(`,"labels":{"DynamicsQueueID":"{B84C1A70-25DE-4F3B-8C66-1F0E9D7A5B32}","From":"4:+33155501234","to":"+33155509999",
				"workstreamId":"w","routingRuleId":"r","entry":"transfer","bot":"escalated"}`),
			waits(func(c *adapter.CallQueued) {
				c.Queue, c.From, c.To = "b84c1a70-25de-4f3b-8c66-1f0e9d7a5b32", phone(t, number), phone(t, "+33155509999")
				c.Workstream, c.RoutingRule, c.Entry, c.Bot = "w", "r", adapter.EntryTransfer, adapter.BotEscalated
			}),
		},
		"a job of whose caller nothing is told": {"RouterJobQueued", job(""), waits(func(*adapter.CallQueued) {})},
		"a job from an extension": {
			"RouterJobQueued", job(`,"labels":{"from":4711}`),
			waits(func(c *adapter.CallQueued) { c.Attributes["from"] = "invalid" }),
		},
		"a channel in capitals": {"RouterJobCompleted", strings.Replace(job(""), "voice", "Voice", 1), adapter.CallEnded{Reason: "job completed"}},
		"a job that is taken":   {"RouterWorkerOfferAccepted", job(`,"workerId":"w100","jobPriority":5,"jobLabels":{"a":1.5}`), adapter.CallConnected{Representative: "w100"}},
		"a job that is over":    {"RouterJobCompleted", job(`,"assignmentId":"a"`), adapter.CallEnded{Reason: "job completed"}},
		"a job that is dropped": {"RouterJobCancelled", job(`,"note":"x","dispositionCode":"y"`), adapter.CallEnded{Reason: "job cancelled"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := adapter.CallEvent{ID: "g-1", Source: topic, Call: "job-1", At: when, Sequence: when.UnixMicro(), Data: test.want}
			object, cloud := gridEvent(test.name, test.data), gridCloudEvent(test.name, test.data)
			for _, body := range []string{object, "[" + object + "]", cloud, " [ " + cloud + " ] "} {
				decodes(t, event.Envelope{Body: []byte(body), Properties: map[string]any{"aeg-event-type": "Notification"}}, want)
				decodes(t, event.Envelope{Body: []byte(body), ContentType: "application/json"}, want)
			}
			decodes(t, event.Envelope{Body: []byte(test.data), ContentType: "application/json", Properties: map[string]any{
				"cloudEvents:specversion": "1.0", "cloudEvents:id": "g-1", "cloudEvents:source": topic, "cloudEvents:time": when,
				"cloudEvents:type": "Microsoft.Communication." + test.name,
			}}, want)
		})
	}
}

func TestDecodeRejectsEventGridAndSaysWhy(t *testing.T) {
	t.Parallel()
	const incoming = `{"to":{"kind":"phoneNumber","rawId":"4:` + number + `","phoneNumber":{"value":"` + number + `"}},"from":{"kind":"phoneNumber","rawId":"4:` + number + `"},
		"serverCallId":"s","callerDisplayName":"","customContext":{"sipHeaders":{},"voipHeaders":{}},"incomingCallContext":"eyJ","correlationId":"c"}`
	for name, test := range map[string]struct {
		body, reason, description string
	}{
		"incoming call":   {gridEvent("IncomingCall", incoming), "NotNeeded", "eventType: Microsoft.Communication.IncomingCall is not needed: the call is in no queue yet"},
		"call started":    {gridCloudEvent("CallStarted", `{}`), "NotNeeded", "type: Microsoft.Communication.CallStarted is not needed"},
		"call ended":      {gridEvent("CallEnded", `{}`), "NotNeeded", "it names no job"},
		"offer issued":    {gridEvent("RouterWorkerOfferIssued", job("")), "NotNeeded", "the caller waits in the same place"},
		"offer declined":  {gridEvent("RouterWorkerOfferDeclined", job("")), "NotNeeded", "the caller waits in the same place"},
		"job closed":      {gridEvent("RouterJobClosed", job("")), "NotNeeded", "RouterJobCompleted said before"},
		"exception":       {gridEvent("RouterJobExceptionTriggered", `{"ruleKey":"r"}`), "NotNeeded", "neither size nor wait"},
		"another type":    {gridEvent("SMSReceived", `{}`), "NotNeeded", "include only Microsoft.Communication.RouterJobQueued, Microsoft.Communication.RouterWorkerOfferAccepted"},
		"another service": {strings.Replace(gridEvent("X", `{}`), "Communication.X", "Storage.BlobCreated", 1), "NotNeeded", "Microsoft.Storage.BlobCreated is not needed"},
		"ours, in their schema": {
			strings.Replace(gridEvent("X", `{}`), "Microsoft.Communication.X", "directcallback.call.ended.v1", 1),
			"NotNeeded", "let the event subscription deliver the CloudEvents 1.0 schema",
		},
		"a chat":              {gridEvent("RouterJobQueued", strings.Replace(job(""), `"voice"`, `"chat"`, 1)), "NotNeeded", "data.channelId: chat is not voice"},
		"no channel":          {gridEvent("RouterJobQueued", `{"jobId":"j","queueId":"q"}`), "BadEvent", "data.channelId: missing"},
		"no job":              {gridEvent("RouterJobCompleted", `{"channelId":"voice"}`), "BadEvent", "data.jobId: missing"},
		"no queue":            {gridEvent("RouterJobQueued", `{"jobId":"j","channelId":"voice","labels":{"a":1}}`), "BadEvent", "data.queueId: missing, and so is data.labels.dynamicsQueueId"},
		"entry":               {gridEvent("RouterJobQueued", job(`,"labels":{"Entry":"door"}`)), "BadEvent", "data.labels.entry: not one of route, transfer, overflow, fallback"},
		"bot":                 {gridEvent("RouterJobQueued", job(`,"labels":{"bot":true}`)), "BadEvent", "data.labels.bot: not one of none, handling, escalated"},
		"labels":              {gridEvent("RouterJobQueued", job(`,"labels":[1]`)), "BadEvent", "data.labels: not an object"},
		"a label with labels": {gridEvent("RouterJobQueued", job(`,"labels":{"a":{"b":1}}`)), "BadEvent", "data.labels.a: not a text, number or boolean"},
		"priority":            {gridEvent("RouterJobQueued", job(`,"priority":"high"`)), "BadEvent", "data.priority: not a whole number"},
		"no data":             {gridEvent("RouterJobQueued", `null`), "BadEvent", "data: missing"},
		"a time before all":   {strings.Replace(gridEvent("RouterJobQueued", job("")), "2026-03-02T09:15:04.0000010Z", "0001-01-01T00:00:00Z", 1), "BadEvent", "eventTime: before 1970"},
		"no time":             {strings.Replace(gridEvent("RouterJobQueued", job("")), `"eventTime"`, `"x"`, 1), "BadEvent", "eventTime: missing"},
		"a batch":             {"[" + gridEvent("RouterJobQueued", job("")) + "," + gridEvent("RouterJobQueued", job("")) + "]", "NotCloudEvent", "send one event a message"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rejects(t, event.Envelope{Body: []byte(test.body)}, test.reason, test.description)
			if _, err := event.Decode(event.Envelope{Body: []byte(test.body)}); strings.Contains(err.Error(), number) {
				t.Error("the rejection repeats a number")
			}
		})
	}
}

// A label may be as long as an attribute, and there may be as many: what was read
// can be written down, to wait for its queue.
func TestWhatJobRouterTellsAtMostCanBeParked(t *testing.T) {
	t.Parallel()
	labels := []string{`"from":"4711"`}
	for i := range 63 {
		labels = append(labels, `"label`+strconv.Itoa(i)+`":"`+strings.Repeat("<", 1024)+`"`)
	}
	got, err := event.Decode(event.Envelope{Body: []byte(gridEvent("RouterJobQueued", job(`,"labels":{`+strings.Join(labels, ",")+`}`)))})
	if err != nil {
		t.Fatal(err)
	}
	call := got.Data.(adapter.CallQueued)
	if len(call.Attributes) != 65 || call.Attributes["from"] != event.Invalid {
		t.Errorf("%d attributes", len(call.Attributes))
	}
	if _, err := event.Encode(got); err != nil {
		t.Error(err)
	}
}
