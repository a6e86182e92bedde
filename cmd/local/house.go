package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/cmd/adapter/serve"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

// token is the API's bearer token here; it guards nothing but this machine's mocks.
const token = "local-token-for-this-machine-only"

// house is everything in one process.
type house struct {
	options  options
	clock    clock
	world    *world.World
	adapter  *serve.Adapter
	listener net.Listener
	folder   string        // of the database, removed at the end; empty = kept
	before   adapter.Tally // what an earlier run left in the database
	weather  *weather      // nil = nothing goes wrong
	stdout   io.Writer
	serving  *errgroup.Group // of the world's servers, which start before the adapter
	stop     context.CancelFunc
}

// clock is simulated time for the service, which makes timers of it.
type clock struct{ *phone.ScaledClock }

// NewTimer fires after d of simulated time.
func (c clock) NewTimer(d time.Duration) *time.Timer {
	return time.NewTimer(time.Duration(float64(d) / c.Speed()))
}

// open starts everything but the callers.
func open(ctx context.Context, o options, traffic phone.Traffic, stdout, stderr io.Writer) (*house, error) {
	h := &house{options: o, stdout: stdout, clock: clock{phone.NewScaledClock(o.speed, time.Now())}}
	if err := h.open(ctx, traffic, stderr); err != nil {
		return nil, errors.Join(err, h.close(ctx))
	}
	return h, nil
}

func (h *house) open(ctx context.Context, traffic phone.Traffic, stderr io.Writer) (err error) {
	o := h.options
	level := slog.LevelError
	watchCalls := o.watch
	if o.verbose {
		level = slog.LevelInfo
		watchCalls = func(s phone.Step) { _, _ = fmt.Fprintln(h.stdout, s) }
	}
	switch {
	case o.observe != nil:
	case o.load > 0 && !o.verbose:
		o.observe = func(service.Step) {} // they are too many to read
	default:
		o.observe = h.tell
	}
	if o.network == nil {
		o.network = world.Loopback{}
	}
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	if h.world, err = world.Start(ctx, world.Options{
		Entra: o.entra, Dataverse: o.dataverse, ServiceBus: o.serviceBus,
		Network: o.network, Traffic: traffic, Seed: o.seed, Clock: h.clock.ScaledClock, Log: watchCalls, Tap: o.tap, Logger: logger,
	}); err != nil {
		return err
	}
	if o.prepare != nil {
		if err := o.prepare(h.world); err != nil {
			return err
		}
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.serving, h.stop = &errgroup.Group{}, stop
	h.serving.Go(func() error { return h.world.Serve(serving) })

	if h.listener, err = o.network.Listen(ctx, o.http); err != nil {
		return fmt.Errorf("API: %w", err)
	}
	database := o.database
	if database == "" {
		if h.folder, err = os.MkdirTemp("", "directcallback"); err != nil {
			return err
		}
		database = filepath.Join(h.folder, "directcallback.db")
	}
	client := &http.Client{Transport: h.world.Transport()}
	config, err := serve.FromEnvironment(append(h.world.Environment(), "DIRECTCALLBACK_DATABASE="+database, "DIRECTCALLBACK_API_TOKEN="+token, "DIRECTCALLBACK_WEBHOOKS_PRIVATE=allow", "DIRECTCALLBACK_CONNECTIONS=1", "DIRECTCALLBACK_RECEIVERS=2", "DIRECTCALLBACK_PARK_FOR="+o.parkFor().String()))
	if err != nil {
		return err
	}
	h.adapter, err = serve.Start(ctx, config, serve.Surroundings{
		Clock: h.clock, Logger: logger, Observe: o.observe, Findings: h.tellFindings, Transport: client, HTTPClient: client, DialService: h.world.DialService(), Demo: h.demo,
	})
	if err != nil {
		return err
	}
	if h.before, err = h.adapter.Service().Tally(ctx); err != nil {
		return err
	}
	return h.welcome(traffic)
}

// run lets people call until ctx ends or the day is over, and sums up.
func (h *house) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	calling, hangUp := context.WithCancel(ctx)
	adapterCtx, stopAdapter := context.WithCancel(context.WithoutCancel(ctx))
	defer stopAdapter()
	group.Go(func() error {
		defer hangUp() // it failed: nobody needs to call any more
		return h.adapter.Run(adapterCtx, h.listener, nil)
	})
	group.Go(func() error {
		// Callers stop first, so that the adapter sees all that they did.
		defer stopAdapter()
		return h.world.Call(calling)
	})
	group.Go(func() error {
		defer hangUp()
		return h.day(calling)
	})
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return h.sum(context.WithoutCancel(ctx))
}

// tell prints one line for each step of a callback.
func (h *house) tell(s service.Step) {
	from := string(s.From)
	if from == "" {
		from = "·"
	}
	move := fmt.Sprintf("%s → %s", from, s.To)
	if s.From == s.To {
		move = fmt.Sprintf("%s: %s", s.To, s.Event)
	}
	_, _ = fmt.Fprintf(h.stdout, "%s  %s  %-16s  %-26s %s\n", s.At.Format(time.TimeOnly), tail(string(s.Callback)), s.Phone, move, s.Reason)
}

// tellFindings prints one line for each finding that came or went.
func (h *house) tellFindings(c serve.FindingsChange) {
	for _, f := range c.New {
		_, _ = fmt.Fprintf(h.stdout, "finding: %s %s: %s; %s\n", f.Code, f.Name, f.Reason, f.Consequence)
	}
	for _, f := range c.Cleared {
		_, _ = fmt.Fprintf(h.stdout, "cleared: %s %s\n", f.Code, f.Name)
	}
}

// tail is the end of an id, enough to tell callbacks apart.
func tail(id string) string { return id[max(len(id)-6, 0):] }

func (h *house) close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	if h.adapter != nil {
		errs = append(errs, h.adapter.Close(ctx))
	}
	if h.listener != nil {
		if err := h.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if h.stop != nil {
		h.stop()
		errs = append(errs, h.serving.Wait())
	}
	if h.world != nil {
		errs = append(errs, h.world.Close(ctx))
	}
	if h.folder != "" {
		errs = append(errs, os.RemoveAll(h.folder)) //nolint:gosec // made by os.MkdirTemp
	}
	return errors.Join(errs...)
}
