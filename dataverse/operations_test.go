package dataverse_test

import (
	"errors"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"pgregory.net/rapid"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

func TestARowsLife(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	if err := o.mock.SetRoles(app, mock.RoleAdministrator); err != nil { // to delete takes more than an adapter may
		t.Fatal(err)
	}
	ctx, c := t.Context(), o.client
	made, err := c.Create(ctx, "contacts", "contactid", dataverse.Row{"lastname": "O'Brien + co", "mobilephone": "+33155501234"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	id := dataverse.GUID(made.ID)
	if _, err := c.Create(ctx, "contacts", "contactid", dataverse.Row{"contactid": made.ID, "lastname": "Other"}, nil); !errors.Is(err, dataverse.ErrDuplicate) {
		t.Errorf("the same id again: %v", err)
	}
	rows, err := c.All(ctx, dataverse.Query{
		Set: "contacts", Select: []string{"lastname"},
		Filter: dataverse.And(dataverse.Eq("lastname", "O'Brien + co"), dataverse.Eq("mobilephone", "+33155501234"), dataverse.Eq("contactid", id)),
	})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if _, err := c.Update(ctx, "contacts", id, dataverse.Row{"lastname": "Brien"}, nil); err != nil {
		t.Error(err)
	}
	row, err := c.Get(ctx, "contacts", id, &dataverse.GetOptions{Select: []string{"lastname"}})
	if name, _ := row.String("lastname"); err != nil || name != "Brien" {
		t.Errorf("%q, %v", name, err)
	}
	if err := c.Delete(ctx, "contacts", id, nil); err != nil {
		t.Error(err)
	}
	if _, err := c.Update(ctx, "contacts", id, dataverse.Row{"lastname": "x"}, nil); !errors.Is(err, dataverse.ErrNotFound) {
		t.Errorf("update of a row that is gone: %v", err)
	}
	if _, err := c.Upsert(ctx, "contacts", id, dataverse.Row{"lastname": "Back"}, nil); err != nil {
		t.Error(err)
	}
	who, err := c.Function(ctx, "WhoAmI", nil)
	if user, _ := who.ID("UserId"); err != nil || user == "" {
		t.Errorf("who am I: %v, %v", who, err)
	}
}

func TestALostAnswerMakesOneRow(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.mock.Inject(mock.Fault{Method: "POST", Path: "contacts", When: mock.AfterApplying, Drop: true})
	made, err := o.client.Create(t.Context(), "contacts", "contactid", dataverse.Row{"lastname": "Once"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := o.client.All(t.Context(), dataverse.Query{Set: "contacts", Select: []string{"contactid"}, Filter: dataverse.Eq("lastname", "Once")})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if got, _ := rows[0].ID("contactid"); got != made.ID {
		t.Errorf("row %s, told %s", got, made.ID)
	}
}

func TestPagesOfTheMock(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	addQueues(t, o, 25)
	rows, err := o.client.All(t.Context(), dataverse.Query{Set: "queues", Select: []string{"name"}, OrderBy: []string{"name", "queueid"}, PageSize: 7})
	if err != nil || len(rows) < 28 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	some, err := o.client.All(t.Context(), dataverse.Query{Set: "queues", Select: []string{"name"}, Filter: dataverse.Contains("name", "queue 1"), Top: 4})
	if err != nil || len(some) != 4 {
		t.Errorf("%d rows, %v", len(some), err)
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	t.Run("a wrong secret is told apart, and was not sent", func(t *testing.T) {
		t.Parallel()
		o := newOrg(t, nil)
		o.config.Secret = "wr0ng"
		_, err := o.newClient(t, nil).Function(t.Context(), "WhoAmI", nil)
		if !errors.Is(err, dataverse.ErrUnauthorized) || !errors.Is(err, dataverse.ErrNotSent) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a rebuilt credential replaces a revoked token", func(t *testing.T) {
		t.Parallel()
		o := newOrg(t, nil)
		built := 0
		c := o.newClient(t, &dataverse.Options{NewCredential: func() (azcore.TokenCredential, error) {
			built++
			return dataverse.Credential(o.config)
		}})
		o.mock.Inject(mock.Fault{Status: 401})
		if _, err := c.Function(t.Context(), "WhoAmI", nil); err != nil || built != 1 {
			t.Errorf("%v after %d new credentials", err, built)
		}
	})
}

// TestAnyTextIsFound: what was written is found by the same text, through both
// implementations of OData's quoting and of the query string.
func TestAnyTextIsFound(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aZé'\"%_[]+&#;=?/\\ ()$,日\t")), 1, 40, -1).Draw(t, "text")
		made, err := o.client.Create(ctx, "contacts", "contactid", dataverse.Row{"lastname": text}, nil)
		if err != nil {
			t.Fatal(err)
		}
		mine := dataverse.Eq("contactid", dataverse.GUID(made.ID))
		for name, filter := range map[string]dataverse.Filter{
			"eq": dataverse.Eq("lastname", text), "contains": dataverse.Contains("lastname", text),
		} {
			rows, err := o.client.All(ctx, dataverse.Query{Set: "contacts", Select: []string{"lastname"}, Filter: dataverse.And(filter, mine)})
			if err != nil || len(rows) != 1 {
				t.Fatalf("%s %q: %d rows, %v", name, text, len(rows), err)
			}
		}
	})
}
