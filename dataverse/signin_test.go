package dataverse_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
	"directcallback/mocks/entra"
)

// TestCredentialsSignIn runs each kind through the real azidentity: against the
// directory's double where that knows the kind, else against the one endpoint or
// program that the kind asks.
func TestCredentialsSignIn(t *testing.T) {
	key, certificate := selfSigned(t)
	const issuer, subject = "https://cluster.example", "system:serviceaccount:callbacks:adapter"
	directory, err := entra.New(entra.Options{Tenant: tenant, Applications: []entra.Application{{
		ClientID: app, Secret: "s3cret", Certificates: []*x509.Certificate{certificate},
		Federations: []entra.Federation{{Issuer: issuer, Subject: subject, Key: &key.PublicKey}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	signIn := httptest.NewUnstartedServer(directory.Handler())
	signIn.TLS = directory.TLSConfig()
	signIn.StartTLS()
	t.Cleanup(signIn.Close)
	trusting := signIn.Client()
	trusting.Transport.(*http.Transport).TLSClientConfig.RootCAs = directory.CertPool()

	secrets := map[string]string{
		"AZURE_TENANT_ID": tenant, "AZURE_CLIENT_ID": app, "AZURE_AUTHORITY_HOST": signIn.URL, "AZURE_CLIENT_SECRET": "s3cret",
		"AZURE_CLIENT_CERTIFICATE_PATH": filepath.Join(t.TempDir(), "app.pem"),
		"AZURE_FEDERATED_TOKEN_FILE":    filepath.Join(t.TempDir(), "token"),
	}
	writeFile(t, secrets["AZURE_CLIENT_CERTIFICATE_PATH"], pemOf(t, key, certificate))
	writeFile(t, secrets["AZURE_FEDERATED_TOKEN_FILE"], federated(t, key, issuer, subject))
	getenv := func(name string) string { return secrets[name] }

	t.Setenv("PATH", fakeCLI(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	tests := []struct {
		kind      dataverse.CredentialKind
		transport *http.Client
		static    string // the token, where the double of the directory has no part in it
	}{
		{dataverse.CredentialSecret, trusting, ""},
		{dataverse.CredentialCertificate, trusting, ""},
		{dataverse.CredentialWorkload, trusting, ""},
		{dataverse.CredentialManaged, &http.Client{Transport: metadataService{t}}, "managed-token"},
		{dataverse.CredentialCLI, nil, "cli-token"},
	}
	for _, test := range tests {
		t.Run(string(test.kind), func(t *testing.T) {
			options := mock.Options{Applications: []string{app}, StaticToken: test.static}
			if test.static == "" {
				options.Tokens = directory
			}
			organization, err := mock.New(options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(organization.Close)
			server := httptest.NewServer(organization.Handler())
			t.Cleanup(server.Close)
			config := dataverse.CredentialFromEnvironment(test.kind, getenv)
			if test.transport != nil {
				config.Transport = test.transport
			}
			credential, err := dataverse.Credential(config)
			if err != nil {
				t.Fatal(err)
			}
			client, err := dataverse.New(server.URL, credential, &dataverse.Options{HTTPClient: server.Client(), MaxRetries: -1})
			if err != nil {
				t.Fatal(err)
			}
			who, err := client.Function(t.Context(), "WhoAmI", nil)
			if user, _ := who.ID("UserId"); err != nil || user == "" {
				t.Errorf("who am I: %v, %v", who, err)
			}
		})
	}
}

// metadataService is the address inside a machine of Azure that hands out tokens.
type metadataService struct{ t *testing.T }

func (s metadataService) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if r.URL.Host != "169.254.169.254" || r.Header.Get("Metadata") != "true" || q.Get("client_id") != app || !strings.HasPrefix(q.Get("resource"), "http://127.0.0.1:") {
		s.t.Errorf("asked %s", r.URL)
	}
	body := fmt.Sprintf(`{"access_token":"managed-token","expires_on":"%d","resource":%q,"token_type":"Bearer"}`,
		time.Now().Add(time.Hour).Unix(), q.Get("resource"))
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/json"}},
	}, nil
}

// fakeCLI is a folder with a program called az.
func fakeCLI(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *get-access-token*127.0.0.1*) ;; *) echo \"asked $*\" >&2; exit 1;; esac\n"+
		"echo '{\"accessToken\":\"cli-token\",\"expires_on\":%d,\"tokenType\":\"Bearer\"}'\n", time.Now().Add(time.Hour).Unix())
	if err := os.WriteFile(filepath.Join(folder, "az"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

func selfSigned(t *testing.T) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "adapter"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

func pemOf(t *testing.T, key *rsa.PrivateKey, certificate *x509.Certificate) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
}

// federated is what a cluster writes into the token file.
func federated(t *testing.T, key *rsa.PrivateKey, issuer, subject string) string {
	t.Helper()
	part := func(value any) string {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]string{"alg": "RS256", "typ": "JWT", "kid": "cluster"}) + "." + part(map[string]any{
		"iss": issuer, "sub": subject, "aud": []string{entra.DefaultFederationAudience},
		"nbf": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
