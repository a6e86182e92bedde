package dataverse_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	mock "directcallback/mocks/dataverse"
)

func TestConversation(t *testing.T) {
	t.Parallel()
	const row, nowhere = "7a3e9d10-44b2-4c6f-9e58-0b1f6a2c7d93", "00000000-0000-4000-8000-000000000001"
	organization, client := newAdministrator(t, mock.Options{})
	demo, err := organization.Demo()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := organization.Insert("msdyn_ocliveworkitem", map[string]any{
		"activityid": row, "subject": "call", "msdyn_cdsqueueid": demo.RetailQueue, "statuscode": 2, "msdyn_isoutbound": true,
	}); err != nil {
		t.Fatal(err)
	}
	got, at, err := client.Conversation(t.Context(), row)
	want := adapter.ConversationChanged{Conversation: row, Queue: adapter.QueueID(demo.RetailQueue), Status: adapter.ConversationActive, Outbound: true}
	if diff := cmp.Diff(want, got); err != nil || diff != "" || time.Since(at) > time.Hour {
		t.Errorf("%v, changed at %v\n%s", err, at, diff)
	}
	if _, _, err := client.Conversation(t.Context(), nowhere); !errors.Is(err, adapter.ErrNotFound) {
		t.Errorf("no such row: %v", err)
	}
}
