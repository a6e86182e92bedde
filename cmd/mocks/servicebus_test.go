package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a mock on its own.
type running struct {
	connection string        // the one line it printed
	stderr     *bytes.Buffer // complete up to when the line came
}

// start runs "mocks servicebus" on free ports until the test ends, and waits
// until it is ready.
func start(t *testing.T, args ...string) running {
	t.Helper()
	return startCommand(t, append([]string{"servicebus", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, args...)...)
}

// startCommand does it for any command that prints one line when it is ready.
func startCommand(t *testing.T, args ...string) running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		code := exitCode(ctx, args, write, &stderr)
		_ = write.Close()
		ended <- code
	}()
	lines := bufio.NewReader(read)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%v, exit code %d: %s", err, <-ended, &stderr)
	}
	t.Cleanup(func() {
		stop()
		if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
			t.Errorf("more on stdout: %q, %v", rest, err)
		}
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d: %s", code, &stderr)
		}
	})
	return running{strings.TrimSuffix(line, "\n"), &stderr}
}

// sendTo sends one message with the connection string.
func sendTo(t *testing.T, connection, queue string, o *azservicebus.ClientOptions) {
	t.Helper()
	client, err := azservicebus.NewClientFromConnectionString(connection, o)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(context.WithoutCancel(t.Context()))
	sender, err := client.NewSender(queue, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.SendMessage(t.Context(), &azservicebus.Message{Body: []byte("x"), SessionID: new("s")}, nil); err != nil {
		t.Fatal(err)
	}
}

func TestServiceBusHasTheAdaptersQueues(t *testing.T) {
	t.Parallel()
	bus := start(t)
	for _, queue := range []string{"call-events", "platform-events", "call-commands"} {
		sendTo(t, bus.connection, queue, nil)
	}
	admin := regexp.MustCompile(`http://\S+`).FindString(bus.stderr.String())
	if body := get(t, admin+"/entities"); strings.Count(body, `"active":1`) != 3 {
		t.Error(body)
	}
	if body := get(t, admin+"/healthz"); !strings.Contains(body, "ok") {
		t.Error(body)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", url, answer.StatusCode, err)
	}
	return string(body)
}

// file writes a file of the test.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestServiceBusReadsMicrosoftsConfig(t *testing.T) {
	t.Parallel()
	config := file(t, "config.json", `{"UserConfig":{"Namespaces":[{"Name":"sbemulatorns","Queues":[{"Name":"queue.1","Properties":{
		"DeadLetteringOnMessageExpiration":false,"DefaultMessageTimeToLive":"PT1H","LockDuration":"PT1M","MaxDeliveryCount":3}}]}],"Logging":{"Type":"File"}}}`)
	sendTo(t, start(t, "-config", config).connection, "queue.1", nil)
}

func TestServiceBusOverTLS(t *testing.T) {
	t.Parallel()
	cert, key, pool := certificate(t)
	bus := start(t, "-tls-cert", cert, "-tls-key", key)
	if strings.Contains(bus.connection, "UseDevelopmentEmulator") {
		t.Errorf("%s: that would be without TLS", bus.connection)
	}
	sendTo(t, bus.connection, "call-events", &azservicebus.ClientOptions{TLSConfig: &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}})
}

func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return file(t, "cert.pem", block("CERTIFICATE", raw)), file(t, "key.pem", block("PRIVATE KEY", encoded)), pool
}

func TestServiceBusRefuses(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	taken := busy.Addr().String()
	sql := `{"UserConfig":{"Namespaces":[{"Topics":[{"Name":"t","Subscriptions":[{"Name":"s","Rules":[{"Name":"r","Properties":{"FilterType":"Sql","SqlFilter":{"SqlExpression":"a=1"}}}]}]}]}]}}`
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"busy port":            {[]string{"-listen", taken}, "mocks: -listen " + taken + ": another program listens there"},
		"busy management port": {[]string{"-listen", "127.0.0.1:0", "-admin", taken}, "mocks: -admin " + taken + ": another program listens there"},
		"no address":           {[]string{"-listen", "here"}, "mocks: -listen here: "},
		"missing config":       {[]string{"-config", "missing.json"}, "mocks: -config: open missing.json: "},
		"broken config":        {[]string{"-config", file(t, "c.json", `{"UserConfig":`)}, "unexpected EOF"},
		"config with SQL":      {[]string{"-config", file(t, "c.json", sql)}, `topic "t": subscription "s": rule "r": SQL filters are not supported`},
		"config of a folder":   {[]string{"-config", t.TempDir()}, "is a directory"},
		"unknown flag":         {[]string{"-confg", "x"}, "mocks: flag provided but not defined: -confg"},
		"an argument":          {[]string{"config.json"}, `mocks: unexpected argument "config.json"`},
		"half of TLS":          {[]string{"-tls-cert", "c.pem"}, "mocks: -tls-cert and -tls-key go together"},
		"no such certificate":  {[]string{"-tls-cert", "c.pem", "-tls-key", "k.pem"}, "mocks: -tls-cert c.pem, -tls-key k.pem: open c.pem: "},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			code := exitCode(ctx, append([]string{"servicebus", "-admin", "127.0.0.1:0"}, c.args...), &stdout, &stderr)
			if code != 1 || !strings.Contains(stderr.String(), c.want) || stdout.Len() > 0 {
				t.Errorf("exit code %d, %q, %q; want %q", code, &stdout, &stderr, c.want)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 0, "usage: mocks COMMAND"},
		{[]string{"help"}, 0, "servicebus"},
		{[]string{"servicebus", "-h"}, 0, "-tls-cert"},
		{[]string{"dynamics"}, 1, `unknown command "dynamics"`},
	} {
		var out bytes.Buffer
		if code := exitCode(t.Context(), c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: exit code %d, %s", c.args, code, &out)
		}
	}
}
