package dataverse

// peopleTables are who calls and who is called. Pages: Contact, User, Business Unit.
func peopleTables() []*table {
	return []*table{{
		name: "contact", set: "contacts", primaryName: "fullname",
		columns: page(columns(
			key("contactid"),
			text("fullname", 160).with(readOnly), // put together from the parts below
			text("firstname", 50), text("lastname", 50).must(),
			text("emailaddress1", 100),
			text("telephone1", 50), text("mobilephone", 50), text("telephone2", 50),
			yesNo("donotphone").starts(false),
			text("address1_country", 80), text("address1_city", 80), text("address1_postalcode", 20),
		), owned(), state(), system()),
	}, {
		name: "systemuser", set: "systemusers", primaryName: "fullname",
		columns: page(columns(
			key("systemuserid"),
			text("fullname", 200).with(readOnly),
			text("firstname", 256), text("lastname", 256),
			text("domainname", 1024).must(),
			text("internalemailaddress", 100),
			guidColumn("applicationid"), // set on application users only: the appid of their tokens
			guidColumn("azureactivedirectoryobjectid"),
			lookup("businessunitid", "businessunit"),
			yesNo("isdisabled").starts(false),
			choice("accessmode", labelsFrom(0, "Read-Write|Administrative|Read|Support User|Non-interactive|Delegated Admin")...).starts(int64(0)),
		), system()),
		collections: []collection{
			{nav: "queuemembership_association", table: "queuemembership", column: "systemuserid", farTable: "queue", far: "queueid"},
		},
	}, {
		name: "businessunit", set: "businessunits", primaryName: "name",
		columns: page(columns(key("businessunitid"), text("name", 160).must()), system()),
	}}
}
