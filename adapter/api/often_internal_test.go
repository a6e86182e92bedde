package api

import (
	"testing"
	"time"

	"directcallback/adapter/channels"
)

func TestOften(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	o := newOften[string](channels.Rate{N: 3, Per: time.Minute})
	for range 3 {
		if wait := o.again("a", now); wait != 0 {
			t.Errorf("wait %v", wait)
		}
	}
	for range 2 { // to ask in vain costs nothing
		if wait := o.again("a", now); wait != 20*time.Second {
			t.Errorf("wait %v", wait)
		}
	}
	if wait := o.again("b", now); wait != 0 {
		t.Errorf("another waits %v", wait)
	}
	if wait := o.again("a", now.Add(20*time.Second)); wait != 0 {
		t.Errorf("wait %v after the wait", wait)
	}
	if wait := o.again("a", now.Add(-time.Hour)); wait <= 0 || wait > 2*time.Hour {
		t.Errorf("wait %v by a clock that was put back", wait)
	}
	free := newOften[string](channels.Rate{})
	for range 1000 {
		if wait := free.again("a", now); wait != 0 {
			t.Fatalf("wait %v without a limit", wait)
		}
	}
}

// A crowd of strangers does not fill the memory, and does not make room for one who is
// seen all the time.
func TestOftenForgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	o := newOften[int](channels.Rate{N: 1, Per: time.Hour})
	o.again(-1, now)
	for stranger := range 10 * mostKept {
		o.again(stranger, now)
		if n := len(o.young) + len(o.old); n > 2*mostKept {
			t.Fatalf("%d are remembered", n)
		}
		if stranger%(mostKept/2) == 0 && o.again(-1, now) == 0 {
			t.Fatal("one who is seen all the time is forgotten")
		}
	}
}
