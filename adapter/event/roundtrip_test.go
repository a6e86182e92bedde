package event_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

func TestEveryEventSurvivesEncodeAndDecode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyEvent(t)
		body, err := event.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := event.Decode(event.Envelope{Body: body, ContentType: event.ContentType})
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if diff := cmp.Diff(want, got, comparePhones); diff != "" {
			t.Fatalf("came back different (-want +got):\n%s", diff)
		}
	})
}

func TestEveryCommandSurvivesEncodeAndDecode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyCommand(t)
		body, err := event.EncodeCommand(want, "directcallback")
		if err != nil {
			t.Fatal(err)
		}
		got, err := event.DecodeCommand(body)
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if diff := cmp.Diff(want, got, comparePhones); diff != "" {
			t.Fatalf("came back different (-want +got):\n%s", diff)
		}
	})
}

func anyEvent(t *rapid.T) adapter.CallEvent {
	e := adapter.CallEvent{
		ID: anyID(t, "id"), Source: anyID(t, "source"), Call: adapter.CallID(anyID(t, "call")),
		At: anyTime(t, "time"), Sequence: rapid.Int64Min(0).Draw(t, "sequence"),
	}
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		e.Data = adapter.CallQueued{
			Queue: adapter.QueueID(anyID(t, "queue")), Workstream: anyID(t, "workstream"), RoutingRule: anyID(t, "rule"),
			From: anyPhone(t, "from"), To: anyPhone(t, "to"), Priority: int(rapid.Int32().Draw(t, "priority")),
			QueuedAt: anyTime(t, "queuedAt"), Locale: rapid.SampledFrom([]string{"", "fr-FR", "en-US"}).Draw(t, "locale"),
			Entry:      rapid.SampledFrom([]adapter.Entry{adapter.EntryRoute, adapter.EntryTransfer, adapter.EntryOverflow, adapter.EntryFallback}).Draw(t, "entry"),
			Bot:        rapid.SampledFrom([]adapter.Bot{adapter.BotNone, adapter.BotHandling, adapter.BotEscalated}).Draw(t, "bot"),
			Attributes: anyAttributes(t), Measures: anyMeasures(t),
		}
	case 1:
		e.Data = adapter.CallUpdated{Priority: anyInt(t, "priority", -100), Measures: anyMeasures(t)}
	case 2:
		e.Data = adapter.ToneReceived{Tone: rapid.SampledFrom([]string{"0", "1", "9", "*", "#", "D"}).Draw(t, "tone"), Prompt: anyID(t, "prompt")}
	case 3:
		e.Data = adapter.CallConnected{Representative: anyID(t, "representative")}
	case 4:
		e.Data = adapter.CallTransferred{ToQueue: adapter.QueueID(anyID(t, "toQueue")), ToPhone: anyPhone(t, "toPhone")}
	case 5:
		e.Data = adapter.CallEnded{Reason: anyID(t, "reason")}
	case 6:
		e.Call = ""
		e.Data = adapter.RepresentativesChanged{Queue: adapter.QueueID(anyID(t, "queue")), Available: rapid.IntRange(0, 9999).Draw(t, "available")}
	default:
		e.Call = ""
		e.Data = adapter.CallbackProgress{
			Callback: adapter.CallbackID(anyID(t, "callback")), Delivery: adapter.DeliveryID(anyID(t, "delivery")),
			Step: rapid.SampledFrom([]adapter.ProgressStep{
				adapter.StepOffered, adapter.StepAccepted, adapter.StepDeclined, adapter.StepDialing, adapter.StepConnected, adapter.StepEnded,
			}).Draw(t, "step"),
			Result: rapid.SampledFrom([]string{"", "NoAnswer"}).Draw(t, "result"),
		}
	}
	return e
}

func anyCommand(t *rapid.T) adapter.Command {
	c := adapter.Command{
		ID: anyID(t, "id"), Call: adapter.CallID(anyID(t, "call")), Queue: adapter.QueueID(anyID(t, "queue")),
		At: anyTime(t, "at"), OnlyWhile: rapid.SampledFrom([]adapter.CallState{adapter.CallWaiting, adapter.CallTaken}).Draw(t, "while"),
		Type: rapid.SampledFrom([]adapter.CommandType{
			adapter.CommandPlay, adapter.CommandEnd, adapter.CommandTransfer, adapter.CommandVoicemail,
		}).Draw(t, "type"),
		NotAfter: anyTime(t, "notAfter"),
	}
	switch c.Type {
	case adapter.CommandPlay:
		c.Prompt = rapid.SampledFrom([]adapter.Prompt{adapter.PromptOffer, adapter.PromptConfirmation, adapter.PromptOverflowEnd, adapter.PromptDuplicate}).Draw(t, "prompt")
		c.Text = "x" + rapid.String().Draw(t, "text")
		c.Locale = rapid.SampledFrom([]string{"", "fr-FR"}).Draw(t, "locale")
		c.Collect = rapid.SampledFrom([]string{"", "1"}).Draw(t, "collect")
		c.Then = rapid.SampledFrom([]string{"", adapter.ThenEnd}).Draw(t, "then")
		c.Sequence = rapid.Int64Min(0).Draw(t, "sequence")
	case adapter.CommandTransfer:
		if rapid.Bool().Draw(t, "toPhone") {
			c.ToPhone = mustPhone("+442079460958")
		} else {
			c.ToQueue = adapter.QueueID(anyID(t, "toQueue"))
		}
	default:
	}
	return c
}

func anyID(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9 /:._-]{0,40}[a-z]`),
		rapid.Just(queueID),
	).Draw(t, label)
}

func anyTime(t *rapid.T, label string) time.Time {
	return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label+" ns")).UTC()
}

func anyInt(t *rapid.T, label string, least int) *int {
	if rapid.Bool().Draw(t, "no "+label) {
		return nil
	}
	n := rapid.IntRange(least, 1_000_000).Draw(t, label)
	return &n
}

func anyMeasures(t *rapid.T) adapter.Measures {
	m := adapter.Measures{Position: anyInt(t, "position", 0), CallsWaiting: anyInt(t, "callsWaiting", 0)}
	if ms := anyInt(t, "wait", 0); ms != nil {
		wait := time.Duration(*ms) * time.Millisecond
		m.EstimatedWait = &wait
	}
	return m
}

func anyAttributes(t *rapid.T) map[string]string {
	attributes := rapid.MapOfN(rapid.StringN(0, 20, -1), rapid.StringN(0, 50, -1), 0, 5).Draw(t, "attributes")
	if len(attributes) == 0 {
		return nil
	}
	return attributes
}

func anyPhone(t *rapid.T, label string) adapter.Phone {
	text := rapid.SampledFrom([]string{"", "+33155501234", "+442079460958", "+14155550132"}).Draw(t, label)
	if text == "" {
		return adapter.Phone{}
	}
	return mustPhone(text)
}

func mustPhone(text string) adapter.Phone {
	p, err := adapter.ParsePhone(text)
	if err != nil {
		panic(err)
	}
	return p
}
