package service_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func TestErase(t *testing.T) {
	asked := func(w *world) adapter.CallbackID {
		return w.ask(service.Request{Key: "k", Payload: "hash", Callback: adapter.Callback{
			Queue: billing, Phone: parse(w.T, another), Contact: "contact-1", Name: "Zoë", Email: "zoe@example.com", Notes: "my number", Attributes: map[string]string{"a": "b"},
			Consent: adapter.Consent{Given: true, At: time.Now(), Text: "Please call me."},
		}}).Callback.ID
	}
	for name, test := range map[string]struct {
		bring func(*world) adapter.CallbackID
		later bool
		then  func(*world, adapter.CallbackID)
		end   adapter.State
	}{
		"waiting": {
			func(w *world) adapter.CallbackID { w.rings("ahead", billing, adapter.Phone{}); return asked(w) }, false, nil, adapter.StateCancelled,
		},
		"dispatched": {
			asked, true, func(w *world, _ adapter.CallbackID) { w.dynamics.report("delivery-1", "Cancelled", "Cancelled") }, adapter.StateCancelled,
		},
		"being phoned": {func(w *world) adapter.CallbackID {
			id := asked(w)
			w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepAccepted})
			return id
		}, true, func(w *world, id adapter.CallbackID) {
			w.tell("", adapter.CallbackProgress{Callback: id, Step: adapter.StepEnded, Result: "LiveAnswer"})
		}, adapter.StateCompleted},
		"over": {func(w *world) adapter.CallbackID {
			id := asked(w)
			w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
			w.pass(time.Minute)
			return id
		}, false, nil, adapter.StateCompleted},
	} {
		for by, person := range map[string]adapter.Person{"phone": {Phone: parse(t, another)}, "contact": {Contact: "contact-1"}} {
			t.Run(name+" by "+by, func(t *testing.T) {
				virtual(t, func(w *world) {
					id := test.bring(w)
					before := w.callback(id)
					count, err := w.service.Erase(w.Context(), person, anna)
					want := service.Erased{Callbacks: 1}
					if test.later {
						want = service.Erased{Later: 1}
					}
					if err != nil || count != want {
						t.Fatalf("erased %+v, %v", count, err)
					}
					if test.then != nil {
						test.then(w, id)
					}
					w.pass(time.Minute)
					c := w.wantState(id, test.end)
					left := c.Name + c.Email + c.Notes + c.Consent.Text + string(c.Contact) + c.ManageHash + c.Reason
					if !c.Phone.IsZero() || left != "" || len(c.Attributes) > 0 || c.Erase || !c.CreatedAt.Equal(before.CreatedAt) {
						t.Errorf("left is %q, %+v", left, c)
					}
					if events := w.events(id); events[len(events)-1] != "erased" || !slices.Contains(events, "requested") {
						t.Errorf("events %v", events)
					}
					if answer := see(w, func(tx service.Tx) (string, error) { _, a, err := tx.Answer("web", "k"); return a, err }); answer != "" {
						t.Error("the request is still answered")
					}
				})
			})
		}
	}
}

func TestNothingOfAnErasedNumberIsLeft(t *testing.T) {
	virtual(t, func(w *world) {
		number := parse(t, another)
		id := w.promised("over", number)
		w.dynamics.report("delivery-1", "Complete", "LiveAnswer")
		w.pass(time.Minute)
		w.rings("waiting", sales, number)
		w.tell("parked", adapter.CallQueued{Queue: "0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001", From: number, QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		w.bus.set(func(b *bus) { b.reject = errDown })
		w.tell("returned", adapter.CallQueued{Queue: "0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c002", From: number, QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		w.pass(3 * time.Minute)
		w.tell("parked again", adapter.CallQueued{Queue: "0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001", From: number, QueuedAt: time.Now(), Entry: adapter.EntryRoute, Bot: adapter.BotNone})
		if _, is := w.disk.(*file); is && len(w.onDisk(another)) == 0 {
			t.Error("the number is looked for where it never was")
		}
		if _, err := w.service.Erase(w.Context(), adapter.Person{Phone: number}, anna); err != nil {
			t.Fatal(err)
		}
		w.wantLine(sales, "waiting") // it goes on without its number
		w.wantState(id, adapter.StateCompleted)
		seen := see(w, func(tx service.Tx) ([]string, error) {
			var left []string
			out, err := tx.Outgoing(adapter.OutgoingQuery{Limit: 1000})
			for _, o := range out {
				left = append(left, string(o.Parked.Event))
			}
			parked, err2 := tx.ParkedBefore(time.Now().Add(time.Hour), 1000)
			for _, p := range parked {
				left = append(left, string(p.Event))
			}
			calls, err3 := tx.CallsOf(number)
			for _, c := range calls {
				left = append(left, c.From.E164())
			}
			return left, errors.Join(err, err2, err3)
		})
		if strings.Contains(strings.Join(seen, " "), another) {
			t.Errorf("left are %q", seen)
		}
		if where := w.onDisk(another); len(where) > 0 {
			t.Errorf("the number is still in %v", where)
		}
	})
}

// onDisk tells which of the files of a process have a text anywhere in them, also where
// nothing is read any more. What is not in files is not looked through.
func (w *world) onDisk(text string) []string {
	w.Helper()
	f, is := w.disk.(*file)
	if !is {
		return nil
	}
	names, err := filepath.Glob(f.path + "*")
	if err != nil || len(names) < 2 {
		w.Fatalf("files %v: %v", names, err)
	}
	var found []string
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			w.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			found = append(found, filepath.Base(name))
		}
	}
	return found
}

func TestErasureIsSigned(t *testing.T) {
	virtual(t, func(w *world) {
		if _, err := w.service.Erase(w.Context(), adapter.Person{}, anna); err == nil {
			t.Error("nobody was erased")
		}
		if _, err := w.service.Erase(w.Context(), adapter.Person{Contact: "c"}, service.Signature{By: "anna"}); err == nil {
			t.Error("without a reason")
		}
	})
}
