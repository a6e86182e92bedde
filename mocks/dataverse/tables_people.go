package dataverse

// peopleTables are who calls, who is called and who works here. Pages: Account, Contact, User, Team, Business Unit.
func peopleTables() []*table {
	return []*table{{
		name: "account", set: "accounts", schema: "Account", display: "Account", primaryName: "name", audit: "lk_accountbase_%s",
		columns: page(columns(
			key("AccountId"),
			text("Name", 160).must(),
			text("AccountNumber", 20),
			memo("Description", 2000),
			text("EMailAddress1", 100),
			text("Telephone1", 50), text("Telephone2", 50), text("Fax", 50),
			text("WebSiteURL", 200),
			yesNo("DoNotPhone").starts(false), yesNo("CreditOnHold").starts(false),
			integer("NumberOfEmployees", 0, 1_000_000_000),
			money("Revenue"),
			lookup("TransactionCurrencyId", "transactioncurrency").as("transactioncurrency_account"),
			lookup("PrimaryContactId", "contact").as("account_primary_contact"),
			lookup("ParentAccountId", "account").as("account_parent_account"),
			text("Address1_Line1", 250), text("Address1_City", 80), text("Address1_PostalCode", 20),
			text("Address1_StateOrProvince", 50), text("Address1_Country", 80),
		), ownedAs("accounts"), state(), system()),
	}, {
		name: "contact", set: "contacts", schema: "Contact", display: "Contact", primaryName: "fullname", audit: "lk_contactbase_%s",
		columns: page(columns(
			key("ContactId"),
			text("FullName", 160).with(readOnly), // put together from the parts below
			text("FirstName", 50), text("LastName", 50).must(),
			text("JobTitle", 100),
			memo("Description", 2000),
			dateOnly("BirthDate"),
			customer("ParentCustomerId").as("contact_customer_accounts", "contact_customer_contacts"),
			text("EMailAddress1", 100),
			text("Telephone1", 50), text("MobilePhone", 50), text("Telephone2", 50),
			yesNo("DoNotPhone").starts(false), yesNo("DoNotEMail").starts(false),
			text("Address1_Line1", 250), text("Address1_City", 80), text("Address1_PostalCode", 20),
			text("Address1_StateOrProvince", 50), text("Address1_Country", 80),
		), ownedAs("contacts"), state(), system()),
	}, {
		name: "systemuser", set: "systemusers", schema: "SystemUser", display: "User", primaryName: "fullname",
		ownership: ownedByBusiness, audit: "lk_systemuserbase_%s",
		columns: page(columns(
			key("SystemUserId"),
			text("FullName", 200).with(readOnly),
			text("FirstName", 256), text("LastName", 256),
			text("DomainName", 1024).must(),
			text("InternalEMailAddress", 100),
			text("Title", 128),
			text("MobilePhone", 64), text("HomePhone", 50),
			guidColumn("ApplicationId"), // set on application users only: the appid of their tokens
			guidColumn("AzureActiveDirectoryObjectId"),
			lookup("BusinessUnitId", "businessunit").as("business_unit_system_users"),
			lookup("ParentSystemUserId", "systemuser").as("user_parent_user"),
			lookup("QueueId", "queue").as("queue_system_user"),
			guidColumn("OrganizationId").with(readOnly),
			yesNo("IsDisabled").starts(false),
			choice("AccessMode", labelsFrom(0, "Read-Write|Administrative|Read|Support User|Non-interactive|Delegated Admin")...).starts(int64(0)),
		), system()),
	}, {
		name: "team", set: "teams", schema: "Team", display: "Team", primaryName: "name",
		ownership: ownedByBusiness, audit: "lk_teambase_%s",
		columns: page(columns(
			key("TeamId"),
			text("Name", 160).must(),
			memo("Description", 2000),
			text("EMailAddress", 100),
			choice("TeamType", labelsFrom(0, "Owner|Access|Security Group|Office Group")...).starts(int64(0)),
			choice("MembershipType", labelsFrom(0, "Members and guests|Members|Owners|Guests")...).starts(int64(0)),
			guidColumn("AzureActiveDirectoryObjectId"),
			lookup("BusinessUnitId", "businessunit").as("business_unit_teams"),
			lookup("AdministratorId", "systemuser").as("lk_teambase_administratorid"),
			lookup("QueueId", "queue").as("queue_team"),
			guidColumn("OrganizationId").with(readOnly),
			yesNo("IsDefault").with(readOnly).starts(false),
		), system()),
	}, {
		name: "teammembership", set: "teammemberships", schema: "TeamMembership", display: "Team Membership",
		ownership: ownedByNobody, untracked: true, pessimistic: true, silent: true,
		intersect: &intersect{"teammembership_association", [2]string{"team", "systemuser"}},
		columns:   columns(key("TeamMembershipId"), guidColumn("TeamId"), guidColumn("SystemUserId"), version()),
	}, {
		name: "businessunit", set: "businessunits", schema: "BusinessUnit", display: "Business Unit", primaryName: "name",
		ownership: ownedByBusiness, audit: "lk_businessunitbase_%s",
		columns: page(columns(
			key("BusinessUnitId"),
			text("Name", 160).must(),
			text("DivisionName", 100),
			lookup("ParentBusinessUnitId", "businessunit").as("business_unit_parent_business_unit"),
			lookup("OrganizationId", "organization").as("organization_business_units").with(readOnly),
			lookup("CalendarId", "calendar").as("calendar_business_unit"), // its business closures
			yesNo("IsDisabled").with(readOnly).starts(false),
		), system()),
	}}
}
