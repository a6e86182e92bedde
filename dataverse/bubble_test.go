package dataverse_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
	"directcallback/mocks/entra"
)

// TestAWorkingDayInABubble runs the real azidentity over TLS and this client
// through half a day of virtual time: hourly tokens, polls by several workers,
// throttling and lost replies. Whatever holds a lock while it waits would freeze it.
func TestAWorkingDayInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const origin, authority = "http://127.0.0.1:8080", "https://127.0.0.1:8443"
		directory, err := entra.New(entra.Options{Tenant: tenant, ClientID: app, Secret: "s3cret"})
		if err != nil {
			t.Fatal(err)
		}
		organization, err := mock.New(mock.Options{Tokens: directory, Applications: []string{app}, URL: origin})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := organization.Demo(); err != nil {
			t.Fatal(err)
		}
		var signIns atomic.Int32
		counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				signIns.Add(1)
			}
			directory.Handler().ServeHTTP(w, r)
		})
		toDirectory, stopDirectory := serve(counted, directory.TLSConfig())
		toOrganization, stopOrganization := serve(organization.Handler(), nil)
		toDirectory.TLSClientConfig = &tls.Config{RootCAs: directory.CertPool(), MinVersion: tls.VersionTLS12}

		credential, err := dataverse.Credential(dataverse.CredentialConfig{
			Kind: dataverse.CredentialSecret, TenantID: tenant, ClientID: app, Secret: "s3cret",
			AuthorityHost: authority, Transport: &http.Client{Transport: toDirectory},
		})
		if err != nil {
			t.Fatal(err)
		}
		client, err := dataverse.New(origin, credential, &dataverse.Options{HTTPClient: &http.Client{Transport: toOrganization}})
		if err != nil {
			t.Fatal(err)
		}

		const workers, polls = 4, 144 // every five minutes for twelve hours
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() {
				for poll := range polls {
					if worker == 0 && poll%10 == 5 {
						organization.Inject(mock.Throttled(20 * time.Second))
						organization.Inject(mock.Fault{Status: 503, Times: 2})
						organization.Inject(mock.Fault{Drop: true})
					}
					if _, err := client.All(t.Context(), dataverse.Query{Set: "queues", Select: []string{"name"}}); err != nil {
						t.Error(err)
					}
					<-time.After(5 * time.Minute)
				}
			})
		}
		all.Wait()
		if n := signIns.Load(); n < 12 || n > 16 {
			t.Errorf("signed in %d times in twelve hours", n)
		}
		organization.Close()
		stopOrganization()
		stopDirectory()
		<-time.After(10 * time.Second) // lingering timers
	})
}

// serve gives a transport that reaches the handler, and the way to end both.
func serve(handler http.Handler, secure *tls.Config) (*http.Transport, func()) {
	wire := dataverse.NewWire()
	server := &http.Server{Handler: handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	var listener net.Listener = wire
	if secure != nil {
		listener = tls.NewListener(wire, secure)
	}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return dataverse.Dialer(wire, ctx, network, address)
	}}
	return transport, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	}
}
