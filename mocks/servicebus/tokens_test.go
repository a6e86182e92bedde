package servicebus_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/entra"
	"directcallback/mocks/servicebus"
	"directcallback/mocks/servicebus/internal/wire"
)

// guarded is two queues with access keys of every kind.
func guarded() servicebus.Config {
	return servicebus.Config{
		Queues: []servicebus.QueueConfig{{Name: "q"}, {Name: "other"}},
		Tokens: &servicebus.Tokens{Keys: []servicebus.AccessKey{
			{Name: "root", Key: "a key, any text=="},
			{Name: "listener", Key: "l", Rights: servicebus.Listen},
			{Name: "sender", Key: "s", Rights: servicebus.Send},
			{Name: "of-other", Key: "o", Entity: "Other"},
		}},
	}
}

// as is a client with a connection string of its own.
func (w world) as(credentials string) *azservicebus.Client {
	w.Helper()
	return clientOf(w, "Endpoint=sb://emulator.test;"+credentials, &azservicebus.ClientOptions{
		RetryOptions: noRetries(),
		NewWebSocketConn: func(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
			return w.server.Dial(ctx)
		},
	})
}

func (w world) withKey(name, key string) *azservicebus.Client {
	w.Helper()
	return w.as("SharedAccessKeyName=" + name + ";SharedAccessKey=" + key)
}

// sas signs as the service's documentation says, not as the emulator does.
func sas(resource, name, key string, expires time.Time) string {
	resource = url.QueryEscape(resource)
	se := strconv.FormatInt(expires.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(resource + "\n" + se))
	sig := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return "SharedAccessSignature sr=" + resource + "&sig=" + sig + "&se=" + se + "&skn=" + name
}

func TestStrictKeys(t *testing.T) {
	later := func() time.Time { return time.Now().Add(time.Hour) }
	for name, c := range map[string]struct {
		credentials func() string
		send        bool
		receive     bool
	}{
		"right key":         {func() string { return "SharedAccessKeyName=root;SharedAccessKey=a key, any text==" }, true, true},
		"wrong key":         {func() string { return "SharedAccessKeyName=root;SharedAccessKey=another" }, false, false},
		"unknown name":      {func() string { return "SharedAccessKeyName=nobody;SharedAccessKey=l" }, false, false},
		"listen only":       {func() string { return "SharedAccessKeyName=listener;SharedAccessKey=l" }, false, true},
		"send only":         {func() string { return "SharedAccessKeyName=sender;SharedAccessKey=s" }, true, false},
		"of another entity": {func() string { return "SharedAccessKeyName=of-other;SharedAccessKey=o" }, false, false},
		"ready-made":        {func() string { return "SharedAccessSignature=" + sas("sb://emulator.test/", "sender", "s", later()) }, true, false},
		"ready-made, entity": {func() string {
			return "SharedAccessSignature=" + sas("http://Emulator.test/Q", "root", "a key, any text==", later())
		}, true, true},
		"for another entity": {func() string {
			return "SharedAccessSignature=" + sas("sb://emulator.test/other", "sender", "s", later())
		}, false, false},
		"for another host":  {func() string { return "SharedAccessSignature=" + sas("sb://elsewhere.test/q", "sender", "s", later()) }, false, false},
		"for a longer name": {func() string { return "SharedAccessSignature=" + sas("sb://emulator.test/qq", "sender", "s", later()) }, false, false},
		"expired": {func() string {
			return "SharedAccessSignature=" + sas("sb://emulator.test/q", "sender", "s", time.Now())
		}, false, false},
		"not a SAS token":     {func() string { return "SharedAccessSignature=me" }, false, false},
		"a JWT's rival, none": {func() string { return "SharedAccessSignature=SharedAccessSignature " }, false, false},
		"signature left out": {func() string {
			return "SharedAccessSignature=SharedAccessSignature sr=emulator.test&se=99999999999&skn=root"
		}, false, false},
		"expiry left out":     {func() string { return "SharedAccessSignature=SharedAccessSignature sr=emulator.test&sig=x&skn=root" }, false, false},
		"resource is no text": {func() string { return "SharedAccessSignature=SharedAccessSignature sr=%zz&sig=x&se=1&skn=root" }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			virtually(t, guarded(), func(w world) {
				send(w, w.withKey("root", "a key, any text=="), "q", text("a"))
				w.client = w.as(c.credentials())
				err := w.sender("q").SendMessage(w.Context(), text("b"), nil)
				if refused := isUnauthorized(err); refused == c.send || (err != nil && !refused) {
					w.Errorf("send: %v", err)
				}
				ctx, cancel := context.WithTimeout(w.Context(), time.Second)
				defer cancel()
				ms, err := w.receiver("q", nil).ReceiveMessages(ctx, 1, nil)
				if refused := isUnauthorized(err); refused == c.receive || len(ms) == 1 != c.receive {
					w.Errorf("receive: %d, %v", len(ms), err)
				}
			})
		})
	}
}

func isUnauthorized(err error) bool {
	return code(err) == azservicebus.CodeUnauthorizedAccess || condition(err) == "amqp:unauthorized-access"
}

func TestStrictSchedulingNeedsSend(t *testing.T) {
	virtually(t, guarded(), func(w world) {
		w.client = w.withKey("sender", "s")
		sender := w.sender("q")
		numbers, err := sender.ScheduleMessages(w.Context(), []*azservicebus.Message{text("a")}, time.Now().Add(time.Hour), nil)
		w.ok(err)
		w.ok(sender.CancelScheduledMessages(w.Context(), numbers, nil))
		w.client = w.withKey("listener", "l")
		_, err = w.receiver("q", nil).PeekMessages(w.Context(), 1, nil)
		w.ok(err)
	})
}

// The client renews its tokens, so its links stay for hours.
func TestStrictTokensAreRenewed(t *testing.T) {
	virtually(t, guarded(), func(w world) {
		w.client = w.withKey("root", "a key, any text==")
		s, r := w.sender("q"), w.receiver("q", nil)
		for range 5 {
			w.ok(s.SendMessage(w.Context(), text("a"), nil))
			w.ok(r.CompleteMessage(w.Context(), w.receiveOne(r), nil))
			w.pass(time.Hour)
		}
	})
}

// A ready-made signature is never renewed: its links end with it.
func TestStrictExpiredTokensDetach(t *testing.T) {
	virtually(t, guarded(), func(w world) {
		w.client = w.as("SharedAccessSignature=" + sas("sb://emulator.test/", "root", "a key, any text==", time.Now().Add(time.Hour)))
		s, r := w.sender("q"), w.receiver("q", nil)
		w.ok(s.SendMessage(w.Context(), text("a"), nil))
		w.receiveOne(r)
		w.pass(time.Hour - time.Second)
		w.ok(s.SendMessage(w.Context(), text("b"), nil))
		w.pass(time.Second)
		if err := s.SendMessage(w.Context(), text("c"), nil); !isUnauthorized(err) {
			w.Errorf("send: %v", err)
		}
		if ms, err := r.ReceiveMessages(w.Context(), 1, nil); !isUnauthorized(err) {
			w.Errorf("received %d, %v", len(ms), err)
		}
		w.counts("q", servicebus.Counts{Active: 2})
	})
}

// What the SDK never does: links and requests without a token.
func TestStrictLinksNeedAToken(t *testing.T) {
	protocol(t, guarded(), func(_ *servicebus.Server, p *peer) {
		p.open()
		for i, a := range []*wire.Attach{
			receiverAttach("r", 1, source("q")),
			senderAttach("s", 1, target("q")),
			receiverAttach("mr", 1, source("q/$management")),
			senderAttach("ms", 1, target("q/$management")),
		} {
			p.send(3, a)
			if got := expect[*wire.Attach](p); got.Source != nil && got.Target != nil {
				p.Errorf("%d: attach %+v", i, got)
			}
			if d := expect[*wire.Detach](p); d.Error.Condition != "amqp:unauthorized-access" {
				p.Errorf("%d: detach %+v", i, d)
			}
			p.send(3, &wire.Detach{Handle: 1, Closed: true})
		}
		p.send(3, receiverAttach("responses", 5, source("$cbs")))
		expect[*wire.Attach](p)
		p.send(3, senderAttach("requests", 6, target("$cbs")))
		expect[*wire.Attach](p)
		expect[*wire.Flow](p)
		if status, _ := p.request("put-token", "no type", 5, "responses", "id"); status != 401 {
			p.Errorf("status %d", status)
		}
	})
}

func TestTokensAreChecked(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]servicebus.AccessKey{
		"no name": {{Key: "k"}}, "no key": {{Name: "n"}}, "twice": {{Name: "n", Key: "k"}, {Name: "n", Key: "l"}},
	} {
		if _, err := servicebus.New(servicebus.Config{Tokens: &servicebus.Tokens{Keys: keys}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestConnectionStrings(t *testing.T) {
	t.Parallel()
	open, strict := newServer(t, plain()), newServer(t, guarded())
	for want, got := range map[string]string{
		"Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=emulator;SharedAccessKey=emulator;UseDevelopmentEmulator=true": open.ConnectionString("127.0.0.1:5672"),
		"Endpoint=sb://bus.test;SharedAccessKeyName=emulator;SharedAccessKey=emulator":                                   open.SecureConnectionString("bus.test:5671"),
		"Endpoint=sb://bus.test:1;SharedAccessKeyName=root;SharedAccessKey=a key, any text==":                            strict.SecureConnectionString("bus.test:1"),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

const (
	tenant      = "5b3d6f0e-3c0a-4c3f-9f0b-0a4f0e8c7d11"
	application = "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
)

// An Entra credential, over TLS, to a namespace that lets one application in.
func TestEntraOverTLS(t *testing.T) {
	for name, c := range map[string]struct {
		applications map[string]servicebus.Rights
		allowed      bool
	}{
		"any application":           {nil, true},
		"with the role":             {map[string]servicebus.Rights{application: servicebus.Send}, true},
		"with another role":         {map[string]servicebus.Rights{application: servicebus.Listen}, false},
		"another application's one": {map[string]servicebus.Rights{"x": servicebus.Send}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, err := entra.New(entra.Options{Tenant: tenant, ClientID: application, Secret: "s", Hosts: []string{"bus.servicebus.windows.net"}})
			if err != nil {
				t.Fatal(err)
			}
			config := plain()
			config.Tokens = &servicebus.Tokens{Verifier: fake, Applications: c.applications}
			server := newServer(t, config)
			addr := listenOn(t, server, func(l net.Listener) net.Listener { return tls.NewListener(l, fake.TLSConfig()) })
			client := entraClient(t, fake, addr)
			s, err := client.NewSender("q", nil)
			if err != nil {
				t.Fatal(err)
			}
			err = s.SendMessage(t.Context(), text("a"), nil)
			if c.allowed && err != nil || !c.allowed && !isUnauthorized(err) {
				t.Error(err)
			}
			if got, err := server.Counts("q"); err != nil || got.Active == 1 != c.allowed {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func entraClient(t *testing.T, fake *entra.Server, addr string) *azservicebus.Client {
	t.Helper()
	web := httptest.NewUnstartedServer(fake.Handler())
	web.TLS = fake.TLSConfig()
	web.StartTLS()
	t.Cleanup(web.Close)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: fake.CertPool(), MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	credential, err := azidentity.NewClientSecretCredential(tenant, application, "s", &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{
			Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: web.URL}, Transport: &http.Client{Transport: transport},
		},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := azservicebus.NewClient("bus.servicebus.windows.net", credential, &azservicebus.ClientOptions{
		CustomEndpoint: addr, TLSConfig: &tls.Config{RootCAs: fake.CertPool(), MinVersion: tls.VersionTLS12}, RetryOptions: noRetries(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client
}

// TLS with a connection string, by its host name and by an address with a port.
func TestConnectionStringOverTLS(t *testing.T) {
	t.Parallel()
	fake, err := entra.New(entra.Options{Tenant: tenant, ClientID: application, Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(t, guarded())
	addr := listenOn(t, server, func(l net.Listener) net.Listener { return tls.NewListener(l, fake.TLSConfig()) })
	trusting := &tls.Config{RootCAs: fake.CertPool(), MinVersion: tls.VersionTLS12, ServerName: "localhost"}
	client := clientOf(t, server.SecureConnectionString(addr), &azservicebus.ClientOptions{TLSConfig: trusting, RetryOptions: noRetries()})
	send(t, client, "q", text("a"))

	untrusting := clientOf(t, server.SecureConnectionString(addr), &azservicebus.ClientOptions{RetryOptions: noRetries()})
	s, err := untrusting.NewSender("q", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendMessage(t.Context(), text("b"), nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("sent to a server with an unknown certificate: %v", err)
	}
}
