package storetest

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func conversations() map[string]check {
	type count = map[adapter.QueueID]int
	tell := func(t subject, after time.Duration, c adapter.ConversationChanged) {
		t.Helper()
		c.Conversation = adapter.ConversationID("conversation " + string(c.Conversation))
		do(t, func(tx service.Tx) error { return tx.SaveConversation(c, start().Add(after), start().Add(after)) })
	}
	calls := func(t subject) count {
		t.Helper()
		return get(t, func(tx service.Tx) (adapter.Tally, error) { return tx.Tally() }).PlatformCalls
	}
	waits := adapter.ConversationChanged{Queue: queueA, Status: adapter.ConversationOpen}
	return map[string]check{
		"conversations whose customer is on the line are counted by queue": func(t subject) {
			for i := range 10 {
				status := adapter.ConversationStatus(i)
				tell(t, 0, adapter.ConversationChanged{Conversation: adapter.ConversationID(rune('a' + i)), Queue: queueA, Status: status})
			}
			tell(t, 0, adapter.ConversationChanged{Conversation: "elsewhere", Queue: queueB, Status: adapter.ConversationActive})
			tell(t, 0, adapter.ConversationChanged{Conversation: "nowhere", Status: adapter.ConversationActive})
			equal(t, calls(t), count{queueA: 3, queueB: 1})
		},
		"without conversations there is no count": func(t subject) {
			equal(t, calls(t), count(nil))
		},
		"what a report does not tell stays": func(t subject) {
			tell(t, 0, waits)
			tell(t, time.Second, adapter.ConversationChanged{Queue: queueB})
			equal(t, calls(t), count{queueB: 1})
			tell(t, 2*time.Second, adapter.ConversationChanged{})
			equal(t, calls(t), count{queueB: 1})
			tell(t, 3*time.Second, adapter.ConversationChanged{Status: adapter.ConversationClosed})
			equal(t, calls(t), count(nil))
		},
		"an older report changes only what no newer one told": func(t subject) {
			tell(t, 2*time.Second, adapter.ConversationChanged{Status: adapter.ConversationActive})
			tell(t, 1*time.Second, adapter.ConversationChanged{Queue: queueA, Status: adapter.ConversationClosed})
			equal(t, calls(t), count{queueA: 1})
			tell(t, 0, adapter.ConversationChanged{Queue: queueB})
			equal(t, calls(t), count{queueA: 1})
		},
		"of two reports of one time the later to come wins": func(t subject) {
			tell(t, 0, waits)
			tell(t, 0, adapter.ConversationChanged{Queue: queueB, Status: adapter.ConversationWaiting})
			equal(t, calls(t), count{queueB: 1})
		},
		"one that Dynamics phoned is not counted, whatever is told later": func(t subject) {
			tell(t, 0, waits)
			tell(t, time.Second, adapter.ConversationChanged{Outbound: true})
			tell(t, 2*time.Second, waits)
			equal(t, calls(t), count(nil))
		},
		"conversations of which nothing is heard are forgotten": func(t subject) {
			old, young := waits, waits
			old.Conversation, young.Conversation = "old", "young"
			tell(t, 0, old)
			tell(t, 0, young)
			tell(t, time.Hour, adapter.ConversationChanged{Conversation: "young"})
			do(t, func(tx service.Tx) error { return tx.Forget(start().Add(time.Hour)) })
			equal(t, calls(t), count{queueA: 1})
		},
	}
}
