package servicebus_test

import (
	"context"
	"fmt"
	"net"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

// A namespace with one queue, and the unmodified client connected to it in
// memory. Over TCP it would be Serve and a client of ConnectionString alone.
func Example() {
	server, err := servicebus.New(servicebus.Config{
		Queues: []servicebus.QueueConfig{{Name: "call-events", RequiresSession: true}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := azservicebus.NewClientFromConnectionString(server.ConnectionString("localhost"), &azservicebus.ClientOptions{
		NewWebSocketConn: func(ctx context.Context, _ azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
			return server.Dial(ctx)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer client.Close(ctx)

	sender, err := client.NewSender("call-events", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	line := "support"
	if err := sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("queued"), SessionID: &line}, nil); err != nil {
		fmt.Println(err)
		return
	}

	receiver, err := client.AcceptNextSessionForQueue(ctx, "call-events", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	messages, err := receiver.ReceiveMessages(ctx, 1, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	counts, err := server.Counts("call-events")
	fmt.Printf("%s of %s, %+v, %v\n", messages[0].Body, receiver.SessionID(), counts, err)
	// Output: queued of support, {Active:0 Locked:1 Deferred:0 Scheduled:0 DeadLettered:0}, <nil>
}
