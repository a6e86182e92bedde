package dataverse

// systemTables describe the organisation itself. Pages: Organization, Solution, Currency.
func systemTables() []*table {
	return []*table{{
		name: "organization", set: "organizations", schema: "Organization", display: "Organization", primaryName: "name",
		ownership: ownedByNobody, audit: "lk_organizationbase_%s", untracked: true, pessimistic: true, silent: true,
		columns: page(columns(
			key("OrganizationId"),
			text("Name", 160).with(readOnly),
			number("LanguageCode").with(readOnly),
			number("LocaleId"),
			// After so many days without a read a change tracking token is void.
			integer("ExpireChangeTrackingInDays", 0, 365).starts(int64(7)),
			integer("MaxUploadFileSize", 0, 131_072_000).starts(int64(5_242_880)),
			yesNo("PluginTraceLogEnabled").starts(false),
			lookup("BaseCurrencyId", "transactioncurrency").as("basecurrency_organization").with(readOnly),
		), system()),
	}, {
		name: "solution", set: "solutions", schema: "Solution", display: "Solution", primaryName: "friendlyname",
		audit: "lk_solution_%s", untracked: true, pessimistic: true, silent: true,
		columns: page(columns(
			key("SolutionId"),
			text("UniqueName", 65).must().with(createOnly),
			text("FriendlyName", 256).must(),
			text("Version", 256).must(),
			memo("Description", 2000),
			yesNo("IsManaged").with(readOnly).starts(false),
			yesNo("IsVisible").with(readOnly).starts(true),
			dateTime("InstalledOn").with(readOnly),
		), system()),
	}, {
		name: "transactioncurrency", set: "transactioncurrencies", schema: "TransactionCurrency", display: "Currency", primaryName: "currencyname",
		audit: "lk_transactioncurrencybase_%s",
		columns: page(columns(
			key("TransactionCurrencyId"),
			text("CurrencyName", 100).must(),
			text("ISOCurrencyCode", 5).must().with(createOnly),
			text("CurrencySymbol", 13).must(),
			integer("CurrencyPrecision", 0, 4).must(),
			double("ExchangeRate").must(),
		), state(), system()),
	}}
}
