package proactive

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
)

func TestReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, &Options{SendRequestID: true})
		r := o.request(t)
		made, err := o.Deliver(t.Context(), r)
		id := made.ID
		if err != nil {
			t.Fatal(err)
		}
		known := []adapter.Delivery{made}
		for i := range 250 { // so that it takes three requests
			known = append(known, adapter.Delivery{ID: adapter.DeliveryID(fmt.Sprintf("00000000-0000-0000-0000-%012d", i))})
		}
		if reports, err := o.Reports(t.Context(), known); len(reports) != 0 || err != nil {
			t.Errorf("before the table caught up: %v, %v", reports, err)
		}
		<-time.After(31 * time.Second)
		if err := o.mock.AcceptDelivery(string(id)); err != nil {
			t.Fatal(err)
		}
		if err := o.mock.FinishDelivery(string(id), "NoAnswer"); err != nil {
			t.Fatal(err)
		}
		reports, err := o.Reports(t.Context(), known)
		if err != nil || len(reports) != 1 {
			t.Fatalf("%v, %v", reports, err)
		}
		got := reports[0]
		if got.ID != id || got.RequestID != r.RequestID || got.Status != "Complete" || got.Result != "NoAnswer" || got.EndedAt.IsZero() {
			t.Errorf("report %+v", got)
		}
		if n := o.count("GET " + deliverySet); n != 6 {
			t.Errorf("%d requests, want 2 × 3", n)
		}
		if reports, err := o.Reports(t.Context(), nil); reports != nil || err != nil {
			t.Errorf("of nothing: %v, %v", reports, err)
		}
	})
}

func TestMissingColumnsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		refused := 0
		o.first = func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.RequestURI, "msdyn_sip_diagnostics") {
				return false
			}
			refused++
			return answer("GET "+deliverySet, 400, "0x0",
				"Could not find a property named 'msdyn_sip_diagnostics' on type 'Microsoft.Dynamics.CRM.msdyn_proactive_delivery'.")(w, r)
		}
		for range 3 {
			if _, err := o.Reports(t.Context(), []adapter.Delivery{{ID: "11111111-2222-3333-4444-555555555555"}}); err != nil {
				t.Fatal(err)
			}
		}
		if refused != 1 {
			t.Errorf("refused %d times", refused)
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		r := o.request(t)
		made, err := o.Deliver(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(31 * time.Second)
		for range 2 {
			if err := o.Cancel(t.Context(), made); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Minute)
		reports, err := o.Reports(t.Context(), []adapter.Delivery{made})
		if err != nil || len(reports) != 1 || reports[0].Result != "Cancelled" || !over(reports[0].Status) {
			t.Errorf("%+v, %v", reports, err)
		}
		before := o.count("")
		for _, bad := range []adapter.DeliveryID{"", " ", "x"} {
			if err := o.Cancel(t.Context(), adapter.Delivery{Configuration: r.Configuration, ID: bad}); err == nil {
				t.Errorf("%q was accepted", bad)
			}
		}
		if o.count("") != before {
			t.Error("a cancel without an id was sent")
		}
	})
}

func TestOver(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{
		"Pending": false, "InProcess": false, "": false, "Complete": true, "expired": true, "Cancelled": true, "Error": true,
	} {
		if over(status) != want {
			t.Errorf("status %q", status)
		}
	}
}
