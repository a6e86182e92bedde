package servicebus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
)

// ask makes a request to the management port; a body is JSON.
func (w world) ask(method, path, body string) (status int, answer map[string]any) {
	w.Helper()
	return ask(w, w.server, method, path, body)
}

func ask(tb testing.TB, s *servicebus.Server, method, path, body string) (status int, answer map[string]any) {
	tb.Helper()
	r := httptest.NewRequestWithContext(tb.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	recorder := httptest.NewRecorder()
	s.Admin().ServeHTTP(recorder, r)
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil || recorder.Header().Get("Content-Type") != "application/json" {
		tb.Fatalf("%s %s: %q: %v", method, path, recorder.Body, err)
	}
	return recorder.Code, answer
}

// want makes a request that must be answered so.
func (w world) want(status int, method, path, body string) map[string]any {
	w.Helper()
	got, answer := w.ask(method, path, body)
	if got != status {
		w.Fatalf("%s %s %s: %d %v, want %d", method, path, body, got, answer, status)
	}
	return answer
}

func TestAdminListsEntities(t *testing.T) {
	virtually(t, servicebus.Config{
		Queues: []servicebus.QueueConfig{{Name: "a/b", RequiresSession: true}},
		Topics: []servicebus.TopicConfig{{Name: "t", Subscriptions: []servicebus.SubscriptionConfig{{QueueConfig: servicebus.QueueConfig{Name: "s"}}}}},
	}, func(w world) {
		w.send("t", text("1"), text("2"))
		w.send("a/b", inSession("s", "1"))
		entity := func(path, kind string, active float64, session bool) any {
			return map[string]any{
				"path": path, "kind": kind, "requiresSession": session, "active": active,
				"locked": 0.0, "deferred": 0.0, "scheduled": 0.0, "deadLettered": 0.0,
			}
		}
		want := map[string]any{"entities": []any{
			entity("a/b", "queue", 1, true), entity("t/Subscriptions/s", "subscription", 2, false), entity("t", "topic", 0, false),
		}}
		if diff := cmp.Diff(want, w.want(http.StatusOK, "GET", "/entities", "")); diff != "" {
			w.Error(diff)
		}
	})
}

func TestAdminShowsMessages(t *testing.T) {
	virtually(t, plain(), func(w world) {
		now := time.Now().UTC()
		m := text("body")
		m.MessageID, m.SessionID, m.Subject, m.ContentType = new("id"), new(""), new("subject"), new("text/plain")
		m.ApplicationProperties = map[string]any{"n": int32(1), "t": "x", "b": []byte{1}}
		w.send("q", m, &azservicebus.Message{Body: []byte{0xff}, MessageID: new("two")})
		r := w.receiver("q", nil)
		locked := w.receiveOne(r)
		_, err := w.sender("q").ScheduleMessages(w.Context(), []*azservicebus.Message{{Body: []byte("later"), MessageID: new("three")}}, now.Add(time.Hour), nil)
		w.ok(err)
		want := map[string]any{"messages": []any{
			map[string]any{
				"sequenceNumber": 1.0, "state": "locked", "deliveryCount": 0.0, "enqueuedTime": now.Format(time.RFC3339), "lockedUntil": stamp(locked.LockedUntil),
				"messageId": "id", "sessionId": "", "subject": "subject", "contentType": "text/plain",
				"properties": map[string]any{"n": 1.0, "t": "x", "b": "AQ=="}, "body": "body", "bodySize": 4.0,
			},
			map[string]any{
				"sequenceNumber": 2.0, "state": "active", "deliveryCount": 0.0, "enqueuedTime": now.Format(time.RFC3339),
				"messageId": "two", "base64": "/w==", "bodySize": 1.0,
			},
		}, "next": 3.0}
		got := w.want(http.StatusOK, "GET", "/entities/Q/messages?limit=2", "")
		if diff := cmp.Diff(want, got); diff != "" {
			w.Error(diff)
		}
		rest := w.want(http.StatusOK, "GET", "/entities/q/messages?from=3", "")["messages"].([]any)
		if third := rest[0].(map[string]any); third["state"] != "scheduled" || third["scheduledEnqueueTime"] != stamp(new(now.Add(time.Hour))) || len(rest) != 1 {
			w.Errorf("%v", rest)
		}
		w.ok(r.DeadLetterMessage(w.Context(), locked, &azservicebus.DeadLetterOptions{Reason: new("why")}))
		dead := w.want(http.StatusOK, "GET", "/entities/q/$DeadLetterQueue/messages", "")["messages"].([]any)[0].(map[string]any)
		if dead["deadLetterSource"] != "q" || dead["properties"].(map[string]any)["DeadLetterReason"] != "why" {
			w.Errorf("%v", dead)
		}
	})
}

func stamp(t *time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func TestAdminCutsLongBodies(t *testing.T) {
	virtually(t, plain(), func(w world) {
		w.send("q", text("x"+strings.Repeat("é", 1<<16)))
		m := w.want(http.StatusOK, "GET", "/entities/q/messages", "")["messages"].([]any)[0].(map[string]any)
		if body := m["body"].(string); m["truncated"] != true || len(body) != 1<<16-1 || m["bodySize"] != 131073.0 {
			w.Errorf("%d bytes shown of %v, truncated %v", len(body), m["bodySize"], m["truncated"])
		}
	})
}

func TestAdminInjects(t *testing.T) {
	virtually(t, queue(servicebus.QueueConfig{RequiresSession: true, RequiresDuplicateDetection: true}), func(w world) {
		w.want(http.StatusCreated, "POST", "/entities/q/messages", `{"messageId":"1","sessionId":"s","correlationId":"c","subject":"sub","to":"t","replyTo":"r",
			"replyToSessionId":"rs","properties":{"text":"x","whole":7,"part":1.5,"yes":true},"json":{"a": 1},"timeToLive":"1h"}`)
		w.want(http.StatusCreated, "POST", "/entities/q/messages", `{"messageId":"1","sessionId":"s"}`) // a duplicate
		id := w.want(http.StatusCreated, "POST", "/entities/q/messages", `{"sessionId":"s","base64":"/w==","scheduledEnqueueTime":"2000-01-01T01:00:00Z"}`)["messageId"]
		r := w.accept("s")
		m := w.receiveOne(r)
		want := &azservicebus.ReceivedMessage{
			MessageID: "1", SessionID: new("s"), CorrelationID: new("c"), Subject: new("sub"), To: new("t"), ReplyTo: new("r"), ReplyToSessionID: new("rs"),
			ApplicationProperties: map[string]any{"text": "x", "whole": int64(7), "part": 1.5, "yes": true},
			Body:                  []byte(`{"a": 1}`), ContentType: new("application/json"), TimeToLive: new(time.Hour),
		}
		got := &azservicebus.ReceivedMessage{
			MessageID: m.MessageID, SessionID: m.SessionID, CorrelationID: m.CorrelationID, Subject: m.Subject, To: m.To, ReplyTo: m.ReplyTo, ReplyToSessionID: m.ReplyToSessionID,
			ApplicationProperties: m.ApplicationProperties, Body: m.Body, ContentType: m.ContentType, TimeToLive: m.TimeToLive,
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(azservicebus.ReceivedMessage{})); diff != "" {
			w.Error(diff)
		}
		w.ok(r.CompleteMessage(w.Context(), m, nil))
		w.ok(r.Close(w.Context()))
		w.pass(time.Hour)
		if later := w.receiveOne(w.accept("s")); later.MessageID != id || !bytes.Equal(later.Body, []byte{0xff}) {
			w.Errorf("%+v", later)
		}
	})
}

func TestAdminRefuses(t *testing.T) {
	virtually(t, sessions(), func(w world) {
		for _, c := range []struct {
			status             int
			method, path, body string
		}{
			{404, "GET", "/", ""},
			{404, "GET", "/entities/q", ""},
			{404, "GET", "/entities/nothing/messages", ""},
			{404, "POST", "/entities/nothing/messages", "{}"},
			{405, "DELETE", "/entities", ""},
			{405, "PUT", "/faults", ""},
			{400, "GET", "/entities?x=1", ""},
			{400, "GET", "/entities?%zz", ""},
			{400, "GET", "/entities/q/messages?limit=1001", ""},
			{400, "GET", "/entities/q/messages?limit=1&limit=2", ""},
			{400, "GET", "/entities/q/messages?from=-1", ""},
			{400, "GET", "/entities/q/messages?from=x", ""},
			{415, "POST", "/entities/q/messages", ""},
			{400, "POST", "/entities/q/messages", `{"bodi":"x"}`},
			{400, "POST", "/entities/q/messages", `{} {}`},
			{400, "POST", "/entities/q/messages", `{"body":"x","json":1}`},
			{400, "POST", "/entities/q/messages", `{"properties":{"x":{}}}`},
			{400, "POST", "/entities/q/messages", `{"properties":{"x":1e999}}`},
			{400, "POST", "/entities/q/messages", `{"timeToLive":"-1s"}`},
			{400, "POST", "/entities/q/messages", `{"timeToLive":"soon"}`},
			{400, "POST", "/entities/q/messages", `{"messageId":"` + strings.Repeat("x", 200) + `"}`},
			{409, "POST", "/entities/q/messages", `{"body":"without a session"}`},
			{409, "POST", "/entities/q/$DeadLetterQueue/messages", `{}`},
			{400, "POST", "/faults", `{}`},
			{400, "POST", "/faults", `{"fault":"unheard-of"}`},
			{400, "POST", "/faults", `{"fault":"drop-connections","entity":"q"}`},
			{400, "POST", "/faults", `{"fault":"expire-locks"}`},
			{400, "POST", "/faults", `{"fault":"reject-send","entity":"q","condition":"amqp:whatever"}`},
			{400, "POST", "/faults", `{"fault":"misbehave","entity":"q","duplicate":2}`},
			{400, "POST", "/reset?all=1", ""},
			{400, "GET", "/faults?all=1", ""},
		} {
			if answer := w.want(c.status, c.method, c.path, c.body); answer["error"] == "" {
				w.Errorf("%s %s: no reason", c.method, c.path)
			}
		}
		w.counts("q", servicebus.Counts{})
	})
}

func TestAdminRefusesOtherSites(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:5300/reset", http.NoBody)
	r.Header.Set("Origin", "https://elsewhere.test")
	recorder := httptest.NewRecorder()
	newServer(t, plain()).Admin().ServeHTTP(recorder, r)
	if recorder.Code != http.StatusForbidden {
		t.Errorf("status %d", recorder.Code)
	}
}

// Each fault by its request, and what it does to a client.
func TestAdminFaults(t *testing.T) {
	virtually(t, plain(), func(w world) {
		sends := func(want string) {
			w.Helper()
			w.client = pipeClient(w, w.server)
			if err := w.sender("q").SendMessage(w.Context(), text("a"), nil); string(condition(err)) != want {
				w.Errorf("%v, want %q", err, want)
			}
		}
		w.want(200, "POST", "/faults", `{"fault":"reject-send","entity":"q","condition":"amqp:resource-limit-exceeded"}`)
		sends("amqp:resource-limit-exceeded")
		w.want(200, "POST", "/faults", `{"fault":"refuse-attach","entity":"q","times":1,"condition":"com.microsoft:entity-disabled"}`)
		sends("com.microsoft:entity-disabled")
		w.want(200, "POST", "/faults", `{"fault":"refuse-tokens","times":1}`)
		if err := w.sender("q").SendMessage(w.Context(), text("a"), nil); code(err) != azservicebus.CodeUnauthorizedAccess {
			w.Error(err)
		}
		sends("")
		w.receiveOne(w.receiver("q", nil))
		w.counts("q", servicebus.Counts{Locked: 1})
		w.want(200, "POST", "/faults", `{"fault":"expire-locks","entity":"q"}`)
		w.counts("q", servicebus.Counts{Active: 1})
		for _, fault := range []string{
			`{"fault":"detach-links","entity":"q","condition":"amqp:link:detach-forced"}`, `{"fault":"lose-settlement","entity":"q","times":3}`,
			`{"fault":"drop-connections"}`, `{"fault":"start-outage"}`,
		} {
			w.want(200, "POST", "/faults", fault)
		}
		w.want(200, "POST", "/faults", `{"fault":"misbehave","entity":"q","seed":7,"duplicate":0.25,"reorder":0.5,"loseSettlement":0.125,"delaySettlement":"20ms"}`)
		on := map[string]any{}
		for _, f := range w.want(200, "GET", "/faults", "")["faults"].([]any) {
			if f := f.(map[string]any); f["on"] == true {
				delete(f, "struck")
				delete(f, "on")
				on[f["fault"].(string)] = f
			}
		}
		want := map[string]any{
			"outage":           map[string]any{"fault": "outage"},
			"lose-settlement":  map[string]any{"fault": "lose-settlement", "entity": "q", "left": 3.0, "chance": 0.125},
			"duplicate":        map[string]any{"fault": "duplicate", "entity": "q", "chance": 0.25},
			"reorder":          map[string]any{"fault": "reorder", "entity": "q", "chance": 0.5},
			"delay-settlement": map[string]any{"fault": "delay-settlement", "entity": "q", "delay": "20ms"},
		}
		if diff := cmp.Diff(want, on); diff != "" {
			w.Error(diff)
		}
		w.want(503, "GET", "/healthz", "")
		w.want(200, "POST", "/faults", `{"fault":"end-outage"}`)
		w.want(200, "GET", "/healthz", "")
		if left := w.want(200, "POST", "/faults", `{"fault":"clear"}`)["faults"].([]any); len(left) > 0 {
			w.Errorf("%v", left)
		}
	})
}

func TestResetIsANewNamespace(t *testing.T) {
	config := servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "q", RequiresSession: true, RequiresDuplicateDetection: true}, {Name: "plain"}}}
	virtually(t, config, func(w world) {
		m := inSession("s", "1")
		m.MessageID = new("id")
		w.send("q", m, inSession("s", "2"), inSession("other", "3"))
		r := w.accept("s")
		held := w.receiveOne(r)
		w.ok(r.SetSessionState(w.Context(), []byte("state"), nil))
		w.send("plain", text("a"), text("b"))
		p := w.receiver("plain", nil)
		w.ok(p.DeadLetterMessage(w.Context(), w.receiveOne(p), nil))
		locked := w.receiveOne(p)
		w.ok(w.server.RejectSend("plain", 5, servicebus.ServerBusy))

		w.want(http.StatusOK, "POST", "/reset", "")
		w.counts("q", servicebus.Counts{})
		w.counts("plain", servicebus.Counts{})
		if faults := w.server.Faults(); len(faults) > 0 {
			w.Errorf("%+v", faults)
		}
		if err := p.CompleteMessage(w.Context(), locked, nil); code(err) != azservicebus.CodeLockLost {
			w.Error(err)
		}
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		if err := r.CompleteMessage(ctx, held, nil); err == nil {
			w.Error("completed after the reset")
		}
		_ = r.Close(w.Context()) // says that the lock is lost
		w.send("q", m)           // no duplicate any more
		again := w.accept("s")
		if state, err := again.GetSessionState(w.Context(), nil); err != nil || state != nil {
			w.Errorf("state %q, %v", state, err)
		}
		if got := w.receiveOne(again); got.DeliveryCount != 1 || *got.SequenceNumber <= *held.SequenceNumber {
			w.Errorf("%+v", got)
		}
	})
}

func TestHealthIsASendAndAReceive(t *testing.T) {
	t.Parallel()
	s := newServer(t, guarded()) // it needs no token
	for range 3 {
		if status, answer := ask(t, s, "GET", "/healthz", ""); status != 200 || answer["status"] != "ok" {
			t.Errorf("%d %v", status, answer)
		}
	}
	s.StartOutage()
	if status, answer := ask(t, s, "GET", "/healthz", ""); status != 503 || answer["error"] == "" {
		t.Errorf("%d %v", status, answer)
	}
	s.EndOutage()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _ := ask(t, s, "GET", "/healthz", ""); status != 503 {
		t.Errorf("closed, but %d", status)
	}
}
