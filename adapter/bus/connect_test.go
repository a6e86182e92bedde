package bus_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"directcallback/adapter/bus"
)

// credential answers after a while, which a bubble does not notice.
type credential struct{ takes time.Duration }

func (c credential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	select {
	case <-time.After(c.takes):
		return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
	case <-ctx.Done():
		return azcore.AccessToken{}, ctx.Err()
	}
}

func TestConnectSaysWhatToDo(t *testing.T) {
	t.Parallel()
	const key = ";SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0"
	const emulator = key + ";UseDevelopmentEmulator=true"
	for name, test := range map[string]struct {
		config bus.ConnectConfig
		want   string // part of the error; empty = none
	}{
		"cloud":            {bus.ConnectConfig{ConnectionString: "Endpoint=sb://contoso.servicebus.windows.net/" + key}, ""},
		"cloud, odd case":  {bus.ConnectConfig{ConnectionString: "endpoint=sb://contoso.servicebus.windows.net/" + key + ";"}, ""},
		"signature":        {bus.ConnectConfig{ConnectionString: "Endpoint=sb://contoso.servicebus.windows.net;SharedAccessSignature=SharedAccessSignature sr=x&sig=y"}, ""},
		"Entra":            {bus.ConnectConfig{Namespace: "contoso.servicebus.windows.net", Credential: credential{}}, ""},
		"local emulator":   {bus.ConnectConfig{ConnectionString: "Endpoint=sb://localhost:5672" + emulator}, ""},
		"127.0.0.1":        {bus.ConnectConfig{ConnectionString: "Endpoint=sb://127.0.0.1" + emulator}, ""},
		"IPv6":             {bus.ConnectConfig{ConnectionString: "Endpoint=sb://[::1]:5672" + emulator}, ""},
		"emulator, agreed": {bus.ConnectConfig{ConnectionString: "Endpoint=sb://emulator:5672" + emulator, AllowPlaintext: true}, ""},
		"not an emulator":  {bus.ConnectConfig{ConnectionString: "Endpoint=sb://emulator" + key + ";UseDevelopmentEmulator=false"}, ""},

		"nothing":             {bus.ConnectConfig{}, "neither a connection string nor a namespace is set; set one"},
		"both":                {bus.ConnectConfig{ConnectionString: "x", Namespace: "y"}, "remove one"},
		"no credential":       {bus.ConnectConfig{Namespace: "contoso.servicebus.windows.net"}, "a namespace needs a credential"},
		"namespace as URL":    {bus.ConnectConfig{Namespace: "sb://contoso.servicebus.windows.net/", Credential: credential{}}, "without scheme, port or path"},
		"no endpoint":         {bus.ConnectConfig{ConnectionString: key}, "key Endpoint is missing"},
		"no key":              {bus.ConnectConfig{ConnectionString: "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=k"}, "copy it whole from the portal"},
		"cut off":             {bus.ConnectConfig{ConnectionString: "Endpoint=sb://contoso.servicebus.windows.net/" + key + ";Shared"}, "a part has no '='"},
		"emulator?":           {bus.ConnectConfig{ConnectionString: "Endpoint=sb://localhost" + key + ";UseDevelopmentEmulator=yes"}, "neither true nor false"},
		"plaintext":           {bus.ConnectConfig{ConnectionString: "Endpoint=sb://emulator:5672" + emulator}, "emulator is not this machine; remove it, or allow plaintext explicitly"},
		"plaintext elsewhere": {bus.ConnectConfig{ConnectionString: "Endpoint=sb://localhost" + emulator, CustomEndpoint: "10.0.0.1:5672"}, "unencrypted"},
		"looks local":         {bus.ConnectConfig{ConnectionString: "Endpoint=sb://127.0.0.1.example.com" + emulator}, "unencrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bus.Connect(test.config)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v does not say %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), "c2VjcmV0"):
				t.Errorf("error repeats the key: %v", err)
			}
		})
	}
}

func TestEntraTokensAreAskedForOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := inMemory(t)
		w.client = connect(t, bus.ConnectConfig{
			Namespace: "emulator.test", Credential: credential{takes: 3 * time.Second}, NewWebSocketConn: w.dial,
		})
		h := &recorder{}
		w.consume(t, h, bus.ConsumerOptions{Receivers: 3, ReceiveTimeout: 2 * time.Minute})
		w.send(t, callEvents, series("a", 3)...)
		within(t, 5*time.Minute, "taken", func() bool { return h.count() == 3 })
	})
}
