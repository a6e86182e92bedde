package service

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"directcallback/adapter"
)

// office serves requests when it is let.
type office struct {
	gathering gathering
	let       chan error // what each serving comes to
	mu        sync.Mutex
	served    []int // guarded by mu: how many at a time
}

func (o *office) serve(ctx context.Context, all []*asked) error {
	select {
	case err := <-o.let:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.served = append(o.served, len(all))
	for _, a := range all {
		a.receipt = Receipt{View: View{QueueName: a.Key}}
	}
	return nil
}

// ask lets so many ask for a queue; answers are their keys, or why there is none.
func (o *office) ask(ctx context.Context, n int, queue adapter.QueueID, answers chan<- string) {
	for i := range n {
		go func() {
			key := fmt.Sprint(queue, i)
			receipt, err := o.gathering.ask(ctx, Request{Key: key, Callback: adapter.Callback{Queue: queue}}, o.serve)
			switch {
			case err != nil:
				answers <- err.Error()
			case receipt.QueueName != key:
				answers <- "the answer of another"
			default:
				answers <- "served"
			}
		}()
	}
	synctest.Wait()
}

func counted(answers <-chan string, n int) map[string]int {
	count := map[string]int{}
	for range n {
		count[<-answers]++
	}
	return count
}

func TestWhoAsksMeanwhileIsServedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, answers := office{let: make(chan error)}, make(chan string, 200)
		o.ask(t.Context(), 1, "one", answers)
		o.ask(t.Context(), maxTogether+2, "one", answers)
		o.ask(t.Context(), 1, "other", answers) // another line does not wait for it
		for range 4 {
			o.let <- nil
			synctest.Wait()
		}
		if count := counted(answers, maxTogether+4); count["served"] != maxTogether+4 {
			t.Error(count)
		}
		sizes := map[int]int{}
		for _, n := range o.served {
			sizes[n]++
		}
		if sizes[1] != 2 || sizes[maxTogether] != 1 || sizes[2] != 1 {
			t.Error("served together:", o.served)
		}
		if len(o.gathering.lines) != 0 {
			t.Error("lines that nobody asks for are kept:", o.gathering.lines)
		}
	})
}

func TestWhatFailsForAllIsTriedAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, answers := office{let: make(chan error)}, make(chan string, 10)
		o.ask(t.Context(), 1, "one", answers)
		o.ask(t.Context(), 3, "one", answers)
		for _, err := range []error{nil, errors.New("one of them is the cause"), nil, errors.New("this one"), nil} {
			o.let <- err
			synctest.Wait()
		}
		if count := counted(answers, 4); count["served"] != 3 || count["this one"] != 1 {
			t.Error(count)
		}
	})
}

func TestWhoGoesAwayTakesNobodyWithHim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, answers := office{let: make(chan error)}, make(chan string, 10)
		ctx, goAway := context.WithCancel(t.Context())
		o.ask(ctx, 2, "one", answers) // one is served, one waits
		o.ask(t.Context(), 3, "one", answers)
		goAway()
		synctest.Wait()
		if count := counted(answers, 2); count[context.Canceled.Error()] != 2 {
			t.Error(count)
		}
		for range 3 {
			select {
			case o.let <- nil:
			default:
			}
			synctest.Wait()
		}
		if count := counted(answers, 3); count["served"] != 3 || len(o.gathering.lines) != 0 {
			t.Error(count, o.gathering.lines)
		}
	})
}
