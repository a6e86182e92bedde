package dataverse_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"directcallback/mocks/dataverse"
)

// TestManyClientsAtOnce has nothing to assert beyond the end of it: the race detector and the hooks' bookkeeping do.
func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	o := newOrg(t, func(opts *dataverse.Options) { opts.DeliveryLag = [2]time.Duration{1, 2} })
	var mu sync.Mutex
	stage := map[string]int{} // how far each delivery is; hooks come in order
	follow := func(from, to int) func(dataverse.Delivery) {
		return func(d dataverse.Delivery) {
			mu.Lock()
			defer mu.Unlock()
			if stage[d.ID] != from {
				t.Errorf("delivery %s: hook %d came at stage %d", d.ID, to, stage[d.ID])
			}
			stage[d.ID] = to
		}
	}
	o.mock.OnDeliveryCreated(follow(0, 1))
	o.mock.OnDelivery(follow(1, 2))
	o.mock.OnDelivery(func(d dataverse.Delivery) {
		if err := o.mock.AcceptDelivery(d.ID); err != nil {
			t.Error(err)
		}
		if err := o.mock.FinishDelivery(d.ID, "CallEnded"); err != nil {
			t.Error(err)
		}
	})
	all := make(chan struct{})
	const clients, rounds = 8, 6
	o.mock.OnDeliveryEnded(follow(2, 3))
	left := clients * rounds
	o.mock.OnDeliveryEnded(func(dataverse.Delivery) {
		if left--; left == 0 { // hooks are never called side by side
			close(all)
		}
	})
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() {
			for round := range rounds {
				o.deliver(o.deliveryBody())
				o.get("msdyn_proactive_deliveries?$orderby=createdon&$expand=createdby($select=fullname)").want(200)
				name := fmt.Sprintf("%d-%d", client, round)
				a := o.call(http.MethodPost, "contacts", `{"lastname":"`+name+`"}`).want(204)
				o.call(http.MethodPatch, a.one("OData-EntityId"), `{"firstname":"x"}`).want(204)
				o.mock.Deliveries()
			}
		})
	}
	running.Wait()
	<-all
}
