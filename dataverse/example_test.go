package dataverse_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"directcallback/dataverse"
)

// anyone is a credential for an example; a program uses [dataverse.Credential].
type anyone struct{}

func (anyone) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func Example() {
	organization := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"value":[{"name":"Retail banking","msdyn_priority":1},{"name":"Mortgages","msdyn_priority":2}]}`))
	}))
	defer organization.Close()

	client, err := dataverse.New(organization.URL, anyone{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	voice := dataverse.Query{
		Set:    "queues",
		Select: []string{"name", "msdyn_priority"},
		Filter: dataverse.And(dataverse.Eq("msdyn_isomnichannelqueue", true), dataverse.Eq("msdyn_queuetype", 192350002)),
	}
	for row, err := range client.Query(context.Background(), voice) {
		if err != nil {
			fmt.Println(err)
			return
		}
		columns := row.Read()
		fmt.Println(columns.String("name"), columns.Int("msdyn_priority"), columns.Err())
	}
	// Output:
	// Retail banking 1 <nil>
	// Mortgages 2 <nil>
}
