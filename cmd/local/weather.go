package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"directcallback/cmd/mocks/world"
	"directcallback/mocks/dataverse"
	"directcallback/mocks/servicebus"
)

// What goes wrong in bad weather.
const (
	dataverseChance = 0.005 // of each kind of fault, a request
	lostReplies     = 0.1   // of the requests for a call
	createCall      = "CCaaS_CreateProactiveVoiceDelivery"

	repeatedMessages  = 0.05
	reorderedMessages = 0.05
	lostSettlements   = 0.0002           // each of them a connection
	breakEvery        = 20 * time.Second // all connections at once, true time
	unlockEvery       = 15 * time.Second // all locks, true time
)

// weather is bad until it clears up.
type weather struct {
	world   *world.World
	stop    context.CancelFunc
	storm   errgroup.Group
	settled int // faults of the Service Bus that were taken back
}

// storms begins weather that is the seed's.
func storms(ctx context.Context, w *world.World, seed uint64) (*weather, error) {
	b := &weather{world: w}
	w.Dataverse.SeedFaults(seed)
	errs := []error{
		w.Dataverse.Inject(dataverse.Fault{Kind: "reset-after", Path: createCall, Chance: lostReplies}),
		w.Dataverse.Misbehave(dataverseChance),
	}
	for i, entity := range entities() {
		errs = append(errs, w.ServiceBus.Misbehave(entity, servicebus.Misbehaviour{
			Seed: seed + uint64(i), Duplicate: repeatedMessages, Reorder: reorderedMessages, LoseSettlement: lostSettlements,
		}))
	}
	ctx, b.stop = context.WithCancel(ctx)
	b.storm.Go(func() error { return b.blow(ctx) })
	return b, errors.Join(errs...)
}

// blow cuts connections and lets locks expire until ctx ends.
func (b *weather) blow(ctx context.Context) error {
	cut, expire := time.NewTicker(breakEvery), time.NewTicker(unlockEvery)
	defer cut.Stop()
	defer expire.Stop()
	for {
		select {
		case <-cut.C:
			b.world.ServiceBus.DropConnections()
		case <-expire.C:
			for _, entity := range entities() {
				if err := b.world.ServiceBus.ExpireLocks(entity); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// clearUp ends it.
func (b *weather) clearUp() error {
	b.stop()
	err := b.storm.Wait()
	b.settled += b.onServiceBus()
	b.world.ServiceBus.ClearFaults()
	b.world.Dataverse.ClearFaults()
	return err
}

// struck counts what went wrong so far: requests, messages and connections.
func (b *weather) struck() int {
	n := b.settled + b.onServiceBus()
	for _, times := range b.world.Dataverse.Counters().Faults {
		n += times
	}
	return n
}

func (b *weather) onServiceBus() (n int) {
	for _, f := range b.world.ServiceBus.Faults() {
		n += f.Struck
	}
	return n
}

// entities are the adapter's queues.
func entities() []string {
	return []string{world.CallEvents, world.PlatformEvents, world.CallCommands}
}
