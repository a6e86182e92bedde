package dataverse

// signature is what $metadata says of an operation. Bound ones name the table that they are called on: actions and
// functions ofRow on one row, other functions on the collection.
type signature struct {
	name       string
	function   bool
	bound      string
	ofRow      bool
	parameters []parameter
	returns    []parameter // members of the response; nil: no content
	collection string      // a function that answers rows: of this table
}

type parameter struct {
	name, kind string
	required   bool
}

func must(name, kind string) parameter { return parameter{name, kind, true} }
func may(name, kind string) parameter  { return parameter{name, kind, false} }

// signatures are the operations whose parameters are public, built here or not; a test holds the built ones to them.
func signatures() []signature {
	const text, guid, number, moment = "Edm.String", "Edm.Guid", "Edm.Int32", "Edm.DateTimeOffset"
	version, config := must("ApiVersion", text), must("ProactiveEngagementConfigId", text)
	return []signature{
		{name: "WhoAmI", function: true, returns: []parameter{must("BusinessUnitId", guid), must("UserId", guid), must("OrganizationId", guid)}},
		{name: "RetrieveVersion", function: true, returns: []parameter{may("Version", text)}},
		{
			name: "RetrieveCurrentOrganization", function: true,
			parameters: []parameter{must("AccessType", queryNamespace+"EndpointAccessType")},
			returns:    []parameter{may("Detail", queryNamespace+"OrganizationDetail")},
		},
		{
			name: "LocalTimeFromUtcTime", function: true,
			parameters: []parameter{must("TimeZoneCode", number), must("UtcTime", moment)},
			returns:    []parameter{must("LocalTime", moment)},
		},
		{
			name: "UtcTimeFromLocalTime", function: true,
			parameters: []parameter{must("TimeZoneCode", number), must("LocalTime", moment)},
			returns:    []parameter{must("UtcTime", moment)},
		},
		{
			name: "GetAllTimeZonesWithDisplayName", function: true, bound: "timezonedefinition",
			parameters: []parameter{must("LocaleId", number)}, collection: "timezonedefinition",
		},
		{
			name: "GetTimeZoneCodeByLocalizedName", function: true, bound: "timezonedefinition",
			parameters: []parameter{must("LocalizedStandardName", text), must("LocaleId", number)},
			returns:    []parameter{must("TimeZoneCode", number)},
		},
		{
			name: "CCaaS_CreateProactiveVoiceDelivery",
			parameters: []parameter{
				version, config, must("DestinationPhoneNumber", text), may("ContactId", text), may("Windows", text), may("InputAttributes", text),
			},
			returns: []parameter{may("DeliveryId", text)},
		},
		{
			name: "CCaaS_CreateProactiveDelivery",
			parameters: []parameter{
				version, config, must("Contacts", text), may("RequestId", text), may("Priority", text), may("Windows", text), may("Message", text),
			},
			returns: []parameter{may("DeliveryId", text), may("DeliveryTaskId", text)},
		},
		{
			name: "CCaaS_CreateSimpleProactiveDelivery",
			parameters: []parameter{
				version, config, must("UniqueIdentifier", text), must("FirstName", text), must("LastName", text), must("MobilePhoneNumber", text),
				may("BusinessPhoneNumber", text), may("HomePhoneNumber", text), may("Email", text), may("Country", text), may("City", text),
				may("AddressLine", text), may("PostalCode", text), may("State", text), may("TimeZone", text), may("Priority", text),
				may("InputAttributes", text), may("Windows", text),
			},
		},
		{
			name:       "CCaaS_CreateProactiveBulkDelivery",
			parameters: []parameter{version, config, must("ProactiveDeliveries", text), may("RequestId", text), may("ProactiveEngagements", text)},
		},
		{
			name:       "CCaaS_CreateProactiveDeliveryBulkV2",
			parameters: []parameter{version, config, must("ProactiveDeliveries", text), may("RequestId", text)},
		},
		{
			name:       "CCaaS_CreateProactiveSMSDelivery",
			parameters: []parameter{version, config, must("DestinationPhoneNumber", text), must("Message", text), may("InputAttributes", text)},
		},
		{name: "CCaaS_CancelDeliveryTask", parameters: []parameter{version, must("DeliveryTaskId", text)}},
		{name: "CCaaS_GetDeliveryTasks", function: true, parameters: []parameter{must("DeliveryTaskId", guid)}},
		{
			name:       "CCaaS_CreateOperation",
			parameters: []parameter{version, must("Operation", text), may("ProactiveEngagementConfigId", text), may("DeliveryId", text)},
		},
		{
			name:       "CCaaS_GetRepresentativeAvailabilityBeforeConversation",
			parameters: []parameter{version, must("LiveWorkStreamId", text), may("CustomContextItems", text), may("ChannelEngagementContext", text)},
		},
		{
			name:       "CCaaS_GetRepresentativeAvailabilityForConversation",
			parameters: []parameter{version, must("ConversationId", text), may("CustomContextItems", text)},
		},
		{name: "CCaaS_GetPresence", function: true},
		{name: "CCaaS_ModifyAgentPresence", parameters: []parameter{version, must("AgentId", text), must("PresenceId", text)}},
		{name: "TriggerServiceEndpointCheck", bound: "serviceendpoint"},
		{
			name: "RetrieveUserPrivileges", function: true, bound: "systemuser", ofRow: true,
			returns: []parameter{must("RolePrivileges", "Collection("+alias+"RolePrivilege)")},
		},
	}
}
