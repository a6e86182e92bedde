package dataverse_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

// newAdministrator starts an organization whose administrator is the client.
func newAdministrator(tb testing.TB, options mock.Options) (*mock.Server, *dataverse.Client) {
	tb.Helper()
	options.StaticToken = "token"
	organization, err := mock.New(options)
	if err != nil {
		tb.Fatal(err)
	}
	server := httptest.NewServer(organization.Handler())
	tb.Cleanup(func() {
		server.Close()
		organization.Close()
		if missing := organization.Unsupported(); len(missing) > 0 {
			tb.Errorf("the mock cannot do: %q", missing)
		}
	})
	client, err := dataverse.New(server.URL, anyone{}, &dataverse.Options{HTTPClient: server.Client()})
	if err != nil {
		tb.Fatal(err)
	}
	return organization, client
}

func count(t *testing.T, c *dataverse.Client, set string, filter dataverse.Filter) int {
	t.Helper()
	n, err := c.Count(t.Context(), set, filter)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAChangeSetIsDoneWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, spoilt := range []bool{false, true} {
		_, c := newAdministrator(t, mock.Options{})
		batch := c.Batch()
		batch.ContinueOnError = true
		set := batch.ChangeSet()
		account := set.Create("accounts", "accountid", dataverse.Row{"name": "Ours"}, nil)
		contact := set.Create("contacts", "contactid", dataverse.Row{"lastname": "Ours", "parentcustomerid_account@odata.bind": account}, nil)
		set.Update("accounts", account, dataverse.Row{"primarycontactid@odata.bind": contact}, nil)
		if spoilt {
			set.Update("contacts", contact, dataverse.Row{"nosuchcolumn": 1}, nil)
		}
		found := batch.Query(dataverse.Query{
			Set: "accounts", Select: []string{"name"}, Filter: dataverse.Eq("name", "Ours"),
			Expand: []dataverse.Expand{{Navigation: "primarycontactid", Select: []string{"lastname"}}},
		})
		results, err := batch.Send(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		if spoilt {
			want = 0
		}
		if (results.Err() != nil) != spoilt || len(results[found].Rows) != want {
			t.Errorf("spoilt %t: %v, %d rows", spoilt, results.Err(), len(results[found].Rows))
		}
		if n := count(t, c, "contacts", dataverse.Eq("lastname", "Ours")); n != want {
			t.Errorf("spoilt %t: %d contacts", spoilt, n)
		}
		if spoilt && !errors.Is(results[account].Err, dataverse.ErrInvalid) {
			t.Errorf("the first operation of the set: %v", results[account].Err)
		}
	}
}

func TestALostBatchMakesOneRow(t *testing.T) {
	t.Parallel()
	organization, c := newAdministrator(t, mock.Options{})
	organization.Inject(mock.Fault{Method: "POST", Path: "$batch", When: mock.AfterApplying, Drop: true})
	batch := c.Batch()
	batch.Create("contacts", "contactid", dataverse.Row{"lastname": "Once"}, nil)
	results, err := batch.Send(t.Context())
	if err != nil || results.Err() != nil {
		t.Errorf("%v, %v", err, results.Err())
	}
	if n := count(t, c, "contacts", dataverse.Eq("lastname", "Once")); n != 1 {
		t.Errorf("%d contacts", n)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	_, c := newAdministrator(t, mock.Options{})
	ctx := t.Context()
	made, err := c.Create(ctx, "contacts", "contactid", dataverse.Row{"lastname": "a"}, &dataverse.WriteOptions{Return: []string{"lastname"}})
	if err != nil || made.ETag == "" || !made.Created {
		t.Fatal(made, err)
	}
	id := dataverse.GUID(made.ID)
	if _, err := c.Get(ctx, "contacts", id, &dataverse.GetOptions{Select: []string{"lastname"}, IfNoneMatch: made.ETag}); !errors.Is(err, dataverse.ErrNotModified) {
		t.Errorf("unchanged: %v", err)
	}
	changed, err := c.Update(ctx, "contacts", id, dataverse.Row{"lastname": "b"}, &dataverse.WriteOptions{IfMatch: made.ETag, Return: []string{"lastname"}})
	if err != nil || changed.ETag == made.ETag || changed.Created {
		t.Errorf("%+v, %v", changed, err)
	}
	for name, err := range map[string]error{
		"update": func() error {
			_, err := c.Update(ctx, "contacts", id, dataverse.Row{"lastname": "c"}, &dataverse.WriteOptions{IfMatch: made.ETag})
			return err
		}(),
		"upsert": func() error {
			_, err := c.Upsert(ctx, "contacts", id, dataverse.Row{"lastname": "c"}, &dataverse.WriteOptions{IfNoneMatch: dataverse.AnyETag})
			return err
		}(),
		"delete": c.Delete(ctx, "contacts", id, &dataverse.WriteOptions{IfMatch: made.ETag}),
	} {
		if !errors.Is(err, dataverse.ErrPrecondition) {
			t.Errorf("%s of another version: %v", name, err)
		}
	}
	if err := c.Delete(ctx, "contacts", id, &dataverse.WriteOptions{IfMatch: changed.ETag}); err != nil {
		t.Error(err)
	}
	if _, err := c.Upsert(ctx, "contacts", id, dataverse.Row{"lastname": "c"}, &dataverse.WriteOptions{IfMatch: dataverse.AnyETag}); !errors.Is(err, dataverse.ErrNotFound) {
		t.Errorf("an upsert that only updates: %v", err)
	}
}

func TestKeysAndReferences(t *testing.T) {
	t.Parallel()
	_, c := newAdministrator(t, mock.Options{Keys: []mock.Key{{Table: "account", Name: "Number", Columns: []string{"accountnumber"}}}})
	ctx := t.Context()
	key := dataverse.Alternate{{Column: "accountnumber", Value: "O'B//1 +é"}}
	if _, err := c.Upsert(ctx, "accounts", key, dataverse.Row{"name": "By key"}, nil); err != nil {
		t.Fatal(err)
	}
	row, err := c.Get(ctx, "accounts", key, &dataverse.GetOptions{Select: []string{"name", "accountnumber"}})
	columns := row.Read()
	if number := columns.String("accountnumber"); err != nil || number != "O'B//1 +é" || columns.String("name") != "By key" {
		t.Fatalf("%q, %v", number, err)
	}
	account := dataverse.GUID(columns.ID("accountid"))
	made, err := c.Create(ctx, "contacts", "contactid", dataverse.Row{"lastname": "x"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	contact := dataverse.GUID(made.ID)
	steps := []struct {
		name string
		do   func() error
		want func() bool
	}{
		{"associate", func() error {
			return c.Associate(ctx, "accounts", account, "contact_customer_accounts", dataverse.To("contacts", contact))
		}, func() bool { return count(t, c, "contacts", dataverse.Eq("_parentcustomerid_value", account)) == 1 }},
		{"disassociate", func() error {
			return c.Disassociate(ctx, "accounts", account, "contact_customer_accounts", contact)
		}, func() bool { return count(t, c, "contacts", dataverse.Eq("_parentcustomerid_value", account)) == 0 }},
		{"set lookup", func() error {
			return c.SetLookup(ctx, "accounts", account, "primarycontactid", dataverse.To("contacts", contact))
		}, func() bool { return count(t, c, "accounts", dataverse.Eq("_primarycontactid_value", contact)) == 1 }},
		{"clear lookup", func() error {
			return c.ClearLookup(ctx, "accounts", account, "primarycontactid")
		}, func() bool { return count(t, c, "accounts", dataverse.Eq("_primarycontactid_value", nil)) == 1 }},
		{"set property", func() error {
			return c.SetProperty(ctx, "accounts", account, "name", "Other")
		}, func() bool {
			row, err := c.Property(ctx, "accounts", account, "name")
			name, _ := row.String("name")
			return err == nil && name == "Other"
		}},
		{"clear property", func() error {
			return c.ClearProperty(ctx, "accounts", account, "accountnumber")
		}, func() bool {
			row, err := c.Property(ctx, "accounts", account, "accountnumber")
			return err == nil && row["accountnumber"] == nil
		}},
	}
	for _, step := range steps {
		if err := step.do(); err != nil || !step.want() {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	if _, err := c.Get(ctx, "accounts", key, nil); !errors.Is(err, dataverse.ErrNotFound) {
		t.Errorf("by a key that is gone: %v", err)
	}
}

func TestChangesOfTheMock(t *testing.T) {
	t.Parallel()
	late := time.Duration(0)
	organization, c := newAdministrator(t, mock.Options{Now: func() time.Time { return time.Now().Add(late) }})
	var ids []string
	for i := range 12 {
		id, err := organization.Insert("contact", map[string]any{"lastname": strconv.Itoa(i)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	m := c.Mirror(dataverse.Tracked{Set: "contacts", Select: []string{"lastname"}, PageSize: 5}, "contactid")
	all, err := m.Refresh(t.Context())
	if err != nil || !all.Whole || len(m.Rows()) != 12 {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := organization.Update("contact", ids[3], map[string]any{"lastname": "new"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), "contacts", dataverse.GUID(ids[5]), nil); err != nil {
		t.Fatal(err)
	}
	some, err := m.Refresh(t.Context())
	if name, _ := m.Rows()[ids[3]].String("lastname"); err != nil || some.Whole || name != "new" ||
		!slices.Equal(some.Upserted, ids[3:4]) || !slices.Equal(some.Deleted, ids[5:6]) {
		t.Errorf("%+v, %v", some, err)
	}
	late = 8 * 24 * time.Hour
	old := c.Delta(dataverse.Tracked{Set: "contacts", Select: []string{"lastname"}, PageSize: 5}, m.Token())
	for _, err := range old.Changes(t.Context()) {
		if !errors.Is(err, dataverse.ErrDeltaExpired) {
			t.Errorf("after eight days: %v", err)
		}
	}
	if again, err := m.Refresh(t.Context()); err != nil || !again.Whole || len(m.Rows()) != 11 {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestForSomebodyElse(t *testing.T) {
	t.Parallel()
	const objectID = "22222222-0000-0000-0000-000000000003"
	organization, c := newAdministrator(t, mock.Options{})
	user, err := organization.Insert("systemuser", map[string]any{
		"azureactivedirectoryobjectid": objectID, "firstname": "Ada", "lastname": "L", "domainname": "ada@example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.As(objectID)
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*dataverse.Client{"in the open": other, "privately": other.Privately()} {
		who, err := client.Function(t.Context(), "WhoAmI", nil)
		if id, _ := who.ID("UserId"); err != nil || id != user {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
}

// BenchmarkMirror is one minute of a settings reader: 10 of 5,000 queues changed.
func BenchmarkMirror(b *testing.B) {
	organization, c := newAdministrator(b, mock.Options{})
	var ids []string
	for i := range 5000 {
		id, err := organization.Insert("queue", map[string]any{"name": fmt.Sprintf("queue %d", i)})
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, id)
	}
	m := c.Mirror(dataverse.Tracked{Set: "queues", Select: []string{"name", "msdyn_priority"}}, "queueid")
	if _, err := m.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		for _, id := range ids[:10] {
			if err := organization.Update("queue", id, map[string]any{"name": "changed"}); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		if done, err := m.Refresh(b.Context()); err != nil || len(done.Upserted) != 10 {
			b.Fatal(done, err)
		}
	}
}
