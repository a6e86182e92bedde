package event_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/event"
)

// The identifiers of the messages below, as Dataverse writes them.
const (
	rowID        = "4a91c0de-77b2-4f35-8e06-1d2c3b4a5968"
	operation    = "b7e3d210-5c4f-4a18-93d7-6f0e1c2b3a49"
	organization = "e05f6a7b-1234-4cde-8f90-a1b2c3d4e5f6"
	step         = "2c6f8e1a-9b3d-4057-a4c2-d8e7f6051b3c"
)

// remote is a RemoteExecutionContext in which nothing is left out.
func remote(message, table, target string) string {
	return `{"BusinessUnitId":"10000000-0000-4000-8000-000000000001","CorrelationId":"10000000-0000-4000-8000-000000000002","Depth":1,
		"InitiatingUserAgent":"Test","InitiatingUserAzureActiveDirectoryObjectId":"00000000-0000-0000-0000-000000000000",
		"InitiatingUserId":"10000000-0000-4000-8000-000000000003",
		"InputParameters":[{"key":"ConcurrencyBehavior","value":0}` + target + `],
		"IsExecutingOffline":false,"IsInTransaction":false,"IsOfflinePlayback":false,"IsolationMode":1,"MessageName":"` + message + `","Mode":1,
		"OperationCreatedOn":"\/Date(1772442904000+0000)\/","OperationId":"` + operation + `","OrganizationId":"` + strings.ToUpper(organization) + `",
		"OrganizationName":"unqbank","OutputParameters":[],
		"OwningExtension":{"Id":"` + step + `","KeyAttributes":[],"LogicalName":"sdkmessageprocessingstep","Name":null,"RowVersion":null},
		"ParentContext":null,"PostEntityImages":[],"PreEntityImages":[],"PrimaryEntityId":"` + rowID + `","PrimaryEntityName":"` + table + `",
		"RequestId":"10000000-0000-4000-8000-000000000004","SecondaryEntityName":"none","SharedVariables":[{"key":"IsAutoTransact","value":true}],
		"Stage":40,"UserAzureActiveDirectoryObjectId":"00000000-0000-0000-0000-000000000000","UserId":"10000000-0000-4000-8000-000000000003"}`
}

// target is a row of which some columns changed, one `"name":value` each.
func target(columns ...string) string {
	list := make([]string, 0, len(columns))
	for _, c := range columns {
		name, value, _ := strings.Cut(c, ":")
		list = append(list, `{"key":`+name+`,"value":`+value+`}`)
	}
	return `,{"key":"Target","value":{"__type":"Entity:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Attributes":[` + strings.Join(list, ",") +
		`],"EntityState":null,"FormattedValues":[{"key":"statuscode","value":"Active"}],"Id":"` + rowID + `","KeyAttributes":[],"LogicalName":"x","RelatedEntities":[],"RowVersion":"7340128"}}`
}

// deleted is what stands in place of a row that is gone.
const deleted = `,{"key":"Target","value":{"__type":"EntityReference:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Id":"` + rowID +
	`","KeyAttributes":[],"LogicalName":"x","Name":null,"RowVersion":null}}`

// fromEndpoint is a message as a service endpoint sends it.
func fromEndpoint(body string) event.Envelope {
	return event.Envelope{Body: []byte(body), ContentType: "application/json", Properties: map[string]any{
		"http://schemas.microsoft.com/xrm/2011/Claims/Organization": "bank.crm.example",
	}}
}

func TestDecodeReadsDataverse(t *testing.T) {
	t.Parallel()
	const choice = `{"__type":"OptionSetValue:http:\/\/schemas.microsoft.com\/xrm\/2011\/Contracts","Value":2}`
	const lookup = `{"Id":"` + queueID + `","KeyAttributes":[],"LogicalName":"queue","Name":null,"RowVersion":null}`
	delivery := func(columns ...string) string {
		return remote("Update", "msdyn_proactive_delivery", target(columns...))
	}
	conversation := func(columns ...string) string { return remote("Update", "msdyn_ocliveworkitem", target(columns...)) }
	queue := remote("Update", "queue", target(`"name":"Cards"`))
	for name, test := range map[string]struct {
		body string
		want adapter.EventData
	}{
		"a setting that changed":     {queue, adapter.SettingsChanged{Table: "queue", Row: rowID}},
		"a setting that is new":      {strings.Replace(queue, `"Update"`, `"Create"`, 1), adapter.SettingsChanged{Table: "queue", Row: rowID}},
		"a setting that is gone":     {remote("Delete", "msdyn_overflowactionconfig", deleted), adapter.SettingsChanged{Table: "msdyn_overflowactionconfig", Row: rowID}},
		"a setting that was cut":     {remote("Update", "calendar", ""), adapter.SettingsChanged{Table: "calendar", Row: rowID}},
		"many settings at once":      {strings.Replace(remote("UpdateMultiple", "queue", `,{"key":"Targets","value":{"Entities":[]}}`), rowID, "00000000-0000-0000-0000-000000000000", 1), adapter.SettingsChanged{Table: "queue"}},
		"no parameters at all":       {strings.Replace(queue, `"InputParameters":[`, `"InputParameters":null,"x":[`, 1), adapter.SettingsChanged{Table: "queue", Row: rowID}},
		"parameters of another form": {strings.Replace(queue, `"InputParameters":[`, `"InputParameters":{"key":"Target"},"x":[`, 1), adapter.SettingsChanged{Table: "queue", Row: rowID}},
		"entries of another form":    {strings.Replace(queue, `"InputParameters":[`, `"InputParameters":[1,{},{"key":2,"value":3},{"key":"Target"},`, 1), adapter.SettingsChanged{Table: "queue", Row: rowID}},
		"a newer version's members":  {strings.Replace(queue, `"Depth":1`, `"Depth":1,"NewThing":{"a":[{}]}`, 1), adapter.SettingsChanged{Table: "queue", Row: rowID}},
		"contexts in contexts": {
			strings.Replace(queue, `"ParentContext":null`, `"ParentContext":`+strings.Repeat(`{"MessageName":"Delete","ParentContext":`, 500)+"null"+strings.Repeat("}", 500), 1),
			adapter.SettingsChanged{Table: "queue", Row: rowID},
		},

		"a delivery": {
			delivery(`"msdyn_delivery_id":"D-17"`, `"msdyn_status":"Complete"`, `"msdyn_result":"NoAnswer"`, `"cost":{"__type":"Money:x","Value":8}`, `"msdyn_seq_no":1`),
			adapter.DeliveryChanged{Row: rowID, Delivery: "D-17", Status: "Complete", Result: "NoAnswer"},
		},
		"a delivery of which little changed": {delivery(`"msdyn_status":"InProcess"`, `"msdyn_result":null`), adapter.DeliveryChanged{Row: rowID, Status: "InProcess"}},
		"a delivery whose status is a choice": {
			delivery(`"msdyn_status":{"Value":4}`), adapter.DeliveryChanged{Row: rowID, Status: "4"},
		},
		"a delivery that is gone": {remote("Delete", "msdyn_proactive_delivery", deleted), adapter.DeliveryChanged{Row: rowID}},
		"a delivery with its image": {
			strings.Replace(delivery(`"msdyn_status":"Complete"`), `"PostEntityImages":[]`,
				`"PostEntityImages":[{"key":"AsynchronousStepPrimaryName","value":{"Attributes":[{"key":"msdyn_delivery_id","value":"D-17"},{"key":"msdyn_status","value":"older"}]}}]`, 1),
			adapter.DeliveryChanged{Row: rowID, Delivery: "D-17", Status: "Complete"},
		},

		"a conversation": {
			conversation(`"msdyn_cdsqueueid":`+lookup, `"statuscode":`+choice, `"msdyn_statuschangereason":{"Value":192350003}`, `"msdyn_isoutbound":true`,
				`"msdyn_createdon":"\/Date(1772442900000)\/"`),
			adapter.ConversationChanged{Conversation: rowID, Queue: queueID, Status: adapter.ConversationActive, StatusReason: 192350003, Outbound: true},
		},
		"a conversation that left its queue":  {conversation(`"msdyn_cdsqueueid":null`), adapter.ConversationChanged{Conversation: rowID}},
		"a status nobody knows yet":           {conversation(`"statuscode":{"Value":9}`), adapter.ConversationChanged{Conversation: rowID, Status: 9}},
		"a status that is wrapped twice":      {conversation(`"statuscode":{"AttributeLogicalName":"s","Value":{"Value":3}}`), adapter.ConversationChanged{Conversation: rowID, Status: adapter.ConversationWaiting}},
		"a status told twice, the last wins":  {conversation(`"statuscode":{"Value":1}`, `"statuscode":{"Value":4}`), adapter.ConversationChanged{Conversation: rowID, Status: adapter.ConversationClosed}},
		"a conversation that was cut":         {remote("Update", "msdyn_ocliveworkitem", ""), adapter.ConversationChanged{Conversation: rowID, Cut: true}},
		"a conversation that is gone":         {remote("Delete", "msdyn_ocliveworkitem", deleted), adapter.ConversationChanged{Conversation: rowID, Status: adapter.ConversationClosed}},
		"a row named by its target alone":     {strings.Replace(conversation(), `"PrimaryEntityId":"`+rowID+`"`, `"PrimaryEntityId":null`, 1), adapter.ConversationChanged{Conversation: rowID}},
		"a table in another spelling":         {remote("Create", "MSDYN_OcLiveWorkItem", ""), adapter.ConversationChanged{Conversation: rowID, Cut: true}},
		"an organization without escapes":     {strings.ReplaceAll(conversation(), `\/`, `/`), adapter.ConversationChanged{Conversation: rowID}},
		"a time with the offset of elsewhere": {strings.Replace(conversation(), "+0000", "+0530", 1), adapter.ConversationChanged{Conversation: rowID}},
		"a time without offset":               {strings.Replace(conversation(), "+0000", "", 1), adapter.ConversationChanged{Conversation: rowID}},
		"a time as newer serializers write":   {strings.Replace(conversation(), `\/Date(1772442904000+0000)\/`, `2026-03-02T09:15:04Z`, 1), adapter.ConversationChanged{Conversation: rowID}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := rowID
			if data, is := test.want.(adapter.SettingsChanged); is {
				key = data.Row
			}
			want := adapter.CallEvent{
				ID: operation + "/" + key + "/" + step, Source: "dataverse/" + organization, At: at, Sequence: at.UnixMicro(), Data: test.want,
			}
			decodes(t, fromEndpoint(test.body), want)
			decodes(t, event.Envelope{Body: []byte("\xEF\xBB\xBF" + test.body)}, want) // a relay dropped everything beside the body
		})
	}
}

// No page says what an endpoint is sent that somebody tries out.
func TestAnEndpointThatIsTriedOut(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		remote("TriggerServiceEndpointCheck", "serviceendpoint", ""),
		`{"MessageName":"TriggerServiceEndpointCheck","PrimaryEntityName":"serviceendpoint"}`,
		`{"MessageName":"TriggerServiceEndpointCheck","PrimaryEntityName":"none","OrganizationId":7,"OperationCreatedOn":null}`,
	} {
		got, err := event.Decode(fromEndpoint(body))
		if _, is := got.Data.(adapter.EndpointChecked); !is || err != nil || got.ID == "" {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	tables := event.Tables()
	if len(tables) < 13 || tables[0].Name != "queue" || !slices.Contains(tables[0].Attributes, "msdyn_queuetype") || len(tables[1].Attributes) > 0 {
		t.Errorf("%+v", tables)
	}
}

// The tables that are read are those that steps are registered for.
func TestDecodeReadsTheTablesOfTheSettings(t *testing.T) {
	t.Parallel()
	for _, table := range []string{
		"queue", "msdyn_decisionruleset", "msdyn_overflowactionconfig", "msdyn_proactive_callback_profile", "msdyn_operatinghour",
		"msdyn_ocsystemmessage", "calendar", "msdyn_routingconfiguration", "msdyn_routingconfigurationstep", "msdyn_liveworkstream",
		"msdyn_proactive_engagement_config",
	} {
		got, err := event.Decode(fromEndpoint(remote("Create", table, target())))
		if err != nil {
			t.Errorf("%s: %v", table, err)
			continue
		}
		if diff := cmp.Diff(adapter.EventData(adapter.SettingsChanged{Table: table, Row: rowID}), got.Data); diff != "" {
			t.Errorf("%s (-want +got):\n%s", table, diff)
		}
	}
}

// A synchronous step has no operation; its messages must not be taken for repeats
// of each other.
func TestSynchronousStepsAreToldApart(t *testing.T) {
	t.Parallel()
	id := func(change ...string) string {
		body := strings.NewReplacer(change...).Replace(strings.Replace(remote("Update", "queue", ""), operation, "00000000-0000-0000-0000-000000000000", 1))
		got, err := event.Decode(fromEndpoint(body))
		if err != nil {
			t.Fatal(err)
		}
		return got.ID
	}
	first := id()
	if first != id("Depth", "AnotherDepth") {
		t.Error("a repeat is taken for another event")
	}
	if first == id("1772442904000", "1772442904001") || first == id("10000000-0000-4000-8000-000000000002", "10000000-0000-4000-8000-00000000000f") ||
		first == id(rowID, queueID) || first == id("Update", "Create") {
		t.Error("another event is taken for a repeat")
	}
}

func TestDecodeRejectsDataverseAndSaysWhatToChange(t *testing.T) {
	t.Parallel()
	claims := func(body string) event.Envelope {
		e := fromEndpoint(body)
		e.ContentType = ""
		return e
	}
	changed := func(old, replacement string) event.Envelope {
		return fromEndpoint(strings.Replace(remote("Update", "msdyn_ocliveworkitem", target(`"statuscode":{"Value":1}`, `"msdyn_cdsqueueid":{"Id":"`+queueID+`"}`)), old, replacement, 1))
	}
	for name, test := range map[string]struct {
		e                   event.Envelope
		reason, description string
	}{
		".NET binary":                 {event.Envelope{Body: []byte{0x40, 1}, ContentType: "application/msbin1"}, "NotSupported", "set the service endpoint's Message Format to JSON"},
		".NET binary, type dropped":   {claims("\x40\x01"), "NotSupported", "Message Format to JSON"},
		"XML":                         {claims("<RemoteExecutionContext/>"), "NotSupported", "Message Format to JSON"},
		"empty":                       {claims(" "), "NotCloudEvent", "body: empty"},
		"another object":              {claims("{}"), "BadEvent", "MessageName: missing; PrimaryEntityName: missing; OrganizationId: missing; OperationCreatedOn: missing"},
		"another table":               {fromEndpoint(remote("Update", "account", target())), "NotNeeded", "nothing here reads table account; remove the service endpoint's step " + step},
		"another table, step unknown": {fromEndpoint(strings.Replace(remote("Update", "account", ""), step, number, 1)), "NotNeeded", "remove the service endpoint's step that sent this"},
		"a reading message":           {fromEndpoint(remote("RetrieveMultiple", "queue", "")), "NotNeeded", "MessageName: RetrieveMultiple changes no row; remove the service endpoint's step " + step},
		"many conversations":          {fromEndpoint(strings.Replace(remote("UpdateMultiple", "msdyn_ocliveworkitem", ""), rowID, "", 1)), "BadEvent", "PrimaryEntityId: missing; register the step on Create, Update and Delete"},
		"no organization":             {changed(strings.ToUpper(organization), "00000000-0000-0000-0000-000000000000"), "BadEvent", "OrganizationId: all zero"},
		"a row that is a number":      {changed(`"PrimaryEntityId":"`+rowID, `"PrimaryEntityId":"`+number), "BadEvent", "PrimaryEntityId: not a GUID"},
		"a time before all":           {changed("1772442904000", "-62135596800000"), "BadEvent", "OperationCreatedOn: not a time as /Date(milliseconds)/ after 1970"},
		"a time that is none":         {changed("1772442904000", "soon"), "BadEvent", "OperationCreatedOn: not a time"},
		"a time after all":            {changed("1772442904000", "253402300800000"), "BadEvent", "OperationCreatedOn: not a time"},
		"a time that is a number":     {changed(`"\/Date(1772442904000+0000)\/"`, "1772442904000"), "BadEvent", "OperationCreatedOn: not a time"},
		"a status that is a text":     {changed(`{"Value":1}`, `"open"`), "BadEvent", "Target.statuscode: not a whole number"},
		"a queue that is none":        {changed(`{"Id":"`+queueID+`"}`, `"`+number+`"`), "BadEvent", "Target.msdyn_cdsqueueid: not a GUID"},
		"a queue that is a list":      {changed(`{"Id":"`+queueID+`"}`, `["`+number+`"]`), "BadEvent", "Target.msdyn_cdsqueueid: not a text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rejects(t, test.e, test.reason, test.description)
		})
	}
}

func TestDataverseTimesAreUTCWhateverTheirOffset(t *testing.T) {
	t.Parallel()
	got, err := event.Decode(fromEndpoint(strings.Replace(remote("Update", "queue", ""), "1772442904000+0000", "1772442904123-0800", 1)))
	if want := at.Add(123 * time.Millisecond); err != nil || !got.At.Equal(want) || got.Sequence != want.UnixMicro() {
		t.Errorf("at %v with sequence %d, %v", got.At, got.Sequence, err)
	}
}

// Whatever field a number has strayed into.
func TestRejectionsOfForeignMessagesNeverRepeatANumber(t *testing.T) {
	t.Parallel()
	messages := map[string]map[string]any{
		"conversation": jsonOf(t, []byte(remote("Update", "msdyn_ocliveworkitem", target(`"statuscode":{"Value":1}`, `"msdyn_cdsqueueid":{"Id":"`+queueID+`"}`)))),
		"delivery":     jsonOf(t, []byte(remote("Update", "msdyn_proactive_delivery", target(`"msdyn_delivery_id":"D"`, `"msdyn_status":"Complete"`)))),
		"job":          jsonOf(t, []byte(gridEvent("RouterJobQueued", job(`,"priority":1,"labels":{"from":"x","entry":"route","bot":"none","locale":"fr-FR"}`)))),
		"taken job":    jsonOf(t, []byte(gridCloudEvent("RouterWorkerOfferAccepted", job(`,"workerId":"w"`)))),
	}
	values := []any{number, 33155501234, []any{number}, map[string]any{number: number}, map[string]any{"Value": number}, map[string]any{"Id": number}}
	tried := 0
	for name, message := range messages {
		everyPlace(message, func(set func(any), was any) {
			for _, value := range values {
				set(value)
				_, err := event.Decode(event.Envelope{Body: marshal(t, message)})
				if err != nil && strings.Contains(err.Error(), "155501234") {
					t.Errorf("%s: %v", name, err)
				}
				tried++
			}
			set(was)
		})
	}
	if tried < 500 {
		t.Errorf("only %d places were tried", tried)
	}
}

// everyPlace visits each value of a JSON value, outermost first.
func everyPlace(value any, visit func(set func(any), was any)) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			visit(func(to any) { value[name] = to }, inner)
			everyPlace(inner, visit)
		}
	case []any:
		for i, inner := range value {
			visit(func(to any) { value[i] = to }, inner)
			everyPlace(inner, visit)
		}
	}
}
