package main

import (
	"context"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"directcallback/dataverse/contract"
)

// GetToken makes the organisation a credential: of the token that it signed in for.
func (o *runningOrg) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: o.token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestTheCommandKeepsTheContract, reading and writing, as the application of its Entra.
func TestTheCommandKeepsTheContract(t *testing.T) {
	t.Parallel()
	o := startOrg(t, "-administrator")
	o.signIn()
	contract.Run(t, contract.Target{URL: o.variables["DATAVERSE_URL"], Credential: o, HTTPClient: o.client, Writes: true})
}
