package service

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/callback"
	"directcallback/adapter/channels"
	"directcallback/adapter/wait"
)

// Options are all that a Service is made of. Every field without a stated
// default is needed.
type Options struct {
	Update        Update
	Deliverer     Deliverer
	Publisher     Publisher
	Settings      SettingsReader
	Conversations ConversationReader // nil = what a message was cut of stays untold
	Codec         Codec
	Clock         Clock
	NewID         func() string // unique for ever and growing: a UUID version 7
	Logger        *slog.Logger

	Policy    callback.Policy
	Channels  channels.Channels // what the portal cannot say
	OffersOff bool              // decide and show, but offer nothing
	Shadow    bool              // decide and record, but send nothing and promise nothing
	// PortalDuplicates leaves it to the portal alone who counts as a duplicate: without
	// a word of it, a number that waits for a callback is offered one all the same.
	PortalDuplicates bool
	SkipNext         bool          // the caller who is next in line is offered nothing
	RefreshEvery     time.Duration // how often all settings are read; 0 = 10 minutes
	FollowEvery      time.Duration // how often a SettingsFollower is asked for changes; 0 = 1 minute
	SizeFor          time.Duration // how long the count of a queue is good for arrivals; 0 = each is counted anew, 10 s = as Dynamics does
	ParkFor          time.Duration // how long an event may wait for its call; 0 = 2 minutes
	KeepFor          time.Duration // how long calls, and the persons of callbacks, are kept after their end; 0 = 30 days
	// Lease is how long another process must be silent before this one takes over what
	// it was at; 0 = the store is this process's alone, and all others are gone.
	Lease       time.Duration
	Dispatchers int                 // requests to Dynamics under way at once; 0 = 4
	Rate        int                 // requests a second to Dynamics, of all processes together; 0 = 15
	Notifiers   map[string]Notifier // by the target's name, under which its notifications wait; nil = nobody is told but webhooks
	Webhooks    WebhookCaller       // tells those that were added; nil = none can be
	Observe     func(Step)          // told of every step of a callback after it is durable; may be nil

	Organization string // address of Dynamics, for findings to link to their rows; empty = no links

	Estimate wait.Predictor                            // nil = the platform's number, else Dynamics' rule
	Zone     func(name string) (*time.Location, error) // table of an IANA time zone; nil = time.LoadLocation
}

// Step is one step of a callback's life, for people who watch.
type Step struct {
	At       time.Time
	Callback adapter.CallbackID
	Call     adapter.CallID
	Queue    adapter.QueueID
	Phone    adapter.Phone
	From, To adapter.State // equal where something else about it changed
	Event    string
	Reason   string
}

// Service is the adapter's brain. Its methods may be called from any goroutine.
type Service struct {
	o     Options
	lease lease

	budget *budget

	portal  atomic.Pointer[portal]
	average wait.Average // what is learned of our own calls

	agenda    agenda
	gathering gathering // of requests
	keyring   keyring
	zones     zones
	skews     skews     // of the telephonies' clocks
	followers followers // of callbacks

	relay    chan struct{}               // a command may be waiting
	returns  chan struct{}               // an event may have waited in vain
	dispatch chan struct{}               // a delivery may be waiting
	poll     chan struct{}               // a delivery's row is to be read
	refresh  chan struct{}               // settings changed
	retarget chan struct{}               // who is told may have changed
	unread   chan adapter.ConversationID // rows to read, of messages that came without

	targets atomic.Pointer[[]target] // who is told what becomes of callbacks
	reading sync.Mutex               // held while webhooks are read, so that what was read last counts

	mu       sync.Mutex
	pauses   []adapter.Pause            // guarded by mu: as they were last read
	fences   map[attemptKey]*fence      // guarded by mu: of attempts that are being read
	problems []adapter.Finding          // guarded by mu: what the last refresh found
	sizes    map[adapter.QueueID]count  // guarded by mu: counted last, if SizeFor says to keep them
	written  map[string]bool            // guarded by mu: tables whose rows changed, as we were told
	readAt   time.Time                  // guarded by mu: when the settings in force were read, or seen to be unchanged
	kept     [sha256.Size]byte          // guarded by mu: sum of the settings that are in force and kept
	today    time.Time                  // guarded by mu: the last day of which the settings were kept
	known    map[adapter.QueueID]string // guarded by mu: the queues that ever had a plan, and their names
}

// New makes a Service; [Service.Start] must follow.
func New(o Options) *Service {
	if o.RefreshEvery == 0 {
		o.RefreshEvery = 10 * time.Minute
	}
	if o.FollowEvery == 0 {
		o.FollowEvery = time.Minute
	}
	if o.ParkFor == 0 {
		o.ParkFor = 2 * time.Minute
	}
	if o.KeepFor == 0 {
		o.KeepFor = 30 * 24 * time.Hour
	}
	if o.Dispatchers == 0 {
		o.Dispatchers = 4
	}
	if o.Rate == 0 {
		o.Rate = 15
	}
	if o.Zone == nil {
		o.Zone = time.LoadLocation
	}
	average := wait.Documented()
	if o.Estimate == nil {
		o.Estimate = wait.Platform{Else: average}
	}
	s := &Service{
		o: o, budget: newBudget(o.Rate), lease: lease{owner: o.NewID()}, average: average, fences: map[attemptKey]*fence{}, known: map[adapter.QueueID]string{}, written: map[string]bool{}, sizes: map[adapter.QueueID]count{},
		keyring: keyring{turn: make(chan struct{}, 1)},
		agenda:  agenda{woken: make(chan struct{}, 1)}, relay: make(chan struct{}, 1), returns: make(chan struct{}, 1), dispatch: make(chan struct{}, 1),
		poll: make(chan struct{}, 1), refresh: make(chan struct{}, 1),
		unread: make(chan adapter.ConversationID, maxUnread), retarget: make(chan struct{}, 1),
	}
	targets := configured(o.Notifiers)
	s.targets.Store(&targets)
	s.portal.Store(s.compile(adapter.Settings{}, nil))
	return s
}

// Start makes ready to take events: it settles what an earlier process left
// half done and gets settings, from Dataverse or, if that cannot be reached,
// the ones of the last run. Without either it fails.
func (s *Service) Start(ctx context.Context) error {
	if err := s.hold(ctx); err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	if err := s.readWebhooks(ctx); err != nil {
		return fmt.Errorf("read webhooks: %w", err)
	}
	// The last good settings come first, so that a ruleset that broke meanwhile
	// leaves its queue with the plan it had.
	last, restored := s.LastSettings(ctx)
	if restored == nil {
		s.install(last)
	}
	err := s.Refresh(ctx)
	switch {
	case err == nil:
		return nil
	case restored != nil:
		return errors.Join(fmt.Errorf("load settings: %w", err), fmt.Errorf("and there are none of an earlier run: %w", restored))
	}
	s.o.Logger.WarnContext(ctx, "settings are stale: Dataverse cannot be read", "read_at", last.ReadAt, "error", err)
	return nil
}

// Run works until ctx ends, and returns nil after a clean stop.
func (s *Service) Run(ctx context.Context) error {
	if err := s.hold(ctx); err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	defer s.release(ctx)
	group, ctx := errgroup.WithContext(ctx)
	loops := []func(context.Context) error{s.runLease, s.runTimers, s.runReturns, s.runReconcile, s.runRefresh, s.runPauses, s.runConversations}
	if !s.o.Shadow {
		loops = append(loops, s.runRelay, s.runDispatch, s.runTargets) // nothing else leaves
	}
	for _, loop := range loops {
		group.Go(func() error { return loop(ctx) })
	}
	signal(s.relay)
	signal(s.returns)
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// repeat does once whatever wake announces, and again while there is more. What
// fails is told, and tried again after a pause that grows.
func (s *Service) repeat(ctx context.Context, wake <-chan struct{}, trouble string, once func(context.Context) (more bool, err error)) error {
	pause := backoff{}
	for {
		more, err := once(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			s.o.Logger.WarnContext(ctx, "will be tried again", "trouble", trouble, "error", err)
			if err := s.wait(ctx, nil, pause.next()); err != nil {
				return err
			}
			continue
		case more:
			continue
		}
		pause = backoff{}
		if err := s.wait(ctx, wake, -1); err != nil {
			return err
		}
	}
}

// signal wakes a loop; one waiting signal is enough.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// woken takes a signal that is waiting.
func woken(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// wait returns when woken, when d has passed on the service's clock, or when
// ctx ends. A negative d means no timer.
func (s *Service) wait(ctx context.Context, wake <-chan struct{}, d time.Duration) error {
	var fire <-chan time.Time
	if d >= 0 {
		timer := s.o.Clock.NewTimer(d)
		defer timer.Stop()
		fire = timer.C
	}
	select {
	case <-wake:
	case <-fire:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// look runs f, which changes no callback, in a transaction at now.
func (s *Service) look(ctx context.Context, f func(*run) error) error {
	return s.o.Update(ctx, func(tx Tx) error {
		return f(&run{s: s, tx: tx, portal: s.portal.Load(), now: s.o.Clock.Now().UTC()})
	})
}

// do runs f in a transaction at now. It then tells the observer what happened
// and wakes the loops. A store that others work on too may run f several times;
// each time begins anew, and only the last one counts.
func (s *Service) do(ctx context.Context, f func(*run) error) error {
	var r *run
	var since uint64
	var next adapter.NextWork
	err := s.o.Update(ctx, func(tx Tx) error {
		r = &run{s: s, tx: tx, portal: s.portal.Load(), now: s.o.Clock.Now().UTC(), trace: traceOf(ctx), touched: map[adapter.QueueID]bool{}, told: map[string]bool{}}
		if err := f(r); err != nil {
			return err
		}
		if err := r.advance(); err != nil {
			return err
		}
		since = s.agenda.begin()
		var err error
		next, err = tx.NextWork()
		return err
	})
	if err != nil {
		return err
	}
	s.agenda.report(since, next)
	if r.pausesChanged {
		if err := s.readPauses(ctx); err != nil {
			s.o.Logger.WarnContext(ctx, "pauses cannot be read", "error", err)
		}
	}
	if r.webhooksChanged {
		if err := s.readWebhooks(ctx); err != nil {
			s.o.Logger.WarnContext(ctx, "webhooks cannot be read", "error", err)
		}
		signal(s.retarget)
	}
	if s.o.Observe != nil {
		for _, step := range r.steps {
			s.o.Observe(step)
		}
	}
	s.followers.wake(r.steps)
	if r.commands {
		signal(s.relay)
	}
	if len(r.told) > 0 {
		s.wakeTargets(r.told)
	}
	s.readLater(ctx, r.unread)
	return nil
}
