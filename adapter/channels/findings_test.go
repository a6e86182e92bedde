package channels_test

import (
	"testing"

	"directcallback/adapter"
	"directcallback/adapter/channels"
)

func TestQueuesThatThePortalDoesNotHaveAreFound(t *testing.T) {
	t.Parallel()
	c, err := channels.Read([]byte(all))
	if err != nil {
		t.Fatal(err)
	}
	found := c.Findings(func(id adapter.QueueID) bool { return id == retail })
	if len(found) != 2 || found[0].Part != "topics.home-loans.queue" || found[0].Reason != "line 5, column 12 of the channels file names a queue that is no voice queue of the portal" ||
		found[1].Part != "queues."+mortgages || found[1].Row != mortgages || found[0].ID() == found[1].ID() {
		t.Errorf("%+v", found)
	}
	if found := channels.Default().Findings(func(adapter.QueueID) bool { return false }); found != nil {
		t.Errorf("without a file: %+v", found)
	}
}
