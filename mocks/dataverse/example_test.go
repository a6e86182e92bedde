package dataverse_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"directcallback/mocks/dataverse"
)

// A test's set-up: a mock with its demo bank, served on loopback.
func Example() {
	mock, err := dataverse.New(dataverse.Options{StaticToken: "secret", URL: "https://bank.crm4.dynamics.com"})
	if err != nil {
		panic(err)
	}
	defer mock.Close()
	if _, err := mock.Demo(); err != nil {
		panic(err)
	}
	srv := httptest.NewServer(mock.Handler())
	defer srv.Close()

	req, err := http.NewRequest(http.MethodGet, srv.URL+"/api/data/v9.2/queues/$count?$filter=msdyn_queuetype%20eq%20192350002", http.NoBody)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer secret")
	resp, err := srv.Client().Do(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	count, err := io.ReadAll(resp.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println("voice queues:", string(count))
	// Output: voice queues: 2
}
