package servicebus_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"directcallback/mocks/servicebus"
	"directcallback/mocks/servicebus/internal/wire"
)

// attached opens a connection with a receiver that has credit for one message.
func attached(t *testing.T, s *servicebus.Server) (net.Conn, *bufio.Reader) {
	t.Helper()
	p := &peer{T: t}
	conn, err := s.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.conn, p.reader = conn, bufio.NewReaderSize(conn, 4096) // all frames are small
	p.write([]byte(amqpHeader))
	p.header(amqpHeader)
	p.send(0, &wire.Open{ContainerID: "test"})
	expect[*wire.Open](p)
	p.send(3, &wire.Begin{IncomingWindow: 5000, OutgoingWindow: 5000})
	expect[*wire.Begin](p)
	p.send(3, receiverAttach("r", 1, source("q")))
	expect[*wire.Attach](p)
	p.send(3, credit(1, 1))
	return conn, p.reader
}

// A thousand clients at once, each with a receiver, and one message for each.
// The bounds are far from what it takes: a quarter of a second, and 75 KiB a
// connection, of which 64 are its read buffer.
func TestAThousandConnections(t *testing.T) {
	const clients = 1000
	start := time.Now()
	s := newServer(t, plain())
	before := heap()
	readers := make([]*bufio.Reader, clients)
	for i := range clients {
		var conn net.Conn
		conn, readers[i] = attached(t, s)
		t.Cleanup(func() { _ = conn.Close() })
	}
	each := (heap() - before) / clients
	t.Logf("%d bytes a connection", each)
	if each > 256<<10 {
		t.Errorf("%d bytes a connection", each)
	}
	sender := pipeClient(t, s)
	fill(t, sender, clients)
	for i, r := range readers {
		if _, err := wire.ReadFrame(r, 4096); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	if c, err := s.Counts("q"); err != nil || c.Locked != clients {
		t.Errorf("%+v, %v", c, err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// From nothing to a message sent and received; 50 ms is what is promised, and
// the least of a few tries is what the machine's other work leaves alone.
func TestReadyAtOnce(t *testing.T) {
	const promised = 50 * time.Millisecond
	least := time.Hour
	for range 5 {
		start := time.Now()
		s := newServer(t, plain())
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		least = min(least, time.Since(start))
	}
	if least > promised {
		t.Errorf("ready after %v", least)
	}
}

// A client that does not read keeps nobody waiting.
func TestASlowReceiverCostsTheOthersNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t, plain())
	slow, err := s.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slow.Close() })
	var script []byte
	for _, f := range []wire.Performative{
		&wire.Open{ContainerID: "slow"}, &wire.Begin{IncomingWindow: 5000, OutgoingWindow: 5000},
		receiverAttach("r", 1, source("q")), credit(1, 1000),
	} {
		script = wire.AppendFrame(script, wire.FrameAMQP, 0, f, nil)
	}
	if _, err := io.WriteString(slow, amqpHeader+string(script)); err != nil {
		t.Fatal(err)
	}
	client := pipeClient(t, s)
	fill(t, client, 3000) // 6 MiB: more than a connection holds back
	r, err := client.NewReceiverForQueue("q", nil)
	if err != nil {
		t.Fatal(err)
	}
	w := world{T: t, server: s, client: client}
	if got := w.receive(r, 1500); len(got) != 1500 {
		t.Errorf("received %d", len(got))
	}
}
