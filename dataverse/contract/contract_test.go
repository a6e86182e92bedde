package contract

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type static struct{}

func (static) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestMock runs every check against the mock, which is an organization that may be written to.
func TestMock(t *testing.T) {
	organization, err := mock.New(mock.Options{StaticToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	handler := organization.Handler()
	if name := os.Getenv(defective); name != "" {
		handler = defects()[name](handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() { server.Close(); organization.Close() })
	Run(t, Target{URL: server.URL, Credential: static{}, HTTPClient: server.Client(), Writes: true})
}

// defective names the defect that TestMock is to have.
const defective = "CONTRACT_TEST_DEFECT"

// defects are ways to be wrong that a mock could have; each must be noticed.
func defects() map[string]func(http.Handler) http.Handler {
	asking := func(change func(http.Header)) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				change(r.Header)
				next.ServeHTTP(w, r)
			})
		}
	}
	answering := func(change func(http.Header, []byte) []byte) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorded := httptest.NewRecorder()
				next.ServeHTTP(recorded, r)
				body := change(recorded.Header(), recorded.Body.Bytes())
				maps.Copy(w.Header(), recorded.Header())
				w.Header().Del("Content-Length")
				w.WriteHeader(recorded.Code)
				_, _ = w.Write(body)
			})
		}
	}
	without := func(pattern string) func(http.Handler) http.Handler {
		remove := regexp.MustCompile(pattern)
		return answering(func(_ http.Header, body []byte) []byte { return remove.ReplaceAll(body, nil) })
	}
	return map[string]func(http.Handler) http.Handler{
		"ignores If-Match":         asking(func(h http.Header) { h.Del("If-Match") }),
		"ignores If-None-Match":    asking(func(h http.Header) { h.Del("If-None-Match") }),
		"ignores the page size":    asking(func(h http.Header) { h.Del("Prefer") }),
		"asks for no token":        asking(func(h http.Header) { h.Set("Authorization", "Bearer token") }),
		"says not where a row is":  answering(func(h http.Header, body []byte) []byte { delete(h, "OData-EntityId"); return body }),
		"says not what it applied": answering(func(h http.Header, body []byte) []byte { delete(h, "Preference-Applied"); return body }),
		"has a preamble": answering(func(h http.Header, body []byte) []byte {
			if strings.HasPrefix(h.Get("Content-Type"), "multipart") {
				return append([]byte("\r\n"), body...)
			}
			return body
		}),
		"loses next links":    without(`"@odata.nextLink":"[^"]*",?`),
		"loses delta links":   without(`"@odata.deltaLink":"[^"]*",?`),
		"loses deleted rows":  without(`,?\{"@odata.context":"[^"]*/\$deletedEntity"[^}]*\}`),
		"loses codes":         without(`"code":"[^"]*",`),
		"loses Content-IDs":   without(`Content-ID: [0-9]+\r\n`),
		"loses annotations":   without(`"[a-z_]+@[A-Z][^"]*":("[^"]*"|[0-9]+|true|false),?`),
		"loses primary keys":  without(`"systemuserid":"[^"]*",?`),
		"has bare line feeds": without(`\r`),
	}
}

// TestDefectsAreNoticed runs TestMock with each defect: it must fail.
func TestDefectsAreNoticed(t *testing.T) {
	t.Parallel()
	for name := range defects() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMock$", "-test.failfast")
			command.Env = append(os.Environ(), defective+"="+name)
			output, err := command.CombinedOutput()
			if _, failed := errors.AsType[*exec.ExitError](err); !failed || !strings.Contains(string(output), "--- FAIL: TestMock/") {
				t.Errorf("not noticed: %v %s", err, output)
			}
		})
	}
}

// TestOrganization runs the checks against a real organization, when there is one.
func TestOrganization(t *testing.T) {
	url := os.Getenv("DATAVERSE_CONTRACT_URL")
	if url == "" {
		t.Skip("SKIPPED, NOT TESTED: DATAVERSE_CONTRACT_URL names no organization; the mock is always tested")
	}
	kind := dataverse.CredentialKind(os.Getenv("DIRECTCALLBACK_CREDENTIAL"))
	if kind == "" {
		kind = dataverse.CredentialSecret
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment} // whose connections end with the test
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	config := dataverse.CredentialFromEnvironment(kind, os.Getenv)
	config.Transport = client
	credential, err := dataverse.Credential(config)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, Target{URL: url, Credential: credential, HTTPClient: client, Writes: os.Getenv("DATAVERSE_CONTRACT_WRITE") == "1"})
}

func TestChecksAreNamed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, check := range Checks() {
		if check.Name == "" || check.Page == "" || check.run == nil || check.Kind != Reads && check.Kind != Writes {
			t.Errorf("half a check: %+v", check)
		}
		if seen[check.Name] {
			t.Errorf("two checks are called %q", check.Name)
		}
		seen[check.Name] = true
	}
	if len(seen) < 120 {
		t.Errorf("%d checks", len(seen))
	}
}
