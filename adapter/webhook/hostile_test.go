package webhook_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter/webhook"
)

func discard() *log.Logger { return log.New(io.Discard, "", 0) }

// raw is a receiver that writes what no HTTP server would.
func raw(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if q, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, q.Body)
				answer(conn)
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return "http://" + listener.Addr().String() + "/hooks?token=canary"
}

// What a receiver answers, and the URL with its owner's token, stand in no error.
func TestAHostileReceiverIsBoundedAndNotQuoted(t *testing.T) {
	t.Parallel()
	endless := func(conn net.Conn, text string) {
		for {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
		}
	}
	for name, test := range map[string]struct {
		answer func(net.Conn)
		taken  bool
	}{
		"no HTTP":         {func(c net.Conn) { _, _ = io.WriteString(c, "canary +33155501234\r\n\r\n") }, false},
		"no status":       {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 canary canary\r\n\r\n") }, false},
		"a broken header": {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\ncanary\r\n\r\n") }, false},
		"nothing":         {func(net.Conn) {}, false},
		"half a header":   {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nCanary: ") }, false},
		"an endless header": {func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			endless(c, "Canary: canary\r\n")
		}, false},
		"an endless body": {func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 canary\r\nContent-Length: 1000000000000\r\n\r\n")
			endless(c, strings.Repeat("canary", 1000))
		}, true},
		"a refusal with words": {func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 500 canary\r\nContent-Length: 6\r\n\r\ncanary")
		}, false},
	} {
		sender := webhook.New(webhook.Options{Private: true})
		err := sender.Call(t.Context(), to(raw(t, test.answer)), told(1))
		if (err == nil) != test.taken || err != nil && (strings.Contains(strings.ToLower(fmt.Sprintf("%v %+v", err, err)), "canary") || strings.Contains(err.Error(), "155501")) {
			t.Errorf("%s: %v", name, err)
		}
		sender.Close()
	}
}

// A receiver that never answers costs fifteen seconds.
func TestATryEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		defer func() { _ = server.Close() }()
		go func() { _, _ = io.Copy(io.Discard, server) }()
		sender := webhook.New(webhook.Options{Private: true})
		sender.DialBy(func(context.Context, string, string) (net.Conn, error) { return client, nil })
		began := time.Now()
		err := sender.Call(t.Context(), to("http://slow.example/?token=canary"), told(3))
		if took := time.Since(began); took != 15*time.Second || err == nil || err.Error() != "no answer within 15s" {
			t.Errorf("after %v: %v", took, err)
		}
		sender.Close()
		synctest.Wait()
	})
}

func TestErrorsOfTheNetworkAreSaidWithoutTheURL(t *testing.T) {
	t.Parallel()
	sender := webhook.New(webhook.Options{Private: true, Resolver: resolver(t, nil)})
	t.Cleanup(sender.Close)
	for url, want := range map[string]string{
		"http://127.0.0.1:1/?token=canary":     "connection refused",
		"http://nowhere.example/?token=canary": "no such host",
	} {
		err := sender.Call(t.Context(), to(url), told(1))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
