package bus_test

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/adapter/event"
	"directcallback/mocks/servicebus"
)

// teller prints what it is handed and takes it.
type teller struct{ told chan string }

func (t teller) Handle(_ context.Context, events []adapter.CallEvent) ([]*adapter.Rejection, error) {
	for _, e := range events {
		t.told <- fmt.Sprintf("%s: %T", e.Call, e.Data)
	}
	return make([]*adapter.Rejection, len(events)), nil
}

// A telephony reports that a call ended; a consumer hands it to its handler.
func Example() {
	server, err := servicebus.New(servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "call-events", RequiresSession: true}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()

	client, err := bus.Connect(bus.ConnectConfig{
		ConnectionString: server.ConnectionString("localhost"),
		NewWebSocketConn: (&world{server: server}).dial,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(ctx)

	handler := teller{make(chan string)}
	consumer, err := bus.NewConsumer(handler, bus.ConsumerOptions{
		Queue: "call-events", Sessions: true, Clients: []*azservicebus.Client{client},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	running := make(chan error, 1)
	go func() { running <- consumer.Run(ctx) }()

	body, err := event.Encode(adapter.CallEvent{
		ID: "e-1", Source: "/pbx/paris", Call: "call-4711", At: time.Now(), Sequence: 9, Data: adapter.CallEnded{Reason: "hangup"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	sender, err := client.NewSender("call-events", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = sender.SendMessage(ctx, &azservicebus.Message{Body: body, SessionID: new("the queue's id")}, nil)
	fmt.Println(<-handler.told)

	stop()
	fmt.Println(<-running)
	// Output:
	// call-4711: adapter.CallEnded
	// <nil>
}
