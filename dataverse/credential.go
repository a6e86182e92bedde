package dataverse

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// CredentialKind is how the adapter proves to Entra who it is. It is said, never
// guessed: a chain that tries one after the other signs in as somebody else when
// a variable is missing.
type CredentialKind string

// The kinds of credential.
const (
	CredentialSecret      CredentialKind = "secret"
	CredentialCertificate CredentialKind = "certificate"
	CredentialWorkload    CredentialKind = "workload" // Kubernetes
	CredentialManaged     CredentialKind = "managed"  // VM, App Service, Container Apps
	CredentialCLI         CredentialKind = "cli"      // a developer's own sign-in
)

// Secret is text that prints as "[secret]" only.
type Secret string

// Format masks under every verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("[secret]")) }

// MarshalText masks.
func (s Secret) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// CredentialConfig has what the kinds need; the comment names the variable that
// an error asks for.
type CredentialConfig struct {
	Kind                CredentialKind
	TenantID            string // AZURE_TENANT_ID
	ClientID            string // AZURE_CLIENT_ID; of kind managed: the user-assigned identity, if any
	Secret              Secret // AZURE_CLIENT_SECRET
	CertificatePath     string // AZURE_CLIENT_CERTIFICATE_PATH: PEM or PKCS#12, with its key
	CertificatePassword Secret // AZURE_CLIENT_CERTIFICATE_PASSWORD, if there is one
	TokenFile           string // AZURE_FEDERATED_TOKEN_FILE
	AuthorityHost       string // AZURE_AUTHORITY_HOST; "" is the public cloud
	Transport           policy.Transporter
}

// CredentialFromEnvironment fills the configuration of this kind from the
// variables that Microsoft's own tools read; getenv is os.Getenv.
func CredentialFromEnvironment(kind CredentialKind, getenv func(string) string) CredentialConfig {
	return CredentialConfig{
		Kind:                kind,
		TenantID:            getenv("AZURE_TENANT_ID"),
		ClientID:            getenv("AZURE_CLIENT_ID"),
		Secret:              Secret(getenv("AZURE_CLIENT_SECRET")),
		CertificatePath:     getenv("AZURE_CLIENT_CERTIFICATE_PATH"),
		CertificatePassword: Secret(getenv("AZURE_CLIENT_CERTIFICATE_PASSWORD")),
		TokenFile:           getenv("AZURE_FEDERATED_TOKEN_FILE"),
		AuthorityHost:       getenv("AZURE_AUTHORITY_HOST"),
	}
}

// Credential makes the credential. It asks nobody yet.
func Credential(config CredentialConfig) (azcore.TokenCredential, error) {
	credential, err := config.build()
	if err != nil {
		return nil, fmt.Errorf("credential %q: %w", config.Kind, err)
	}
	return credential, nil
}

func (c CredentialConfig) build() (azcore.TokenCredential, error) {
	options, offline := c.clientOptions()
	switch c.Kind {
	case CredentialSecret:
		if err := need(c.tenant(), c.client(), variable{"AZURE_CLIENT_SECRET", string(c.Secret)}); err != nil {
			return nil, err
		}
		return azidentity.NewClientSecretCredential(c.TenantID, c.ClientID, string(c.Secret),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: offline})
	case CredentialCertificate:
		return c.certificate(options, offline)
	case CredentialWorkload:
		if err := need(c.tenant(), c.client(), variable{"AZURE_FEDERATED_TOKEN_FILE", c.TokenFile}); err != nil {
			return nil, err
		}
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: offline,
			TenantID: c.TenantID, ClientID: c.ClientID, TokenFilePath: c.TokenFile,
		})
	case CredentialManaged:
		managed := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if c.ClientID != "" {
			managed.ID = azidentity.ClientID(c.ClientID)
		}
		return azidentity.NewManagedIdentityCredential(managed)
	case CredentialCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: c.TenantID})
	}
	return nil, errors.New("the kind must be secret, certificate, workload, managed or cli")
}

func (c CredentialConfig) certificate(options policy.ClientOptions, offline bool) (azcore.TokenCredential, error) {
	if err := need(c.tenant(), c.client(), variable{"AZURE_CLIENT_CERTIFICATE_PATH", c.CertificatePath}); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(c.CertificatePath)
	if err != nil {
		return nil, fmt.Errorf("AZURE_CLIENT_CERTIFICATE_PATH: %w", err)
	}
	certificates, key, err := azidentity.ParseCertificates(data, []byte(string(c.CertificatePassword)))
	if err != nil {
		return nil, fmt.Errorf("AZURE_CLIENT_CERTIFICATE_PATH: %w", err)
	}
	return azidentity.NewClientCertificateCredential(c.TenantID, c.ClientID, certificates, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: offline})
}

// variable is a setting and its value.
type variable struct{ name, value string }

// need names everything that is missing at once.
func need(variables ...variable) error {
	var missing []string
	for _, v := range variables {
		if strings.TrimSpace(v.value) == "" {
			missing = append(missing, v.name)
		}
	}
	if missing == nil {
		return nil
	}
	return errors.New("missing " + strings.Join(missing, ", "))
}

func (c CredentialConfig) tenant() variable { return variable{"AZURE_TENANT_ID", c.TenantID} }
func (c CredentialConfig) client() variable { return variable{"AZURE_CLIENT_ID", c.ClientID} }

// clientOptions points azidentity at the authority. One on loopback is not known
// to Microsoft, and asking Microsoft about it would fail without a network.
func (c CredentialConfig) clientOptions() (options policy.ClientOptions, offline bool) {
	options.Transport = c.Transport
	if c.AuthorityHost == "" {
		return options, false
	}
	options.Cloud = cloud.AzurePublic
	options.Cloud.ActiveDirectoryAuthorityHost = c.AuthorityHost
	u, err := url.Parse(c.AuthorityHost)
	return options, err == nil && isLoopback(u.Hostname())
}
