package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
)

// consider asks about a call that came by a route.
func (w *world) consider(q service.Question) service.Considered {
	w.Helper()
	q.Entry, q.Bot = adapter.EntryRoute, adapter.BotNone
	answer, err := w.service.Consider(w.Context(), q)
	if err != nil {
		w.Fatal(err)
	}
	return answer
}

func TestConsiderWhatIsTheCaseNow(t *testing.T) {
	estimating(t, func(w *world) {
		got := w.consider(service.Question{Queue: billing})
		if got.Verdict != overflow.NoRule || *got.Seen.Waiting != 0 || got.Seen.EstimatedWait != nil {
			t.Errorf("at first: %+v", got)
		}
		w.served(20)
		w.rings("a", billing, w.phone())
		w.pass(20 * time.Minute)
		before := w.line(billing)
		got = w.consider(service.Question{Queue: billing})
		if got.Verdict != overflow.Act || got.ActionType != adapter.ActionDirectCallback || *got.Seen.Waiting != 1 || *got.Seen.EstimatedWait != 180 || got.Seen.EstimateFrom != "average" || got.Refused != "" {
			t.Errorf("afterwards: %+v", got)
		}
		if !strings.HasPrefix(got.Explanation, "The estimated wait is 3 minutes; the limit of this queue is 2 minutes") || len(got.Rules) != 1 || !got.At.Equal(time.Now()) {
			t.Errorf("explained: %+v", got)
		}
		if after := w.line(billing); len(after) != len(before) || len(w.accounts("")) > 0 {
			t.Error("considering it changed something")
		}
		w.setPause(adapter.Paused{Queue: billing})
		if got = w.consider(service.Question{Queue: billing}); got.Verdict != overflow.Act || got.Refused != callback.RefusedPaused {
			t.Errorf("while it is paused: %+v", got)
		}
	})
}

func TestConsiderWhatIsSupposed(t *testing.T) {
	virtual(t, func(w *world) {
		none, long, many := overflow.NoEstimate, 7*time.Minute, 14
		for name, test := range map[string]struct {
			asked service.Question
			want  overflow.Verdict
		}{
			"before it is queued":  {service.Question{Queue: billing, Waiting: &many}, overflow.Act},
			"of a queue without":   {service.Question{Queue: sales, Waiting: &many, EstimatedWait: &long}, overflow.NoRule},
			"no estimate":          {service.Question{Queue: support, EstimatedWait: &none}, overflow.NoRule},
			"just began to wait":   {service.Question{Queue: support, Moment: overflow.InQueue}, overflow.NoRule},
			"has waited for long":  {service.Question{Queue: support, Moment: overflow.InQueue, InQueue: 2 * time.Minute}, overflow.Act},
			"at an earlier moment": {service.Question{Queue: billing, At: &w.begin}, overflow.Act},
		} {
			if got := w.consider(test.asked); got.Verdict != test.want || got.Moment != test.asked.Moment {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got := w.consider(service.Question{Queue: billing, Waiting: &many, EstimatedWait: &long}); *got.Seen.Waiting != 14 || *got.Seen.EstimatedWait != 420 || got.Seen.EstimateFrom != "" {
			t.Errorf("seen %+v", got.Seen)
		}
		if got := w.consider(service.Question{Queue: orphans}); got.Verdict == overflow.Act && got.Refused != callback.RefusedConfiguration {
			t.Errorf("of a queue that cannot call back: %+v", got)
		}
		if _, err := w.service.Consider(w.Context(), service.Question{Queue: "nowhere"}); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("of no queue: %v", err)
		}
	})
}

// The story of a callback that came by telephone begins with what was decided of its call.
func TestAStoryHasTheDecisionsOfItsCall(t *testing.T) {
	virtual(t, func(w *world) {
		id := w.promised("a", w.phone())
		asked := w.request(another)
		for of, want := range map[adapter.CallbackID]bool{id: true, asked: false} {
			story, err := w.service.Story(w.Context(), of)
			if err != nil || (len(story.Decisions) > 0) != want {
				t.Errorf("%s: %+v, %v", of, story.Decisions, err)
			}
		}
	})
}
