package dataverse_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"directcallback/dataverse"
	mock "directcallback/mocks/dataverse"
)

func TestPrivilegesOfAnAdministrator(t *testing.T) {
	t.Parallel()
	_, c := newAdministrator(t, mock.Options{})
	me, err := c.Function(t.Context(), "WhoAmI", nil)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := me.ID("UserId")
	got, err := c.Privileges(t.Context(), id, []string{"queue", "queuemembership", "nosuchtable"})
	if err != nil {
		t.Fatal(err)
	}
	all := dataverse.DepthOrganization
	want := map[string]map[dataverse.Verb]dataverse.Privilege{"queue": {
		dataverse.VerbRead: {Name: "prvReadQueue", Depth: all}, dataverse.VerbCreate: {Name: "prvCreateQueue", Depth: all},
		dataverse.VerbWrite: {Name: "prvWriteQueue", Depth: all}, "Delete": {Name: "prvDeleteQueue", Depth: all},
		dataverse.VerbAppend: {Name: "prvAppendQueue", Depth: all}, dataverse.VerbAppendTo: {Name: "prvAppendToQueue", Depth: all},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := c.Privileges(t.Context(), id, []string{"queue' or 'a' eq 'a"}); err == nil {
		t.Error("a table's name breaks out of the filter")
	}
	if _, err := c.Privileges(t.Context(), "11111111-2222-4333-8444-555555555555", []string{"queue"}); !errors.Is(err, dataverse.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}
