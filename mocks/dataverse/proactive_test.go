package dataverse_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/dataverse"
)

// body writes an action's parameters; every value of theirs is a text, so what is none becomes its JSON.
func body(tb testing.TB, parameters map[string]any) string {
	tb.Helper()
	all := map[string]any{"ApiVersion": "1.0"}
	for name, value := range parameters {
		if text, ok := value.(string); ok {
			all[name] = text
			continue
		}
		data, err := json.Marshal(value)
		if err != nil {
			tb.Fatal(err)
		}
		all[name] = string(data)
	}
	data, err := json.Marshal(all)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

func camille(change map[string]any) []any {
	who := map[string]any{"uniqueIdentifier": "c-1", "firstName": "Camille", "lastName": "Sample", "mobilePhoneNumber": phone}
	maps.Copy(who, change)
	return []any{who}
}

type accepted struct{ DeliveryId, DeliveryTaskId string }

func TestCreateProactiveDeliveryMakesContactDeliveryAndTask(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		start := time.Now().UTC().Add(time.Hour)
		const layout = "2006-01-02T15:04:05.000Z"
		var first, second accepted
		o.call(http.MethodPost, "CCaaS_CreateProactiveDelivery", body(t, map[string]any{
			"ProactiveEngagementConfigId": o.demo.RetailEngagement, "RequestId": "r-1", "Priority": "3",
			"Contacts": camille(map[string]any{
				"businessPhoneNumber": "+33155501235", "city": "Lyon", "timezone": "(GMT+01:00) Paris",
				"inputAttributes": map[string]string{"type": "callback"},
				"windows":         []any{map[string]string{"start": start.Format(layout), "end": start.Add(time.Hour).Format(layout)}},
			}),
		})).want(200).decode(&first)
		d := o.mock.Deliveries()[0]
		if d.ID != first.DeliveryId || d.TaskID != first.DeliveryTaskId || d.Phone != phone || !d.Start.Equal(start) || d.Attributes["type"] != "callback" {
			t.Errorf("delivery %+v", d)
		}
		contact := o.get("contacts(" + d.ContactID + ")?$select=firstname,mobilephone,telephone1,address1_city").object()
		if contact["firstname"] != "Camille" || contact["mobilephone"] != phone || contact["telephone1"] != "+33155501235" || contact["address1_city"] != "Lyon" {
			t.Errorf("contact %v", contact)
		}
		o.call(http.MethodPost, "CCaaS_CreateProactiveDelivery", body(t, map[string]any{
			"ProactiveEngagementConfigId": o.demo.RetailEngagement, "Contacts": camille(map[string]any{"uniqueIdentifier": "C-1", "firstName": "Camila"}),
		})).want(200).decode(&second)
		again := o.mock.Deliveries()[1]
		if name := o.get("contacts(" + again.ContactID + ")").object()["firstname"]; again.ContactID != d.ContactID || name != "Camila" {
			t.Errorf("the contact was not renewed: %v is %v", again.ContactID, name)
		}

		pass(time.Hour)
		if err := o.mock.AcceptDelivery(d.ID); err != nil {
			t.Fatal(err)
		}
		if err := o.mock.FinishDelivery(d.ID, "CallEnded"); err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{
			"CCaaS_GetDeliveryTasks(DeliveryTaskId=" + first.DeliveryTaskId + ")",
			"/api/data/v9.0/CCaaS_GetDeliveryTasks(DeliveryTaskId=@id)?@id=" + first.DeliveryTaskId,
		} {
			task := o.get(call).rows()[0]
			for name, want := range map[string]any{
				"deliveryTaskId": first.DeliveryTaskId, "status": "Complete", "customerReached": true, "requestId": "r-1",
				"proactiveEngagementConfigId": o.demo.RetailEngagement, "channelType": "Voice", "nextScheduledTime": nil,
				"lastAttemptedTime": start.Format(time.RFC3339), "contactIds": []any{d.ContactID},
				"deliveries": []any{map[string]any{"id": d.ID, "status": "Complete", "result": "CallEnded"}},
			} {
				if diff := cmp.Diff(want, task[name]); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
			chain, _ := task["contactChainingStatus"].(map[string]any)
			if chain["lastDeliveryResult"] != "CallEnded" || chain["isChainExhausted"] != true || chain["totalPhonesInChain"] != json.Number("2") {
				t.Errorf("chain %v", chain)
			}
		}
	})
}

func TestCancelDeliveryTaskCancelsWhatIsPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		var made accepted
		o.call(http.MethodPost, "CCaaS_CreateProactiveDelivery", body(t, map[string]any{
			"ProactiveEngagementConfigId": o.demo.RetailEngagement, "Contacts": camille(nil),
		})).want(200).decode(&made)
		pass(time.Minute)
		o.call(http.MethodPost, "CCaaS_CancelDeliveryTask", body(t, map[string]any{"DeliveryTaskId": made.DeliveryTaskId})).want(202)
		pass(2 * time.Second)
		if row := o.deliveryRow(made.DeliveryId); row["msdyn_status"] != "Cancelled" {
			t.Errorf("status %v", row["msdyn_status"])
		}
		o.call(http.MethodPost, "CCaaS_CancelDeliveryTask", body(t, map[string]any{"DeliveryTaskId": made.DeliveryId})).wantError(404, "0x80040217")
		o.get("CCaaS_GetDeliveryTasks(DeliveryTaskId="+missing+")").wantError(404, "0x80040217")
		o.get("CCaaS_GetDeliveryTasks(DeliveryTaskId=x)").want(400)
		o.get("CCaaS_GetDeliveryTasks").want(404)
		o.get("CCaaS_GetDeliveryTasks(Task=" + missing + ")").want(404)
		o.call(http.MethodPost, "CCaaS_GetDeliveryTasks", "{}").want(404)
	})
}

func TestNewerCreateOperationsRefuseBadInput(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	simple := func(change map[string]any) map[string]any {
		all := map[string]any{"UniqueIdentifier": "c-1", "FirstName": "Camille", "LastName": "Sample", "MobilePhoneNumber": phone}
		maps.Copy(all, change)
		return all
	}
	record := func(change map[string]any) map[string]any {
		return map[string]any{"ProactiveDeliveries": camille(change)}
	}
	contacts := func(change map[string]any) map[string]any { return map[string]any{"Contacts": camille(change)} }
	const task, flat, bulk, bulk2 = "CCaaS_CreateProactiveDelivery", "CCaaS_CreateSimpleProactiveDelivery", "CCaaS_CreateProactiveBulkDelivery", "CCaaS_CreateProactiveDeliveryBulkV2"
	for name, tc := range map[string]struct {
		operation  string
		parameters map[string]any
		status     int
	}{
		"no contacts":             {task, nil, 400},
		"contacts empty":          {task, map[string]any{"Contacts": []any{}}, 400},
		"contacts not JSON":       {task, map[string]any{"Contacts": "x"}, 400},
		"contacts not objects":    {task, map[string]any{"Contacts": []any{1}}, 400},
		"two contacts":            {task, map[string]any{"Contacts": append(camille(nil), camille(nil)...)}, 501},
		"six contacts":            {task, map[string]any{"Contacts": slices.Repeat(camille(nil), 6)}, 400},
		"no identifier":           {task, contacts(map[string]any{"uniqueIdentifier": ""}), 400},
		"no last name":            {task, contacts(map[string]any{"lastName": nil}), 400},
		"name not a text":         {task, contacts(map[string]any{"lastName": 5}), 400},
		"name too long":           {task, contacts(map[string]any{"lastName": strings.Repeat("x", 51)}), 400},
		"no phone":                {task, contacts(map[string]any{"mobilePhoneNumber": ""}), 400},
		"home phone":              {task, contacts(map[string]any{"mobilePhoneNumber": "", "homePhoneNumber": phone}), 200},
		"phone not E.164":         {task, contacts(map[string]any{"businessPhoneNumber": "01"}), 400},
		"unknown member":          {task, contacts(map[string]any{"FirstName": "x"}), 400},
		"windows of the request":  {task, contacts(map[string]any{"windows": []any{map[string]string{"Start": "x", "End": "y"}}}), 400},
		"windows not a list":      {task, contacts(map[string]any{"windows": "x"}), 400},
		"attributes not texts":    {task, contacts(map[string]any{"inputAttributes": map[string]any{"a": 1}}), 400},
		"attributes as JSON text": {task, contacts(map[string]any{"inputAttributes": `{"a":"b"}`}), 200},
		"priority not a number":   {task, map[string]any{"Contacts": camille(nil), "Priority": "High"}, 501},
		"message":                 {task, map[string]any{"Contacts": camille(nil), "Message": "hello"}, 501},
		"flat":                    {flat, simple(nil), 200},
		"flat, no mobile":         {flat, simple(map[string]any{"MobilePhoneNumber": ""}), 400},
		"flat, times without Z":   {flat, simple(map[string]any{"Windows": `[{"Start":"2999-10-01T10:00:00.000","End":"2999-10-01T11:00:00.000"}]`}), 200},
		"flat, times in a zone":   {flat, simple(map[string]any{"TimeZone": "Central European Standard Time", "Windows": `[{"Start":"2999-10-01T10:00:00.000","End":"2999-10-01T11:00:00.000"}]`}), 501},
		"bulk":                    {bulk, record(nil), 204},
		"bulk, engagements":       {bulk, map[string]any{"ProactiveDeliveries": camille(nil), "ProactiveEngagements": "x"}, 501},
		"bulk, email":             {bulk, record(map[string]any{"email": "x"}), 400},
		"bulk, nothing":           {bulk, map[string]any{"ProactiveDeliveries": []any{}}, 400},
		"bulk, too many":          {bulk2, map[string]any{"ProactiveDeliveries": slices.Repeat([]any{map[string]any{}}, 15_001)}, 400},
		"bulk 2, zip and zone":    {bulk2, record(map[string]any{"zipCode": "69001", "timeZone": "x"}), 204},
		"bulk 2, engagements":     {bulk2, map[string]any{"ProactiveDeliveries": camille(nil), "ProactiveEngagements": "x"}, 400},
		"SMS":                     {"CCaaS_CreateProactiveSMSDelivery", map[string]any{"DestinationPhoneNumber": phone, "Message": "x"}, 501},
		"SMS without message":     {"CCaaS_CreateProactiveSMSDelivery", map[string]any{"DestinationPhoneNumber": phone}, 400},
	} {
		parameters := map[string]any{"ProactiveEngagementConfigId": o.demo.RetailEngagement}
		maps.Copy(parameters, tc.parameters)
		before := len(o.mock.Deliveries())
		a := o.call(http.MethodPost, tc.operation, body(t, parameters))
		if a.status != tc.status {
			t.Errorf("%s: %d, want %d: %s", name, a.status, tc.status, a.body)
		}
		if made := len(o.mock.Deliveries()) - before; (made == 1) != (a.status < 300) {
			t.Errorf("%s: %d deliveries", name, made)
		}
		if strings.Contains(string(a.body), "55501234") {
			t.Errorf("%s: the answer repeats the number", name)
		}
	}
}

func TestBulkDeliveriesAreFoundByTheirBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		o.call(http.MethodPost, "CCaaS_CreateProactiveDeliveryBulkV2", body(t, map[string]any{
			"ProactiveEngagementConfigId": o.demo.RetailEngagement, "RequestId": "b-1",
			"ProactiveDeliveries": append(camille(nil), camille(map[string]any{"uniqueIdentifier": "c-2", "mobilePhoneNumber": "+33155509999"})...),
		})).want(204)
		pass(time.Minute)
		rows := o.get("msdyn_proactive_deliveries?$filter=msdyn_batch_id eq '" + o.mock.Deliveries()[0].BatchID + "'").rows()
		if len(rows) != 2 || rows[0]["msdyn_tracking_id"] != "b-1" || rows[0]["msdyn_contact_id"] == rows[1]["msdyn_contact_id"] {
			t.Errorf("rows %v", rows)
		}
	})
}

func TestSuspendedNothingIsAcceptedAndResumedItIsOfferedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		visible := 0
		o.mock.OnDelivery(func(dataverse.Delivery) { visible++ })
		operate := func(operation string) {
			t.Helper()
			o.call(http.MethodPost, createOperation, body(t, map[string]any{"Operation": operation, "ProactiveEngagementConfigId": o.demo.RetailEngagement})).want(202)
		}
		id, late := o.deliver(o.windowed(time.Hour)), o.deliver(o.windowed(30*time.Minute))
		pass(time.Minute)
		operate("Suspend")
		pass(2 * time.Second)
		if err := o.mock.AcceptDelivery(id); err != dataverse.ErrSuspended { //nolint:errorlint // the sentinel itself is promised
			t.Errorf("accepted while suspended: %v", err)
		}
		suspended := func(want bool) {
			t.Helper()
			if rows := o.get("msdyn_proactive_engagement_config_statuses").column("msdyn_suspended"); !slices.Equal(rows, []any{want}) {
				t.Errorf("status rows %v, want one of %v", rows, want)
			}
		}
		suspended(true)
		pass(40 * time.Minute)
		if row := o.deliveryRow(late); row["msdyn_status"] != "Expired" || row["msdyn_result"] != "Expired" {
			t.Errorf("window over while suspended: %v %v", row["msdyn_status"], row["msdyn_result"])
		}
		operate("Resume")
		if err := o.mock.AcceptDelivery(id); err != dataverse.ErrSuspended { //nolint:errorlint // the sentinel itself is promised
			t.Errorf("202 is not done, yet %v", err)
		}
		pass(2 * time.Second)
		if visible != 3 {
			t.Errorf("told %d times, want two appearances and one resumption", visible)
		}
		suspended(false)
		if err := o.mock.AcceptDelivery(id); err != nil {
			t.Error(err)
		}
	})
}

func TestAConfigurationSwitchedOffMeanwhileIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		id := o.deliver(o.deliveryBody())
		if err := o.mock.Update("msdyn_proactive_engagement_config", o.demo.RetailEngagement, map[string]any{"statecode": 1}); err != nil {
			t.Fatal(err)
		}
		pass(30 * time.Second)
		if row := o.deliveryRow(id); row["msdyn_status"] != "Error" || row["msdyn_result"] != "Error" {
			t.Errorf("%v %v", row["msdyn_status"], row["msdyn_result"])
		}
	})
}

func TestModifyAgentPresence(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	available, err := o.mock.Insert("msdyn_presence", map[string]any{"msdyn_name": "Available", "msdyn_basepresencestatus": 192360000})
	if err != nil {
		t.Fatal(err)
	}
	agent := o.demo.Representatives[0]
	for range 2 { // made, then changed
		o.call(http.MethodPost, "CCaaS_ModifyAgentPresence", body(t, map[string]any{"AgentId": agent, "PresenceId": available})).want(204)
		rows := o.get("msdyn_agentstatuses").rows()
		if len(rows) != 1 || rows[0]["_msdyn_agentid_value"] != agent || rows[0]["_msdyn_currentpresenceid_value"] != available {
			t.Errorf("agent statuses %v", rows)
		}
	}
	o.call(http.MethodPost, "CCaaS_ModifyAgentPresence", body(t, map[string]any{"AgentId": missing, "PresenceId": available})).want(400)
	o.call(http.MethodPost, "CCaaS_ModifyAgentPresence", body(t, map[string]any{"AgentId": agent, "PresenceId": missing})).want(400)
}

func TestTheNetworksAnswerStandsInTheDiagnostics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, func(opts *dataverse.Options) { opts.DeliveryLag = [2]time.Duration{1, 1} })
		inProcess := func() string {
			id := o.deliver(o.deliveryBody())
			pass(time.Second)
			if err := o.mock.AcceptDelivery(id); err != nil {
				t.Fatal(err)
			}
			return id
		}
		for code, want := range map[int]string{
			486: "Complete NoAnswer", 600: "Complete NoAnswer", 603: "Complete NoAnswer", 607: "Complete NoAnswer",
			408: "Error CallFailed", 480: "Error CallFailed", 487: "Error CallFailed", 503: "Error CallFailed",
			404: "Error InvalidAddress", 410: "Error InvalidAddress", 484: "Error InvalidAddress", 604: "Error InvalidAddress",
			401: "Error NonRetriableError", 488: "Error NonRetriableError", 505: "Error NonRetriableError",
		} {
			id := inProcess()
			if err := o.mock.FailDelivery(id, code); err != nil {
				t.Fatal(err)
			}
			row := o.deliveryRow(id)
			var sip struct{ SipCode, Q850Cause int }
			text, _ := row["msdyn_sip_diagnostics"].(string)
			if err := json.Unmarshal([]byte(text), &sip); err != nil || sip.SipCode != code || sip.Q850Cause == 0 {
				t.Errorf("%d: diagnostics %s, %v", code, text, err)
			}
			if got := row["msdyn_status"].(string) + " " + row["msdyn_result"].(string); got != want {
				t.Errorf("%d: %s, want %s", code, got, want)
			}
		}
		for result, has := range map[string]bool{"NoAnswer": true, "InvalidAddress": true, "CallEnded": false, "CSRCancelled": false} {
			id := inProcess()
			if err := o.mock.FinishDelivery(id, result); err != nil {
				t.Fatal(err)
			}
			if got := o.deliveryRow(id)["msdyn_sip_diagnostics"] != nil; got != has {
				t.Errorf("%s: diagnostics %v", result, got)
			}
		}
		if err := o.mock.FailDelivery(inProcess(), 200); err == nil {
			t.Error("200 is no failure")
		}
	})
}

func TestRepresentativeAvailability(t *testing.T) {
	t.Parallel()
	o := guarded(t)
	const before = "CCaaS_GetRepresentativeAvailabilityBeforeConversation"
	ask := body(t, map[string]any{"LiveWorkStreamId": o.demo.Workstream})
	o.call(http.MethodPost, before, ask, asAdapter).wantError(http.StatusForbidden, "0x80040220")
	got := o.call(http.MethodPost, before, ask).want(200).object()
	for name, want := range map[string]any{
		"QueueId": o.demo.RetailQueue, "IsQueueAvailable": true, "IsAgentAvailable": false, "PositionInQueue": json.Number("1"),
		"AverageWaitTime": nil, "NextTransitionTime": "9999-12-31T23:59:59Z", "StartTimeOfNextOperatingHour": "0001-01-01T00:00:00Z",
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	if err := o.mock.SetLoad(o.demo.RetailQueue, dataverse.Load{Waiting: 4, Available: 2, AverageWait: 150 * time.Second}); err != nil {
		t.Fatal(err)
	}
	got = o.call(http.MethodPost, before, ask).want(200).object()
	for name, want := range map[string]any{
		"IsAgentAvailable": true, "PositionInQueue": json.Number("5"), "NumberOfExpertsAvailableInQueue": json.Number("2"),
		"AverageWaitTime": json.Number("2"), "AverageWaitTimeInSeconds": json.Number("150"),
	} {
		if got[name] != want {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	for parameters, status := range map[string]int{
		body(t, nil): 400,
		body(t, map[string]any{"LiveWorkStreamId": "x"}):                                           404,
		body(t, map[string]any{"LiveWorkStreamId": missing}):                                       404,
		body(t, map[string]any{"LiveWorkStreamId": o.demo.Workstream, "CustomContextItems": "{}"}): 501,
	} {
		if a := o.call(http.MethodPost, before, parameters); a.status != status {
			t.Errorf("%s: %d, want %d", parameters, a.status, status)
		}
	}
	if err := o.mock.SetLoad(missing, dataverse.Load{}); err != dataverse.ErrUnknownQueue { //nolint:errorlint // the sentinel itself is promised
		t.Error(err)
	}
	if err := o.mock.Update("queue", o.demo.MortgageQueue, map[string]any{"msdyn_operatinghourid": nil}); err != nil {
		t.Fatal(err)
	}
	conversation, err := o.mock.Insert("msdyn_ocliveworkitem", map[string]any{"subject": "call", "msdyn_cdsqueueid": o.demo.MortgageQueue})
	if err != nil {
		t.Fatal(err)
	}
	const during = "CCaaS_GetRepresentativeAvailabilityForConversation"
	if got := o.call(http.MethodPost, during, body(t, map[string]any{"ConversationId": conversation})).want(200).object()["QueueId"]; got != o.demo.MortgageQueue {
		t.Errorf("queue %v", got)
	}
	o.call(http.MethodPost, during, body(t, map[string]any{"ConversationId": missing})).want(404)
	hours, err := o.mock.Insert("msdyn_operatinghour", map[string]any{"msdyn_name": "Office"})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.mock.Update("queue", o.demo.RetailQueue, map[string]any{"msdyn_operatinghourid": hours}); err != nil {
		t.Fatal(err)
	}
	o.call(http.MethodPost, before, ask).wantError(501, "MockUnsupported")
}

// FuzzContacts: no text makes the newer operations panic or answer anything but what is documented.
func FuzzContacts(f *testing.F) {
	f.Add(`[{"uniqueIdentifier":"a","firstName":"b","lastName":"c","mobilePhoneNumber":"+33155501234"}]`)
	f.Add(`[{"windows":[{"start":1,"end":null}],"inputAttributes":[]}]`)
	f.Add(`[[]]`)
	f.Fuzz(func(t *testing.T, text string) {
		o := newOrg(t, nil)
		for _, operation := range []string{"CCaaS_CreateProactiveDelivery", "CCaaS_CreateProactiveDeliveryBulkV2"} {
			name := map[string]string{"CCaaS_CreateProactiveDelivery": "Contacts"}[operation]
			if name == "" {
				name = "ProactiveDeliveries"
			}
			a := o.call(http.MethodPost, operation, body(t, map[string]any{"ProactiveEngagementConfigId": o.demo.RetailEngagement, name: text}))
			if !slices.Contains([]int{200, 204, 400, 501}, a.status) {
				t.Errorf("%s %q: %d %s", operation, text, a.status, a.body)
			}
		}
	})
}
