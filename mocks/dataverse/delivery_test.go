package dataverse_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/mocks/dataverse"
)

const (
	createDelivery  = "CCaaS_CreateProactiveVoiceDelivery"
	createOperation = "CCaaS_CreateOperation"
	phone           = "+33155501234"
)

// body of a delivery for the demo's retail queue; replace pairs are applied to its text.
func (o *org) deliveryBody(replace ...string) string {
	body := fmt.Sprintf(`{"ApiVersion":"1.0","ProactiveEngagementConfigId":"%s","DestinationPhoneNumber":"%s","ContactId":"%s"}`,
		o.demo.RetailEngagement, phone, o.demo.Contacts[0])
	return strings.NewReplacer(replace...).Replace(body)
}

// windowed adds a window of that length starting now.
func (o *org) windowed(length time.Duration) string {
	const layout = "2006-01-02T15:04:05.000Z"
	now := time.Now().UTC()
	windows := fmt.Sprintf(`[{\"Start\":\"%s\",\"End\":\"%s\"}]`, now.Format(layout), now.Add(length).Format(layout))
	return o.deliveryBody("}", `,"Windows":"`+windows+`","InputAttributes":"{\"type\":\"callback\",\"adapterRequestId\":\"r-1\"}","RequestId":"r-1"}`)
}

func (o *org) deliver(body string) (id string) {
	o.tb.Helper()
	var out struct{ DeliveryId string }
	o.call(http.MethodPost, createDelivery, body).want(http.StatusOK).decode(&out)
	return out.DeliveryId
}

func (o *org) deliveryRow(id string) map[string]any {
	o.tb.Helper()
	rows := o.get("msdyn_proactive_deliveries?$filter=msdyn_delivery_id eq '" + id + "'").rows()
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}

// pass lets virtual time go by and everything that was due happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestDeliveryIsAnsweredAtOnceAndVisibleAfterTheLag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		id := o.deliver(o.windowed(time.Hour))
		pass(10*time.Second - time.Millisecond)
		if o.deliveryRow(id) != nil {
			t.Fatal("visible before the shortest lag")
		}
		pass(20*time.Second + time.Millisecond)
		row := o.deliveryRow(id)
		if row == nil {
			t.Fatal("not visible after the longest lag")
		}
		for name, want := range map[string]any{
			"msdyn_status": "Pending", "msdyn_result": nil, "msdyn_tracking_id": "r-1", "msdyn_to_address": phone,
			"msdyn_dialmode_type": "Preview", "msdyn_queue_id": o.demo.RetailQueue, "msdyn_contact_id": o.demo.Contacts[0],
			"msdyn_proactive_engagement_config_id": o.demo.RetailEngagement,
		} {
			if row[name] != want {
				t.Errorf("%s = %v, want %v", name, row[name], want)
			}
		}
		attributes := o.get("msdyn_proactive_delivery_attributes?$select=msdyn_keyword,msdyn_value&$orderby=msdyn_keyword&$filter=_msdyn_proactive_delivery_value eq " + row["msdyn_proactive_deliveryid"].(string))
		if got := attributes.column("msdyn_keyword"); !slices.Equal(got, []any{"adapterRequestId", "type"}) {
			t.Errorf("attributes %v", got)
		}
	})
}

func TestAcceptedAndFinishedDeliveryIsComplete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		var told []string
		note := func(what string) func(dataverse.Delivery) {
			return func(d dataverse.Delivery) { told = append(told, what+" "+d.Status+d.Result) }
		}
		o.mock.OnDeliveryCreated(note("created"))
		o.mock.OnDelivery(note("visible"))
		o.mock.OnDelivery(func(d dataverse.Delivery) { // a hook may call the server
			if err := o.mock.AcceptDelivery(d.ID); err != nil {
				t.Error(err)
			}
		})
		o.mock.OnDeliveryEnded(note("ended"))
		id := o.deliver(o.windowed(time.Hour))
		if err := o.mock.AcceptDelivery(id); !errors.Is(err, dataverse.ErrNotPending) {
			t.Errorf("accepted before it was visible: %v", err)
		}
		pass(time.Minute)
		if status := o.deliveryRow(id)["msdyn_status"]; status != "InProcess" {
			t.Fatalf("status %v", status)
		}
		pass(2 * time.Hour) // a call in progress outlives its window
		if err := o.mock.FinishDelivery(id, "CallEnded"); err != nil {
			t.Fatal(err)
		}
		row := o.deliveryRow(id)
		if row["msdyn_status"] != "Complete" || row["msdyn_result"] != "CallEnded" || row["msdyn_result_date"] == nil {
			t.Errorf("row %v", row)
		}
		want := []string{"created Pending", "visible Pending", "ended CompleteCallEnded"}
		if !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

func TestUndeliveredBecomesExpiredTerminatedWhenItsWindowEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		id := o.deliver(o.windowed(15 * time.Minute))
		pass(15*time.Minute - time.Second)
		if status := o.deliveryRow(id)["msdyn_status"]; status != "Pending" {
			t.Fatalf("status %v inside the window", status)
		}
		pass(time.Second)
		row := o.deliveryRow(id)
		if row["msdyn_status"] != "Expired" || row["msdyn_result"] != "Terminated" {
			t.Errorf("%v %v", row["msdyn_status"], row["msdyn_result"])
		}
		if err := o.mock.AcceptDelivery(id); !errors.Is(err, dataverse.ErrNotPending) {
			t.Errorf("accepted after the window: %v", err)
		}
	})
}
