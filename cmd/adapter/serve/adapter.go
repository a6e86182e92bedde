package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
	_ "time/tzdata" // customers name their time zones; images have no table of their own

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/api"
	"directcallback/adapter/api/demo"
	"directcallback/adapter/bus"
	"directcallback/adapter/callback"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
	"directcallback/adapter/webhook"
	"directcallback/dataverse"
	"directcallback/proactive"
)

// Surroundings are what a simulation or a test replaces. The zero value is a
// server in the real world.
type Surroundings struct {
	Clock       service.Clock
	Logger      *slog.Logger
	Observe     func(service.Step)
	Findings    func(FindingsChange) // nil = they are logged
	Transport   policy.Transporter   // of azidentity
	HTTPClient  *http.Client         // to Dataverse, and to the keys of Entra
	DialService func(context.Context, azservicebus.NewWebSocketConnArgs) (net.Conn, error)
	Demo        func(context.Context, *service.Service) (demo.Options, error) // of the demonstration page; nil = as configured
}

// Adapter is a running adapter.
type Adapter struct {
	config      Config
	said        channels.Channels // by the channels file
	logger      *slog.Logger
	store       store
	connections []*azservicebus.Client // to Service Bus; a link on one waits for the others' tokens
	publisher   *bus.Publisher
	topic       *bus.Topic // nil = no topic is told what becomes of callbacks
	webhooks    *webhook.Sender
	consumers   []*bus.Consumer
	service     *service.Service
	handler     http.Handler
	stopping    chan struct{}   // closed when Run ends
	web         *http.Transport // to Entra's keys; nil = none of our own
	meter       *meter          // nil = nobody may ask what is measured
	clock       service.Clock
	shared      *sharedClock // nil = the clock is nobody else's
	findings    func(FindingsChange)
}

// Start makes an adapter that is ready to run. Whatever it opened is closed
// again if it fails.
func Start(ctx context.Context, c Config, s Surroundings) (*Adapter, error) {
	if s.Clock == nil {
		s.Clock = realTime()
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	a := &Adapter{config: c, logger: s.Logger, clock: s.Clock, findings: s.Findings, stopping: make(chan struct{})}
	if a.findings == nil {
		a.findings = a.logFindings(ctx)
	}
	if err := a.start(ctx, s); err != nil {
		return nil, errors.Join(err, a.Close(ctx))
	}
	return a, nil
}

func (a *Adapter) start(ctx context.Context, s Surroundings) error {
	var err error
	if a.said, err = a.config.Channels.Read(); err != nil {
		return err
	}
	credential, err := a.config.credential(s.Transport)
	if err != nil {
		return err
	}
	client, err := dataverse.New(a.config.DataverseURL, credential, &dataverse.Options{
		HTTPClient: s.HTTPClient, Logger: a.logger,
		NewCredential: func() (azcore.TokenCredential, error) { return a.config.credential(s.Transport) },
	})
	if err != nil {
		return err
	}
	for range a.config.Connections {
		connection, err := a.config.connect(credential, s.DialService)
		if err != nil {
			return err
		}
		a.connections = append(a.connections, connection)
	}
	if a.publisher, err = bus.NewPublisher(a.connections[0], a.config.CallCommands, bus.PublisherOptions{}); err != nil {
		return err
	}
	notifiers, err := a.notifiers()
	if err != nil {
		return err
	}
	a.webhooks = a.caller(ctx)
	lease, err := a.open(ctx)
	if err != nil {
		return err
	}
	calls, err := proactive.New(client, &proactive.Options{
		API: a.config.Deliveries, Encoding: a.config.DeliveryEncoding, Contacts: a.config.Contacts, Ambiguous: a.config.ContactsAmbiguous,
		SendRequestID: true, Now: a.clock.Now, Logger: a.logger,
	})
	if err != nil {
		return fmt.Errorf("deliveries: %w", err)
	}
	a.service = service.New(service.Options{
		Update:    a.store.Update,
		Deliverer: patient{calls},
		Publisher: publisher{a.publisher, a.config.CallEvents}, Notifiers: notifiers, Webhooks: a.webhooks,
		Settings: client.Follow(), Conversations: client, Codec: codec{}, Clock: a.clock, NewID: newID, Logger: a.logger,
		Policy: callback.DefaultPolicy(), Channels: a.said, OffersOff: !bool(a.config.Offers), PortalDuplicates: a.config.Dedup == "portal", SkipNext: a.config.Next == "skip", Shadow: bool(a.config.Shadow), ParkFor: a.config.ParkFor, KeepFor: a.config.KeepFor, Lease: lease, Rate: a.config.DeliveryRate, RefreshEvery: a.config.SettingsEvery, SizeFor: a.config.QueueSizeFor, Organization: a.config.DataverseURL, Observe: s.Observe,
	})
	if err := a.service.Start(ctx); err != nil {
		return err
	}
	if err := a.consume(); err != nil {
		return err
	}
	if err := a.answer(ctx, s); err != nil {
		return err
	}
	a.meter, err = a.measure(ctx)
	return err
}

// answer makes the handler of the API.
func (a *Adapter) answer(ctx context.Context, s Surroundings) error {
	client := s.HTTPClient
	if client == nil {
		a.web = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second}
		client = &http.Client{Transport: a.web}
	}
	tokens, err := a.config.verifier(a.config.Azure, client, a.clock.Now, a.logger)
	if err != nil {
		return err
	}
	pages, err := a.demo(ctx, s)
	if err != nil {
		return err
	}
	a.handler, err = api.New(api.Options{
		Service: a.service, Token: api.Secret(a.config.APIToken), Entra: tokens, Keys: a.service, Proxies: a.config.Proxies, Countries: a.service.Countries,
		Channels: a.said, Now: a.clock.Now, NewID: newID, Logger: a.logger,
		Unavailable: isUnavailable, Ready: a.store.Ready, Stopping: a.stopping, Demo: pages,
	})
	return err
}

// open opens the store and says how long the lease of a process on it is. With a
// database that others share goes its clock, but not in a simulation, whose time is
// its own.
func (a *Adapter) open(ctx context.Context) (lease time.Duration, err error) {
	opened, shared, err := a.config.openStore(ctx)
	if err != nil {
		return 0, err
	}
	a.store = opened
	if !shared {
		return 0, nil
	}
	clocked, is := opened.(clockedStore)
	if _, real := a.clock.(wallClock); is && real {
		a.shared = &sharedClock{Clock: a.clock}
		a.clock = a.shared
		if _, err := a.shared.correct(ctx, clocked); err != nil {
			return 0, fmt.Errorf("read the database's clock: %w", err)
		}
	}
	return a.config.Lease, nil
}

// caller tells webhooks.
func (a *Adapter) caller(ctx context.Context) *webhook.Sender {
	private := a.config.WebhooksPrivate == "allow"
	if private {
		a.logger.WarnContext(ctx, "webhooks may be at private addresses, and without TLS: whoever adds one has this machine ask them")
	}
	return webhook.New(webhook.Options{Private: private})
}

// notifiers are those who are told what becomes of callbacks.
func (a *Adapter) notifiers() (map[string]service.Notifier, error) {
	if a.config.CallbackEvents == "" {
		return nil, nil
	}
	var err error
	if a.topic, err = bus.NewTopic(a.connections[0], a.config.CallbackEvents, bus.PublisherOptions{}); err != nil {
		return nil, err
	}
	return map[string]service.Notifier{"topic " + a.config.CallbackEvents: a.topic}, nil
}

func (a *Adapter) consume() error {
	for _, o := range []bus.ConsumerOptions{
		{Queue: a.config.CallEvents, Sessions: true, Receivers: a.config.Receivers},
		{Queue: a.config.PlatformEvents, Receivers: 2},
	} {
		o.Clients, o.Logger = a.connections, a.logger
		o.ReceiveTimeout = time.Minute // asking for a session costs some 16 round trips
		consumer, err := bus.NewConsumer(a.service, o)
		if err != nil {
			return err
		}
		a.consumers = append(a.consumers, consumer)
	}
	return nil
}

// Service is the adapter's brain, for those who show what it knows.
func (a *Adapter) Service() *service.Service { return a.service }

// DeadLettered counts the messages that were dead-lettered since the start.
func (a *Adapter) DeadLettered() int {
	n := int64(0)
	for _, c := range a.consumers {
		n += c.Stats().Rejected
	}
	return int(n)
}

// CallbacksOfCalls maps each call that opted in to the state of its callback.
func (a *Adapter) CallbacksOfCalls(ctx context.Context) (map[adapter.CallID]adapter.CallbackOfCall, error) {
	return callbacksOfCalls(ctx, a.store)
}

// Run serves HTTP on listener, and the commands of the machine's own user on
// control, which may be nil. It works until ctx ends, then drains: it takes
// nothing new, finishes what it has, and returns nil. [Adapter.Close] follows.
func (a *Adapter) Run(ctx context.Context, listener, control net.Listener) error {
	// First nothing more comes in, then the service has nothing more to do.
	intake, ctxIntake := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctxIntake, func() { close(a.stopping) })()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	done := make(chan error, 1)
	go func() { done <- a.service.Run(work) }()

	a.serve(ctxIntake, intake, listener, a.handler)
	if control != nil {
		a.serve(ctxIntake, intake, control, a.control())
	}
	if a.meter != nil {
		a.serve(ctxIntake, intake, a.meter.listener, a.meter.handler)
	}
	for _, c := range a.consumers {
		intake.Go(func() error { return c.Run(ctxIntake) })
	}
	intake.Go(func() error {
		watchFindings(ctxIntake, a.clock, a.service.Findings, a.findings)
		return nil
	})
	if clocked, is := a.store.(clockedStore); is && a.shared != nil {
		intake.Go(func() error {
			a.shared.run(ctxIntake, clocked, a.logger)
			return nil
		})
	}
	err := intake.Wait()
	stopWork()
	return errors.Join(err, <-done)
}

// serve serves handler until ctx ends; requests under way are answered then.
func (a *Adapter) serve(ctx context.Context, group *errgroup.Group, listener net.Listener, handler http.Handler) {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelWarn),
	}
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("http: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainIntake)
		defer cancel()
		if err := server.Shutdown(stopping); err != nil {
			a.logger.WarnContext(ctx, "requests are cut", "error", err)
			return server.Close()
		}
		return nil
	})
}

// Close closes what Start opened. Links to Service Bus that cannot be closed are
// only told: what was not confirmed on them is still in the outbox or comes again,
// and the SDK reports here any link that broke in the hours before.
func (a *Adapter) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainClosing)
	defer cancel()
	var links []error
	if a.publisher != nil {
		links = append(links, a.publisher.Close(ctx))
	}
	if a.webhooks != nil {
		a.webhooks.Close()
	}
	if a.topic != nil {
		links = append(links, a.topic.Close(ctx))
	}
	for _, connection := range a.connections {
		links = append(links, connection.Close(ctx))
	}
	if err := errors.Join(links...); err != nil {
		a.logger.WarnContext(ctx, "close links to Service Bus", "error", err)
	}
	if a.web != nil {
		a.web.CloseIdleConnections()
	}
	err := a.meter.close(ctx)
	if a.store != nil {
		err = errors.Join(err, a.store.Close())
	}
	return err
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
