package register_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"directcallback/adapter/event"
	"directcallback/cmd/adapter/internal/register"
	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type token struct{}

func (token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

const connection = "Endpoint=sb://Bank.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=0123456789012345678901234567890123456789012="

func destination(t *testing.T) register.Destination {
	t.Helper()
	d, err := register.ParseDestination(connection, "platform-events")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// bank is an organization, and a client that may do everything.
func bank(t *testing.T) *dataverse.Client {
	t.Helper()
	organization, err := mock.New(mock.Options{StaticToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(organization.Handler())
	t.Cleanup(func() {
		server.Close()
		organization.Close()
		if missing := organization.Unsupported(); len(missing) > 0 {
			t.Errorf("the mock cannot do: %q", missing)
		}
	})
	client, err := dataverse.New(server.URL, token{}, &dataverse.Options{HTTPClient: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func look(t *testing.T, c *dataverse.Client, d register.Destination) register.Plan {
	t.Helper()
	p, err := register.Look(t.Context(), c, d, event.Tables())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func carry(t *testing.T, c *dataverse.Client, p register.Plan) {
	t.Helper()
	carried := 0
	if err := p.Carry(t.Context(), c, func(register.Item) { carried++ }); err != nil || carried != len(p.Items) {
		t.Fatalf("%d of %d: %v", carried, len(p.Items), err)
	}
}

// does counts the items by what is to be done.
func does(p register.Plan) map[register.Do]int {
	counts := map[register.Do]int{}
	for _, item := range p.Items {
		counts[item.Do]++
	}
	return counts
}

func rows(t *testing.T, c *dataverse.Client, set string) int {
	t.Helper()
	n, err := c.Count(t.Context(), set, dataverse.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRegisterTwiceThenRemove(t *testing.T) {
	t.Parallel()
	c := bank(t)
	d := destination(t)
	all := 1 + len(event.Tables())*len(event.Messages())
	first := look(t, c, d)
	if got := does(first); got[register.Create] != all || first.Changes() != all {
		t.Fatalf("at first %v of %d", got, all)
	}
	if rows(t, c, "serviceendpoints") != 0 {
		t.Fatal("looking made something")
	}
	carry(t, c, first)
	if again := look(t, c, d); again.Changes() != 0 || does(again)[register.Keep] != all {
		t.Errorf("again %v", again)
	}
	removal, err := register.LookRemoval(t.Context(), c, d)
	if err != nil || does(removal)[register.Remove] != all {
		t.Fatalf("removal %v, %v", removal, err)
	}
	carry(t, c, removal)
	if left := rows(t, c, "serviceendpoints") + rows(t, c, "sdkmessageprocessingsteps"); left != 0 {
		t.Errorf("%d rows are left", left)
	}
	if removal, err = register.LookRemoval(t.Context(), c, d); err != nil || removal.Changes() != 0 {
		t.Errorf("removal again %v, %v", removal, err)
	}
}

// Whatever went wrong with what is there is mended, and only that.
func TestRegisterMends(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(t *testing.T, c *dataverse.Client, p register.Plan)
		other func(*register.Destination)
		want  map[register.Do]int
	}{
		"a step is missing": {spoil: func(t *testing.T, c *dataverse.Client, p register.Plan) {
			t.Helper()
			if err := c.Delete(t.Context(), "sdkmessageprocessingsteps", dataverse.GUID(p.Items[3].ID), nil); err != nil {
				t.Fatal(err)
			}
		}, want: map[register.Do]int{register.Create: 1}},
		"a step was switched off": {spoil: func(t *testing.T, c *dataverse.Client, p register.Plan) {
			t.Helper()
			update(t, c, "sdkmessageprocessingsteps", p.Items[1].ID, dataverse.Row{"statecode": 1, "statuscode": 2})
		}, want: map[register.Do]int{register.Change: 1}},
		"a step looks at too few columns": {spoil: func(t *testing.T, c *dataverse.Client, p register.Plan) {
			t.Helper()
			update(t, c, "sdkmessageprocessingsteps", p.Items[2].ID, dataverse.Row{"filteringattributes": "name"})
		}, want: map[register.Do]int{register.Change: 1}},
		"the endpoint was renamed": {spoil: func(t *testing.T, c *dataverse.Client, p register.Plan) {
			t.Helper()
			update(t, c, "serviceendpoints", p.Items[0].ID, dataverse.Row{"name": "Somebody's"})
		}, want: map[register.Do]int{register.Change: 1}},
		"the key is another one": {
			other: func(d *register.Destination) { d.Key = "another" },
			want:  map[register.Do]int{register.Change: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := bank(t)
			d := destination(t)
			first := look(t, c, d)
			carry(t, c, first)
			if test.spoil != nil {
				test.spoil(t, c, first)
			}
			if test.other != nil {
				test.other(&d)
			}
			test.want[register.Keep] = len(first.Items) - 1
			mending := look(t, c, d)
			if got := does(mending); got[register.Create] != test.want[register.Create] || got[register.Change] != test.want[register.Change] || got[register.Keep] != test.want[register.Keep] {
				t.Fatalf("%v, want %v", got, test.want)
			}
			carry(t, c, mending)
			if again := look(t, c, d); again.Changes() != 0 {
				t.Errorf("again %v", does(again))
			}
		})
	}
}

func update(t *testing.T, c *dataverse.Client, set, id string, values dataverse.Row) {
	t.Helper()
	if _, err := c.Update(t.Context(), set, dataverse.GUID(id), values, nil); err != nil {
		t.Fatal(err)
	}
}

// What an admin added to the endpoint by hand is not ours to remove.
func TestRemoveLeavesWhatOthersMade(t *testing.T) {
	t.Parallel()
	c := bank(t)
	d := destination(t)
	carry(t, c, look(t, c, d))
	mine := look(t, c, d).Items[1]
	row, err := c.Get(t.Context(), "sdkmessageprocessingsteps", dataverse.GUID(mine.ID), &dataverse.GetOptions{Select: []string{"_sdkmessageid_value"}})
	if err != nil {
		t.Fatal(err)
	}
	message, _ := row.Lookup("sdkmessageid")
	if _, err := c.Create(t.Context(), "sdkmessageprocessingsteps", "sdkmessageprocessingstepid", dataverse.Row{
		"name": "audit", "stage": 40, "mode": 1, "rank": 1, "supporteddeployment": 0,
		"eventhandler_serviceendpoint@odata.bind": dataverse.To("serviceendpoints", dataverse.GUID(look(t, c, d).Items[0].ID)),
		"sdkmessageid@odata.bind":                 dataverse.To("sdkmessages", dataverse.GUID(message)),
	}, nil); err != nil {
		t.Fatal(err)
	}
	removal, err := register.LookRemoval(t.Context(), c, d)
	last := removal.Items[len(removal.Items)-1]
	if err != nil || last.Do != register.Refuse || !strings.Contains(last.Why, "audit") {
		t.Fatalf("%+v, %v", last, err)
	}
	carry(t, c, removal)
	if rows(t, c, "serviceendpoints") != 1 || rows(t, c, "sdkmessageprocessingsteps") != 1 {
		t.Error("not exactly what others made is left")
	}
}

// A message that takes no steps, as Dataverse may say of an elastic table, does not
// keep the others from theirs.
func TestRegisterTellsWhatIsNotAllowed(t *testing.T) {
	t.Parallel()
	c := bank(t)
	tables := append(event.Tables(), event.Table{Name: "nosuchtable"})
	p, err := register.Look(t.Context(), c, destination(t), tables)
	if err != nil {
		t.Fatal(err)
	}
	refused := slices.DeleteFunc(slices.Clone(p.Items), func(i register.Item) bool { return i.Do != register.Refuse })
	if len(refused) != 3 || refused[0].Table != "nosuchtable" || refused[0].Why == "" {
		t.Errorf("%+v", refused)
	}
	carry(t, c, p)
}

func TestDestinationsThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "no Endpoint",
		"Endpoint=sb://bank.servicebus.windows.net/;SharedAccessSignature=secret": "no SharedAccessKeyName",
		connection + ";EntityPath=call-events":                                    "it is for queue call-events",
	} {
		_, err := register.ParseDestination(text, "platform-events")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
