package service_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"directcallback/adapter/callback"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/sqlite"
	"directcallback/adapter/store/storetest"
)

// BenchmarkSlots lists the slots of a week in which 10,000 callbacks are booked.
func BenchmarkSlots(b *testing.B) {
	for name, open := range map[string]func(b *testing.B) (store, error){
		"sqlite": func(b *testing.B) (store, error) {
			b.Helper()
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "state.db"))
			return sqliteStore{s}, err
		},
		"postgres": func(b *testing.B) (store, error) {
			b.Helper()
			s, err := postgres.Open(b.Context(), postgrestest.Open(b), postgres.Options{})
			return &postgresStore{Store: s}, err
		},
	} {
		b.Run(name, func(b *testing.B) {
			s, err := open(b)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			listSlots(b, func(ctx context.Context, f func(service.Tx) error) error { return s.Update(ctx, f) })
		})
	}
}

func listSlots(b *testing.B, update service.Update) {
	b.Helper()
	var ids atomic.Int64
	booked := service.New(service.Options{
		Update: update, Deliverer: &dynamics{}, Publisher: &bus{}, Settings: &reader{settings: portal()}, Codec: codec{}, Clock: clock{},
		NewID: func() string { return strconv.FormatInt(ids.Add(1), 10) }, Logger: slog.New(slog.DiscardHandler), Policy: callback.DefaultPolicy(),
		Channels: saying(func(c *channels.Channels) {
			c.Slots = channels.Slots{Length: 30 * time.Minute, Capacity: 40, DaysAhead: 7}
			c.QuietHours = channels.QuietHours{From: 22 * 60, To: 6 * 60}
		}),
	})
	if err := booked.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	week := storetest.Week{Queue: billing, From: time.Now().UTC().Truncate(30 * time.Minute), Bookings: 10_000}
	if err := week.Book(b.Context(), update); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		free, err := booked.Slots(b.Context(), service.SlotQuery{Queue: billing, TimeZone: "Europe/Paris"})
		if err != nil || len(free.Slots) < 200 {
			b.Fatalf("%d slots, %v", len(free.Slots), err)
		}
	}
}
