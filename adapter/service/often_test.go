package service_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
)

// askAndCancel asks for a callback to a number, and takes it back if there is one.
func (w *world) askAndCancel(number adapter.Phone) error {
	w.Helper()
	receipt, err := w.tryAsk(service.Request{Key: fmt.Sprint("often-", w.numbers), Callback: adapter.Callback{Queue: billing, Phone: number}})
	if err != nil {
		return err
	}
	_, err = w.service.Cancel(w.Context(), receipt.Callback.ID, "changed my mind")
	w.pass(time.Minute)
	return err
}

func wantTooOften(w *world, err error, after time.Duration) {
	w.Helper()
	if often, is := errors.AsType[*service.TooOftenError](err); !is || often.After != after {
		w.Errorf("error %v, want too often for another %v", err, after)
	}
}

func TestANumberIsAskedForSoOften(t *testing.T) {
	everywhere(t, func(w *world) {
		w.halt()
		w.options.Channels.Limits.PerNumber = channels.Rate{N: 2, Per: time.Hour}
		w.start()
		w.rings("ahead", billing, adapter.Phone{}) // so that none is phoned at once
		number := w.phone()
		for range 2 {
			if err := w.askAndCancel(number); err != nil {
				w.Fatal(err)
			}
		}
		wantTooOften(w, w.askAndCancel(number), 58*time.Minute)
		if err := w.askAndCancel(w.phone()); err != nil {
			w.Errorf("another number: %v", err)
		}
		w.pass(57 * time.Minute) // the first one is an hour old
		again := service.Request{Key: "again", Callback: adapter.Callback{Queue: billing, Phone: number}}
		first := w.ask(again)
		if repeat := w.ask(again); repeat.Callback.ID != first.Callback.ID || !repeat.Repeated {
			w.Errorf("the repeat is %+v", repeat)
		}
		if joined := w.ask(service.Request{Key: "joins", Callback: adapter.Callback{Queue: billing, Phone: number}}); !joined.Joined {
			w.Errorf("who asks for what is there gets %+v", joined)
		}
	})
}

// Whoever has a callback must not have others phoned with it.
func TestACallbackIsNotMovedToANumberThatWasAskedForTooOften(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.options.Channels.Limits.PerNumber = channels.Rate{N: 1, Per: time.Hour}
		w.start()
		w.rings("ahead", billing, adapter.Phone{})
		victim := w.phone()
		if err := w.askAndCancel(victim); err != nil {
			w.Fatal(err)
		}
		id := w.ask(service.Request{Key: "own", Callback: adapter.Callback{Queue: billing, Phone: w.phone()}}).Callback.ID
		_, err := w.service.Change(w.Context(), id, service.Change{Phone: victim})
		wantTooOften(w, err, 59*time.Minute)
		if _, err := w.service.Change(w.Context(), id, service.Change{Phone: victim, By: "ada", Reason: "asked on the line"}); err != nil {
			w.Errorf("a person: %v", err)
		}
	})
}

func TestWhoIsOnThePhoneMayAskAsOftenAsTheyLike(t *testing.T) {
	virtual(t, func(w *world) {
		w.halt()
		w.options.Channels.Limits.PerNumber = channels.Rate{N: 1, Per: time.Hour}
		w.start()
		w.rings("ahead", billing, adapter.Phone{})
		number := w.phone()
		for i, channel := range []adapter.Channel{adapter.ChannelRepresentative, adapter.ChannelRepresentative, adapter.ChannelWeb} {
			receipt, err := w.service.Request(w.Context(), service.Request{Client: "desk", Key: strconv.Itoa(i), Callback: adapter.Callback{
				ID: adapter.CallbackID(fmt.Sprint("desk-", i)), Queue: billing, Phone: number, Channel: channel,
			}})
			if err != nil {
				w.Fatalf("%s: %v", channel, err)
			}
			if _, err := w.service.Cancel(w.Context(), receipt.Callback.ID, "no"); err != nil {
				w.Fatal(err)
			}
		}
	})
}

// Two processes are asked for one number at the same moment, for two queues.
func TestANumberIsCountedOverReplicas(t *testing.T) {
	replicas(t, func(first, second *replica) {
		first.halt()
		for _, r := range []*replica{first, second} {
			r.options.Channels.Limits.PerNumber = channels.Rate{N: 1, Per: time.Hour}
			r.start()
		}
		number := first.phone()
		var group sync.WaitGroup
		errs := make([]error, 2)
		for i, r := range []*replica{first, second} {
			group.Go(func() {
				_, errs[i] = r.service.Request(r.Context(), service.Request{Client: "web", Key: strconv.Itoa(i), Callback: adapter.Callback{
					ID: adapter.CallbackID(fmt.Sprint("at-once-", i)), Queue: []adapter.QueueID{billing, support}[i], Phone: number, Channel: adapter.ChannelWeb,
				}})
			})
		}
		group.Wait()
		_, refused := errors.AsType[*service.TooOftenError](errors.Join(errs...))
		if !refused || (errs[0] == nil) == (errs[1] == nil) {
			first.Errorf("errors %v, want one", errs)
		}
	})
}
