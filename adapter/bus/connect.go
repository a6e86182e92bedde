package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// ConnectConfig says where Service Bus is and how to sign in: either a connection
// string, or a namespace with a credential.
type ConnectConfig struct {
	ConnectionString string
	Namespace        string // "contoso.servicebus.windows.net"
	Credential       azcore.TokenCredential

	// AllowPlaintext lets UseDevelopmentEmulator=true reach other hosts than this
	// one. Everything, tokens included, then travels unencrypted.
	AllowPlaintext bool

	ApplicationID  string // shown in the namespace's logs, at most 24 characters
	CustomEndpoint string // "host:port" to dial instead; names and certificates stay the namespace's
	TLSConfig      *tls.Config
	RetryOptions   azservicebus.RetryOptions
	// NewWebSocketConn replaces dialling and TLS, as in [azservicebus.ClientOptions].
	NewWebSocketConn func(context.Context, azservicebus.NewWebSocketConnArgs) (net.Conn, error)
}

// Connect checks the configuration and makes a client, which connects when it is
// first used. Errors say what to do and repeat no secret.
func Connect(config ConnectConfig) (*azservicebus.Client, error) {
	options := &azservicebus.ClientOptions{
		ApplicationID:    config.ApplicationID,
		CustomEndpoint:   config.CustomEndpoint,
		TLSConfig:        config.TLSConfig,
		RetryOptions:     config.RetryOptions,
		NewWebSocketConn: config.NewWebSocketConn,
	}
	switch {
	case config.ConnectionString != "" && config.Namespace != "":
		return nil, errors.New("service bus: both a connection string and a namespace are set; remove one")
	case config.ConnectionString != "":
		if err := checkConnectionString(config); err != nil {
			return nil, fmt.Errorf("service bus: connection string: %w", err)
		}
		client, err := azservicebus.NewClientFromConnectionString(config.ConnectionString, options)
		if err != nil {
			// The SDK's text may quote the endpoint, but no key.
			return nil, fmt.Errorf("service bus: connection string: %w", err)
		}
		return client, nil
	case config.Namespace == "":
		return nil, errors.New("service bus: neither a connection string nor a namespace is set; set one")
	case strings.ContainsAny(config.Namespace, ":/"):
		return nil, errors.New(
			"service bus: the namespace is a host name such as contoso.servicebus.windows.net, without scheme, port or path")
	case config.Credential == nil:
		return nil, errors.New("service bus: a namespace needs a credential; configure one or use a connection string")
	}
	client, err := azservicebus.NewClient(config.Namespace, newGate(config.Credential), options)
	if err != nil {
		return nil, fmt.Errorf("service bus: namespace %s: %w", config.Namespace, err)
	}
	return client, nil
}

// checkConnectionString finds what the SDK would only report later or not at all.
func checkConnectionString(config ConnectConfig) error {
	values, err := parseConnectionString(config.ConnectionString)
	if err != nil {
		return err
	}
	endpoint, err := url.Parse(values["endpoint"])
	if err != nil || endpoint.Host == "" {
		return errors.New("key Endpoint is missing or not like sb://contoso.servicebus.windows.net/")
	}
	hasKey := values["sharedaccesskeyname"] != "" && values["sharedaccesskey"] != ""
	if !hasKey && values["sharedaccesssignature"] == "" {
		return errors.New("it needs SharedAccessKeyName and SharedAccessKey, or SharedAccessSignature; copy it whole from the portal")
	}
	emulator := false
	if text, ok := values["usedevelopmentemulator"]; ok {
		if emulator, err = strconv.ParseBool(text); err != nil {
			return errors.New("key UseDevelopmentEmulator is neither true nor false")
		}
	}
	if emulator && !config.AllowPlaintext && config.NewWebSocketConn == nil && !loopback(config, endpoint) {
		return fmt.Errorf("UseDevelopmentEmulator=true sends everything unencrypted, and %s is not this machine; "+
			"remove it, or allow plaintext explicitly", endpoint.Hostname())
	}
	return nil
}

func parseConnectionString(text string) (map[string]string, error) {
	values := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, errors.New("a part has no '='; copy it whole from the portal")
		}
		values[strings.ToLower(strings.TrimSpace(key))] = value
	}
	return values, nil
}

// loopback tells whether what would be dialled is this machine.
func loopback(config ConnectConfig, endpoint *url.URL) bool {
	host := endpoint.Hostname()
	if config.CustomEndpoint != "" {
		if custom, _, err := net.SplitHostPort(config.CustomEndpoint); err == nil {
			host = custom
		} else {
			host = config.CustomEndpoint
		}
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
