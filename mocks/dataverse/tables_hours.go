package dataverse

// hoursTables say when a queue is open. Pages: Operating Hour, Calendar, Calendar Rule, Time Zone Definition.
func hoursTables() []*table {
	return []*table{{
		name: "msdyn_operatinghour", set: "msdyn_operatinghours", display: "Operating Hour", primaryName: "msdyn_name",
		columns: page(columns(
			key("msdyn_operatinghourid"),
			text("msdyn_name", 100).must(),
			memo("msdyn_description", 2000),
			text("msdyn_calendarid", 100), // the calendar's guid as text, not a lookup
			yesNo("msdyn_enablealldays"),
			text("msdyn_starttimestring", 100), text("msdyn_endtimestring", 100),
			integer("msdyn_timezone", -1500, 1500),
			text("msdyn_oc_daysofweek", 100).seen(),
			text("msdyn_totalworkhours", 100).seen(),
		), owned(), state(), system()),
	}, {
		name: "calendar", set: "calendars", schema: "Calendar", display: "Calendar", primaryName: "name", audit: "lk_calendar_%s",
		columns: page(columns(
			key("CalendarId"),
			text("Name", 160),
			text("Description", 255),
			choice("Type", labelsFrom(-1, "Inner Calendar type|Default|Customer Service|Holiday Schedule")...),
			yesNo("IsShared").starts(false),
			lookup("BusinessUnitId", "businessunit").as("business_unit_calendars"),
			lookup("HolidayScheduleCalendarId", "calendar").as("calendar_customercalendar_holidaycalendar"),
			lookup("OrganizationId", "organization").as("organization_calendars").with(readOnly),
			guidColumn("PrimaryUserId").with(createOnly),
		), system()),
	}, {
		// A rule is part of its calendar: it is written with it and raises no events of its own.
		name: "calendarrule", set: "calendarrules", schema: "CalendarRule", display: "Calendar Rule", primaryName: "name",
		ownership: ownedByNobody, audit: "lk_calendarrule_%s", untracked: true, pessimistic: true, silent: true,
		columns: page(columns(
			key("CalendarRuleId"),
			lookup("CalendarId", "calendar").as("calendar_calendar_rules").cascades(),
			lookup("InnerCalendarId", "calendar").as("inner_calendar_calendar_rules"),
			lookup("ServiceId", "service").as("service_calendar_rules"),
			text("Name", 160), text("Description", 255),
			text("Pattern", 1000), // an iCalendar recurrence
			dateTime("StartTime"), dateTime("EndTime"),
			dateTime("EffectiveIntervalStart"), dateTime("EffectiveIntervalEnd"),
			number("Duration"), number("Offset"), // minutes
			double("Effort"),
			number("ExtentCode"), // 0 transparent, 1 shadows lower rules throughout, 2 for its own duration
			// Integers on the page; that they hold the numbers of the enumerations TimeCode and SubCode follows from the names.
			number("TimeCode").supposed(), number("SubCode").supposed(),
			number("Rank"),
			integer("TimeZoneCode", -1, 1<<31-1),
			text("GroupDesignator", 64),
			yesNo("IsModified"), yesNo("IsSelected"), yesNo("IsSimple"), yesNo("IsVaried"),
		), system()),
	}, {
		name: "timezonedefinition", set: "timezonedefinitions", schema: "TimeZoneDefinition", display: "Time Zone Definition",
		primaryName: "userinterfacename", ownership: ownedByNobody, audit: "lk_timezonedefinition_%s",
		untracked: true, pessimistic: true, fixed: true, silent: true,
		columns: page(columns(
			key("TimeZoneDefinitionId"),
			number("TimeZoneCode"),
			text("StandardName", 100), text("DaylightName", 100),
			text("UserInterfaceName", 100),
			number("Bias"), // minutes to add to local standard time
			number("RetiredOrder"),
		), system()),
	}}
}
