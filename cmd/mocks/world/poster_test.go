package world_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"go.uber.org/goleak"

	"directcallback/adapter"
	"directcallback/adapter/event"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestADataverseChangeArrivesOnTheServiceBus goes the whole way: a step, a
// change, AMQP, and a receiver.
func TestADataverseChangeArrivesOnTheServiceBus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		w, err := world.Start(ctx, world.Options{
			Entra: world.Address{HostPort: "127.0.0.1:1"}, Dataverse: world.Address{HostPort: "127.0.0.1:2"}, ServiceBus: world.Address{HostPort: "127.0.0.1:3"},
			Network: &world.Memory{}, Clock: phone.NewScaledClock(1, time.Now()),
		})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- w.Serve(ctx) }()

		endpoint := insert(t, w, "serviceendpoint", map[string]any{
			"name": "adapter", "contract": 6, "messageformat": 2, "connectionmode": 1, "userclaim": 1, "path": world.PlatformEvents,
			"namespaceaddress": "sb://local.servicebus.windows.net/", "solutionnamespace": "local",
		})
		insert(t, w, "sdkmessageprocessingstep", map[string]any{
			"name": "adapter", "stage": 40, "mode": 1, "rank": 1, "eventhandler": endpoint, "sdkmessageid": updateMessage(t, w),
		})
		if err := w.Dataverse.Update("queue", w.Demo.RetailQueue, map[string]any{"name": "Retail"}); err != nil {
			t.Fatal(err)
		}
		client, err := azservicebus.NewClientFromConnectionString(w.Connection, &azservicebus.ClientOptions{NewWebSocketConn: w.DialService()})
		if err != nil {
			t.Fatal(err)
		}
		receiver, err := client.NewReceiverForQueue(world.PlatformEvents, nil)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := receiver.ReceiveMessages(ctx, 1, nil)
		if err != nil || len(messages) != 1 {
			t.Fatalf("%d messages, %v", len(messages), err)
		}
		m := messages[0]
		got, err := event.Decode(event.Envelope{Body: m.Body, ContentType: *m.ContentType, Properties: m.ApplicationProperties})
		if want := (adapter.SettingsChanged{Table: "queue", Row: w.Demo.RetailQueue}); err != nil || got.Data != want {
			t.Errorf("the adapter reads %+v, %v; want %+v", got.Data, err, want)
		}
		if err := receiver.CompleteMessage(ctx, m, nil); err != nil {
			t.Error(err)
		}
		if err := client.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := w.Close(ctx); err != nil {
			t.Error(err)
		}
		stop()
		<-served
	})
}

func insert(tb testing.TB, w *world.World, table string, row map[string]any) string {
	tb.Helper()
	id, err := w.Dataverse.Insert(table, row)
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

// updateMessage asks over the Web API, as anybody who registers a step must.
func updateMessage(tb testing.TB, w *world.World) string {
	tb.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {world.ClientID}, "client_secret": {world.Secret},
		"scope": {w.DataverseURL + "/.default"},
	}
	signIn := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, w.EntraURL+"/"+world.Tenant+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	signIn.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		Value string `json:"access_token"`
	}
	answer(tb, w.Entra.Handler(), signIn, &token)

	list := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, w.DataverseURL+"/api/data/v9.2/sdkmessages?$filter=name%20eq%20%27Update%27", nil)
	list.Header.Set("Authorization", "Bearer "+token.Value)
	var found struct {
		Value []struct {
			ID string `json:"sdkmessageid"`
		}
	}
	answer(tb, w.Dataverse.Handler(), list, &found)
	return found.Value[0].ID
}

func answer(tb testing.TB, handler http.Handler, r *http.Request, into any) {
	tb.Helper()
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil || rec.Code != http.StatusOK {
		tb.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
	}
}
