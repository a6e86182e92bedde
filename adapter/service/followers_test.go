package service_test

import (
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func TestFollowersAreWokenByTheirCallback(t *testing.T) {
	virtual(t, func(w *world) {
		id, _ := w.waits()
		other := w.request(another)
		news := func(c <-chan struct{}) bool {
			select {
			case <-c:
				return true
			default:
				return false
			}
		}
		mine, stop := w.service.Follow(id)
		too, stopToo := w.service.Follow(id)
		theirs, stopTheirs := w.service.Follow(other)
		defer stopTheirs()
		if news(mine) || news(theirs) {
			t.Error("woken by nothing")
		}
		for range 3 { // nobody looks, and nobody is kept waiting
			if _, err := w.service.Change(w.Context(), id, service.Change{When: in(0), TimeZone: "Asia/Tokyo"}); err != nil {
				t.Fatal(err)
			}
		}
		if !news(mine) || !news(too) || news(mine) || news(theirs) {
			t.Error("not those were woken whose callback moved, or more than once")
		}
		stop()
		stop() // again is harmless
		if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		w.wantState(id, adapter.StateCancelled)
		if news(mine) || !news(too) {
			t.Error("who left was woken, or who stayed was not")
		}
		stopToo()
	})
}
