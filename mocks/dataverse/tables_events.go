package dataverse

// eventTables send what happens here to somebody else. Pages: Service Endpoint, Sdk Message, Sdk Message Filter, Sdk
// Message Processing Step and its Image, System Job.
func eventTables() []*table {
	return []*table{serviceEndpoint(), {
		name: "sdkmessage", set: "sdkmessages", schema: "SdkMessage", display: "Sdk Message", primaryName: "name",
		audit: "%s_sdkmessage", untracked: true, pessimistic: true, fixed: true, silent: true,
		columns: page(columns(
			key("SdkMessageId"),
			text("Name", 256).must(),
			text("CategoryName", 25),
			yesNo("IsActive"), yesNo("IsPrivate"), yesNo("IsReadOnly"), yesNo("IsValidForExecuteAsync"),
			yesNo("Template"), yesNo("AutoTransact"), yesNo("Expand"),
			number("Availability"),
			guidColumn("SdkMessageIdUnique"),
		), system()),
	}, {
		name: "sdkmessagefilter", set: "sdkmessagefilters", schema: "SdkMessageFilter", display: "Sdk Message Filter", primaryName: "name",
		audit: "%s_sdkmessagefilter", untracked: true, pessimistic: true, fixed: true, silent: true,
		columns: page(columns(
			key("SdkMessageFilterId"),
			text("Name", 256),
			lookup("SdkMessageId", "sdkmessage").as("sdkmessageid_sdkmessagefilter"),
			tableName("PrimaryObjectTypeCode"), tableName("SecondaryObjectTypeCode"),
			yesNo("IsCustomProcessingStepAllowed"), yesNo("IsVisible"),
			number("Availability"), number("RestrictionLevel"),
			guidColumn("SdkMessageFilterIdUnique"),
		), system()),
	}, {
		name: "sdkmessageprocessingstep", set: "sdkmessageprocessingsteps", schema: "SdkMessageProcessingStep",
		display: "Sdk Message Processing Step", primaryName: "name", audit: "%s_sdkmessageprocessingstep", untracked: true, silent: true,
		columns: page(columns(
			key("SdkMessageProcessingStepId"),
			text("Name", 256),
			text("Description", 256),
			choice("Stage",
				label{5, "Initial Pre-operation (For internal use only)"}, label{10, "Pre-validation"},
				label{15, "Internal Pre-operation Before External Plugins (For internal use only)"}, label{20, "Pre-operation"},
				label{25, "Internal Pre-operation After External Plugins (For internal use only)"}, label{30, "Main Operation (For internal use only)"},
				label{35, "Internal Post-operation Before External Plugins (For internal use only)"}, label{40, "Post-operation"},
				label{45, "Internal Post-operation After External Plugins (For internal use only)"}, label{50, "Post-operation (Deprecated)"},
				label{55, "Final Post-operation (For internal use only)"}).must(),
			choice("Mode", labelsFrom(0, "Synchronous|Asynchronous")...).must(),
			number("Rank").must(),
			choice("SupportedDeployment", labelsFrom(0, "Server Only|Microsoft Dynamics 365 Client for Outlook Only|Both")...),
			yesNo("AsyncAutoDelete").starts(false),
			text("FilteringAttributes", 100_000),
			memo("Configuration", 1_073_741_823),
			lookup("EventHandler", "serviceendpoint").via("eventhandler_serviceendpoint").
				as("serviceendpoint_sdkmessageprocessingstep").cascades(),
			lookup("SdkMessageId", "sdkmessage").as("sdkmessageid_sdkmessageprocessingstep").must(),
			lookup("SdkMessageFilterId", "sdkmessagefilter").as("sdkmessagefilterid_sdkmessageprocessingstep"),
			lookup("ImpersonatingUserId", "systemuser").as("impersonatinguserid_sdkmessageprocessingstep"),
			guidColumn("SdkMessageProcessingStepIdUnique").with(readOnly),
			componentState(),
		), states("Enabled|Disabled", "Enabled|Disabled", nil), system()),
	}, {
		name: "sdkmessageprocessingstepimage", set: "sdkmessageprocessingstepimages", schema: "SdkMessageProcessingStepImage",
		display: "Sdk Message Processing Step Image", primaryName: "name", audit: "%s_sdkmessageprocessingstepimage",
		untracked: true, pessimistic: true, silent: true,
		columns: page(columns(
			key("SdkMessageProcessingStepImageId"),
			text("Name", 256),
			text("Description", 256),
			text("EntityAlias", 256).must(),
			choice("ImageType", labelsFrom(0, "PreImage|PostImage|Both")...).must(),
			text("MessagePropertyName", 256).must(),
			text("Attributes", 100_000), // the property is called attributes, the schema name Attributes1
			text("RelatedAttributeName", 256),
			lookup("SdkMessageProcessingStepId", "sdkmessageprocessingstep").
				as("sdkmessageprocessingstepid_sdkmessageprocessingstepimage").must().cascades(),
			componentState(),
		), system()),
	}, asyncOperation()}
}

func serviceEndpoint() *table {
	return &table{
		name: "serviceendpoint", set: "serviceendpoints", schema: "ServiceEndpoint", display: "Service Endpoint", primaryName: "name",
		audit: "%s_serviceendpoint", untracked: true, pessimistic: true, silent: true,
		columns: page(columns(
			key("ServiceEndpointId"),
			text("Name", 256).must(),
			text("Description", 256),
			choice("Contract", labelsFrom(1,
				"OneWay|Queue|Rest|TwoWay|Topic|Queue (Persistent)|Event Hub|Webhook|Event Grid|Managed Data Lake")...).must(),
			choice("AuthType", labelsFrom(1,
				"ACS|SAS Key|SAS Token|Webhook Key|Http Header|Http Query String|Connection String|Access Key")...),
			choice("ConnectionMode", labelsFrom(1, "Normal|Federated")...).must(),
			choice("MessageFormat", labelsFrom(1, "Binary XML|Json|Text XML")...),
			choice("MessageCharset", labelsFrom(0, "Default|UTF8")...),
			choice("NamespaceFormat", labelsFrom(1, "Namespace Name|Namespace Address")...),
			choice("UserClaim", labelsFrom(1, "None|UserId|UserInfo")...).must(),
			text("NamespaceAddress", 255),
			text("SolutionNamespace", 160).must(), text("Path", 160).must(),
			text("SASKeyName", 256),
			text("SASKey", 256).hidden(), whether("IsSASKeySet", "saskey"),
			memo("SASToken", 2000).hidden(), whether("IsSASTokenSet", "sastoken"),
			text("Url", 2000),
			text("AuthValue", 2048).hidden(), whether("IsAuthValueSet", "authvalue"),
			guidColumn("ServiceEndpointIdUnique").with(readOnly),
			componentState(),
		), system()),
	}
}

// asyncOperation is what became of each message sent. Page: System Job.
func asyncOperation() *table {
	codes := choice("statuscode",
		label{0, "Waiting For Resources"}, label{10, "Waiting"}, label{20, "In Progress"}, label{21, "Pausing"},
		label{22, "Canceling"}, label{30, "Succeeded"}, label{31, "Failed"}, label{32, "Canceled"},
	).in("Status").starts(int64(0))
	codes.stateOf = map[int64]int64{0: 0, 10: 1, 20: 2, 21: 2, 22: 2, 30: 3, 31: 3, 32: 3}
	return &table{
		name: "asyncoperation", set: "asyncoperations", schema: "AsyncOperation", display: "System Job", primaryName: "name",
		audit: "lk_asyncoperation_%s", silent: true,
		columns: page(columns(
			key("AsyncOperationId"),
			text("Name", 256).with(createOnly),
			choice("OperationType",
				label{1, "System Event"}, label{2, "Bulk Email"}, label{3, "Import File Parse"}, label{10, "Workflow"},
				label{13, "Bulk Delete"}, label{23, "Matchcode Update"}).starts(int64(1)),
			text("MessageName", 160),
			tableName("PrimaryEntityType"),
			text("CorrelationId", 100),
			number("Depth"), number("RetryCount"), number("ErrorCode"),
			memo("Message", 1_073_741_823), memo("FriendlyMessage", 1_073_741_823),
			dateTime("PostponeUntil"), dateTime("StartedOn"), dateTime("CompletedOn"),
			guidColumn("RequestId"),
			lookup("OwningExtensionId", "sdkmessageprocessingstep").as("SdkMessageProcessingStep_AsyncOperations"),
			choice("statecode", labelsFrom(0, "Ready|Suspended|Locked|Completed")...).in("State").starts(int64(0)),
			codes,
		), owned(), system()),
	}
}
