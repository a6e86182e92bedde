package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/store/sqlite"
)

const promised = "+12025550123"

// leaveWork leaves a database behind in which an operator finds something to do: a
// callback for tomorrow, and entries of the outbox that never can be sent.
func leaveWork(t *testing.T, path string) {
	t.Helper()
	phone, err := adapter.ParsePhone(promised)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	tomorrow := adapter.Window{Start: now.Add(24 * time.Hour), End: now.Add(25 * time.Hour)}
	err = store.Update(t.Context(), func(tx *sqlite.Tx) error {
		c := adapter.Callback{
			ID: "promise", Queue: "0b8f4c0e-7a44-4f0e-9d2e-5a4bb1a9c001", Phone: phone, Channel: adapter.ChannelWeb, State: adapter.StateScheduled, Since: now,
			QueuedAt: tomorrow.Start, CreatedAt: now, ExpiresAt: tomorrow.End, Window: tomorrow, Name: "A name", MaxAttempts: 1,
			Consent: adapter.Consent{Given: true, At: now, Text: "Please call me."},
		}
		_, err := tx.SaveCallback(c, adapter.History{At: now, Event: "requested", To: c.State})
		for _, id := range []string{"first", "second"} {
			notice := adapter.Notification{ID: id, What: "requested", At: now, Callback: c.ID, Version: 1, Queue: c.Queue, Channel: c.Channel}
			err = errors.Join(err, tx.Send(adapter.Outgoing{ID: id, Kind: adapter.OutgoingNotify, Key: "crm", Notice: notice, Callback: c.ID, PutAt: now, NotBefore: now}))
		}
		all, listErr := tx.Outgoing(adapter.OutgoingQuery{Limit: 10})
		for _, e := range all {
			err = errors.Join(err, tx.Die(e, now, "target crm did not take it in 72h0m0s: the server answers 503 Service Unavailable, and has done so for three days"))
		}
		return errors.Join(err, listErr)
	})
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestAnOperatorAtWork uses the commands that change something, against an adapter
// that serves.
func TestAnOperatorAtWork(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	leaveWork(t, w.database())
	number := filepath.Join(t.TempDir(), "number")
	if err := os.WriteFile(number, []byte("+1 202 555 0124\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.environ = append(w.environ, "DIRECTCALLBACK_LISTEN=127.0.0.1:0")
	serving := start(t, "adapter", w.environ, "serve")
	serving.line(t, `"msg":"adapter serves"`)
	day := time.Now().UTC().Add(48 * time.Hour).Format(time.DateOnly)
	for _, step := range []struct {
		args string
		want []string // in the output, or in the error
		bad  bool
	}{
		{"outbox list", []string{"first\n  notify requested for crm, dead since ", "tried 0 times\n", "  callback promise\n", "  Target crm did not take it"}, false},
		{"outbox list -json -n 1", []string{`"id": "first"`, `"callbackId": "promise"`}, false},
		{"outbox drop -reason the-CRM-is-gone -by anna first", []string{"first\n"}, false},
		{"outbox drop -reason again first", []string{"no dead entry has this id"}, true},
		{"outbox retry -reason the-CRM-is-back -by anna second", []string{"second\n"}, false},
		{"outbox list", []string{"everything could be sent"}, false},
		{"outbox list -all", []string{"second\n", ", waits\n"}, false},
		{"callbacks move -by anna -reason asked -at " + day + "T10:00:00Z/" + day + "T11:00:00Z promise", []string{"scheduled", "phoned from  " + day + " 10:00:00Z", day + " 11:00:00Z"}, false},
		{"callbacks move -reason asked -at 2020-01-01T10:00:00Z/2020-01-01T11:00:00Z promise", []string{"in the past"}, true},
		{"callbacks move -reason asked -at noon/later promise", []string{"is no time such as"}, true},
		{"callbacks correct -by anna -reason misheard -phone-file " + number + " promise", []string{"+1********24"}, false},
		{"callbacks correct -reason x -phone-file /nowhere/number promise", []string{"/nowhere/number"}, true},
		{"callbacks show promise", []string{"outbox entry dropped", "outbox entry retried", "asked for later", "anna", "misheard"}, false},
		{"erase -reason asked-for -by anna -phone-file " + number, []string{"erased: 1 callbacks, 0 calls"}, false},
		{"erase -reason asked-for -phone-file " + number, []string{"erased: 0 callbacks, 0 calls"}, false},
		{"callbacks show promise", []string{"cancelled", "erased"}, false},
		{"callbacks move -reason asked -asap promise", []string{"too late"}, true},
	} {
		out, err := w.adapter(t, strings.Fields(step.args)...)
		if (err != nil) != step.bad {
			t.Errorf("%q: %v\n%s", step.args, err, out)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("%q says nothing of %q:\n%s", step.args, want, out)
			}
		}
		for _, secret := range []string{"2025550123", "2025550124", "555 0124"} {
			if strings.Contains(out, secret) {
				t.Errorf("%q shows the number:\n%s", step.args, out)
			}
		}
		for line := range strings.Lines(out) {
			if strings.HasPrefix(step.args, "outbox") && !strings.Contains(step.args, "-json") && utf8.RuneCountInString(line) > width+1 {
				t.Errorf("%q needs more than %d columns: %q", step.args, width, line)
			}
		}
	}
	serving.stop(t)
	nothingPersonal(t, w.database())
}

// nothingPersonal reads what is left of the one who was erased.
func nothingPersonal(t *testing.T, path string) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var c adapter.Callback
	err = store.Update(t.Context(), func(tx *sqlite.Tx) (err error) { c, err = service.Tx(tx).Callback("promise"); return err })
	if err := errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	if !c.Phone.IsZero() || c.Name != "" || c.Consent.Text != "" || c.State != adapter.StateCancelled {
		t.Errorf("left is %+v", c)
	}
}

// TestAnOperatorAndKeys makes a key for a page, finds it, and ends it.
func TestAnOperatorAndKeys(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.environ = append(w.environ, "DIRECTCALLBACK_LISTEN=127.0.0.1:0")
	serving := start(t, "adapter", w.environ, "serve")
	serving.line(t, `"msg":"adapter serves"`)
	queue := w.Demo.RetailQueue
	made, err := w.adapter(t, "keys", "create", "-name", "contact page", "-origin", "https://www.bank.example:443", "-origin", "http://localhost:3000", "-queue", queue, "-by", "anna")
	if err != nil {
		t.Fatal(err)
	}
	key, rest, _ := strings.Cut(made, "\n")
	id, _, _ := strings.Cut(strings.TrimPrefix(rest, "id "), ";")
	if _, is := adapter.HashKey(key); !is {
		t.Errorf("made %q", made)
	}
	for _, step := range []struct {
		args string
		want []string // in the output, or in the error
		bad  bool
	}{
		{"keys", []string{"usage: adapter keys"}, false},
		{"keys list", []string{id + "\n", "contact page", "by anna", "  https://www.bank.example\n", "http://localhost:3000", queue}, false},
		{"keys list -json", []string{`"origins": [`, `"createdBy": "anna"`}, false},
		{"keys create -name page -origin https://*.bank.example -queue " + queue, []string{"is no origin"}, true},
		{"keys create -name page -origin http://www.bank.example -queue " + queue, []string{"is no origin"}, true},
		{"keys create -name page -origin https://www.bank.example -queue 00000000-0000-4000-8000-000000000000", []string{"not found"}, true},
		{"keys create -name page -origin https://www.bank.example", []string{"-queue"}, true},
		{"keys revoke " + id, []string{"-reason is missing"}, true},
		{"keys revoke -reason leaked nobodys", []string{"no key has this id"}, true},
		{"keys revoke -reason leaked -by anna " + id, []string{"revoked", "by anna"}, false},
		{"keys list", []string{"no key in force"}, false},
		{"keys list -all", []string{id, "revoked"}, false},
		{"keys rotate", []string{"unknown command"}, true},
	} {
		out, err := w.adapter(t, strings.Fields(step.args)...)
		if (err != nil) != step.bad {
			t.Errorf("%q: %v\n%s", step.args, err, out)
		}
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("%q says nothing of %q:\n%s", step.args, want, out)
			}
		}
		if strings.Contains(out, key) {
			t.Errorf("%q shows the key again", step.args)
		}
	}
	serving.stop(t)
}
