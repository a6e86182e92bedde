package phone

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEventsAreStructuredCloudEvents(t *testing.T) {
	t.Parallel()
	seconds := 90
	at := time.Date(2026, 3, 2, 10, 0, 30, 123456789, time.UTC)
	body, err := encode(event{
		id: "c1/1", kind: typeQueued, subject: "c1", session: testQueue, at: at, sequence: 1,
		data: queuedData{
			CallID: "c1", QueueID: testQueue, From: "+12125550123", Priority: 1, QueuedAt: stamp(at), Locale: "en-US",
			Entry: "route", Bot: "none", Position: 1, CallsWaiting: 3, EstimatedWait: &seconds,
		},
	}, "/telephony/simulator")
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{
		"specversion": "1.0", "id": "c1/1", "source": "/telephony/simulator", "type": "directcallback.call.queued.v1",
		"subject": "c1", "time": "2026-03-02T10:00:30.123Z", "sequence": 1, "datacontenttype": "application/json",
		"data": {"callId": "c1", "queueId": "5f6d1a2b-0001-4c3d-8e4f-000000000001", "from": "+12125550123", "priority": 1,
			"queuedAt": "2026-03-02T10:00:30.123Z", "locale": "en-US", "entry": "route", "bot": "none",
			"position": 1, "callsWaiting": 3, "estimatedWaitSeconds": 90}}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

const offerJSON = `{"specversion":"1.0","id":"o1","source":"adapter","type":"directcallback.prompt.play.v1","data":{
	"callId":"c1","prompt":"callback-offer","text":"press 1","locale":"en-US","collect":{"tones":"1"},
	"onlyWhile":"waiting","sequence":2,"notAfter":"2026-03-02T10:00:30Z"}}`

func TestCommandsAreReadInBothModes(t *testing.T) {
	t.Parallel()
	structured, err := decodeCommand(message{contentType: "application/cloudevents+json; charset=utf-8", body: []byte(offerJSON)})
	if err != nil {
		t.Fatal(err)
	}
	var whole struct{ Data json.RawMessage }
	if err := json.Unmarshal([]byte(offerJSON), &whole); err != nil {
		t.Fatal(err)
	}
	for _, separator := range []string{":", "_"} {
		binary, err := decodeCommand(message{contentType: "application/json", body: whole.Data, properties: map[string]any{
			"cloudEvents" + separator + "specversion": "1.0", "cloudEvents" + separator + "id": "o1",
			"cloudEvents" + separator + "type": commandPlay,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(structured, binary); diff != "" {
			t.Errorf("binary mode with %q differs (-structured +binary):\n%s", separator, diff)
		}
	}
	if structured.answerTo() != "o1" || !structured.collects("1") || structured.collects("2") || structured.Sequence != 2 {
		t.Errorf("read %+v", structured)
	}
}

func TestBadCommandsNameTheField(t *testing.T) {
	t.Parallel()
	wrap := func(kind, data string) string {
		return `{"specversion":"1.0","id":"o1","type":"` + kind + `","data":` + data + `}`
	}
	for _, tt := range []struct{ name, contentType, body, names string }{
		{"not JSON", contentType, "{", "body"},
		{"no data", contentType, `{"specversion":"1.0","id":"o1","type":"directcallback.call.end.v1"}`, "data"},
		{"other version", contentType, `{"specversion":"0.3","id":"o1","data":{}}`, "specversion"},
		{"no id", contentType, `{"specversion":"1.0","data":{}}`, "id"},
		{"unknown type", contentType, wrap("directcallback.call.sing.v1", `{"callId":"c"}`), "type"},
		{"no call", contentType, wrap(commandEnd, `{}`), "data.callId"},
		{"no prompt", contentType, wrap(commandPlay, `{"callId":"c"}`), "data.prompt"},
		{"odd then", contentType, wrap(commandPlay, `{"callId":"c","prompt":"p","then":"dance"}`), "data.then"},
		{"two targets", contentType, wrap(commandTransfer, `{"callId":"c","toQueueId":"q","toPhone":"p"}`), "toQueueId"},
		{"wrong kind", contentType, wrap(commandEnd, `{"callId":7}`), "callId"},
		{"neither mode", "text/plain", `{}`, "content type"},
	} {
		_, err := decodeCommand(message{contentType: tt.contentType, body: []byte(tt.body)})
		if err == nil || !strings.Contains(err.Error(), tt.names) {
			t.Errorf("%s: error %v, want one that names %s", tt.name, err, tt.names)
		}
	}
}

func FuzzDecodeCommand(f *testing.F) {
	f.Add(contentType, []byte(offerJSON), "")
	f.Add("application/json", []byte(`{"callId":"c"}`), commandEnd)
	f.Add("", []byte("null"), "x")
	f.Fuzz(func(t *testing.T, content string, body []byte, kind string) {
		m := message{contentType: content, body: body}
		if kind != "" {
			m.properties = map[string]any{"cloudEvents:specversion": "1.0", "cloudEvents:id": "i", "cloudEvents:type": kind}
		}
		c, err := decodeCommand(m)
		if err != nil {
			return
		}
		if c.CallID == "" || c.ID == "" {
			t.Errorf("accepted %+v", c)
		}
		b := newBench(t, callers(caller("101", 0)), certain())
		c.CallID = b.call("101")
		b.command(c)
		b.at(time.Hour)
		if b.floor.calls[c.CallID].state != callOver {
			t.Errorf("a caller of ten minutes' patience is still there after %+v", c)
		}
	})
}
