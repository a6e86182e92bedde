package service_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// receivers are the webhooks' owners: what each was told, and what they answer.
type receivers struct {
	mu      sync.Mutex
	told    map[adapter.WebhookID][]adapter.Notification
	called  map[adapter.WebhookID][]adapter.Webhook // as it was each time
	tried   map[adapter.WebhookID][]time.Time
	answers map[adapter.WebhookID]func(context.Context, []adapter.Notification) error // nil = it takes all
}

func (r *receivers) Call(ctx context.Context, to adapter.Webhook, all []adapter.Notification) error {
	r.mu.Lock()
	r.called[to.ID], r.tried[to.ID] = append(r.called[to.ID], to), append(r.tried[to.ID], time.Now())
	answer := r.answers[to.ID]
	r.mu.Unlock()
	var err error
	if answer != nil {
		err = answer(ctx, all)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	refused, is := errors.AsType[*adapter.NotifyError](err)
	for _, n := range all {
		if err == nil || is && slices.Contains(refused.Told, n.ID) {
			r.told[to.ID] = append(r.told[to.ID], n)
		}
	}
	return err
}

func (r *receivers) answer(id adapter.WebhookID, with func(context.Context, []adapter.Notification) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[id] = with
}

// of is what a webhook was told.
func (r *receivers) of(id adapter.WebhookID) []string {
	what := []string{}
	for _, n := range r.all(id) {
		what = append(what, n.What)
	}
	return what
}

func (r *receivers) all(id adapter.WebhookID) []adapter.Notification {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told[id])
}

func (r *receivers) last(id adapter.WebhookID) adapter.Webhook {
	r.mu.Lock()
	defer r.mu.Unlock()
	called := r.called[id]
	return called[len(called)-1]
}

func newReceivers() *receivers {
	return &receivers{
		told: map[adapter.WebhookID][]adapter.Notification{}, called: map[adapter.WebhookID][]adapter.Webhook{},
		tried: map[adapter.WebhookID][]time.Time{}, answers: map[adapter.WebhookID]func(context.Context, []adapter.Notification) error{},
	}
}

func says(e adapter.NotifyError) func(context.Context, []adapter.Notification) error {
	if e.Err == nil {
		e.Err = errDown
	}
	return func(context.Context, []adapter.Notification) error { return &e }
}

// hooked runs a test with a service that may have webhooks.
func hooked(t *testing.T, f func(w *world, told *receivers)) {
	t.Helper()
	virtual(t, func(w *world) {
		told := newReceivers()
		w.halt()
		w.options.Webhooks = told
		w.start()
		f(w, told)
	})
}

const firstSecret, secondSecret = adapter.WebhookSecret("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"), adapter.WebhookSecret("whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4")

func hook(id adapter.WebhookID) adapter.Webhook {
	return adapter.Webhook{ID: id, URL: "https://crm.example/" + string(id), Keys: []adapter.WebhookKey{{Secret: firstSecret}}}
}

func (w *world) adds(hooks ...adapter.Webhook) {
	w.Helper()
	for _, h := range hooks {
		if _, err := w.service.AddWebhook(w.Context(), h, anna); err != nil {
			w.Fatal(err)
		}
	}
	synctest.Wait()
}

func (w *world) hook(id adapter.WebhookID) adapter.Webhook {
	w.Helper()
	return see(w, func(tx service.Tx) (adapter.Webhook, error) { return tx.Webhook(id) })
}

// waitingFor are the notifications that wait for a webhook.
func waitingFor(w *world, id adapter.WebhookID) []adapter.Outgoing {
	w.Helper()
	return see(w, func(tx service.Tx) ([]adapter.Outgoing, error) {
		return tx.Outgoing(adapter.OutgoingQuery{Kind: adapter.OutgoingNotify, Key: "webhook " + string(id), Limit: 1000})
	})
}

func (w *world) replays(id adapter.WebhookID, since time.Time) int {
	w.Helper()
	count := 0
	for what := (service.Replay{After: adapter.ChangePosition{At: since}}); ; {
		some, err := w.service.ReplayWebhook(w.Context(), id, what, anna)
		if err != nil {
			w.Fatal(err)
		}
		if count += some.Count; some.Done {
			synctest.Wait()
			return count
		}
		what = some.Rest
	}
}

func TestAWebhookIsToldWhatItWants(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		some, elsewhere := hook("some"), hook("elsewhere")
		some.Types, some.Queues = []string{"requested", "dispatched", "failed"}, []adapter.QueueID{sales, billing}
		elsewhere.Queues = []adapter.QueueID{sales}
		w.adds(hook("all"), some, elsewhere)
		id := w.promised("a", w.phone())
		w.pass(time.Second)
		for hook, want := range map[adapter.WebhookID][]string{
			"all": {"requested", "waiting", "due", "dispatched"}, "some": {"requested", "dispatched"}, "elsewhere": {},
		} {
			if diff := cmp.Diff(want, told.of(hook)); diff != "" {
				t.Errorf("%s was told (-want +got):\n%s", hook, diff)
			}
		}
		for _, n := range told.all("all") {
			if want := adapter.NotificationID("webhook all", n); n.ID != want || n.Callback != id || n.Queue != billing {
				t.Errorf("told %+v, want id %s", n, want)
			}
		}
		if left := waitingFor(w, "elsewhere"); len(left) != 0 {
			t.Errorf("it is written down what nobody wants: %v", left)
		}
	})
}

func TestWebhooksComeAndGoWithoutARestart(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.promised("a", w.phone())
		w.adds(hook("a"))
		w.pass(time.Minute)
		if got := told.of("a"); len(got) != 0 {
			t.Errorf("it was told %v from before its time", got)
		}
		w.promised("b", w.phone())
		w.pass(time.Second)
		if got := told.of("a"); len(got) < 2 {
			t.Errorf("it was told %v", got)
		}
		if _, err := w.service.RotateWebhook(w.Context(), "a", secondSecret, 24*time.Hour, anna); err != nil {
			t.Fatal(err)
		}
		w.promised("c", w.phone())
		w.pass(time.Second)
		if got := told.last("a").Signing(time.Now()); !slices.Equal(got, []adapter.WebhookSecret{secondSecret, firstSecret}) {
			t.Errorf("%d secrets sign", len(got))
		}
		before := len(told.of("a"))
		if dropped, err := w.service.RemoveWebhook(w.Context(), "a", anna); err != nil || dropped != 0 {
			t.Errorf("dropped %d, %v", dropped, err)
		}
		w.promised("d", w.phone())
		w.pass(time.Hour)
		if got := len(told.of("a")); got != before || len(waitingFor(w, "a")) != 0 {
			t.Errorf("after it was removed it was told %d more", got-before)
		}
	})
}

func TestWebhooksSurviveAProcess(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		told.answer("a", says(adapter.NotifyError{}))
		w.adds(hook("a"))
		w.promised("a", w.phone())
		w.crash()
		told.answer("a", nil)
		w.pass(10 * time.Minute)
		if got := told.of("a"); !slices.Equal(got, []string{"requested", "waiting", "due", "dispatched"}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestAWebhookThatIsGoneIsDisabledAndHoldsNothingUp(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("gone"), hook("other"))
		told.answer("gone", func(_ context.Context, all []adapter.Notification) error {
			return &adapter.NotifyError{Told: []string{all[0].ID}, Gone: true, Err: errors.New("it answers 410")}
		})
		first := w.promised("a", w.phone())
		w.pass(time.Second)
		gone := w.hook("gone")
		if gone.Enabled() || gone.DisabledWhy != "it answers 410" || gone.MissedFrom.IsZero() {
			t.Fatalf("it is %+v", gone)
		}
		if left, dead := waitingFor(w, "gone"), w.dead(); len(left)+len(dead) != 0 {
			t.Errorf("left are %v, dead %v", left, dead)
		}
		tried := len(told.tried["gone"])
		w.crash()
		w.promised("b", w.phone())
		w.pass(time.Hour)
		if got := len(told.tried["gone"]); got != tried || len(waitingFor(w, "gone")) != 0 {
			t.Errorf("it was called %d times more", got-tried)
		}
		if got := told.of("other"); len(got) < 6 {
			t.Errorf("the other was told %v", got)
		}

		told.answer("gone", nil)
		back, err := w.service.EnableWebhook(w.Context(), "gone", anna)
		if err != nil || !back.Enabled() || !back.MissedFrom.Equal(gone.MissedFrom) {
			t.Fatalf("enabled it is %+v, %v", back, err)
		}
		if _, err := w.service.EnableWebhook(w.Context(), "gone", anna); err == nil {
			t.Error("enabled twice")
		}
		w.replays("gone", back.MissedFrom)
		w.pass(time.Second)
		if diff := cmp.Diff(told.of("other"), told.of("gone")[1:]); diff != "" {
			t.Errorf("told in the end (-other +gone):\n%s", diff)
		}
		if n := told.all("gone")[1]; n.Callback != first || n.What != "requested" {
			t.Errorf("replayed first is %+v", n)
		}
	})
}

// Somebody may be so quick that a webhook is enabled again before its loop has ended.
func TestAWebhookThatComesBackAtOnceIsTold(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"))
		told.answer("a", says(adapter.NotifyError{Gone: true}))
		w.halt()
		var once sync.Once
		back := make(chan error, 1)
		w.after = func() {
			var gone bool
			_ = w.store.Update(w.Context(), func(tx service.Tx) error {
				hook, err := tx.Webhook("a")
				gone = err == nil && !hook.Enabled()
				return err
			})
			if !gone {
				return
			}
			once.Do(func() {
				told.answer("a", nil)
				go func() {
					_, err := w.service.EnableWebhook(w.Context(), "a", anna)
					back <- err
				}()
			})
		}
		w.start()
		w.rings("ahead", billing, adapter.Phone{})
		w.request("+12025550160")
		w.pass(time.Second)
		if err := <-back; err != nil {
			t.Fatal(err)
		}
		w.request("+12025550161")
		w.pass(time.Second)
		if got := told.of("a"); !slices.Equal(got, []string{"requested", "waiting"}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestAWebhookSaysWhenItWantsToBeAskedAgain(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"))
		told.answer("a", says(adapter.NotifyError{RetryAfter: 90 * time.Second}))
		w.rings("ahead", billing, adapter.Phone{})
		w.request("+12025550199")
		w.pass(4 * time.Minute)
		tried := told.tried["a"]
		if len(tried) != 3 || tried[1].Sub(tried[0]) != 90*time.Second || tried[2].Sub(tried[1]) != 90*time.Second {
			t.Errorf("it was asked at %v", tried)
		}
	})
}

func TestWhatAWebhookTookIsNotSentAgain(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"))
		told.answer("a", func(_ context.Context, all []adapter.Notification) error {
			e := &adapter.NotifyError{Err: errDown}
			for _, n := range all {
				if n.What != "waiting" {
					e.Told = append(e.Told, n.ID)
				}
			}
			return e
		})
		w.promised("a", w.phone())
		w.pass(time.Hour)
		told.answer("a", nil)
		w.pass(2 * time.Hour)
		if again := toldTwice(told.all("a")); len(again) > 0 || len(waitingFor(w, "a")) > 0 {
			t.Errorf("told twice: %v, left %v", again, waitingFor(w, "a"))
		}
		if got := told.of("a"); !slices.Contains(got, "waiting") || !slices.Contains(got, "dispatched") {
			t.Errorf("told %v", got)
		}
	})
}

// toldTwice are the ids that came more than once.
func toldTwice(all []adapter.Notification) []string {
	seen, twice := map[string]bool{}, []string(nil)
	for _, n := range all {
		if seen[n.ID] {
			twice = append(twice, n.ID)
		}
		seen[n.ID] = true
	}
	return twice
}

func TestASlowWebhookHoldsUpNobody(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("slow"), hook("quick"))
		told.answer("slow", func(ctx context.Context, all []adapter.Notification) error {
			select {
			case <-time.After(time.Duration(len(all)) * 15 * time.Second):
				return nil
			case <-ctx.Done():
				return &adapter.NotifyError{Err: ctx.Err()}
			}
		})
		w.promised("a", w.phone())
		w.pass(time.Second)
		if got := told.of("quick"); len(got) != 4 {
			t.Errorf("the quick one was told %v", got)
		}
		if got := told.of("slow"); len(got) != 0 {
			t.Errorf("the slow one was told %v", got)
		}
		w.pass(3 * time.Minute)
		if diff := cmp.Diff(told.of("quick"), told.of("slow")); diff != "" {
			t.Errorf("told in the end (-quick +slow):\n%s", diff)
		}
	})
}

func TestWhatWaitsForAWebhookIsDroppedWithIt(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"), hook("b"))
		told.answer("a", says(adapter.NotifyError{}))
		w.promised("a", w.phone())
		w.pass(4 * 24 * time.Hour)
		dead := len(w.dead())
		w.promised("b", w.phone())
		w.pass(time.Minute)
		waiting := len(waitingFor(w, "a"))
		if dead == 0 || waiting <= dead {
			t.Fatalf("%d are dead, %d there", dead, waiting)
		}
		dropped, err := w.service.RemoveWebhook(w.Context(), "a", anna)
		if err != nil || dropped != waiting {
			t.Errorf("dropped %d of %d: %v", dropped, waiting, err)
		}
		if left := waitingFor(w, "a"); len(left) != 0 {
			t.Errorf("left are %v", left)
		}
		if _, err := w.service.RemoveWebhook(w.Context(), "a", anna); !errors.Is(err, adapter.ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
	})
}

// What a process wrote down that did not know yet that a webhook is gone is dropped too.
func TestWhatIsLeftForAWebhookThatIsGoneIsDroppedWithinTheHour(t *testing.T) {
	hooked(t, func(w *world, _ *receivers) {
		n := adapter.Notification{ID: "late", What: "waiting", At: time.Now(), Callback: "c", Version: 1, Queue: billing}
		see(w, func(tx service.Tx) (bool, error) {
			return true, tx.Send(adapter.Outgoing{ID: "late", Kind: adapter.OutgoingNotify, Key: "webhook removed", Notice: n, PutAt: time.Now()})
		})
		w.rings("a", billing, w.phone()) // a timer that makes the hour pass
		w.pass(2 * time.Hour)
		if left := waitingFor(w, "removed"); len(left) != 0 {
			t.Errorf("left are %v", left)
		}
	})
}

func TestAReplayHasTheSameIDsInTheSameOrder(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"))
		begin := time.Now()
		w.promised("a", w.phone())
		w.pass(time.Second)
		second := time.Now()
		w.promised("b", w.phone())
		w.pass(time.Second)
		first := told.all("a")
		if n := w.replays("a", begin); n != len(first) {
			t.Errorf("%d of %d are replayed", n, len(first))
		}
		w.pass(time.Second)
		if diff := cmp.Diff(first, told.all("a")[len(first):]); diff != "" {
			t.Errorf("replayed (-first +again):\n%s", diff)
		}
		before := len(told.all("a"))
		w.replays("a", second)
		w.pass(time.Second)
		for _, n := range told.all("a")[before:] {
			if n.At.Before(second) {
				t.Errorf("replayed is %+v, of before %v", n, second)
			}
		}
	})
}

func TestAReplayOfWhatWaitsAnywayIsNoSecondOne(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"))
		begin := time.Now()
		told.answer("a", says(adapter.NotifyError{}))
		w.promised("a", w.phone())
		w.pass(4 * 24 * time.Hour) // what waited in vain is put aside
		w.promised("b", w.phone())
		w.pass(time.Second)
		dead, there := len(w.dead()), len(waitingFor(w, "a"))
		if dead < 4 || there == dead {
			t.Fatalf("%d of %d are dead", dead, there)
		}
		if n := w.replays("a", begin); n != dead {
			t.Errorf("%d are replayed, %d were dead", n, dead)
		}
		if n := w.replays("a", begin); n != 0 {
			t.Errorf("%d are replayed twice", n)
		}
		told.answer("a", nil)
		w.pass(8 * time.Hour)
		if again := toldTwice(told.all("a")); len(again) > 0 || len(told.all("a")) < there || len(w.dead())+len(waitingFor(w, "a")) != 0 {
			t.Errorf("told twice: %v; told %d of %d, dead are %d", again, len(told.all("a")), there, len(w.dead()))
		}
	})
}

func TestALongReplayGoesPieceByPiece(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		const callbacks = 2500
		begin := time.Now()
		see(w, func(tx service.Tx) (bool, error) {
			for n := range callbacks {
				c := adapter.Callback{
					ID: adapter.CallbackID(fmt.Sprintf("old-%04d", n)), Queue: billing, Phone: parse(t, fmt.Sprintf("+1202555%04d", n%10000)), Channel: adapter.ChannelWeb,
					State: adapter.StateCancelled, CreatedAt: begin, Since: begin,
				}
				if _, err := tx.SaveCallback(c, adapter.History{At: begin, Event: "requested", To: c.State}); err != nil {
					return false, err
				}
			}
			return true, nil
		})
		some := hook("a")
		some.Types = []string{"cancelled"}
		w.adds(some)
		piece, err := w.service.ReplayWebhook(w.Context(), "a", service.Replay{After: adapter.ChangePosition{At: begin}}, anna)
		if err != nil || piece.Done || piece.Count == 0 || piece.Count >= callbacks {
			t.Fatalf("the first piece is %+v, %v", piece, err)
		}
		rest, err := w.service.ReplayWebhook(w.Context(), "a", piece.Rest, anna)
		if err != nil || !rest.Done || piece.Count+rest.Count != callbacks {
			t.Fatalf("after %d the rest is %+v, %v", piece.Count, rest, err)
		}
		w.pass(time.Second)
		for n, got := range told.all("a") {
			if want := fmt.Sprintf("old-%04d", n); string(got.Callback) != want {
				t.Fatalf("number %d is of %s", n, got.Callback)
			}
		}
	})
}

func TestWhatMayNotBeDecidedAboutWebhooks(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"))
		wrong := hook("b")
		wrong.Types, wrong.Queues = []string{"completed", "compelted"}, []adapter.QueueID{"nowhere"}
		nobody := service.Signature{By: "anna"}
		told.answer("a", says(adapter.NotifyError{Gone: true}))
		ctx := w.Context()
		for name, try := range map[string]struct {
			do   func() error
			want string
		}{
			"a type and a queue that there are not": {func() error { _, err := w.service.AddWebhook(ctx, wrong, anna); return err }, `type "compelted" is none of requested, waiting`},
			"without a reason":                      {func() error { _, err := w.service.AddWebhook(ctx, hook("b"), nobody); return err }, "a decision needs"},
			"without an id":                         {func() error { _, err := w.service.AddWebhook(ctx, hook(""), anna); return err }, "a decision needs"},
			"rotation of none":                      {func() error { _, err := w.service.RotateWebhook(ctx, "b", secondSecret, 0, anna); return err }, "not found"},
			"replay of none":                        {func() error { _, err := w.service.ReplayWebhook(ctx, "b", service.Replay{}, anna); return err }, "not found"},
			"replay without a reason":               {func() error { _, err := w.service.ReplayWebhook(ctx, "a", service.Replay{}, nobody); return err }, "a decision needs"},
		} {
			if err := try.do(); err == nil || !strings.Contains(err.Error(), try.want) {
				t.Errorf("%s: %v, want %q", name, err, try.want)
			}
		}
		w.promised("a", w.phone())
		w.pass(time.Second)
		if _, err := w.service.ReplayWebhook(ctx, "a", service.Replay{}, anna); err == nil || !strings.Contains(err.Error(), "disabled") {
			t.Errorf("replay to one that is disabled: %v", err)
		}
		for n := range 99 {
			w.adds(hook(adapter.WebhookID(fmt.Sprint("more-", n))))
		}
		if _, err := w.service.AddWebhook(ctx, hook("too many"), anna); err == nil {
			t.Error("one too many was added")
		}
	})
}

func TestInShadowNoWebhookIsCalled(t *testing.T) {
	hooked(t, func(w *world, told *receivers) {
		w.adds(hook("a"))
		w.promised("a", w.phone())
		w.pass(time.Second)
		before := len(told.of("a"))
		w.halt()
		w.options.Shadow = true
		w.start()
		w.tell("", adapter.CallbackProgress{Callback: told.all("a")[0].Callback, Step: adapter.StepAccepted})
		w.pass(time.Hour)
		if _, err := w.service.ReplayWebhook(w.Context(), "a", service.Replay{}, anna); err == nil || !strings.Contains(err.Error(), "shadow") {
			t.Errorf("a replay: %v", err)
		}
		if got := told.of("a"); len(got) != before || len(waitingFor(w, "a")) != 0 {
			t.Errorf("told %v", got[before:])
		}
	})
}

// hookedReplicas runs a test with two processes that tell the same receivers.
func hookedReplicas(t *testing.T, f func(first, second *replica, told *receivers)) {
	t.Helper()
	replicas(t, func(first, second *replica) {
		told := newReceivers()
		first.halt()
		first.options.Webhooks, second.options.Webhooks = told, told
		first.start()
		second.start()
		f(first, second, told)
	})
}

func TestReplicasTellAWebhookOnce(t *testing.T) {
	hookedReplicas(t, func(first, second *replica, told *receivers) {
		first.adds(hook("a"))
		first.pass(5 * time.Second)
		told.answer("a", func(_ context.Context, all []adapter.Notification) error {
			<-time.After(50 * time.Millisecond) // so that both would be at it
			return nil
		})
		var ids []adapter.CallbackID
		for n := range 6 {
			of := []*replica{first, second}[n%2]
			id := adapter.CallbackID(fmt.Sprint("promise-", n))
			if _, err := of.service.Request(first.Context(), service.Request{
				Callback: adapter.Callback{ID: id, Queue: billing, Phone: first.phone(), Channel: adapter.ChannelWeb}, Client: "web", Key: strconv.Itoa(n),
			}); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		first.pass(5 * time.Minute)
		seen, last := map[string]bool{}, map[adapter.CallbackID]int64{}
		for _, n := range told.all("a") {
			if seen[n.ID] || n.Version < last[n.Callback] {
				t.Errorf("told twice or out of order: %+v", n)
			}
			seen[n.ID], last[n.Callback] = true, n.Version
		}
		if got := slices.Sorted(maps.Keys(last)); !slices.Equal(got, ids) {
			t.Errorf("told of %v", got)
		}
	})
}

func TestAReplicaLearnsOfWebhooksWithinSeconds(t *testing.T) {
	hookedReplicas(t, func(first, second *replica, told *receivers) {
		second.adds(hook("a"))
		first.pass(5 * time.Second)
		first.rings("ahead", billing, adapter.Phone{})
		first.request("+12025550150")
		first.pass(time.Second)
		if got := told.of("a"); len(got) < 2 {
			t.Fatalf("told %v", got)
		}
		if _, err := second.service.RotateWebhook(first.Context(), "a", secondSecret, 0, anna); err != nil {
			t.Fatal(err)
		}
		first.request("+12025550151") // the first has not heard of the other secret, but asks
		first.pass(100 * time.Millisecond)
		if got := told.last("a").Signing(time.Now()); !slices.Equal(got, []adapter.WebhookSecret{secondSecret}) {
			t.Error("the old secret signs")
		}
		before := len(told.of("a"))
		if _, err := second.service.RemoveWebhook(first.Context(), "a", anna); err != nil {
			t.Fatal(err)
		}
		first.request("+12025550152") // nor of its end
		first.pass(5 * time.Second)
		if got := len(told.of("a")); got != before || len(waitingFor(first.world, "a")) != 0 {
			t.Errorf("it was told %d more, %d wait", got-before, len(waitingFor(first.world, "a")))
		}
	})
}
