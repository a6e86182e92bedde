package service_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
)

// Whether the contact's wish counts is for the file to say, and never for who pressed 1.
func TestWhoseWishNotToBePhonedIsHonoured(t *testing.T) {
	for name, test := range map[string]struct {
		handling channels.Handling
		channel  adapter.Channel
		want     bool
	}{
		"web":                {channels.Honour, adapter.ChannelWeb, true},
		"mobile":             {channels.Honour, adapter.ChannelMobile, true},
		"bot":                {channels.Honour, adapter.ChannelBot, true},
		"by representative":  {channels.Honour, adapter.ChannelRepresentative, true},
		"by telephone":       {channels.Honour, adapter.ChannelVoice, false},
		"web, to be ignored": {channels.Ignore, adapter.ChannelWeb, false},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(w *world) {
				w.says(func(c *channels.Channels) { c.DoNotPhone = test.handling })
				if test.channel == adapter.ChannelVoice {
					w.promised("a", w.phone())
				} else if _, err := w.service.Request(w.Context(), service.Request{Key: "k", Callback: adapter.Callback{ID: "asked", Queue: billing, Phone: w.phone(), Channel: test.channel}}); err != nil {
					t.Fatal(err)
				}
				w.pass(time.Second)
				if asked := w.dynamics.requests(); len(asked) != 1 || asked[0].DoNotPhone != test.want {
					t.Errorf("asked %+v", asked)
				}
			})
		})
	}
}

func TestACallbackToWhomNobodyMayPhoneHasFailedAndSaysWhy(t *testing.T) {
	virtual(t, func(w *world) {
		w.says(nil)
		w.dynamics.set(func(d *dynamics) {
			d.answer = func(context.Context, adapter.DeliveryRequest) (adapter.DeliveryID, error) {
				return "", &adapter.DeliverError{Outcome: adapter.OutcomeRefused, Err: errors.New("the contact asks not to be phoned")}
			}
		})
		id := w.asks("")
		w.pass(time.Second)
		if c := w.wantState(id, adapter.StateFailed); c.Reason != "the contact asks not to be phoned" {
			t.Errorf("reason %q", c.Reason)
		}
		w.pass(time.Hour)
		w.wantAsked(0)
	})
}
