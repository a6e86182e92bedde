package serve

import (
	"context"
	"net"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/adapter/bus"
	"directcallback/dataverse"
)

// Connect makes a client of Service Bus alone. It connects when it is first used.
func (b Bus) Connect() (*azservicebus.Client, error) {
	if b.ServiceBusConnection != "" {
		return b.connect(nil, nil) // nobody signs in
	}
	credential, err := b.credential(nil)
	if err != nil {
		return nil, err
	}
	return b.connect(credential, nil)
}

// A broken connection is tried again sooner than the SDK's four seconds: callers
// are waiting for what would go over it.
const (
	retryDelay    = 500 * time.Millisecond
	maxRetryDelay = 15 * time.Second
)

func (b Bus) connect(
	credential azcore.TokenCredential, dial func(context.Context, azservicebus.NewWebSocketConnArgs) (net.Conn, error),
) (*azservicebus.Client, error) {
	return bus.Connect(bus.ConnectConfig{
		ConnectionString: string(b.ServiceBusConnection), Namespace: b.ServiceBusNamespace,
		Credential: credential, ApplicationID: "directcallback", NewWebSocketConn: dial,
		RetryOptions: azservicebus.RetryOptions{RetryDelay: retryDelay, MaxRetryDelay: maxRetryDelay},
	})
}

// credential signs in to everything of Microsoft's.
func (b Bus) credential(transport policy.Transporter) (azcore.TokenCredential, error) {
	azure := b.Azure
	return dataverse.Credential(dataverse.CredentialConfig{
		Kind: b.Credential, TenantID: azure.TenantID, ClientID: azure.ClientID, Secret: dataverse.Secret(azure.ClientSecret),
		CertificatePath: azure.CertificatePath, CertificatePassword: dataverse.Secret(azure.CertificatePassword),
		TokenFile: azure.TokenFile, AuthorityHost: azure.AuthorityHost, Transport: transport,
	})
}
