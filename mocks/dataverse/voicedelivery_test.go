package dataverse_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/mocks/dataverse"
)

func TestCreateVoiceDeliveryAnswersItsDocumentedBody(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	object := o.call(http.MethodPost, createDelivery, o.deliveryBody()).want(200).object()
	if object["@odata.context"] != root+"$metadata#Microsoft.Dynamics.CRM.CCaaS_CreateProactiveVoiceDeliveryResponse" || object["DeliveryId"] == nil || len(object) != 2 {
		t.Errorf("body %v", object)
	}
	d := o.mock.Deliveries()[0]
	if d.ID != object["DeliveryId"] || d.End.Sub(d.Start) != 24*time.Hour || d.Phone != phone || d.QueueID != o.demo.RetailQueue {
		t.Errorf("delivery %+v", d)
	}
	if text := fmt.Sprintf("%v %+v %s", d, d, d.LogValue()); strings.Contains(text, phone) {
		t.Errorf("a delivery prints its number: %s", text)
	}
}

func TestCreateVoiceDeliveryRefusesBadInput(t *testing.T) {
	t.Parallel()
	clock := newClock() // 2026-10-01T12:00:00Z
	o := newOrg(t, clock.drive)
	sms, err := o.mock.Insert("msdyn_proactive_engagement_config", map[string]any{"msdyn_name": "SMS", "msdyn_type": 100000001})
	if err != nil {
		t.Fatal(err)
	}
	windows := func(s string) []string {
		return []string{"}", `,"Windows":"` + strings.ReplaceAll(s, `"`, `\"`) + `"}`}
	}
	const start, end = `"Start":"2026-10-01T13:00:00.000Z"`, `"End":"2026-10-01T14:00:00.000Z"`
	for name, tc := range map[string]struct {
		replace []string
		code    string
	}{
		"version missing":         {[]string{`"ApiVersion":"1.0",`, ``}, "0x80040203"},
		"version unknown":         {[]string{`"1.0"`, `"2.0"`}, "0x80040265"},
		"version a number":        {[]string{`"1.0"`, `1.0`}, "0x80048d19"},
		"configuration unknown":   {[]string{o.demo.RetailEngagement, missing}, "0x80040265"},
		"configuration no guid":   {[]string{o.demo.RetailEngagement, "x"}, "0x80040265"},
		"configuration for SMS":   {[]string{o.demo.RetailEngagement, sms}, "0x80040265"},
		"contact unknown":         {[]string{o.demo.Contacts[0], missing}, "0x80040265"},
		"contact missing":         {[]string{`"` + o.demo.Contacts[0] + `"`, "null"}, "0x80040203"},
		"number missing":          {[]string{phone, ""}, "0x80040203"},
		"number not E.164":        {[]string{phone, "0155501234"}, "0x80040265"},
		"number with blanks":      {[]string{phone, "+33 155501234"}, "0x80040265"},
		"parameter unknown":       {[]string{"}", `,"Priority":"1"}`}, "0x80048d19"},
		"windows an array":        {[]string{"}", `,"Windows":[{` + start + `,` + end + `}]}`}, "0x80048d19"},
		"attributes an object":    {[]string{"}", `,"InputAttributes":{"a":"b"}}`}, "0x80048d19"},
		"attributes not texts":    {[]string{"}", `,"InputAttributes":"{\"a\":1}"}`}, "0x80040265"},
		"attributes an array":     {[]string{"}", `,"InputAttributes":"[]"}`}, "0x80040265"},
		"windows not JSON":        {windows(`x`), "0x80040265"},
		"windows an object":       {windows(`{` + start + `,` + end + `}`), "0x80040265"},
		"windows empty":           {windows(`[]`), "0x80040265"},
		"window without end":      {windows(`[{` + start + `}]`), "0x80040265"},
		"window with StartTime":   {windows(`[{"StartTime":"2026-10-01T13:00:00.000Z",` + end + `}]`), "0x80040265"},
		"window with TimeZone":    {windows(`[{` + start + `,` + end + `,"TimeZone":"UTC"}]`), "0x80040265"},
		"window in lower case":    {windows(`[{"start":"2026-10-01T13:00:00.000Z","end":"2026-10-01T14:00:00.000Z"}]`), "0x80040265"},
		"window in local time":    {windows(`[{"Start":"2026-10-01T13:00:00.000",` + end + `}]`), "0x80040265"},
		"window with an offset":   {windows(`[{"Start":"2026-10-01T13:00:00.000+00:00",` + end + `}]`), "0x80040265"},
		"window without fraction": {windows(`[{"Start":"2026-10-01T13:00:00Z",` + end + `}]`), "0x80040265"},
		"window backwards":        {windows(`[{"Start":"2026-10-01T15:00:00.000Z",` + end + `}]`), "0x80040265"},
		"window in the past":      {windows(`[{"Start":"2026-10-01T10:00:00.000Z","End":"2026-10-01T11:00:00.000Z"}]`), "0x80040265"},
		"windows overlap":         {windows(`[{` + start + `,` + end + `},{"Start":"2026-10-01T13:30:00.000Z","End":"2026-10-01T15:00:00.000Z"}]`), "0x80040265"},
	} {
		text := o.call(http.MethodPost, createDelivery, o.deliveryBody(tc.replace...)).wantError(400, tc.code)
		if strings.Contains(text, "55501234") {
			t.Errorf("%s: the answer repeats the number", name)
		}
	}
	if got := o.mock.Deliveries(); len(got) != 0 {
		t.Errorf("refused, yet accepted: %v", got)
	}
	o.get(createDelivery).wantError(404, "")
	o.call(http.MethodPost, createDelivery+"()", `{}`).wantError(404, "")
}

func TestARepeatIsASecondCall(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	body := o.deliveryBody("}", `,"RequestId":"same"}`)
	if first, second := o.deliver(body), o.deliver(body); first == second || len(o.mock.Deliveries()) != 2 {
		t.Errorf("%s and %s", first, second)
	}
}

func TestDeliveryWaitsForItsWindowAndSpansSeveral(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		const layout = "2006-01-02T15:04:05.000Z"
		at := func(d time.Duration) string { return time.Now().UTC().Add(d).Format(layout) }
		id := o.deliver(o.deliveryBody("}", fmt.Sprintf(`,"Windows":"[{\"Start\":\"%s\",\"End\":\"%s\"},{\"Start\":\"%s\",\"End\":\"%s\"}]"}`,
			at(time.Hour), at(2*time.Hour), at(3*time.Hour), at(4*time.Hour))))
		for _, step := range []struct {
			wait time.Duration
			want error
		}{{time.Minute, dataverse.ErrOutsideWindow}, {2*time.Hour - time.Minute, dataverse.ErrOutsideWindow}, {time.Hour, nil}} {
			pass(step.wait)
			if err := o.mock.AcceptDelivery(id); err != step.want { //nolint:errorlint // the sentinel itself is promised
				t.Errorf("after %v: %v, want %v", step.wait, err, step.want)
			}
		}
	})
}

func TestCancelTakesEffectLaterAndOnlyWhilePending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		var ended []string
		o.mock.OnDeliveryEnded(func(d dataverse.Delivery) { ended = append(ended, d.Status+" "+d.Result) })
		cancel := func(id string) {
			t.Helper()
			o.call(http.MethodPost, createOperation, `{"ApiVersion":"1.0","Operation":"Cancel","DeliveryId":"`+id+`"}`).want(http.StatusAccepted)
		}
		early, pending, taken := o.deliver(o.windowed(time.Hour)), o.deliver(o.windowed(time.Hour)), o.deliver(o.windowed(time.Hour))
		cancel(early) // before its row is there
		pass(time.Minute)
		if row := o.deliveryRow(early); row["msdyn_status"] != "Cancelled" || row["msdyn_result"] != "Cancelled" {
			t.Errorf("cancelled early: %v %v", row["msdyn_status"], row["msdyn_result"])
		}
		cancel(pending)
		if status := o.deliveryRow(pending)["msdyn_status"]; status != "Pending" {
			t.Errorf("202 is not done, yet %v", status)
		}
		pass(2 * time.Second)
		if status := o.deliveryRow(pending)["msdyn_status"]; status != "Cancelled" {
			t.Errorf("after the lag %v", status)
		}
		if err := o.mock.AcceptDelivery(taken); err != nil {
			t.Fatal(err)
		}
		cancel(taken)
		cancel(pending)
		pass(time.Minute)
		if status := o.deliveryRow(taken)["msdyn_status"]; status != "InProcess" {
			t.Errorf("a call in progress became %v", status)
		}
		if !slices.Equal(ended, []string{"Cancelled Cancelled", "Cancelled Cancelled"}) {
			t.Errorf("told %v", ended)
		}
	})
}

func TestCreateOperationRefusals(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	id := o.deliver(o.deliveryBody())
	for body, want := range map[string]int{
		`"Operation":"Cancel"`: 501,
		`"Operation":"Suspend","ProactiveEngagementConfigId":"x"`: 404,
		`"Operation":"Resume"`:                                404,
		`"Operation":"Suspend","DeliveryId":"` + id + `"`:     501,
		`"Operation":"Stop"`:                                  400,
		`"DeliveryId":"` + id + `"`:                           400,
		`"Operation":"Cancel","DeliveryId":"` + missing + `"`: 404,
		`"Operation":"Cancel","DeliveryId":"x"`:               404,
		`"Operation":"Cancel","DeliveryId":"` + id + `","ProactiveEngagementConfigId":"` + missing + `"`: 400,
	} {
		if a := o.call(http.MethodPost, createOperation, `{"ApiVersion":"1.0",`+body+`}`); a.status != want {
			t.Errorf("%s: %d, want %d: %s", body, a.status, want, a.body)
		}
	}
}

func TestEveryDocumentedResultEndsADelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, func(opts *dataverse.Options) { opts.DeliveryLag = [2]time.Duration{1, 1} })
		for result, status := range map[string]string{
			"LiveAnswer": "Complete", "CallEnded": "Complete", "Undetermined": "Complete", "AnsweringMachine": "Complete",
			"AnsweringMachineHangup": "Complete", "NotAHandset": "Complete", "NoAnswer": "Complete", "Abandoned": "Complete",
			"CSRCancelled": "Complete", "Unknown": "Complete", "CallFailed": "Error", "InvalidAddress": "Error",
			"NonRetriableError": "Error", "BotFailed": "Error", "Error": "Error",
		} {
			id := o.deliver(o.deliveryBody())
			if err := o.mock.FinishDelivery(id, result); err == nil {
				t.Errorf("%s: finished before it was accepted", result)
			}
			pass(time.Second)
			if err := o.mock.AcceptDelivery(strings.ToUpper(id)); err != nil {
				t.Fatal(err)
			}
			if err := o.mock.FinishDelivery(id, result); err != nil {
				t.Fatal(err)
			}
			if row := o.deliveryRow(id); row["msdyn_status"] != status || row["msdyn_result"] != result {
				t.Errorf("%s: %v %v", result, row["msdyn_status"], row["msdyn_result"])
			}
		}
		if err := o.mock.FinishDelivery(missing, "CallEnded"); err != dataverse.ErrUnknownDelivery { //nolint:errorlint // the sentinel itself is promised
			t.Error(err)
		}
		id := o.deliver(o.deliveryBody())
		pass(time.Second)
		if err := o.mock.FinishDelivery(id, "Terminated"); err == nil {
			t.Error("Terminated is the service's own result")
		}
	})
}

// TestReadsDoNotDependOnTimers: what is due has happened when a request comes, though no timer ever fired.
func TestReadsDoNotDependOnTimers(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, clock.drive)
	id := o.deliver(o.deliveryBody())
	clock.advance(30 * time.Second)
	if status := o.deliveryRow(id)["msdyn_status"]; status != "Pending" {
		t.Errorf("status %v", status)
	}
	clock.advance(24 * time.Hour)
	row := o.deliveryRow(id)
	if row["msdyn_status"] != "Expired" || row["msdyn_result_date"] != "2026-10-02T12:00:00Z" || row["msdyn_result_date_ms"] != "2026-10-02T12:00:00.000Z" {
		t.Errorf("%v at %v", row["msdyn_status"], row["msdyn_result_date"])
	}
	if d := o.mock.Deliveries()[0]; d.Status != "Expired" || d.Result != "Terminated" {
		t.Errorf("delivery %v", d)
	}
}

// TestEarlyTimersAreSetAgain: a scaled clock may fire a moment before its own time.
func TestEarlyTimersAreSetAgain(t *testing.T) {
	t.Parallel()
	clock := newClock()
	var armed []func()
	o := newOrg(t, func(opts *dataverse.Options) {
		clock.drive(opts)
		opts.AfterFunc = func(_ time.Duration, f func()) func() bool {
			armed = append(armed, f)
			return func() bool { return true }
		}
	})
	seen := 0
	o.mock.OnDelivery(func(dataverse.Delivery) { seen++ })
	o.deliver(o.deliveryBody())
	armed[len(armed)-1]() // early
	clock.advance(time.Minute)
	if len(armed) != 2 || seen != 0 {
		t.Fatalf("%d timers, %d visible", len(armed), seen)
	}
	armed[len(armed)-1]()
	if seen != 1 {
		t.Errorf("%d visible, want 1", seen)
	}
}

func TestADeletedReportRowDoesNotStopTheDelivery(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, clock.drive)
	id := o.deliver(o.deliveryBody("}", `,"InputAttributes":"{\"a\":\"b\"}"}`))
	clock.advance(time.Minute)
	key, _ := o.deliveryRow(id)["msdyn_proactive_deliveryid"].(string)
	o.call(http.MethodDelete, "msdyn_proactive_deliveries("+key+")", "").want(204)
	if rows := o.get("msdyn_proactive_delivery_attributes").rows(); len(rows) != 0 {
		t.Errorf("attributes did not cascade: %v", rows)
	}
	if err := o.mock.AcceptDelivery(id); err != nil {
		t.Fatal(err)
	}
	if err := o.mock.FinishDelivery(id, "CallEnded"); err != nil {
		t.Fatal(err)
	}
}

func TestLagIsDrawnBySeed(t *testing.T) {
	t.Parallel()
	lags := func(seed uint64) (all []time.Duration) {
		clock := newClock()
		o := newOrg(t, func(opts *dataverse.Options) { clock.drive(opts); opts.Seed = seed })
		for range 50 {
			o.deliver(o.deliveryBody())
		}
		for _, d := range o.mock.Deliveries() {
			lag := d.VisibleAt.Sub(d.CreatedAt)
			if lag < 10*time.Second || lag > 30*time.Second {
				t.Errorf("lag %v", lag)
			}
			all = append(all, lag)
		}
		return all
	}
	if !slices.Equal(lags(1), lags(1)) || slices.Equal(lags(1), lags(2)) {
		t.Error("lags depend on something other than the seed")
	}
}
