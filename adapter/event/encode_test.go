package event_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

func TestEncodeRefusesWhatDecodeWouldReject(t *testing.T) {
	t.Parallel()
	if _, err := event.Encode(adapter.CallEvent{ID: "e", Source: "s", Call: "c", At: at}); err == nil {
		t.Error("an event without data was encoded")
	}
	_, err := event.Encode(adapter.CallEvent{ID: "e", Source: "s", At: at, Data: adapter.CallEnded{Reason: "x"}})
	rejection, ok := errors.AsType[*adapter.Rejection](err)
	if !ok || !strings.HasPrefix(rejection.Description, "subject: ") {
		t.Errorf("an event without call: %v", err)
	}
}

func TestEncodeCommandWritesTheContract(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 3, 2, 9, 15, 34, 0, time.UTC)
	for name, test := range map[string]struct {
		command adapter.Command
		want    string // data
	}{
		"offer": {
			adapter.Command{
				Type: adapter.CommandPlay, Prompt: adapter.PromptOffer, Text: "Press 1", Locale: "en-US", Collect: "1",
				Sequence: 1, NotAfter: when.Add(time.Minute),
			},
			`"prompt":"callback-offer","text":"Press 1","locale":"en-US","collect":{"tones":"1"},"sequence":1,"notAfter":"2026-03-02T09:16:34Z"`,
		},
		"confirmation": {
			adapter.Command{
				Type: adapter.CommandPlay, Prompt: adapter.PromptConfirmation, Text: "Bye", Locale: "fr-FR", Then: adapter.ThenEnd,
				NotAfter: when.Add(time.Minute),
			},
			`"prompt":"callback-confirmation","text":"Bye","locale":"fr-FR","then":"end","sequence":0,"notAfter":"2026-03-02T09:16:34Z"`,
		},
		"to a phone": {adapter.Command{Type: adapter.CommandTransfer, ToPhone: phone(t, number)}, `"toPhone":"+33155501234"`},
		"to a queue": {adapter.Command{Type: adapter.CommandTransfer, ToQueue: queueID}, `"toQueueId":"` + queueID + `"`},
		"voicemail":  {adapter.Command{Type: adapter.CommandVoicemail}, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := test.command
			c.ID, c.Call, c.Queue, c.At, c.OnlyWhile = "c-1", "call-1", "q-1", when, adapter.CallWaiting
			got, err := event.EncodeCommand(c, "directcallback")
			if err != nil {
				t.Fatal(err)
			}
			want := `{"specversion":"1.0","id":"c-1","source":"directcallback","type":"` + string(c.Type) +
				`","subject":"call-1","time":"2026-03-02T09:15:34Z","datacontenttype":"application/json",` +
				`"data":{"callId":"call-1","queueId":"q-1","onlyWhile":"waiting"`
			if test.want != "" {
				want += "," + test.want
			}
			if want += "}}"; string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestEncodeCommandRefusesWhatNoTelephonyCouldRead(t *testing.T) {
	t.Parallel()
	base := adapter.Command{ID: "c", Call: "x", At: at, OnlyWhile: adapter.CallWaiting}
	for name, change := range map[string]func(*adapter.Command){
		"no type":  func(*adapter.Command) {},
		"no call":  func(c *adapter.Command) { c.Type = adapter.CommandEnd; c.Call = "" },
		"no state": func(c *adapter.Command) { c.Type = adapter.CommandEnd; c.OnlyWhile = "" },
		"no text":  func(c *adapter.Command) { c.Type = adapter.CommandPlay; c.Prompt = "p"; c.NotAfter = at },
		"no end":   func(c *adapter.Command) { c.Type = adapter.CommandPlay; c.Prompt = "p"; c.Text = "t" },
		"nowhere":  func(c *adapter.Command) { c.Type = adapter.CommandTransfer },
		"two destinations": func(c *adapter.Command) {
			c.Type = adapter.CommandTransfer
			c.ToQueue = "q"
			c.ToPhone = phone(t, number)
		},
	} {
		c := base
		change(&c)
		if body, err := event.EncodeCommand(c, "directcallback"); err == nil {
			t.Errorf("%s: encoded %s", name, body)
		}
	}
}
