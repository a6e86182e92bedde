package service_test

import (
	"testing"
	"time"

	"directcallback/adapter"
)

// TestConfigureDirectCallback goes through the page of that name, statement by
// statement, in our words. What its triggers are is in package overflow.
func TestConfigureDirectCallback(t *testing.T) {
	t.Parallel()
	for says, happens := range map[string]func(*world){
		"the first offer comes after 30 seconds of waiting": func(w *world) {
			w.rings("a", billing, w.phone())
			w.pass(29 * time.Second)
			w.wantOffers("a")
			w.pass(time.Second)
			w.wantOffers("a", 30*time.Second)
		},
		"the offer is repeated every 120 seconds": func(w *world) {
			w.rings("a", billing, w.phone())
			w.until(9 * time.Minute)
			w.wantOffers("a", 30*time.Second, 150*time.Second, 270*time.Second, 390*time.Second, 510*time.Second)
		},
		"until the customer opts in": func(w *world) {
			w.optIn("a", w.phone())
			w.until(10 * time.Minute)
			w.wantOffers("a", 30*time.Second)
		},
		"until the customer hangs up": func(w *world) {
			w.rings("a", billing, w.phone())
			w.pass(time.Minute)
			w.tell("a", adapter.CallEnded{Reason: "hung up"})
			w.until(10 * time.Minute)
			w.wantOffers("a", 30*time.Second)
		},
		"until the customer is connected": func(w *world) {
			w.rings("a", billing, w.phone())
			w.pass(time.Minute)
			w.tell("a", adapter.CallConnected{Representative: "r"})
			w.until(10 * time.Minute)
			w.wantOffers("a", 30*time.Second)
		},
		"the key is 1": func(w *world) {
			w.optIn("a", w.phone())
			if n := w.confirmations(); n != 1 {
				w.Errorf("%d confirmations", n)
			}
		},
		"no other key does": func(w *world) {
			w.rings("a", billing, w.phone())
			w.pass(31 * time.Second)
			for _, key := range []string{"0", "2", "9", "*", "#"} {
				w.tell("a", adapter.ToneReceived{Tone: key})
			}
			if id := w.call("a").Callback; id != "" {
				w.Errorf("callback %s", id)
			}
		},
		"who never chooses goes on waiting": func(w *world) {
			w.rings("a", billing, w.phone())
			w.until(time.Hour)
			if c := w.call("a"); !c.Waits() {
				w.Errorf("call is %s", c.State)
			}
		},
		"after opting in a message confirms and the call ends": func(w *world) {
			w.optIn("a", w.phone())
			last := w.bus.commands("a")[1]
			if last.Prompt != adapter.PromptConfirmation || last.Then != adapter.ThenEnd || last.Text == "" {
				w.Errorf("%+v", last.Command)
			}
		},
		"the work item stays in the queue": func(w *world) {
			w.rings("first", billing, w.phone())
			w.pass(time.Second)
			id := w.promised("a", w.phone())
			w.rings("last", billing, w.phone())
			w.wantLine(billing, "first", string(id), "last")
		},
		"the callback starts when the item is first": func(w *world) {
			w.rings("first", billing, w.phone())
			w.pass(time.Second)
			id := w.promised("a", w.phone())
			w.pass(2 * time.Minute)
			w.wantState(id, adapter.StateWaiting)
			w.tell("first", adapter.CallConnected{Representative: "r"})
			w.pass(2 * time.Minute)
			w.wantState(id, adapter.StateDispatched)
		},
		"requests are closed after seven days": func(w *world) {
			w.rings("first", billing, w.phone())
			w.pass(time.Second)
			id := w.promised("a", w.phone())
			for range 8 * 24 {
				w.rings("first", billing, w.phone()) // somebody is always before it
				w.pass(time.Hour)
			}
			w.wantState(id, adapter.StateExpired)
		},
		"both messages can be written by the admin": func(w *world) {
			w.settings.set(func(r *reader) {
				for event, text := range map[adapter.MessageEvent]string{adapter.MessageCallbackOffer: "Offer of {QueueName}", adapter.MessageCallbackResponse: "Bye"} {
					r.settings.Messages = append(r.settings.Messages, adapter.Message{Event: event, Stream: adapter.StreamVoice, Text: text, Active: true})
				}
			})
			if err := w.service.Refresh(w.Context()); err != nil {
				w.Fatal(err)
			}
			w.optIn("a", w.phone())
			if all := w.bus.commands("a"); all[0].Text != "Offer of Billing" || all[1].Text != "Bye" {
				w.Errorf("%q, %q", all[0].Text, all[1].Text)
			}
		},
		"an offer for the wait in the queue comes as soon as that is over": func(w *world) {
			w.rings("a", support, w.phone())
			w.until(2 * time.Minute)
			w.wantOffers("a", 2*time.Minute)
		},
	} {
		t.Run(says, func(t *testing.T) { virtual(t, happens) })
	}
}

// TestEachActionBecomesItsCommand has a queue whose rule does one thing.
func TestEachActionBecomesItsCommand(t *testing.T) {
	t.Parallel()
	type want struct {
		kind   adapter.CommandType
		prompt adapter.Prompt
		then   string
	}
	for name, test := range map[string]struct {
		row  adapter.OverflowAction
		want []want
	}{
		"direct callback: an offer":         {adapter.OverflowAction{Type: adapter.ActionDirectCallback}, []want{{adapter.CommandPlay, adapter.PromptOffer, ""}}},
		"transfer to a different queue":     {adapter.OverflowAction{Type: adapter.ActionTransferToQueue, Data: "{" + string(support) + "}"}, []want{{kind: adapter.CommandTransfer}}},
		"transfer to an external number":    {adapter.OverflowAction{Type: adapter.ActionTransferToPhone, Data: "+12025550199"}, []want{{kind: adapter.CommandTransfer}}},
		"voicemail":                         {adapter.OverflowAction{Type: adapter.ActionVoicemail}, []want{{kind: adapter.CommandVoicemail}}},
		"end call: a message, then it ends": {adapter.OverflowAction{Type: adapter.ActionEnd}, []want{{adapter.CommandPlay, adapter.PromptOverflowEnd, adapter.ThenEnd}}},
		"assign to queue anyway: nothing":   {adapter.OverflowAction{Type: adapter.ActionStay}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.settings.set(func(r *reader) {
					row := test.row
					row.ID, row.Active = callBack, true
					r.settings.Actions[callBack] = row
				})
				if err := w.service.Refresh(w.Context()); err != nil {
					w.Fatal(err)
				}
				w.rings("a", billing, w.phone())
				w.pass(time.Minute)
				var got []want
				for _, c := range w.bus.commands("a") {
					got = append(got, want{c.Type, c.Prompt, c.Then})
					if c.Type == adapter.CommandTransfer && (c.ToQueue == support) == !c.ToPhone.IsZero() {
						w.Errorf("to queue %q and a number %v", c.ToQueue, !c.ToPhone.IsZero())
					}
				}
				if len(got) != len(test.want) || (len(got) == 1 && got[0] != test.want[0]) {
					w.Errorf("commands %+v, want %+v", got, test.want)
				}
			})
		})
	}
}
