package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

// runningOrg is "mocks dataverse" with the variables it printed.
type runningOrg struct {
	testing.TB

	variables map[string]string
	admin     string // empty: none
	client    *http.Client
	token     string
}

func startOrg(t *testing.T, args ...string) *runningOrg {
	t.Helper()
	free := []string{"dataverse", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-entra", "127.0.0.1:0"}
	process := startCommand(t, append(free, args...)...)
	o := &runningOrg{TB: t, variables: map[string]string{}}
	for v := range strings.FieldsSeq(process.connection) {
		name, value, _ := strings.Cut(v, "=")
		o.variables[name] = value
	}
	o.admin = regexp.MustCompile(`http://\S+`).FindString(process.stderr.String())
	o.token = o.variables["DATAVERSE_TOKEN"]
	transport := &http.Transport{}
	if file := o.variables["SSL_CERT_FILE"]; file != "" {
		authority, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(authority) {
			t.Fatalf("%s holds no certificate", file)
		}
		t.Cleanup(func() {
			if _, err := os.Stat(file); err != nil && !os.IsNotExist(err) {
				t.Error(err)
			}
		})
	}
	o.client = &http.Client{Transport: transport}
	t.Cleanup(transport.CloseIdleConnections)
	return o
}

// signIn asks the fake Entra as any client would: with the variables alone.
func (o *runningOrg) signIn() {
	o.Helper()
	credential, err := azidentity.NewClientSecretCredential(o.variables["AZURE_TENANT_ID"], o.variables["AZURE_CLIENT_ID"], o.variables["AZURE_CLIENT_SECRET"],
		&azidentity.ClientSecretCredentialOptions{
			ClientOptions: policy.ClientOptions{
				Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: o.variables["AZURE_AUTHORITY_HOST"]}, Transport: o.client,
			},
			DisableInstanceDiscovery: true,
		})
	if err != nil {
		o.Fatal(err)
	}
	token, err := credential.GetToken(o.Context(), policy.TokenRequestOptions{Scopes: []string{o.variables["DATAVERSE_URL"] + "/.default"}})
	if err != nil {
		o.Fatal(err)
	}
	o.token = token.Token
}

// want makes a request that must be answered so: of the organisation, or of the management port.
func (o *runningOrg) want(status int, method, url, body string) map[string]any {
	o.Helper()
	if !strings.HasPrefix(url, "http") {
		url = o.variables["DATAVERSE_URL"] + "/api/data/v9.2/" + url
	}
	r, err := http.NewRequestWithContext(o.Context(), method, url, strings.NewReader(body))
	if err != nil {
		o.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+o.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := o.client.Do(r)
	if err != nil {
		o.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		o.Fatalf("%s %s: %s %s %v, want %d", method, url, answer.Status, raw, err, status)
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil && len(raw) > 0 {
		o.Fatalf("%s: %v", raw, err)
	}
	return object
}

func (o *runningOrg) queues() int {
	o.Helper()
	rows, _ := o.want(200, "GET", "queues?$select=name", "")["value"].([]any)
	return len(rows)
}

func TestDataverseWithEntra(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"plain": nil, "tls": {"-tls"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOrg(t, args...)
			if scheme, _, _ := strings.Cut(o.variables["DATAVERSE_URL"], ":"); scheme != map[string]string{"plain": "http", "tls": "https"}[name] {
				t.Errorf("%v", o.variables)
			}
			o.token = "wrong"
			o.want(401, "GET", "queues", "")
			o.signIn()
			if n := o.queues(); n != 3 {
				t.Errorf("%d queues", n)
			}
			// A day later the token is good no more.
			o.want(200, "POST", o.admin+"/clock", `{"advance":"24h"}`)
			o.want(401, "GET", "queues", "")
			o.signIn()
			o.want(200, "GET", "WhoAmI", "")
		})
	}
}

func TestDataverseWithAToken(t *testing.T) {
	t.Parallel()
	o := startOrg(t, "-token", "open-sesame", "-scenario", "insurer", "-seed", "7", "-limits")
	if _, entra := o.variables["AZURE_TENANT_ID"]; entra || o.variables["SSL_CERT_FILE"] != "" {
		t.Errorf("%v", o.variables)
	}
	if n := o.queues(); n != 6 {
		t.Errorf("%d queues", n)
	}
	if limits := o.want(200, "GET", o.admin+"/limits", ""); limits["requests"] != 6000.0 {
		t.Errorf("%v", limits)
	}
	if faults := o.want(200, "GET", o.admin+"/faults", ""); faults["seed"] != 7.0 || len(faults["faults"].([]any)) != 0 {
		t.Errorf("%v", faults)
	}
	ids := o.want(200, "GET", o.admin+"/scenario", "")["ids"].(map[string]any)["queue"].(map[string]any)
	o.want(204, "DELETE", "queues("+ids["mail"].(string)+")", "")
	o.want(200, "POST", o.admin+"/reset", "")
	if n := o.queues(); n != 6 {
		t.Errorf("after the reset: %d queues", n)
	}
}

func TestDataverseReadsAScenario(t *testing.T) {
	t.Parallel()
	scenario := file(t, "org.yaml", "queues:\n  one: {name: One, channel: Voice}\n")
	o := startOrg(t, "-token", "t", "-tls", "-scenario", scenario)
	if n := o.queues(); n != 1 {
		t.Errorf("%d queues", n)
	}
	if n := startOrg(t, "-token", "t", "-scenario", "empty").queues(); n != 0 {
		t.Errorf("%d queues", n)
	}
}

func TestDataverseMisbehavesByChance(t *testing.T) {
	t.Parallel()
	o := startOrg(t, "-token", "t", "-chance", "0.5")
	if faults := o.want(200, "GET", o.admin+"/faults", ""); len(faults["faults"].([]any)) < 10 {
		t.Errorf("%v", faults)
	}
}

func TestDataverseWithoutManagement(t *testing.T) {
	t.Parallel()
	o := startOrg(t, "-token", "t", "-admin", "")
	if o.admin != "" {
		t.Error(o.admin)
	}
	o.want(200, "GET", "WhoAmI", "")
}

func TestDataversePostsToAServiceBus(t *testing.T) {
	t.Parallel()
	bus := start(t)
	o := startOrg(t, "-token", "t", "-servicebus", bus.connection)
	o.want(204, "POST", "serviceendpoints", `{"serviceendpointid":"40000000-0000-4000-8000-000000000001","name":"adapter","contract":6,"authtype":2,`+
		`"messageformat":2,"connectionmode":1,"userclaim":1,"namespaceaddress":"sb://bank.servicebus.windows.net/","solutionnamespace":"bank","path":"platform-events"}`)
	o.want(204, "POST", "serviceendpoints(40000000-0000-4000-8000-000000000001)/Microsoft.Dynamics.CRM.TriggerServiceEndpointCheck", "")
	o.want(200, "POST", o.admin+"/clock", `{"advance":"10s"}`)
	o.want(200, "GET", "WhoAmI", "")
	client, err := azservicebus.NewClientFromConnectionString(bus.connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(context.WithoutCancel(t.Context()))
	receiver, err := client.NewReceiverForQueue("platform-events", nil)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := receiver.ReceiveMessages(t.Context(), 1, nil)
	if err != nil || !strings.Contains(string(messages[0].Body), `"MessageName":"TriggerServiceEndpointCheck"`) {
		t.Fatalf("%v, %v", messages, err)
	}
}

func TestTheApplicationMayBeAnAdministrator(t *testing.T) {
	t.Parallel()
	for status, args := range map[int][]string{403: nil, 204: {"-administrator"}} {
		o := startOrg(t, args...)
		o.signIn()
		o.want(status, "POST", "accounts", `{"name":"x"}`)
		o.want(200, "POST", o.admin+"/reset", "")
		o.want(status, "POST", "accounts", `{"name":"x"}`)
	}
}

func TestDataverseRefuses(t *testing.T) {
	t.Parallel()
	busy := startOrg(t, "-token", "t")
	address := strings.TrimPrefix(busy.variables["DATAVERSE_URL"], "http://")
	wrong := file(t, "wrong.yaml", "queues:\n  one: {nam: One}\n")
	for want, args := range map[string][]string{
		"another program listens there":            {"-listen", address},
		"-admin " + address:                        {"-listen", "127.0.0.1:0", "-admin", address},
		"unexpected argument \"x\"":                {"x"},
		"line 2: queues.one.nam: unknown":          {"-scenario", wrong},
		"-scenario: open nothing.yaml":             {"-scenario", "nothing.yaml"},
		"-chance: dataverse mock":                  {"-chance", "2", "-listen", "127.0.0.1:0", "-admin", ""},
		"flag provided but not defined: -listener": {"-listener", "x"},
		"-servicebus: ":                            {"-servicebus", "nonsense", "-listen", "127.0.0.1:0", "-admin", ""},
		"-administrator goes with Entra":           {"-administrator"},
	} {
		var stderr bytes.Buffer
		code := exitCode(t.Context(), append([]string{"dataverse", "-token", "t"}, args...), io.Discard, &stderr)
		if code != 1 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit code %d: %s, want …%s…", args, code, &stderr, want)
		}
	}
}
