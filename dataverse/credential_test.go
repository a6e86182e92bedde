package dataverse

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

func TestCredentialsNameWhatIsMissing(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-3333-4444-555555555555"
	nowhere := filepath.Join(t.TempDir(), "none.pem")
	tests := []struct {
		config CredentialConfig
		says   []string // nothing = it works
	}{
		{CredentialConfig{}, []string{"secret, certificate, workload, managed or cli"}},
		{CredentialConfig{Kind: "default"}, []string{`"default"`}},
		{CredentialConfig{Kind: CredentialSecret}, []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"}},
		{CredentialConfig{Kind: CredentialSecret, TenantID: id, ClientID: id}, []string{"missing AZURE_CLIENT_SECRET"}},
		{CredentialConfig{Kind: CredentialSecret, TenantID: id, ClientID: id, Secret: "s"}, nil},
		{CredentialConfig{Kind: CredentialSecret, TenantID: id, ClientID: id, Secret: "s", AuthorityHost: "https://127.0.0.1:8443"}, nil},
		{CredentialConfig{Kind: CredentialWorkload, TenantID: id, ClientID: id}, []string{"missing AZURE_FEDERATED_TOKEN_FILE"}},
		{CredentialConfig{Kind: CredentialWorkload, TenantID: id, ClientID: id, TokenFile: nowhere}, nil},
		{CredentialConfig{Kind: CredentialCertificate, TenantID: id, ClientID: id}, []string{"missing AZURE_CLIENT_CERTIFICATE_PATH"}},
		{CredentialConfig{Kind: CredentialCertificate, TenantID: id, ClientID: id, CertificatePath: nowhere}, []string{"AZURE_CLIENT_CERTIFICATE_PATH", "no such file"}},
		{CredentialConfig{Kind: CredentialManaged}, nil},
		{CredentialConfig{Kind: CredentialManaged, ClientID: id}, nil},
		{CredentialConfig{Kind: CredentialCLI}, nil},
	}
	for _, test := range tests {
		got, err := Credential(test.config)
		if (err == nil) != (test.says == nil) || (err == nil) != (got != nil) {
			t.Errorf("%+v: %v", test.config, err)
			continue
		}
		for _, text := range test.says {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%q does not say %q", err, text)
			}
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	config := CredentialConfig{Secret: "s3cret", CertificatePassword: "s3cret"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", slog.Any("config", config), slog.Any("secret", config.Secret))
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %x", config, config, config, config.Secret, config.Secret), log.String()} {
		if strings.Contains(text, "s3cret") || strings.Contains(text, fmt.Sprintf("%x", "s3cret")) {
			t.Errorf("%s", text)
		}
	}
}
