// Package world starts everything that the adapter talks to, in this process: a
// fake Entra, a mock Dataverse with a bank's settings, a Service Bus emulator,
// and a phone simulator with callers and representatives.
//
// It is wiring of the mocks, used by the commands that need all of them at once;
// the mocks themselves know nothing of each other.
package world

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"golang.org/x/sync/errgroup"

	"directcallback/mocks/dataverse"
	"directcallback/mocks/entra"
	"directcallback/mocks/phone"
	"directcallback/mocks/servicebus"
)

// What the demonstration organization is called.
const (
	Tenant   = "5b1f3c1e-4f0e-4b39-9d53-0f6d8a7f1c20"
	ClientID = "c0a8e4a2-6a55-4f7b-8d0c-2f7d5f0d9b11"
	Secret   = "local-demonstration-only"

	Audience    = "api://directcallback" // the adapter's API, as it is registered
	APIClientID = "6f3b1d2c-8e4a-4d7f-9b0c-5a1e2f3d4c6b"

	CallEvents     = "call-events"
	PlatformEvents = "platform-events"
	CallCommands   = "call-commands"
)

// Application may call the adapter's API. Its secret is Secret.
type Application struct{ ClientID, Role string }

// Applications has one for each app role of the API, from the one that may least.
func Applications() []Application {
	return []Application{
		{"3d5e7f90-1a2b-4c3d-8e4f-5a6b7c8d9e01", "Callbacks.Request"},
		{"3d5e7f90-1a2b-4c3d-8e4f-5a6b7c8d9e02", "Callbacks.Manage"},
		{"3d5e7f90-1a2b-4c3d-8e4f-5a6b7c8d9e03", "Callbacks.Admin"},
	}
}

// directory is the tenant with the adapter's own registration, its API's, and those
// who may call that. Tokens for the API are good by the world's clock, which may be
// faster than that of the credentials.
func (w *World) directory(o Options) entra.Options {
	api := entra.API{Identifier: Audience, ClientID: APIClientID, Version: 2, Now: o.Clock.Now}
	var callers []entra.Application
	for _, a := range Applications() {
		api.Roles = append(api.Roles, a.Role)
		callers = append(callers, entra.Application{ClientID: a.ClientID, Secret: Secret, Roles: map[string][]string{Audience: {a.Role}}})
	}
	return entra.Options{
		Tenant: Tenant, ClientID: ClientID, Secret: Secret, Resources: []string{w.DataverseURL}, APIs: []entra.API{api}, Applications: callers,
	}
}

// TokenLine is what a person types to get a token for the adapter's API.
func (w *World) TokenLine(clientID string) string {
	return "curl -sk " + w.EntraURL + "/" + Tenant + "/oauth2/v2.0/token -d grant_type=client_credentials -d client_id=" + clientID +
		" -d client_secret=" + Secret + " -d scope=" + Audience + "/.default"
}

// Options say where things listen and who is on the phone.
type Options struct {
	Entra, Dataverse, ServiceBus Address
	Admin                        Address // Dataverse's management port; none without an address

	Scenario *dataverse.Scenario // the rows to begin with; nil = the demo's

	Keys []servicebus.AccessKey // who is let in to Service Bus, the mocks' own key among them; nil = everyone

	Network Network // nil = Loopback

	Traffic     phone.Traffic
	Behaviour   phone.Behaviour
	Seed        uint64
	Clock       *phone.ScaledClock
	DeliveryLag [2]time.Duration // 0 = Dataverse's own
	Log         func(phone.Step)
	Tap         func(event []byte) // shown every event of the telephony
	Logger      *slog.Logger
}

// Namespace has the adapter's queues, as it expects them to be made.
func Namespace() servicebus.Config {
	return servicebus.Config{Queues: []servicebus.QueueConfig{
		{Name: CallEvents, RequiresSession: true, RequiresDuplicateDetection: true},
		{Name: PlatformEvents, RequiresDuplicateDetection: true},
		{Name: CallCommands, RequiresSession: true, RequiresDuplicateDetection: true},
	}}
}

// Queue is a Dynamics queue under the name that the demo or the scenario has for it.
type Queue struct{ ID, Name string }

// World is everything, running.
type World struct {
	Entra      *entra.Server
	Dataverse  *dataverse.Server
	ServiceBus *servicebus.Server
	Phone      *phone.Simulator
	Demo       dataverse.Demo // nothing when there is a scenario
	Queues     []Queue        // where callers wait

	EntraURL, DataverseURL, Connection string
	AdminURL                           string // empty: none

	network   Network
	listeners []net.Listener // of Entra, Dataverse, Service Bus, and the management port if there is one
	client    *azservicebus.Client
}

// Start opens all ports and makes all mocks. Nothing is served before Run.
func Start(ctx context.Context, o Options) (*World, error) {
	w := &World{network: o.Network}
	if w.network == nil {
		w.network = Loopback{}
	}
	if err := w.start(ctx, o); err != nil {
		return nil, errors.Join(err, w.Close(ctx))
	}
	return w, nil
}

func (w *World) start(ctx context.Context, o Options) error {
	err := w.listen(ctx, o)
	if err != nil {
		return err
	}
	if w.Entra, err = entra.New(w.directory(o)); err != nil {
		return err
	}
	namespace := Namespace()
	if o.Keys != nil {
		namespace.Tokens = &servicebus.Tokens{Keys: o.Keys}
	}
	if w.ServiceBus, err = servicebus.New(namespace); err != nil {
		return err
	}
	w.Connection = w.ServiceBus.ConnectionString(w.listeners[2].Addr().String())
	if w.client, err = azservicebus.NewClientFromConnectionString(w.Connection, &azservicebus.ClientOptions{NewWebSocketConn: w.DialService()}); err != nil {
		return err
	}
	if w.Dataverse, err = dataverse.New(dataverse.Options{
		URL: w.DataverseURL, Tokens: w.Entra, Applications: []string{ClientID}, Challenge: w.EntraURL + "/" + Tenant + "/oauth2/authorize",
		Seed: o.Seed, DeliveryLag: o.DeliveryLag, Now: o.Clock.Now, AfterFunc: o.Clock.AfterFunc, Poster: NewPoster(w.client),
	}); err != nil {
		return err
	}
	if err := w.populate(o.Scenario); err != nil {
		return err
	}
	w.Phone = phone.New(phone.Options{
		Client: w.client, EventQueue: CallEvents, CommandQueue: CallCommands, QueueIDs: w.queueIDs(),
		Deliveries: w.Dataverse, Traffic: o.Traffic, Behaviour: o.Behaviour, Seed: o.Seed, Clock: o.Clock, Log: o.Log, Tap: o.Tap, Logger: o.Logger,
	})
	w.Dataverse.OnDeliveryCreated(func(d dataverse.Delivery) { w.Phone.DeliveryCreated(delivery(d)) })
	w.Dataverse.OnDelivery(func(d dataverse.Delivery) { w.Phone.DeliveryVisible(delivery(d)) })
	w.Dataverse.OnDeliveryEnded(func(d dataverse.Delivery) { w.Phone.DeliveryEnded(d.ID, d.Status, d.Result) })
	return nil
}

func (w *World) listen(ctx context.Context, o Options) error {
	for _, part := range []struct {
		name    string
		address Address
	}{{"Entra", o.Entra}, {"Dataverse", o.Dataverse}, {"Service Bus", o.ServiceBus}, {"management", o.Admin}} {
		if part.name == "management" && part.address.HostPort == "" {
			continue
		}
		l, err := w.network.Listen(ctx, part.address)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		w.listeners = append(w.listeners, l)
	}
	w.EntraURL = "https://" + w.listeners[0].Addr().String()
	w.DataverseURL = "http://" + w.listeners[1].Addr().String()
	if len(w.listeners) > 3 {
		w.AdminURL = "http://" + w.listeners[3].Addr().String()
	}
	return nil
}

// populate loads the rows that the organization begins with, and returns to when
// it is reset.
func (w *World) populate(scenario *dataverse.Scenario) (err error) {
	defer func() { w.Dataverse.Snapshot(dataverse.Start) }()
	if scenario == nil {
		w.Demo, err = w.Dataverse.Demo()
		w.Queues = []Queue{{w.Demo.RetailQueue, "Retail banking"}}
		return err
	}
	ids, err := w.Dataverse.Load(scenario)
	if err != nil {
		return err
	}
	queues := ids["queue"]
	if len(queues) == 0 {
		return errors.New("the scenario has no queue in which callers could wait")
	}
	for _, name := range slices.Sorted(maps.Keys(queues)) {
		w.Queues = append(w.Queues, Queue{queues[name], name})
	}
	return nil
}

func (w *World) queueIDs() (ids []string) {
	for _, q := range w.Queues {
		ids = append(ids, q.ID)
	}
	return ids
}

func delivery(d dataverse.Delivery) phone.Delivery {
	return phone.Delivery{
		ID: d.ID, QueueID: d.QueueID, Phone: d.Phone, Start: d.Start, End: d.End, VisibleAt: d.VisibleAt, Attributes: d.Attributes,
	}
}

// Serve answers requests until ctx ends.
func (w *World) Serve(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	serveWeb(ctx, group, tls.NewListener(w.listeners[0], w.Entra.TLSConfig()), w.Entra.Handler())
	serveWeb(ctx, group, w.listeners[1], w.Dataverse.Handler())
	for _, admin := range w.listeners[3:] {
		serveWeb(ctx, group, admin, w.Dataverse.Admin())
	}
	group.Go(func() error {
		if err := w.ServiceBus.Serve(w.listeners[2]); !errors.Is(err, servicebus.ErrClosed) { // before it began: ctx was over
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return w.ServiceBus.Close()
	})
	return group.Wait()
}

// serveWeb serves HTTP in the group until ctx ends.
func serveWeb(ctx context.Context, group *errgroup.Group, l net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
}

// Call lets people phone each other until ctx ends.
func (w *World) Call(ctx context.Context) error { return w.Phone.Run(ctx) }

// Run serves and lets people call until ctx ends. People hang up before the
// servers close.
func (w *World) Run(ctx context.Context) error {
	group, calling := errgroup.WithContext(ctx)
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return w.Serve(serving) })
	group.Go(func() error {
		defer stop()
		return w.Call(calling)
	})
	return group.Wait()
}

// Environment are the variables of an adapter that talks to this world, but for
// the certificate authority of its Entra, which must be written to a file.
func (w *World) Environment() []string {
	return []string{
		"DIRECTCALLBACK_DATAVERSE_URL=" + w.DataverseURL,
		"DIRECTCALLBACK_SERVICEBUS_CONNECTION=" + w.Connection,
		"AZURE_AUTHORITY_HOST=" + w.EntraURL,
		"AZURE_TENANT_ID=" + Tenant,
		"AZURE_CLIENT_ID=" + ClientID,
		"AZURE_CLIENT_SECRET=" + Secret,
		"DIRECTCALLBACK_API_AUDIENCE=" + Audience + "," + APIClientID,
	}
}

// Close frees what Start opened and Serve did not close.
func (w *World) Close(ctx context.Context) error {
	var errs []error
	if w.Dataverse != nil {
		w.Dataverse.Close() // waits for what it is sending
	}
	if w.client != nil {
		// Its error is about links that broke before; what mattered on them was sent again.
		_ = w.client.Close(ctx)
	}
	if w.ServiceBus != nil {
		errs = append(errs, w.ServiceBus.Close())
	}
	for _, l := range w.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
