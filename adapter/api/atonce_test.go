package api_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// crowd sends requests at the same moment.
func crowd(tb testing.TB, h http.Handler, calls ...call) []answer {
	tb.Helper()
	answers := make([]answer, len(calls))
	var group sync.WaitGroup
	start := make(chan struct{})
	for i, c := range calls {
		group.Go(func() {
			<-start
			answers[i] = c.to(tb, h)
		})
	}
	close(start)
	group.Wait()
	return answers
}

// callbacks are all that were made, however they ended.
func (h *house) callbacks(tb testing.TB) []service.Listed {
	tb.Helper()
	all, err := h.service.List(tb.Context(), adapter.CallbackQuery{Limit: 1000})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// A client that hears nothing sends its request again, and again; all of them are one.
func TestOneKeyFiftyTimesAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t)
	first := 0
	answers := crowd(t, h, make50(func(int) call { return keyed("same", nil) })...)
	for _, a := range answers {
		a.wants(t, http.StatusCreated)
		if a.Header().Get("Idempotent-Replayed") == "" {
			first++
		}
		if a.text("id") != answers[0].text("id") || a.text("manageToken") != answers[0].text("manageToken") {
			t.Errorf("one is told %s, another %s", a.Body, answers[0].Body)
		}
	}
	if all := h.callbacks(t); len(all) != 1 || first != 1 {
		t.Errorf("%d callbacks, %d of the answers are the first", len(all), first)
	}
}

// Many ask for one number, each for themselves: one owns the callback, and the others
// are told no more than that there is one.
func TestOneNumberFiftyTimesAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t)
	owners := 0
	for _, a := range crowd(t, h, make50(func(i int) call { return keyed(fmt.Sprint("key-", i), nil) })...) {
		if a.Code == http.StatusCreated {
			owners++
		} else if a.wants(t, http.StatusOK); a.text("manageToken") != "" {
			t.Errorf("who joined owns it: %s", a.Body)
		}
	}
	if all := h.callbacks(t); len(all) != 1 || owners != 1 {
		t.Errorf("%d callbacks, %d owners", len(all), owners)
	}
}

// One key and fifty requests: the first is taken, and no other is answered with it.
func TestOneKeyForManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t)
	taken := 0
	for _, a := range crowd(t, h, make50(func(i int) call {
		return keyed("same", map[string]any{"phone": fmt.Sprintf("+331555012%02d", i)})
	})...) {
		if a.Code == http.StatusCreated {
			taken++
		} else if a.wants(t, http.StatusUnprocessableEntity); a.problem(t) != "idempotency-key-reused" {
			t.Errorf("answered %s", a.Body)
		}
	}
	if all := h.callbacks(t); len(all) != 1 || taken != 1 {
		t.Errorf("%d callbacks, %d taken", len(all), taken)
	}
}

func make50(of func(int) call) []call {
	all := make([]call, 50)
	for i := range all {
		all[i] = of(i)
	}
	return all
}
