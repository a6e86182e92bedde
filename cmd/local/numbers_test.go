package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/sqlite"
	"directcallback/adapter/store/storetest"
	"directcallback/cmd/adapter/serve"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

// onBoth runs a benchmark on SQLite and on PostgreSQL, or says that there is none.
func onBoth(b *testing.B, measure func(b *testing.B, database string)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { measure(b, filepath.Join(b.TempDir(), "state.db")) })
	b.Run("postgres", func(b *testing.B) {
		url := postgrestest.Open(b)
		postgrestest.Durable(b)
		measure(b, url)
	})
}

// worst is what 99 of 100 took at most.
func worst(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return math.MaxInt64
	}
	slices.Sort(all)
	return all[(len(all)-1)*99/100]
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// BenchmarkLatency is the time from when an event is received until its command is
// on the bus, at 500 events a second; beside it, what sending a command takes alone.
func BenchmarkLatency(b *testing.B) {
	onBoth(b, func(b *testing.B, database string) {
		b.Helper()
		w := overLoopback(b)
		var o *office
		if strings.HasPrefix(database, "postgres") {
			o = w.officeOfPostgres(b)
		} else {
			o = w.office(b, database)
		}
		w.paced(b, o)
		o.close(b)
	})
}

// stopwatch keeps when each call's first event came in and its command went out.
type stopwatch struct {
	*service.Service
	mu   sync.Mutex
	came map[adapter.CallID]time.Time // guarded by mu
	took []time.Duration              // guarded by mu
}

func (s *stopwatch) Handle(ctx context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error) {
	s.mu.Lock()
	for _, e := range events {
		if _, is := e.Data.(adapter.CallQueued); is {
			s.came[e.Call] = time.Now()
		}
	}
	s.mu.Unlock()
	return s.Service.Handle(ctx, events)
}

func (s *stopwatch) published(commands []adapter.Command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range commands {
		s.took = append(s.took, time.Since(s.came[c.Call]))
	}
}

// paced sends b.N events, ten every 20 ms, to an office with a stopwatch.
func (w *namespace) paced(b *testing.B, o *office) {
	b.Helper()
	watch := &stopwatch{Service: o.service, came: map[adapter.CallID]time.Time{}}
	o.published = watch.published
	var err error
	o.consumer, err = bus.NewConsumer(watch, bus.ConsumerOptions{Queue: world.CallEvents, Sessions: true, Receivers: lines, Clients: []*azservicebus.Client{w.client}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var work errgroup.Group
	work.Go(func() error { return o.service.Run(ctx) })
	work.Go(func() error { return o.consumer.Run(ctx) })
	b.ResetTimer()
	commands := w.sendPaced(b, b.N)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for over := time.After(time.Minute); o.sent.Load() < commands; {
		select {
		case <-look.C:
		case <-over:
			b.Fatalf("%d of %d commands", o.sent.Load(), commands)
		}
	}
	alone := w.sendAlone(b, o)
	cancel()
	if err := work.Wait(); err != nil {
		b.Error(err)
	}
	b.ReportMetric(milliseconds(worst(watch.took)), "p99-ms")
	b.ReportMetric(milliseconds(alone), "bare-p99-ms")
}

func (w *namespace) sendPaced(b *testing.B, n int) (commands int64) {
	b.Helper()
	const together = 10
	sender, err := w.client.NewSender(world.CallEvents, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = sender.Close(b.Context()) }()
	days := make([][]adapter.CallEvent, lines)
	for line := range days {
		days[line] = day(1, line, n/lines+2*together)
	}
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	for i := 0; i*together < n; i++ {
		<-pace.C
		line := i % lines
		batch, err := sender.NewMessageBatch(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range days[line][:together] {
			if _, is := e.Data.(adapter.CallQueued); is {
				commands++
			}
			if err := batch.AddMessage(message(b, line, e), nil); err != nil {
				b.Fatal(err)
			}
		}
		days[line] = days[line][together:]
		if err := sender.SendMessageBatch(b.Context(), batch, nil); err != nil {
			b.Fatal(err)
		}
	}
	return commands
}

// sendAlone is what a command takes without an adapter around it.
func (w *namespace) sendAlone(b *testing.B, o *office) time.Duration {
	b.Helper()
	var took []time.Duration
	for i := range 200 {
		began := time.Now()
		c := adapter.Command{ID: fmt.Sprint("alone-", i), Type: adapter.CommandVoicemail, Call: "alone", Queue: queueOf(i % lines), At: began, OnlyWhile: adapter.CallWaiting}
		if err := o.publisher.Publish(b.Context(), []adapter.Command{c}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	return worst(took)
}

// BenchmarkRequests asks for callbacks over HTTP, 32 clients at once, each answer
// durable; beside it, 32 who write one row each and do nothing else.
func BenchmarkRequests(b *testing.B) {
	onBoth(b, func(b *testing.B, database string) {
		b.Helper()
		bare := barely(b, database)
		h := quietHouse(b, database)
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
		defer client.CloseIdleConnections()
		url, queue := "http://"+h.listener.Addr().String()+"/v1/callbacks", h.world.Demo.RetailQueue
		b.ResetTimer()
		each := atOnce(b, b.N, func(i int) error {
			body := fmt.Sprintf(`{"phone":"+1202%07d","queueId":"%s","when":"asap","consent":{"given":true,"at":"%s","text":"Please call me back."}}`,
				2_000_000+i, queue, time.Now().UTC().Format(time.RFC3339))
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(body))
			if err != nil {
				return err
			}
			for name, value := range map[string]string{"Authorization": "Bearer " + token, "Idempotency-Key": fmt.Sprint("number-", i), "Content-Type": "application/json"} {
				request.Header.Set(name, value)
			}
			response, err := client.Do(request)
			if err != nil {
				return err
			}
			answer, err := io.ReadAll(response.Body)
			if err == nil && response.StatusCode != http.StatusCreated {
				err = fmt.Errorf("%s: %s", response.Status, answer)
			}
			return errors.Join(err, response.Body.Close())
		})
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		b.ReportMetric(milliseconds(worst(each)), "p99-ms")
		b.ReportMetric(bare, "bare-writes/s")
	})
}

// clients ask at once.
const clients = 32

// atOnce does something n times, by all clients, and tells what each time took.
func atOnce(b *testing.B, n int, do func(i int) error) []time.Duration {
	b.Helper()
	took := make([]time.Duration, n)
	var next atomic.Int64
	var group errgroup.Group
	for range clients {
		group.Go(func() error {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				began := time.Now()
				if err := do(i); err != nil {
					return err
				}
				took[i] = time.Since(began)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return took
}

// barely is how many small durable writes a second a store takes from all clients.
func barely(b *testing.B, database string) float64 {
	b.Helper()
	update, store, err := site(database).Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	const n = 2000
	began := time.Now()
	atOnce(b, n, func(i int) error {
		return update(b.Context(), func(tx service.Tx) error {
			_, err := tx.FirstTime("bare", fmt.Sprint(b.N, "-", i), began)
			return err
		})
	})
	took := time.Since(began)
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	return n / took.Seconds()
}

// quietHouse is one in which nobody telephones, at its API.
func quietHouse(b *testing.B, database string) *house {
	b.Helper()
	here := world.Address{HostPort: "127.0.0.1:0"}
	o := options{speed: 1, seed: 1, database: database, http: here, entra: here, dataverse: here, serviceBus: here, observe: func(service.Step) {}}
	h, err := open(b.Context(), o, phone.Traffic{}, io.Discard, os.Stderr)
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	var serving errgroup.Group
	serving.Go(func() error { return h.adapter.Run(ctx, h.listener, nil) })
	b.Cleanup(func() {
		stop()
		if err := errors.Join(serving.Wait(), h.close(context.WithoutCancel(ctx))); err != nil {
			b.Error(err)
		}
	})
	return h
}

// BenchmarkFirstCall is everything from nothing to the first page and the first
// call; beside it, the servers of the world alone.
func BenchmarkFirstCall(b *testing.B) {
	var bare time.Duration
	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		called, first := make(chan struct{}), sync.Once{}
		o, err := parse(anyPorts, io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		traffic, err := callers(o, io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		o.watch = func(phone.Step) { first.Do(func() { close(called) }) }
		o.prepare = func(*world.World) error { bare += time.Since(began); return nil }
		h, err := open(ctx, o, traffic, io.Discard, io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		var running errgroup.Group
		running.Go(func() error { return h.run(ctx) })
		response, err := http.Get("http://" + h.listener.Addr().String() + "/healthz")
		if err != nil || response.StatusCode != http.StatusOK {
			b.Fatal(response, err)
		}
		<-called
		b.StopTimer()
		stop()
		if err := errors.Join(response.Body.Close(), running.Wait(), h.close(ctx)); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(bare.Seconds()/float64(b.N), "bare-s/op")
}

// BenchmarkResident is the memory of a process that has the largest store open and
// has answered for a while; beside it, that of one that did nothing.
func BenchmarkResident(b *testing.B) {
	onBoth(b, func(b *testing.B, database string) {
		b.Helper()
		c := crowd()
		if err := c.Fill(b.Context(), site(database)); err != nil {
			b.Fatal(err)
		}
		program, err := os.Executable()
		if err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		for range b.N {
			child := exec.CommandContext(b.Context(), program)
			child.Env = append(os.Environ(), childCrowded+"="+database)
			var errs bytes.Buffer
			child.Stderr = &errs
			said, err := child.Output()
			if err != nil {
				b.Fatalf("%v\n%s", err, &errs)
			}
			var before, after, start, place, page float64
			if _, err := fmt.Sscan(string(said), &before, &after, &start, &place, &page); err != nil {
				b.Fatalf("%v: %s", err, said)
			}
			for unit, value := range map[string]float64{"bare-MB": before, "MB": after, "start-ms": start, "place-p99-ms": place, "page-p99-ms": page} {
				b.ReportMetric(value, unit)
			}
		}
	})
}

// childCrowded is the database that a child of [BenchmarkResident] opens.
const childCrowded = "CROWDED_DATABASE"

// crowd is as large as is planned for, in one queue.
func crowd() storetest.Crowd {
	if os.Getenv("CROWD") == "small" {
		return storetest.Crowd{Finished: 1000, Waiting: 1000, Calls: 100, Queues: 1}
	}
	return storetest.Large(1)
}

func residentAsChild(ctx context.Context, database serve.Database, out io.Writer) int {
	if err := resident(ctx, string(database), out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func resident(ctx context.Context, database string, out io.Writer) error {
	before, err := peak()
	if err != nil {
		return err
	}
	c, site := crowd(), site(database)
	start, err := c.Start(ctx, site.Open)
	if err != nil {
		return err
	}
	update, store, err := site.Open(ctx)
	if err != nil {
		return err
	}
	place, err := c.Places(ctx, update, 1000)
	var page time.Duration
	for _, p := range c.Pages() {
		read, failed := p.Read(ctx, update, 200)
		err, page = errors.Join(err, failed), max(page, read.P99)
	}
	after, failed := peak()
	_, printed := fmt.Fprintln(out, before, after, milliseconds(start), milliseconds(place.P99), milliseconds(page))
	return errors.Join(err, failed, printed, store.Close())
}

// peak is the most memory that this process ever had, in megabytes.
func peak() (float64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kilobytes float64
	_, err = fmt.Sscan(rest, &kilobytes)
	return kilobytes / 1024, err
}

// site is where a database is, of either kind.
func site(database string) storetest.Site {
	if strings.HasPrefix(database, "postgres") {
		return storetest.Site{
			Open: func(ctx context.Context) (service.Update, io.Closer, error) {
				store, err := postgres.Open(ctx, database, postgres.Options{})
				if err != nil {
					return nil, nil, err
				}
				return func(ctx context.Context, f func(service.Tx) error) error {
					return store.Update(ctx, func(tx *postgres.Tx) error { return f(tx) })
				}, store, nil
			},
			Database: func(context.Context) (storetest.Database, error) {
				db, err := sql.Open("pgx", database)
				return storetest.Postgres(db), err
			},
		}
	}
	return storetest.Site{
		Open: func(ctx context.Context) (service.Update, io.Closer, error) {
			store, err := sqlite.Open(ctx, database)
			if err != nil {
				return nil, nil, err
			}
			return func(ctx context.Context, f func(service.Tx) error) error {
				return store.Update(ctx, func(tx *sqlite.Tx) error { return f(tx) })
			}, store, nil
		},
		Database: func(context.Context) (storetest.Database, error) {
			db, err := sql.Open("sqlite", database)
			return storetest.SQLite(db), err
		},
	}
}
