package contract

import (
	"context"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"directcallback/dataverse"
)

// Kind says what a check does to the organization.
type Kind string

// The kinds of checks.
const (
	Reads  Kind = "reads"
	Writes Kind = "writes"
)

// Check is one behaviour.
type Check struct {
	Name string // what Dataverse does
	Page string // the page that says so
	Kind Kind
	Open bool // several answers are allowed, because pages disagree or do not say

	run func(*session)
}

// Target is an organization.
type Target struct {
	URL        string
	Credential azcore.TokenCredential
	HTTPClient *http.Client // nil: one of the run's own
	Writes     bool         // may rows be made and deleted?

	// Unbuilt are checks that this organization is known to answer with 501. Each
	// must do so: one that passes after all has to leave the list.
	Unbuilt []string
}

// Checks are all checks, in the order of the pages.
func Checks() []Check {
	var all []Check
	for _, part := range [][]Check{
		requestChecks(), errorChecks(), queryChecks(), filterChecks(), expandChecks(), pageChecks(),
		writeChecks(), conditionChecks(), relationChecks(), batchChecks(), changeSetChecks(), deltaChecks(), metadataChecks(),
	} {
		all = append(all, part...)
	}
	return all
}

// Run checks the target. A check that writes is skipped, loudly, where the target
// may not be written to.
func Run(t *testing.T, target Target) {
	t.Helper()
	if target.HTTPClient == nil {
		own := &http.Transport{Proxy: http.ProxyFromEnvironment}
		t.Cleanup(own.CloseIdleConnections)
		target.HTTPClient = &http.Client{Transport: own}
	}
	client, err := dataverse.New(target.URL, target.Credential, &dataverse.Options{HTTPClient: target.HTTPClient})
	if err != nil {
		t.Fatal(err)
	}
	unbuilt := map[string]bool{}
	for _, name := range target.Unbuilt {
		unbuilt[name] = true
	}
	me := whoAmI(t, client)
	for _, check := range Checks() {
		known := unbuilt[check.Name]
		delete(unbuilt, check.Name)
		t.Run(check.Name, func(t *testing.T) {
			if check.Kind == Writes && !target.Writes {
				t.Skip("writes, and the target may not be written to")
			}
			s := newSession(t, target, client, me)
			s.unbuilt, s.check = known, check
			check.run(s)
			if known && !s.refused {
				t.Error("is built after all: take it off the list of what is not")
			}
		})
	}
	for name := range unbuilt {
		t.Errorf("no check is called %q", name)
	}
}

func whoAmI(t *testing.T, client *dataverse.Client) string {
	t.Helper()
	who, err := client.Function(context.WithoutCancel(t.Context()), "WhoAmI", nil)
	if err != nil {
		t.Fatal(err)
	}
	id, err := who.ID("UserId")
	if err != nil || id == "" {
		t.Fatalf("WhoAmI without a UserId: %v", err)
	}
	return id
}
