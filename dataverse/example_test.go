package dataverse_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
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

// organization serves a Dataverse of its own and gives a client of it.
func organization(keys ...mock.Key) (client *dataverse.Client, stop func()) {
	fake, err := mock.New(mock.Options{StaticToken: "token", Keys: keys})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(fake.Handler())
	if client, err = dataverse.New(server.URL, anyone{}, nil); err != nil {
		panic(err)
	}
	return client, func() { server.Close(); fake.Close() }
}

// What one program read, another one has changed meanwhile: the write is refused,
// and the row is read again.
func ExampleClient_Update() {
	client, stop := organization()
	defer stop()
	ctx := context.Background()
	made, err := client.Create(ctx, "contacts", "contactid", dataverse.Row{"lastname": "Lovelace"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	id := dataverse.GUID(made.ID)
	mine, err := client.Get(ctx, "contacts", id, &dataverse.GetOptions{Select: []string{"lastname"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.Update(ctx, "contacts", id, dataverse.Row{"lastname": "King"}, nil); err != nil { // another program
		fmt.Println(err)
		return
	}
	_, err = client.Update(ctx, "contacts", id, dataverse.Row{"firstname": "Ada"}, &dataverse.WriteOptions{IfMatch: mine.ETag()})
	fmt.Println(errors.Is(err, dataverse.ErrPrecondition))
	// Output: true
}

// A row by a key that an admin defined: made the first time, changed the second.
func ExampleClient_Upsert() {
	client, stop := organization(mock.Key{Table: "account", Name: "Number", Columns: []string{"accountnumber"}})
	defer stop()
	number := dataverse.Alternate{{Column: "accountnumber", Value: "A/1"}}
	for _, name := range []string{"Contoso", "Contoso Ltd"} {
		written, err := client.Upsert(context.Background(), "accounts", number, dataverse.Row{"name": name},
			&dataverse.WriteOptions{Return: []string{"name"}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(written.Row["name"], "made:", written.Created)
	}
	// Output:
	// Contoso made: true
	// Contoso Ltd made: false
}

// Two rows that point to each other are made together or not at all.
func ExampleClient_Batch() {
	client, stop := organization()
	defer stop()
	batch := client.Batch()
	set := batch.ChangeSet()
	account := set.Create("accounts", "accountid", dataverse.Row{"name": "Contoso"}, nil)
	contact := set.Create("contacts", "contactid", dataverse.Row{"lastname": "Lovelace", "parentcustomerid_account@odata.bind": account}, nil)
	set.Update("accounts", account, dataverse.Row{"primarycontactid@odata.bind": contact}, nil)
	found := batch.Query(dataverse.Query{
		Set: "accounts", Select: []string{"name"},
		Expand: []dataverse.Expand{{Navigation: "primarycontactid", Select: []string{"lastname"}}},
	})
	results, err := batch.Send(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(results.Err())
	for _, row := range results[found].Rows {
		fmt.Println(row["name"], row["primarycontactid"].(map[string]any)["lastname"])
	}
	// Output:
	// <nil>
	// Contoso Lovelace
}

// What changed since the last time, from a token that was stored.
func ExampleClient_Delta() {
	client, stop := organization()
	defer stop()
	ctx := context.Background()
	tracked := dataverse.Tracked{Set: "contacts", Select: []string{"lastname"}}
	read := func(since dataverse.DeltaToken) dataverse.DeltaToken {
		delta := client.Delta(tracked, since)
		for change, err := range delta.Changes(ctx) {
			switch change := change.(type) {
			case dataverse.Upserted:
				fmt.Println("new or changed:", change.Row["lastname"])
			case dataverse.Deleted:
				fmt.Println("deleted:", change.ID)
			default: // errors.Is(err, dataverse.ErrDeltaExpired): start again with ""
				fmt.Println(err)
			}
		}
		return delta.Token()
	}
	create := func(id dataverse.GUID, name string) {
		if _, err := client.Create(ctx, "contacts", "contactid", dataverse.Row{"contactid": id, "lastname": name}, nil); err != nil {
			fmt.Println(err)
		}
	}
	const ada, alan = "11111111-0000-0000-0000-00000000000a", "11111111-0000-0000-0000-00000000000b"
	create(ada, "Lovelace")
	token := read("")
	fmt.Println("--")
	create(alan, "Turing")
	if err := client.Delete(ctx, "contacts", dataverse.GUID(ada), nil); err != nil {
		fmt.Println(err)
	}
	read(token)
	// Output:
	// new or changed: Lovelace
	// --
	// new or changed: Turing
	// deleted: 11111111-0000-0000-0000-00000000000a
}

// A telephone number is compared with, and no URL has it.
func ExampleClient_Privately() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	client, err := dataverse.New(server.URL, anyone{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Privately().All(context.Background(), dataverse.Query{
		Set: "contacts", Select: []string{"fullname"}, Filter: dataverse.Eq("mobilephone", "+33155501234"),
	})
	fmt.Println(errors.Is(err, dataverse.ErrNotFound))
	// Output:
	// POST /api/data/v9.2/$batch
	// true
}

// An action is sent once. When its answer is lost, the caller has to look.
func ExampleClient_Action() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGatewayTimeout)
	}))
	defer server.Close()
	client, err := dataverse.New(server.URL, anyone{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Action(context.Background(), "new_SendLetter", map[string]string{"To": "Ada"}, dataverse.Once)
	fmt.Println(errors.Is(err, dataverse.ErrAmbiguous))
	// Output: true
}

func ExampleAny() {
	client, stop := organization()
	defer stop()
	rows, err := client.All(context.Background(), dataverse.Query{
		Set: "accounts", Select: []string{"name"},
		Filter: dataverse.And(
			dataverse.Dynamics("LastXDays", "createdon", 7),
			dataverse.Any("contact_customer_accounts", "c", dataverse.Eq("c/lastname", "O'Brien")),
		),
	})
	fmt.Println(len(rows), err)
	// Output: 0 <nil>
}
