package api

import (
	"fmt"
	"testing"

	"directcallback/adapter"
)

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	var s streams
	enter := func(id adapter.CallbackID, want bool) (leave func()) {
		t.Helper()
		leave, ok := s.enter(id)
		if ok != want {
			t.Fatalf("%d follow, %d of them %s: %v", s.all, s.of[id], id, ok)
		}
		return leave
	}
	var leave []func()
	for i := range maxStreams {
		leave = append(leave, enter(adapter.CallbackID(fmt.Sprint("c-", i/maxStreamsOfOne)), true))
	}
	enter("another", false)
	leave[0]()
	enter("c-1", false)
	leave = append(leave[1:], enter("another", true))
	for _, l := range leave {
		l()
	}
	if s.all != 0 || len(s.of) != 0 {
		t.Errorf("all left, and %d follow %v", s.all, s.of)
	}
}
