package dataverse_test

import (
	"strings"
	"testing"
	"time"

	"directcallback/mocks/dataverse"
)

func TestInsertTakesGoValues(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	id, err := o.mock.Insert("msdyn_proactive_delivery", map[string]any{
		"msdyn_status": "Pending", "msdyn_seq_no": int64(2), "msdyn_speech_detected": true, "msdyn_country": nil,
		"msdyn_window_start_date": time.Date(2026, 10, 1, 14, 0, 0, 999, time.FixedZone("", 7200)),
	})
	if err != nil {
		t.Fatal(err)
	}
	row := o.get("msdyn_proactive_deliveries(" + id + ")").object()
	if row["msdyn_window_start_date"] != "2026-10-01T12:00:00Z" || row["msdyn_speech_detected"] != true || row["partitionid"] != id {
		t.Errorf("row %v", row)
	}
}

func TestInsertAndUpdateRefuseWhatTheTableCannotHold(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for name, row := range map[string]map[string]any{
		"nowhere": {}, "queue:unknown column": {"nope": 1}, "queue:wrong type": {"name": 5}, "queue:too long": {"name": strings.Repeat("x", 201)},
		"queue:wrong option": {"msdyn_queuetype": 1}, "queue:a float": {"msdyn_priority": 1.5}, "queue:no guid": {"msdyn_operatinghourid": "x"},
		"queue:a time for text": {"name": time.Now()}, "queue:a text for a date": {"createdon": "yesterday"},
		"queue:there already": {"queueid": o.demo.RetailQueue},
	} {
		table, _, _ := strings.Cut(name, ":")
		if _, err := o.mock.Insert(table, row); err == nil {
			t.Errorf("%s: inserted", name)
		}
	}
	if err := o.mock.Update("queue", missing, map[string]any{"name": "x"}); err == nil {
		t.Error("updated a row that is not there")
	}
	if err := o.mock.Update("queue", o.demo.RetailQueue, map[string]any{"nope": "x"}); err == nil {
		t.Error("updated a column that is not there")
	}
}

func TestUpdateIsSeenByTheNextRead(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := "queues(" + o.demo.RetailQueue + ")"
	before := o.get(row).one("ETag")
	if err := o.mock.Update("queue", strings.ToUpper(o.demo.RetailQueue), map[string]any{"name": "Private banking"}); err != nil {
		t.Fatal(err)
	}
	if a := o.get(row); a.object()["name"] != "Private banking" || a.one("ETag") == before {
		t.Errorf("%s", a.body)
	}
}

func TestDemoIsAPlausibleBank(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, want := range []struct{ resource, text string }{
		{"msdyn_decisionrulesets(" + o.demo.RetailPrequeue + ")", "queue_prequeue.estimatedwaittimeinminutes"},
		{"msdyn_decisionrulesets(" + o.demo.RetailInqueue + ")", `queue_inqueue.lapsedwaittime`},
		{"msdyn_overflowactionconfigs(" + o.demo.DirectCallback + ")", `"msdyn_overflowactiontype":192350003`},
		{"msdyn_ocsystemmessages(" + o.demo.OfferMessage + ")", "please press 1"},
		{"msdyn_ocsystemmessages(" + o.demo.ResponseMessage + ")", `"msdyn_systemmessageeventtype":192350074`},
		{"msdyn_proactive_engagement_configs(" + o.demo.RetailEngagement + ")", `"_msdyn_queue_value":"` + o.demo.RetailQueue},
	} {
		if body := string(o.get(want.resource).want(200).body); !strings.Contains(body, want.text) {
			t.Errorf("%s lacks %s: %s", want.resource, want.text, body)
		}
	}
}

func TestSameSeedSameIds(t *testing.T) {
	t.Parallel()
	first := func(seed uint64) string {
		return newOrg(t, func(opts *dataverse.Options) { opts.Seed = seed }).demo.RetailQueue
	}
	if a, b, c := first(7), first(7), first(8); a != b || a == c {
		t.Error("identifiers do not follow the seed")
	}
}

func TestDeliveriesOfTwoRunsShareNoID(t *testing.T) {
	t.Parallel()
	first := func(id func() string) string {
		o := newOrg(t, func(opts *dataverse.Options) { opts.Seed, opts.NewDeliveryID = 7, id })
		return o.deliver(o.deliveryBody())
	}
	if a, b := first(nil), first(nil); a == b {
		t.Errorf("both are %s", a)
	}
	const asked = "11111111-2222-4333-8444-555555555555"
	if a := first(func() string { return asked }); a != asked {
		t.Errorf("asked for %s, got %s", asked, a)
	}
}
