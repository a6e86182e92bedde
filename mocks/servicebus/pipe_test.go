package servicebus_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/nettest"

	"directcallback/mocks/servicebus"
)

func TestPipeIsANetConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		c1, c2 = servicebus.Pipe()
		return c1, c2, func() { _, _ = c1.Close(), c2.Close() }, nil
	})
}

func TestPipeDeliversWhatWasWrittenBeforeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := servicebus.Pipe()
		if _, err := client.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		_ = client.Close()
		got, err := io.ReadAll(server)
		if err != nil || string(got) != "last words" {
			t.Errorf("read %q, %v", got, err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write: %v", err)
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("read: %v", err)
		}
	})
}

func TestPipeHoldsBackAWriterThatIsTooFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := servicebus.Pipe()
		_ = client.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := client.Write(make([]byte, 1<<20))
		if !errors.Is(err, os.ErrDeadlineExceeded) || n == 0 || n == 1<<20 {
			t.Errorf("wrote %d: %v", n, err)
		}
		_ = client.SetWriteDeadline(time.Time{})
		go func() {
			_, _ = client.Write(bytes.Repeat([]byte("y"), 1<<20))
			_ = client.Close()
		}()
		got, err := io.ReadAll(server)
		if err != nil || len(got) != n+1<<20 {
			t.Errorf("read %d: %v", len(got), err)
		}
	})
}
