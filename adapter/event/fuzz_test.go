package event_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

func FuzzDecode(f *testing.F) {
	for _, data := range []string{
		`{"queueId":"q","from":"+33155501234","queuedAt":"2026-03-02T09:15:04Z","entry":"route","bot":"none","attributes":{"a":1}}`,
		`{"position":1,"estimatedWaitSeconds":0.5}`, `{"tone":"1"}`, `{"toPhone":"+33155501234"}`, `{"reason":"x"}`,
	} {
		for _, name := range []string{"queued", "updated", "tone", "transferred", "ended"} {
			f.Add([]byte(structured("directcallback.call."+name+".v1", data)), event.ContentType, "", "")
			f.Add([]byte(data), "application/json", "cloudEvents:type", "directcallback.call."+name+".v1")
		}
	}
	f.Add([]byte(`[{"eventType":"x"}]`), "", "aeg-x", "")
	f.Add([]byte("\xEF\xBB\xBF[]"), "application/msbin1", "http://schemas.microsoft.com/xrm/2011/Claims/User", "")
	for _, body := range []string{
		remote("TriggerServiceEndpointCheck", "serviceendpoint", ""), remote("Update", "queue", target(`"name":"x"`)), remote("Delete", "msdyn_ocliveworkitem", deleted),
		remote("Create", "msdyn_ocliveworkitem", target(`"statuscode":{"__type":"OptionSetValue:x","Value":1}`, `"msdyn_cdsqueueid":{"Id":"`+queueID+`"}`)),
		remote("Update", "msdyn_proactive_delivery", target(`"msdyn_delivery_id":"D"`, `"msdyn_status":"Complete"`, `"msdyn_result":null`)),
	} {
		f.Add([]byte(body), "application/json", "http://schemas.microsoft.com/xrm/2011/Claims/User", "u")
		f.Add([]byte(body), "", "MessageMaxSizeExceeded", "true")
	}
	for _, name := range []string{"RouterJobQueued", "RouterWorkerOfferAccepted", "RouterJobCompleted", "IncomingCall"} {
		body := job(`,"priority":3,"labels":{"from":"4:+33155501234","Locale":"fr-FR","n":1,"b":true}`)
		f.Add([]byte(gridEvent(name, body)), "application/json", "aeg-event-type", "Notification")
		f.Add([]byte("["+gridCloudEvent(name, body)+"]"), event.ContentType, "", "")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, property, value string) {
		decoded, err := event.Decode(event.Envelope{Body: body, ContentType: contentType, Properties: map[string]any{property: value}})
		if err != nil {
			rejection, ok := errors.AsType[*adapter.Rejection](err)
			if !ok || rejection.Reason == "" || rejection.Description == "" || len(rejection.Description) > 4096 || !utf8.ValidString(rejection.Description) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		switch decoded.Data.(type) {
		case adapter.SettingsChanged, adapter.DeliveryChanged, adapter.ConversationChanged, adapter.EndpointChecked:
			return // hints; nobody writes them down
		}
		if _, err := event.Encode(decoded); err != nil && len(body) < event.MaxBody/6 {
			t.Fatalf("decoded %+v does not encode: %v", decoded, err)
		}
	})
}

func FuzzDecodeCommand(f *testing.F) {
	for _, data := range []string{
		`{"callId":"c","onlyWhile":"waiting","prompt":"p","text":"t","sequence":1,"notAfter":"2026-03-02T09:15:04Z","collect":{"tones":"1"},"then":"end"}`,
		`{"callId":"c","onlyWhile":"waiting","toPhone":"+33155501234"}`,
		`{"callId":"c","onlyWhile":"connected"}`,
	} {
		for _, name := range []string{"prompt.play", "call.end", "call.transfer", "call.voicemail"} {
			f.Add([]byte(`{"specversion":"1.0","id":"c-1","source":"s","time":"2026-03-02T09:15:04Z","type":"directcallback.` + name + `.v1","data":` + data + `}`))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		command, err := event.DecodeCommand(body)
		if err != nil {
			if _, ok := errors.AsType[*adapter.Rejection](err); !ok {
				t.Fatalf("error %#v", err)
			}
			return
		}
		if _, err := event.EncodeCommand(command, "s"); err != nil {
			t.Fatalf("decoded %+v does not encode: %v", command, err)
		}
	})
}

// Reading a phone number costs more than all the rest, so both are measured.
func BenchmarkDecode(b *testing.B) {
	const numbers = `"from":"+33155501234","to":"+33155509999",`
	queued := structured("directcallback.call.queued.v1", `{"callId":"call-1","queueId":"7f3a0c1e-5b7d-4e0a-9a39-0d5f0c2b8f11",`+numbers+
		`"priority":3,"queuedAt":"2026-03-02T09:15:04Z","locale":"fr-FR","entry":"route","bot":"none","attributes":{"tier":"gold"},`+
		`"position":3,"callsWaiting":12,"estimatedWaitSeconds":90}`)
	for name, body := range map[string]string{
		"queued":           queued,
		"queued, withheld": strings.Replace(queued, numbers, "", 1),
		"tone":             structured("directcallback.call.tone.v1", `{"tone":"1","promptId":"c-1"}`),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := event.Decode(event.Envelope{ContentType: event.ContentType, Body: []byte(body)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
