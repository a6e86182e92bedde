package phone

import (
	"context"
	"encoding/json"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

// exchange is a Service Bus in memory with the two queues of the contract.
func exchange(t *testing.T) (*servicebus.Server, func() *azservicebus.Client) {
	t.Helper()
	server, err := servicebus.New(servicebus.Config{Queues: []servicebus.QueueConfig{
		{Name: "call-events", RequiresSession: true, RequiresDuplicateDetection: true},
		{Name: "call-commands", RequiresSession: true, RequiresDuplicateDetection: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server, func() *azservicebus.Client {
		client, err := azservicebus.NewClientFromConnectionString(server.ConnectionString("emulator.test"), &azservicebus.ClientOptions{
			NewWebSocketConn: func(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
				return server.Dial(ctx)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close(context.Background()) })
		return client
	}
}

// service is a delivery service that says yes and shows a delivery after 20 s.
type service struct {
	simulator *Simulator
	pending   sync.WaitGroup
}

func (*service) AcceptDelivery(string) error { return nil }

func (s *service) FinishDelivery(id, result string) error {
	s.simulator.DeliveryEnded(id, "Completed", result)
	return nil
}

func (s *service) create(d Delivery) {
	s.simulator.DeliveryCreated(d)
	s.pending.Add(1)
	time.AfterFunc(20*time.Second, func() {
		defer s.pending.Done()
		s.simulator.DeliveryVisible(d)
	})
}

// read turns a message back into an event, by the words of the contract.
func read(t *testing.T, m *azservicebus.ReceivedMessage) event {
	t.Helper()
	var e struct {
		envelope
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(m.Body, &e); err != nil {
		t.Fatal(err)
	}
	if m.MessageID != e.ID || *m.ContentType != contentType || *m.SessionID != testQueue {
		t.Errorf("message %s in session %s carries event %s", m.MessageID, *m.SessionID, e.ID)
	}
	at, err := time.Parse(time.RFC3339, e.Time)
	if err != nil {
		t.Error(err)
	}
	into := func(data any) any {
		if err := json.Unmarshal(e.Data, data); err != nil {
			t.Error(err)
		}
		return data
	}
	out := event{id: e.ID, kind: e.Type, subject: e.Subject, at: at, sequence: e.Sequence}
	switch e.Type {
	case typeQueued:
		out.data = *into(&queuedData{}).(*queuedData)
	case typeTone:
		out.data = *into(&toneData{}).(*toneData)
	case typeConnected:
		out.data = *into(&connectedData{}).(*connectedData)
	case typeEnded:
		out.data = *into(&endedData{}).(*endedData)
	case typeRepresentatives:
		out.data = *into(&representativesData{}).(*representativesData)
	case typeProgress:
		out.data = *into(&progressData{}).(*progressData)
	default:
		t.Errorf("event of type %s", e.Type)
	}
	return out
}

// serve runs the toy over Service Bus until ctx ends.
func (y *toy) serve(ctx context.Context, t *testing.T, client *azservicebus.Client, s *service) {
	t.Helper()
	sender, err := client.NewSender("call-commands", nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer sender.Close(context.WithoutCancel(ctx))
	order := map[string]int64{}
	for ctx.Err() == nil {
		receiver, err := client.AcceptSessionForQueue(ctx, "call-events", testQueue, nil)
		if err != nil {
			wait(ctx, time.Second)
			continue
		}
		for y.round(ctx, t, receiver, sender, s, order) {
		}
		_ = receiver.Close(context.WithoutCancel(ctx))
	}
}

// round is one second of the toy's life; false when the receiver is broken.
func (y *toy) round(ctx context.Context, t *testing.T, r *azservicebus.SessionReceiver, sender *azservicebus.Sender, s *service, order map[string]int64) bool {
	t.Helper()
	second, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	messages, err := r.ReceiveMessages(second, 100, nil)
	if ctx.Err() != nil || err != nil && second.Err() == nil {
		return false
	}
	var commands []command
	for _, m := range messages {
		e := read(t, m)
		if e.sequence > order[e.subject] { // else it is delivered again
			if e.sequence != order[e.subject]+1 {
				t.Errorf("event %d of %s comes after %d", e.sequence, e.subject, order[e.subject])
			}
			order[e.subject] = e.sequence
			commands = append(commands, y.hear(t, e)...)
		}
		if err := r.CompleteMessage(ctx, m, nil); err != nil {
			return false
		}
	}
	offers, due := y.tick(t, time.Now(), testQueue)
	for _, c := range append(commands, offers...) {
		for sender.SendMessage(ctx, outgoing(t, c), nil) != nil && ctx.Err() == nil {
			wait(ctx, time.Second)
		}
	}
	for _, d := range due {
		s.create(d)
	}
	if time.Until(r.LockedUntil()) < 30*time.Second {
		return r.RenewSessionLock(ctx, nil) == nil
	}
	return true
}

func outgoing(t *testing.T, c command) *azservicebus.Message {
	t.Helper()
	body, err := json.Marshal(map[string]any{"specversion": "1.0", "id": c.ID, "source": "toy", "type": c.Type, "data": c})
	if err != nil {
		t.Error(err)
	}
	content, session := contentType, testQueue
	return &azservicebus.Message{Body: body, MessageID: &c.ID, SessionID: &session, ContentType: &content}
}

func TestTheBusiestHourOverServiceBus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		trouble func(*servicebus.Server)
	}{
		{"quiet", func(*servicebus.Server) {}},
		{"connections cut", (*servicebus.Server).DropConnections},
		{"an outage of ten minutes", func(s *servicebus.Server) {
			s.StartOutage()
			time.AfterFunc(10*time.Minute, s.EndOutage)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			traffic := busiest(t)
			synctest.Test(t, func(t *testing.T) {
				server, client := exchange(t)
				deliveries := &service{}
				simulator := New(Options{
					Client: client(), QueueIDs: []string{testQueue}, Traffic: traffic, Deliveries: deliveries, Seed: 1,
				})
				deliveries.simulator = simulator
				y := &toy{}
				ctx, stop := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() {
					if err := simulator.Run(ctx); err != nil {
						t.Error(err)
					}
				})
				running.Go(func() { y.serve(ctx, t, client(), deliveries) })
				time.AfterFunc(20*time.Minute, func() { tt.trouble(server) })
				// Not on the full hour, when tokens are renewed: the SDK ends an AMQP session
				// twice if that is cut, and a strict broker then drops the connection.
				wait(ctx, time.Hour+100*time.Second)
				stop()
				running.Wait()
				deliveries.pending.Wait()

				r := simulator.Report().With(y.figures())
				if r.Lost != 0 || r.DialledTwice != 0 || r.OrderInversions != 0 {
					t.Errorf("lost %d, dialled twice %d, overtaken %d: %+v", r.Lost, r.DialledTwice, r.OrderInversions, r.books.Overtakings)
				}
				if r.OptedIn < 20 || r.Completed < 10 {
					t.Errorf("%d callers opted in, %d callbacks were completed", r.OptedIn, r.Completed)
				}
			})
		})
	}
}
