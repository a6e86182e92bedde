package service_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// target is a Notifier that keeps what it was told.
type target struct {
	mu    sync.Mutex
	told  []adapter.Notification
	tried []time.Time

	answer func([]adapter.Notification) error // nil = it takes all
}

func (n *target) Notify(_ context.Context, all []adapter.Notification) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tried = append(n.tried, time.Now())
	if n.answer != nil {
		if err := n.answer(all); err != nil {
			return err
		}
	}
	n.told = append(n.told, all...)
	return nil
}

func (n *target) set(answer func([]adapter.Notification) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = answer
}

// of is what was told of a callback.
func (n *target) of(id adapter.CallbackID) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var what []string
	for _, told := range n.told {
		if told.Callback == id {
			what = append(what, told.What)
		}
	}
	return what
}

// telling runs a test with a service that tells two targets.
func telling(t *testing.T, f func(w *world, a, b *target)) {
	t.Helper()
	virtual(t, func(w *world) {
		a, b := &target{}, &target{}
		w.halt()
		w.options.Notifiers = map[string]service.Notifier{"a": a, "b": b}
		w.start()
		f(w, a, b)
	})
}

func refuse([]adapter.Notification) error { return errDown }

func (w *world) dead() []adapter.Outgoing {
	w.Helper()
	all, err := w.service.Outbox(w.Context(), adapter.OutgoingQuery{DeadOnly: true, Limit: 1000})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

func TestTargetsAreToldWhatBecomesOfACallback(t *testing.T) {
	telling(t, func(w *world, a, b *target) {
		id := w.promised("a", w.phone())
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepAccepted})
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepConnected})
		w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "LiveAnswer"})
		w.pass(time.Second)
		want := []string{"requested", "waiting", "due", "dispatched", "accepted", "connected", "completed"}
		for name, n := range map[string]*target{"a": a, "b": b} {
			if diff := cmp.Diff(want, n.of(id)); diff != "" {
				t.Errorf("%s was told (-want +got):\n%s", name, diff)
			}
		}
		ids, versions := map[string]bool{}, int64(0)
		for _, n := range a.told {
			if ids[n.ID] || n.Version < versions || n.Queue != billing || n.Channel != adapter.ChannelVoice || n.At.IsZero() {
				t.Errorf("told %+v", n)
			}
			ids[n.ID], versions = true, n.Version
		}
		if n := see(w, tally).Leaving; n != 0 {
			t.Errorf("%d entries still wait", n)
		}
	})
}

func TestEveryEndIsTold(t *testing.T) {
	for end, bring := range map[string]func(*world) adapter.CallbackID{
		"cancelled": func(w *world) adapter.CallbackID {
			id, _ := w.waits()
			if _, err := w.service.Cancel(w.Context(), id, ""); err != nil {
				w.Fatal(err)
			}
			return id
		},
		"failed": func(w *world) adapter.CallbackID { return w.failing(fails(adapter.OutcomeRefused, 0)) },
		"served": func(w *world) adapter.CallbackID {
			id, from := w.waits()
			w.rings("again", sales, from)
			w.tell("again", adapter.CallConnected{})
			return id
		},
		"unanswered": func(w *world) adapter.CallbackID {
			id := w.promised("a", w.phone())
			w.dynamics.report("delivery-1", "Complete", "NoAnswer")
			return id
		},
		"expired": func(w *world) adapter.CallbackID {
			w.rings("ahead", billing, adapter.Phone{})
			id := w.scheduled(time.Minute, time.Hour)
			w.pass(2 * time.Hour)
			return id
		},
	} {
		t.Run(end, func(t *testing.T) {
			telling(t, func(w *world, a, _ *target) {
				id := bring(w)
				w.pass(time.Minute)
				if told := a.of(id); len(told) == 0 || told[0] != "requested" || told[len(told)-1] != end {
					t.Errorf("told %v", told)
				}
			})
		})
	}
}

func TestATargetThatIsDownIsToldAllInOrderLaterAndHoldsUpNobody(t *testing.T) {
	telling(t, func(w *world, a, b *target) {
		a.set(refuse)
		first, second := w.promised("a", w.phone()), w.promised("b", w.phone())
		w.pass(30 * time.Hour)
		if len(a.told) != 0 || len(b.of(first)) < 4 || len(b.of(second)) < 2 {
			t.Fatalf("a was told %v, b %v and %v", a.told, b.of(first), b.of(second))
		}
		for i := 2; i < len(a.tried); i++ {
			before, pause := a.tried[i-1].Sub(a.tried[i-2]), a.tried[i].Sub(a.tried[i-1])
			if pause < before && before < 4*time.Hour {
				t.Errorf("after %v it was tried again in %v", before, pause)
			}
		}
		if n := len(a.tried); n > 20 {
			t.Errorf("tried %d times", n)
		}
		a.set(nil)
		w.pass(8 * time.Hour)
		var want, got []string
		for n, into := range map[*target]*[]string{b: &want, a: &got} {
			for _, told := range n.told {
				*into = append(*into, fmt.Sprint(told.Callback, told.Version, told.What))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("b was told, a was told (-b +a):\n%s", diff)
		}
	})
}

func TestWhatATargetNeverTakesEndsWhereAPersonSeesIt(t *testing.T) {
	telling(t, func(w *world, a, _ *target) {
		a.set(refuse)
		id := w.promised("a", w.phone())
		w.pass(4 * 24 * time.Hour)
		dead := w.dead()
		if len(dead) < 4 || dead[0].Notice.What != "requested" || dead[0].Key != "a" || dead[0].Reason == "" {
			t.Fatalf("dead are %+v", dead)
		}
		if age := dead[0].DeadAt.Sub(dead[0].PutAt); age < 3*24*time.Hour || age > 80*time.Hour {
			t.Errorf("it was given up after %v", age)
		}
		a.set(nil)
		w.pass(7 * time.Hour)
		told := len(a.of(id))
		if _, err := w.service.RetryOutgoing(w.Context(), dead[0].ID, anna); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		if got := a.of(id); len(got) != told+1 || got[told] != "requested" {
			t.Errorf("told %v", got)
		}
		if _, err := w.service.DropOutgoing(w.Context(), dead[1].ID, anna); err != nil {
			t.Fatal(err)
		}
		story, err := w.service.Story(w.Context(), dead[0].Callback)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"outbox entry retried", "outbox entry dropped"} {
			if h := story.History[len(story.History)-2+i]; h.Event != want || h.By != anna.By || h.Reason != "notify for a: "+anna.Reason || h.From != h.To {
				t.Errorf("kept is %+v", h)
			}
		}
		if got := len(w.dead()); got != len(dead)-2 {
			t.Errorf("%d of %d are dead", got, len(dead))
		}
		for what, decide := range map[string]func(context.Context, string, service.Signature) (adapter.Outgoing, error){
			"retry": w.service.RetryOutgoing, "drop": w.service.DropOutgoing,
		} {
			if _, err := decide(w.Context(), dead[0].ID, anna); !errors.Is(err, adapter.ErrNotFound) {
				t.Errorf("%s of what is not dead: %v", what, err)
			}
			if _, err := decide(w.Context(), dead[2].ID, service.Signature{By: "anna"}); err == nil {
				t.Errorf("%s without a reason", what)
			}
		}
	})
}

func TestANotificationThatCanNeverBeSentIsTheOnlyOneNotToLeave(t *testing.T) {
	telling(t, func(w *world, a, _ *target) {
		a.set(func(all []adapter.Notification) error {
			for _, n := range all {
				if n.What == "waiting" {
					return &adapter.CommandError{ID: n.ID, Err: errors.New("too large")}
				}
			}
			return nil
		})
		id := w.promised("a", w.phone())
		w.pass(time.Second)
		if got := a.of(id); !slices.Equal(got, []string{"requested", "due", "dispatched"}) {
			t.Errorf("told %v", got)
		}
		if dead := w.dead(); len(dead) != 1 || dead[0].Reason != "too large" {
			t.Errorf("dead are %+v", dead)
		}
	})
}

func TestNotificationsSurviveAProcessAndATarget(t *testing.T) {
	telling(t, func(w *world, a, b *target) {
		a.set(refuse)
		b.set(refuse)
		id := w.promised("a", w.phone())
		a.set(nil)
		w.options.Notifiers = map[string]service.Notifier{"a": a} // b is configured no more
		w.crash()
		w.pass(10 * time.Minute)
		if len(a.of(id)) < 4 || len(w.dead()) != 0 {
			t.Errorf("told %v, dead %v", a.of(id), w.dead())
		}
		w.pass(73 * time.Hour)
		if dead := w.dead(); len(dead) < 4 || dead[0].Key != "b" {
			t.Errorf("dead are %v", dead)
		}
	})
}

func TestACommandThatCanNeverBeSentIsSeenByAPerson(t *testing.T) {
	virtual(t, func(w *world) {
		w.bus.set(func(b *bus) {
			b.publish = func(all []adapter.Command) error {
				return &adapter.CommandError{ID: all[0].ID, Err: errors.New("too large")}
			}
		})
		w.rings("a", billing, w.phone())
		w.pass(31 * time.Second)
		dead := w.dead()
		if len(dead) != 1 || dead[0].Command.Prompt != adapter.PromptOffer || dead[0].Reason != "too large" {
			t.Fatalf("dead are %+v", dead)
		}
		w.bus.set(func(b *bus) { b.publish = nil })
		if _, err := w.service.RetryOutgoing(w.Context(), dead[0].ID, anna); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		if n := len(w.bus.commands("a")); n != 1 {
			t.Errorf("%d commands", n)
		}
	})
}

// What caused a step is kept with it: the event's own trace, or the request's.
func TestHistorySaysWhatCausedAStep(t *testing.T) {
	const pressed, asked = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	telling(t, func(w *world, a, _ *target) {
		w.rings("ahead", billing, adapter.Phone{})
		w.rings("a", billing, w.phone())
		w.pass(30 * time.Second)
		tone := w.event("a", adapter.ToneReceived{Tone: "1"})
		tone.Trace = pressed
		w.handle(tone)
		w.tell("a", adapter.CallEnded{Reason: "confirmed"})
		id := w.call("a").Callback
		if _, err := w.service.Cancel(service.WithTrace(w.Context(), asked), id, "no more"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		story, err := w.service.Story(w.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]adapter.Trace{}
		for _, h := range story.History {
			got[h.Event] = h.Trace
		}
		if diff := cmp.Diff(map[string]adapter.Trace{"opted in": pressed, "own call over": "", "cancel asked": asked}, got); diff != "" {
			t.Errorf("traces (-want +got):\n%s", diff)
		}
		for _, n := range a.told {
			want := map[string]adapter.Trace{"requested": pressed, "waiting": pressed, "cancelled": asked}[n.What]
			if n.Trace != want {
				t.Errorf("%s was told with %q", n.What, n.Trace)
			}
		}
	})
}

// spoil makes the content of the first notification that waits unreadable.
func (w *world) spoil() {
	w.Helper()
	db, err := sql.Open("sqlite", w.disk.(*file).path) //nolint:forcetypeassert // a test of this store
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(w.Context(), `UPDATE outbox SET payload = '{' WHERE seq = (SELECT min(seq) FROM outbox WHERE kind = 'notify')`); err != nil {
		w.Fatal(err)
	}
}

func TestANotificationThatCannotBeReadIsSeenAndHoldsNothingUp(t *testing.T) {
	t.Parallel()
	on(t, newFile(t.TempDir()), func(w *world) {
		a := &target{answer: refuse}
		w.halt()
		w.options.Notifiers = map[string]service.Notifier{"a": a}
		w.start()
		id := w.promised("a", w.phone())
		w.halt()
		w.spoil()
		a.set(nil)
		w.start()
		w.pass(time.Minute)
		if dead := w.dead(); len(dead) != 1 || dead[0].Kind != adapter.OutgoingNotify || dead[0].Unreadable == "" || !strings.Contains(dead[0].Reason, "cannot be read") {
			t.Errorf("dead are %+v", dead)
		}
		if diff := cmp.Diff([]string{"waiting", "due", "dispatched"}, a.of(id)); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}
