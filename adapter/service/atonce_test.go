package service_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// atOnce runs all at the same moment, and waits for them.
func atOnce(all ...func()) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for _, f := range all {
		group.Go(func() {
			<-start
			f()
		})
	}
	close(start)
	group.Wait()
}

// A customer who waits on the line presses 1, and asks in a page at the same moment:
// that is one callback, and both were promised it.
func TestOneNumberByTelephoneAndByPageAtOnce(t *testing.T) {
	everywhere(t, func(w *world) {
		for round := range 10 {
			call, from := adapter.CallID(fmt.Sprint("call-", round)), w.phone()
			w.rings(call, billing, from)
			w.pass(31 * time.Second) // the offer was played
			tone := w.event(call, adapter.ToneReceived{Tone: "1"})
			var receipt service.Receipt
			var verdicts []*adapter.Rejection
			errs := make([]error, 2)
			atOnce(
				func() { verdicts, errs[0] = w.service.Handle(w.Context(), []adapter.CallEvent{tone}) },
				func() {
					receipt, errs[1] = w.service.Request(w.Context(), service.Request{Client: "web", Key: fmt.Sprint("page-", round), Callback: adapter.Callback{
						ID: adapter.CallbackID(fmt.Sprint("page-", round)), Queue: billing, Phone: from, Channel: adapter.ChannelWeb,
					}})
				},
			)
			if err := errors.Join(errs...); err != nil || verdicts[0] != nil {
				w.Fatal(err, verdicts)
			}
			pending := see(w, func(tx service.Tx) ([]adapter.Callback, error) { return tx.PendingOf(from) })
			if len(pending) != 1 || pending[0].ID != receipt.Callback.ID || w.call(call).Callback != pending[0].ID {
				w.Errorf("the page got %s, the caller %s, and there are %v", receipt.Callback.ID, w.call(call).Callback, ids(pending))
			}
		}
	})
}

func ids(all []adapter.Callback) (names []adapter.CallbackID) {
	for _, c := range all {
		names = append(names, c.ID)
	}
	return names
}
