package proactive_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"directcallback/adapter"
	"directcallback/dataverse"
	"directcallback/proactive"
)

type anyone struct{}

func (anyone) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// A gateway in front of Dynamics gives up. Whether the customer will be phoned is
// not known, so nothing is sent a second time: the caller has to look.
func Example() {
	organization := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGatewayTimeout)
	}))
	defer organization.Close()
	client, err := dataverse.New(organization.URL, anyone{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	phone, err := adapter.ParsePhone("+33155501234")
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now().UTC()
	calls, err := proactive.New(client, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = calls.Deliver(context.Background(), adapter.DeliveryRequest{
		RequestID:     "cd98ef68-0f24-4ebf-ac90-4d490948b667",
		Configuration: "494dc9b1-ef7c-4643-b1c3-7ee5cecfb064",
		Contact:       "0296d382-4c5e-481c-abff-d64277951628",
		Phone:         phone,
		Window:        adapter.Window{Start: now, End: now.Add(15 * time.Minute)},
	})
	if failed, ok := errors.AsType[*adapter.DeliverError](err); ok {
		fmt.Println(failed.Outcome)
	}
	// Output:
	// lost
}
