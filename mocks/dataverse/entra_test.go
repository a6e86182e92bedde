package dataverse_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"directcallback/mocks/dataverse"
	"directcallback/mocks/entra"
)

// TestAzidentityTokenOpensTheOrganisation is the whole way in: a real credential asks the fake Entra, and the mock
// verifies what it got, audience included.
func TestAzidentityTokenOpensTheOrganisation(t *testing.T) {
	t.Parallel()
	const tenant, client = "5b3d6f0e-3c0a-4c3f-9f0b-0a4f0e8c7d11", "0f2c8d55-6a0e-4b6b-8a1e-9e6d2f4c3b22"
	directory, err := entra.New(entra.Options{Tenant: tenant, ClientID: client, Secret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	login := httptest.NewUnstartedServer(directory.Handler())
	login.TLS = directory.TLSConfig()
	login.StartTLS()
	t.Cleanup(login.Close)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: directory.CertPool()}}
	t.Cleanup(transport.CloseIdleConnections)
	credential, err := azidentity.NewClientSecretCredential(tenant, client, "s", &azidentity.ClientSecretCredentialOptions{
		ClientOptions: policy.ClientOptions{
			Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: login.URL},
			Transport: &http.Client{Transport: transport},
		},
		DisableInstanceDiscovery: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	o := newOrg(t, func(opts *dataverse.Options) {
		*opts = dataverse.Options{URL: host, Tokens: directory, Applications: []string{client}}
	})
	for resource, status := range map[string]int{host: http.StatusOK, "https://other.crm.dynamics.com": http.StatusUnauthorized} {
		got, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{resource + "/.default"}})
		if err != nil {
			t.Fatal(err)
		}
		o.get("WhoAmI", "Authorization: Bearer "+got.Token).want(status)
		// An organisation whose clock is an hour ahead takes it for expired.
		if err := o.mock.Inject(dataverse.Fault{Kind: "clock-skew", Delay: time.Hour}); err != nil {
			t.Fatal(err)
		}
		o.get("WhoAmI", "Authorization: Bearer "+got.Token).want(http.StatusUnauthorized)
	}
}
