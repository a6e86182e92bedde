package servicebus_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/servicebus"
)

// microsoftConfig is the example of Microsoft's emulator, shortened, without SQL.
const microsoftConfig = `{"UserConfig":{"Namespaces":[{"Name":"sbemulatorns",
 "Queues":[{"Name":"queue.1","Properties":{"DeadLetteringOnMessageExpiration":true,"DefaultMessageTimeToLive":"PT2H","DuplicateDetectionHistoryTimeWindow":"PT20S","ForwardDeadLetteredMessagesTo":"","ForwardTo":"","LockDuration":"PT1M30.5S","MaxDeliveryCount":5,"RequiresDuplicateDetection":true,"RequiresSession":true}},
  {"Name":"queue.2"}],
 "Topics":[{"Name":"topic.1","Properties":{"DefaultMessageTimeToLive":"P1D","RequiresDuplicateDetection":false},
  "Subscriptions":[{"Name":"sub.1","Properties":{"LockDuration":"PT1M"},
   "Rules":[{"Name":"r1","Properties":{"FilterType":"Correlation","CorrelationFilter":{"ContentType":"application/json","Label":"l","Properties":{"prop1":1000000}}}},
            {"Name":"r2","Properties":{"FilterType":"Sql","SqlFilter":{"SqlExpression":"1=1"}}}]}]}]}],
 "Logging":{"Type":"File"}}}`

func TestReadConfig(t *testing.T) {
	t.Parallel()
	got, err := servicebus.ReadConfig(strings.NewReader("\xef\xbb\xbf" + microsoftConfig))
	if err != nil {
		t.Fatal(err)
	}
	defaults := servicebus.QueueConfig{
		Name: "queue.2", LockDuration: time.Minute, MaxDeliveryCount: 3, DefaultTimeToLive: time.Hour, DuplicateWindow: 20 * time.Second,
	}
	sub := defaults
	sub.Name = "sub.1"
	want := servicebus.Config{
		Queues: []servicebus.QueueConfig{{
			Name: "queue.1", RequiresSession: true, LockDuration: 90*time.Second + 500*time.Millisecond, MaxDeliveryCount: 5,
			DefaultTimeToLive: 2 * time.Hour, DeadLetterOnExpiration: true, RequiresDuplicateDetection: true, DuplicateWindow: 20 * time.Second,
		}, defaults},
		Topics: []servicebus.TopicConfig{{
			Name: "topic.1", DefaultTimeToLive: 24 * time.Hour, DuplicateWindow: 20 * time.Second,
			Subscriptions: []servicebus.SubscriptionConfig{{QueueConfig: sub, Filters: []servicebus.Filter{
				{ContentType: "application/json", Subject: "l", Properties: got.Topics[0].Subscriptions[0].Filters[0].Properties},
				{},
			}}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	virtually(t, got, func(w world) {
		m := text("a")
		m.ContentType, m.Subject, m.ApplicationProperties = new("application/json"), new("l"), map[string]any{"prop1": int32(1000000)}
		w.send("topic.1", m)
		w.counts("topic.1/Subscriptions/sub.1", servicebus.Counts{Active: 1})
	})
}

func TestReadConfigRefuses(t *testing.T) {
	t.Parallel()
	queue := func(properties string) string {
		return `{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"q","Properties":{` + properties + `}}]}]}}`
	}
	rule := func(rule string) string {
		return `{"UserConfig":{"Namespaces":[{"Topics":[{"Name":"t","Subscriptions":[{"Name":"s","Rules":[{"Name":"r","Properties":{` + rule + `}}]}]}]}]}}`
	}
	for name, c := range map[string]struct{ config, names string }{
		"nothing":          {"", "EOF"},
		"no namespace":     {`{}`, "0 namespaces"},
		"SQL filter":       {rule(`"FilterType":"Sql","SqlFilter":{"SqlExpression":"a = 'b'"}`), `topic "t": subscription "s": rule "r": SQL`},
		"action":           {rule(`"Action":{"SqlExpression":"SET a = 1"}`), `rule "r": actions`},
		"unknown filter":   {rule(`"FilterType":"Magic"`), `"Magic"`},
		"forwarding":       {queue(`"ForwardTo":"other"`), `queue "q": forwarding`},
		"months":           {queue(`"LockDuration":"P1M"`), `"P1M"`},
		"empty duration":   {queue(`"LockDuration":"PT"`), `"PT"`},
		"not a number":     {queue(`"LockDuration":"PT1.1.1S"`), `PT1.1.1S`},
		"negative maximum": {queue(`"MaxDeliveryCount":-1`), `MaxDeliveryCount`},
	} {
		if _, err := servicebus.ReadConfig(strings.NewReader(c.config)); err == nil || !strings.Contains(err.Error(), c.names) {
			t.Errorf("%s: error %v, want one that says %s", name, err, c.names)
		}
	}
}

func TestLongestDuration(t *testing.T) {
	t.Parallel()
	c, err := servicebus.ReadConfig(strings.NewReader(
		`{"UserConfig":{"Namespaces":[{"Queues":[{"Name":"q","Properties":{"DefaultMessageTimeToLive":"P10675199DT2H48M5.4775807S"}}]}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	virtually(t, c, func(w world) {
		w.send("q", text("a"))
		w.pass(48 * time.Hour)
		w.counts("q", servicebus.Counts{Active: 1})
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]servicebus.Config{
		"no name":              {Queues: []servicebus.QueueConfig{{}}},
		"twice":                {Queues: []servicebus.QueueConfig{{Name: "q"}, {Name: "Q"}}},
		"negative":             {Queues: []servicebus.QueueConfig{{Name: "q", LockDuration: -1}}},
		"subscription unnamed": {Topics: []servicebus.TopicConfig{{Name: "t", Subscriptions: []servicebus.SubscriptionConfig{{}}}}},
	} {
		if _, err := servicebus.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
