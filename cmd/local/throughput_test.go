package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/callback"
	"directcallback/adapter/event"
	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/sqlite"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/servicebus"
)

const (
	lines        = 16   // queues of callers, each a session with a receiver
	bodySize     = 2048 // of an event, bytes
	inFlight     = 64   // settlements of the bare loop
	eventsOfCall = 4
)

// BenchmarkBareLoop is what Service Bus and its SDK alone can do: receive an
// event and complete it, nothing else.
//
//	go test ./cmd/local -run - -bench 'BareLoop|WholeWay' -benchtime 40000x
func BenchmarkBareLoop(b *testing.B) {
	w := overLoopback(b)
	w.load(b, b.N)
	b.ResetTimer()
	bare := measure(b, func() { w.bare(b, b.N) })
	b.ReportMetric(float64(b.N)/bare.wall.Seconds(), "msg/s")
	b.ReportMetric(bare.cpuOf(b.N), "cpu-µs/msg")
}

// BenchmarkWholeWay is everything that an event goes through: received, decoded,
// decided, committed to a file, settled; every fourth event, a caller who joins a
// line that is too long, also causes a command, which is sent. The bare loop is
// measured in the same run, in turns: the ratio is what counts, because no two
// runs on one machine are alike. Where others use the machine too, the ratio of
// processor times says more than that of the clock.
func BenchmarkWholeWay(b *testing.B) {
	w := overLoopback(b)
	w.inTurns(b, w.office(b, filepath.Join(b.TempDir(), "state.db")))
}

// BenchmarkWholeWayPostgres is the same with PostgreSQL on this machine, whose
// processor time is not counted but missed: it writes to disk as SQLite does.
//
//	go test ./cmd/local -run - -bench 'WholeWay' -benchtime 40000x
func BenchmarkWholeWayPostgres(b *testing.B) {
	w := overLoopback(b)
	w.inTurns(b, w.officeOfPostgres(b))
}

func (w *namespace) officeOfPostgres(tb testing.TB) *office {
	tb.Helper()
	url := postgrestest.Open(tb)
	postgrestest.Durable(tb)
	store, err := postgres.Open(tb.Context(), url, postgres.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	o := w.officeWith(tb, func(ctx context.Context, f func(service.Tx) error) error {
		return store.Update(ctx, func(tx *postgres.Tx) error { return f(tx) })
	}, tooLong{}, nobody{}, 15*time.Second)
	o.closeStore = store.Close
	return o
}

// inTurns measures the bare loop and the whole way of an office, and closes that.
func (w *namespace) inTurns(b *testing.B, o *office) {
	b.Helper()
	const turns = 4
	var bare, whole effort
	for turn := range turns {
		n := (b.N + turn) / turns
		if n == 0 {
			continue
		}
		w.load(b, n)
		bare.add(measure(b, func() { w.bare(b, n) }))
		commands := w.load(b, n)
		whole.add(measure(b, func() { w.whole(b, o, n, commands) }))
	}
	o.close(b)
	b.ReportMetric(float64(whole.wall.Nanoseconds())/float64(b.N), "ns/op")
	b.ReportMetric(float64(b.N)/whole.wall.Seconds(), "msg/s")
	b.ReportMetric(whole.cpuOf(b.N), "cpu-µs/msg")
	b.ReportMetric(float64(b.N)/bare.wall.Seconds(), "bare/s")
	b.ReportMetric(bare.cpuOf(b.N), "bare-cpu-µs/msg")
	b.ReportMetric(bare.wall.Seconds()/whole.wall.Seconds(), "ratio")
	b.ReportMetric(bare.cpu.Seconds()/whole.cpu.Seconds(), "cpu-ratio")
}

// effort is what something took: by the clock, and of both processors.
type effort struct{ wall, cpu time.Duration }

func (e *effort) add(more effort) {
	e.wall += more.wall
	e.cpu += more.cpu
}

func measure(tb testing.TB, f func()) effort {
	tb.Helper()
	runtime.GC()
	wall, cpu := time.Now(), processorTime(tb)
	f()
	return effort{time.Since(wall), processorTime(tb) - cpu}
}

// cpuOf is in microseconds a message.
func (e effort) cpuOf(n int) float64 { return float64(e.cpu.Microseconds()) / float64(n) }

// processorTime is what this process has used so far.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// namespace is the emulator and a client of it.
type namespace struct {
	server *servicebus.Server
	client *azservicebus.Client
	loads  int // so far; each has calls of its own
}

func queues() servicebus.Config {
	return servicebus.Config{Queues: []servicebus.QueueConfig{
		{Name: world.CallEvents, RequiresSession: true},
		{Name: world.CallCommands, RequiresSession: true, RequiresDuplicateDetection: true},
	}}
}

func overLoopback(tb testing.TB) *namespace {
	tb.Helper()
	server, err := servicebus.New(queues())
	if err != nil {
		tb.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	client, err := bus.Connect(bus.ConnectConfig{ConnectionString: server.ConnectionString(listener.Addr().String())})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(client.Close(context.Background()), server.Close(), <-served); err != nil {
			tb.Error(err)
		}
	})
	return &namespace{server: server, client: client}
}

// load puts n events into call-events, spread over the lines, and says how many
// of them must cause a command.
func (w *namespace) load(tb testing.TB, n int) (commands int) {
	tb.Helper()
	sender, err := w.client.NewSender(world.CallEvents, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = sender.Close(tb.Context()) }()
	w.loads++
	for line := range lines {
		events := day(w.loads, line, (n-line+lines-1)/lines)
		for _, e := range events {
			if _, is := e.Data.(adapter.CallQueued); is {
				commands++
			}
		}
		for len(events) > 0 {
			batch, err := sender.NewMessageBatch(tb.Context(), nil)
			if err != nil {
				tb.Fatal(err)
			}
			for len(events) > 0 && batch.NumMessages() < 100 && batch.AddMessage(message(tb, line, events[0]), nil) == nil {
				events = events[1:]
			}
			if err := sender.SendMessageBatch(tb.Context(), batch, nil); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return commands
}

// day is n events of a line: calls that are queued, updated, connected and ended,
// each with its neighbours' events in between, so that some always wait.
func day(load, line, n int) []adapter.CallEvent {
	const waiting = 10
	events := make([]adapter.CallEvent, 0, n)
	for step := 0; len(events) < n; step++ {
		for stage := range eventsOfCall {
			if call := step - stage*waiting; call >= 0 && len(events) < n {
				events = append(events, moment(load, line, call, stage))
			}
		}
	}
	return events
}

// moment is one of the events of a call.
func moment(load, line, call, stage int) adapter.CallEvent {
	at := time.Now() // not long ago: calls of another day are ghosts, and looked for
	wait := 3 * time.Minute
	data := []adapter.EventData{
		adapter.CallQueued{
			Queue: queueOf(line), From: number(2+line%8, line/8*5_000+call%5_000), To: number(3, line), QueuedAt: at, Locale: "en-US",
			Entry: adapter.EntryRoute, Bot: adapter.BotNone, Attributes: map[string]string{"tier": "gold"},
			Measures: adapter.Measures{EstimatedWait: &wait},
		},
		adapter.CallUpdated{Measures: adapter.Measures{EstimatedWait: &wait}},
		adapter.CallConnected{Representative: "3b7d1c52-7a41-4c0e-8f7d-2f1b0f9a6e11"},
		adapter.CallEnded{Reason: "hangup"},
	}[stage]
	id := adapter.CallID(fmt.Sprintf("call-%d-%d-%d", load, line, call))
	return adapter.CallEvent{ID: fmt.Sprintf("%s/%d", id, stage), Source: "/pbx", Call: id, At: at, Sequence: int64(stage + 1), Data: data}
}

func queueOf(line int) adapter.QueueID {
	return adapter.QueueID(fmt.Sprintf("3f2b8d1e-6c47-4a90-9b1d-%012d", line))
}

// number is a fictitious number that the numbering plan allows.
func number(area, n int) adapter.Phone {
	phone, err := adapter.StoredPhone(fmt.Sprintf("+1%d12555%04d", area, n%10_000))
	if err != nil {
		panic(err)
	}
	return phone
}

// message is an event as its telephony sends it: with members that are not for us.
func message(tb testing.TB, line int, e adapter.CallEvent) *azservicebus.Message {
	tb.Helper()
	body, err := event.Encode(e)
	if err != nil {
		tb.Fatal(err)
	}
	if room := bodySize - len(body) - len(`,"trace":""`); room > 0 {
		body = fmt.Appendf(bytes.TrimSuffix(body, []byte("}")), `,"trace":"%s"}`, strings.Repeat("x", room))
	}
	return &azservicebus.Message{Body: body, ContentType: new(event.ContentType), SessionID: new(string(queueOf(line)))}
}

// bare is the loop of every introduction to the SDK, with completions in the
// background.
func (w *namespace) bare(tb testing.TB, n int) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	var left atomic.Int64
	left.Store(int64(n))
	var receivers errgroup.Group
	for range lines {
		receivers.Go(func() error {
			session, err := w.client.AcceptNextSessionForQueue(ctx, world.CallEvents, nil)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			defer func() { _ = session.Close(context.WithoutCancel(ctx)) }()
			for {
				messages, err := session.ReceiveMessages(ctx, inFlight, nil)
				if ctx.Err() != nil {
					return nil
				}
				if err != nil {
					return err
				}
				var settling errgroup.Group
				settling.SetLimit(inFlight)
				for _, m := range messages {
					settling.Go(func() error { return session.CompleteMessage(context.WithoutCancel(ctx), m, nil) })
				}
				if err := settling.Wait(); err != nil {
					return err
				}
				if left.Add(-int64(len(messages))) <= 0 {
					cancel()
				}
			}
		})
	}
	if err := receivers.Wait(); err != nil {
		tb.Fatal(err)
	}
}

// whole lets an adapter take n events and send their commands.
func (w *namespace) whole(tb testing.TB, o *office, n, commands int) {
	tb.Helper()
	taken, sent := o.consumer.Stats().Taken+int64(n), o.sent.Load()+int64(commands)
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	var work errgroup.Group
	work.Go(func() error { return o.service.Run(ctx) })
	work.Go(func() error { return o.consumer.Run(ctx) })
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for over := time.After(5 * time.Minute); o.consumer.Stats().Taken < taken || o.sent.Load() < sent; {
		select {
		case <-look.C:
		case <-over:
			tb.Fatalf("%+v, want %d taken; %d of %d commands", o.consumer.Stats(), taken, o.sent.Load(), sent)
		}
	}
	cancel()
	if err := work.Wait(); err != nil {
		tb.Error(err)
	}
	if stats := o.consumer.Stats(); stats.Rejected > 0 {
		tb.Errorf("%+v", stats)
	}
}

// office is the part of an adapter that events go through, made of what serve is
// made of, with settings of its own.
type office struct {
	store      *sqlite.Store // nil = another
	closeStore func() error
	publisher  *bus.Publisher
	service    *service.Service
	consumer   *bus.Consumer
	sent       *atomic.Int64 // commands
	published  func([]adapter.Command)
}

// office is one where callers who would wait too long are sent to voicemail.
func (w *namespace) office(tb testing.TB, path string) *office {
	tb.Helper()
	return w.officeOf(tb, path, tooLong{}, nobody{})
}

func (w *namespace) officeOf(tb testing.TB, path string, settings service.SettingsReader, dynamics service.Deliverer) *office {
	tb.Helper()
	store, err := sqlite.Open(tb.Context(), path)
	if err != nil {
		tb.Fatal(err)
	}
	o := w.officeWith(tb, func(ctx context.Context, f func(service.Tx) error) error {
		return store.Update(ctx, func(tx *sqlite.Tx) error { return f(tx) })
	}, settings, dynamics, 0)
	o.store, o.closeStore = store, store.Close
	return o
}

func (w *namespace) officeWith(tb testing.TB, update service.Update, settings service.SettingsReader, dynamics service.Deliverer, lease time.Duration) *office {
	tb.Helper()
	publisher, err := bus.NewPublisher(w.client, world.CallCommands, bus.PublisherOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	o := &office{publisher: publisher, sent: &atomic.Int64{}, published: func([]adapter.Command) {}}
	o.service = service.New(service.Options{
		Update: update, Lease: lease,
		Deliverer: dynamics, Publisher: counting{publisher, o}, Settings: settings, Codec: codec{}, Clock: wall{},
		NewID:  func() string { return uuid.Must(uuid.NewV7()).String() },
		Logger: slog.New(slog.DiscardHandler), Policy: callback.DefaultPolicy(),
	})
	if err := o.service.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	o.consumer, err = bus.NewConsumer(o.service, bus.ConsumerOptions{
		Queue: world.CallEvents, Sessions: true, Receivers: lines, Clients: []*azservicebus.Client{w.client},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

func (o *office) close(tb testing.TB) {
	tb.Helper()
	if err := errors.Join(o.publisher.Close(context.Background()), o.closeStore()); err != nil {
		tb.Error(err)
	}
}

// tooLong is a portal where every queue sends callers to voicemail whose
// estimated wait is two minutes or more.
type tooLong struct{}

func (tooLong) LoadSettings(context.Context, time.Time) (adapter.Settings, error) {
	const (
		action    = adapter.ActionID("7a9d2e41-c0b8-4f16-95e3-3d8c6f0a1b74")
		ruleset   = adapter.RulesetID("5d0c7f12-9a3e-4b68-a1f4-c2e8069b7d35")
		attribute = "queue_prequeue.estimatedwaittimeinminutes"
	)
	s := adapter.Settings{
		Actions: map[adapter.ActionID]adapter.OverflowAction{
			action: {ID: action, Name: "Voicemail", Active: true, Type: adapter.ActionVoicemail},
		},
		Rulesets: map[adapter.RulesetID]adapter.Ruleset{ruleset: {
			ID: ruleset, Name: "Too long", Type: adapter.RulesetDeclarative,
			Definition: fmt.Sprintf(`<decision hit-policy="all" version="1"><rules><rule id="11111111-2222-4333-8444-000000000001" name="Wait"><action>`+
				`<setattribute><lhs type="attribute">overflow.flag</lhs><rhs type="staticvalue">true</rhs></setattribute>`+
				`<setattribute><lhs type="attribute">overflowaction.msdyn_overflowactionconfig.msdyn_overflowactionconfigid</lhs><rhs type="staticvalue">{%s}</rhs></setattribute>`+
				`</action><logical operator="AND"><condition operator="not-null"><lhs type="attribute">%s</lhs></condition>`+
				`<condition operator=">="><lhs type="attribute">%s</lhs><rhs type="staticvalue">2</rhs></condition></logical></rule></rules></decision>`,
				action, attribute, attribute),
		}},
	}
	for line := range lines {
		s.Queues = append(s.Queues, adapter.Queue{ID: queueOf(line), Name: fmt.Sprint("Line ", line), Type: adapter.QueueVoice, Active: true, PreQueue: ruleset})
	}
	return s, nil
}

// nobody is asked to call anybody back here.
type nobody struct{ service.Deliverer }

// counting counts the commands that were sent.
type counting struct {
	*bus.Publisher
	of *office
}

func (c counting) Publish(ctx context.Context, commands []adapter.Command) error {
	err := c.Publisher.Publish(ctx, commands)
	if err == nil {
		c.of.published(commands)
		c.of.sent.Add(int64(len(commands)))
	}
	return err
}

func (counting) Reject(context.Context, []adapter.Parked, adapter.Rejection) error { return nil }

// codec is how serve writes parked events down.
type codec struct{}

func (codec) Encode(e adapter.CallEvent) ([]byte, error) { return event.Encode(e) }

func (codec) Decode(body []byte) (adapter.CallEvent, error) {
	return event.Decode(event.Envelope{Body: body, ContentType: event.ContentType})
}

type wall struct{}

func (wall) Now() time.Time                       { return time.Now() }
func (wall) NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }
