package servicebus_test

import (
	"context"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

func TestRefuseAttach(t *testing.T) {
	everywhere(t, plain(), func(w world) {
		w.ok(w.server.RefuseAttach("q", 1, servicebus.EntityDisabled))
		if err := w.sender("q").SendMessage(w.Context(), text("a"), nil); condition(err) != "com.microsoft:entity-disabled" {
			w.Error(err)
		}
		w.send("q", text("a"))
		w.ok(w.server.RefuseAttach("q", 1, servicebus.Unauthorized))
		if _, err := w.receiver("q", nil).ReceiveMessages(w.Context(), 1, nil); condition(err) != "amqp:unauthorized-access" && code(err) != azservicebus.CodeUnauthorizedAccess {
			w.Error(err)
		}
		w.receiveOne(w.receiver("q", nil))
	})
}

func TestRejectSend(t *testing.T) {
	everywhere(t, plain(), func(w world) {
		s := w.sender("q")
		w.ok(s.SendMessage(w.Context(), text("a"), nil))
		w.ok(w.server.RejectSend("q", 2, servicebus.ResourceLimitExceeded))
		for range 2 {
			if err := s.SendMessage(w.Context(), text("b"), nil); condition(err) != "amqp:resource-limit-exceeded" {
				w.Error(err)
			}
		}
		w.ok(s.SendMessage(w.Context(), text("c"), nil))
		w.counts("q", servicebus.Counts{Active: 2})
	})
}

func TestRefuseTokens(t *testing.T) {
	everywhere(t, plain(), func(w world) {
		w.server.RefuseTokens(1)
		if err := w.sender("q").SendMessage(w.Context(), text("a"), nil); code(err) != azservicebus.CodeUnauthorizedAccess {
			w.Error(err)
		}
		w.send("q", text("a"))
	})
}

func TestDetachLinks(t *testing.T) {
	virtually(t, plain(), func(w world) {
		s, r := w.sender("q"), w.receiver("q", nil)
		w.ok(s.SendMessage(w.Context(), text("a"), nil))
		w.receiveOne(r)
		w.ok(w.server.DetachLinks("q", servicebus.DetachForced))
		w.pass(time.Second)
		// One extra attempt after a detach is the SDK's own.
		w.ok(s.SendMessage(w.Context(), text("b"), nil))
		if m := w.receiveOne(r); string(m.Body) != "b" {
			w.Errorf("received %q", m.Body)
		}
	})
}

func TestDropConnections(t *testing.T) {
	virtually(t, queue(servicebus.QueueConfig{LockDuration: 5 * time.Minute}), func(w world) {
		r, s := w.receiver("q", nil), w.sender("q")
		w.send("q", text("a"))
		w.receiveOne(r)
		w.server.DropConnections()
		var err error
		for range 3 { // the SDK notices by its first attempt
			if err = s.SendMessage(w.Context(), text("b"), nil); err == nil {
				break
			}
		}
		w.ok(err)
		if again := w.receiveOne(r); string(again.Body) != "b" {
			w.Errorf("received %q", again.Body)
		}
		// What was locked stays so until it expires.
		w.counts("q", servicebus.Counts{Locked: 2})
		w.pass(5 * time.Minute)
		w.counts("q", servicebus.Counts{Active: 2})
	})
}

func TestLoseSettlement(t *testing.T) {
	virtually(t, plain(), func(w world) {
		w.send("q", text("a"))
		r := w.receiver("q", nil)
		m := w.receiveOne(r)
		w.ok(w.server.LoseSettlement("q", 1))
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := r.CompleteMessage(ctx, m, nil); err == nil {
			w.Error("the client knows")
		}
		w.counts("q", servicebus.Counts{})
	})
}

func TestOutage(t *testing.T) {
	virtually(t, plain(), func(w world) {
		w.send("q", text("a"))
		w.server.StartOutage()
		w.server.StartOutage()
		if err := w.sender("q").SendMessage(w.Context(), text("b"), nil); err == nil {
			w.Error("sent during the outage")
		}
		w.server.EndOutage()
		w.send("q", text("c"))
		w.counts("q", servicebus.Counts{Active: 2})
	})
}

func TestExpireLocksOfASession(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		w.send("q", inSession("s", "1"))
		r := w.accept("s")
		w.receiveOne(r)
		w.ok(w.server.ExpireLocks("q"))
		w.counts("q", servicebus.Counts{Active: 1})
		if err := r.RenewSessionLock(w.Context(), nil); code(err) != azservicebus.CodeLockLost {
			w.Error(err)
		}
		if m := w.receiveOne(w.accept("s")); m.DeliveryCount != 2 {
			w.Errorf("delivery count %d", m.DeliveryCount)
		}
	})
}

func TestFaultsNeedAnEntity(t *testing.T) {
	t.Parallel()
	s := newServer(t, plain())
	for name, err := range map[string]error{
		"refuse":  s.RefuseAttach("x", 1, servicebus.ServerBusy),
		"reject":  s.RejectSend("x", 1, servicebus.ServerBusy),
		"detach":  s.DetachLinks("x", servicebus.DetachForced),
		"expire":  s.ExpireLocks("x"),
		"lose":    s.LoseSettlement("x", 1),
		"counted": func() error { _, err := s.Counts("x"); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestClosedServer(t *testing.T) {
	t.Parallel()
	s := newServer(t, plain())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Dial(context.Background()); err == nil {
		t.Error("dialled a closed server")
	}
}
