package dataverse_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"directcallback/mocks/dataverse"
)

// TestRelativeDates asks on Wednesday, 7 October 2026, 15:30 UTC, which is row 0; every other row says how far it is
// from there.
func TestRelativeDates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 7, 15, 30, 0, 0, time.UTC)
	o := newOrg(t, func(opts *dataverse.Options) { opts.Now = func() time.Time { return now } })
	for _, at := range []string{
		"2025-10-07T00:00:00Z", "2025-12-31T23:59:59Z", "2026-09-29T00:00:00Z", "2026-09-30T00:00:00Z", "2026-10-03T23:59:59Z", "2026-10-04T00:00:00Z",
		"2026-10-06T23:59:59Z", "2026-10-07T00:00:00Z", "2026-10-07T12:30:00Z", "2026-10-07T15:30:00Z", "2026-10-07T15:30:01Z",
		"2026-10-08T00:00:00Z", "2026-10-14T23:59:59Z", "2026-10-15T00:00:00Z", "2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z",
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.mock.Insert("msdyn_ocliveworkitem", map[string]any{"subject": at, "msdyn_closedon": when}); err != nil {
			t.Fatal(err)
		}
	}
	for function, want := range map[string]string{ // the first and the last that are found
		"Today": "2026-10-07T00:00:00Z 2026-10-07T15:30:01Z", "Yesterday": "2026-10-06T23:59:59Z 2026-10-06T23:59:59Z",
		"Tomorrow": "2026-10-08T00:00:00Z 2026-10-08T00:00:00Z",
		"ThisWeek": "2026-10-04T00:00:00Z 2026-10-08T00:00:00Z", "LastWeek": "2026-09-29T00:00:00Z 2026-10-03T23:59:59Z", "NextWeek": "2026-10-14T23:59:59Z 2026-10-15T00:00:00Z",
		"ThisMonth": "2026-10-03T23:59:59Z 2026-10-15T00:00:00Z", "LastMonth": "2026-09-29T00:00:00Z 2026-09-30T00:00:00Z", "NextMonth": "2026-11-01T00:00:00Z 2026-11-01T00:00:00Z",
		"ThisYear": "2026-09-29T00:00:00Z 2026-11-01T00:00:00Z", "LastYear": "2025-10-07T00:00:00Z 2025-12-31T23:59:59Z", "NextYear": "2027-01-01T00:00:00Z 2027-01-01T00:00:00Z",
		"Last7Days": "2026-09-30T00:00:00Z 2026-10-07T15:30:00Z", "Next7Days": "2026-10-07T15:30:00Z 2026-10-14T23:59:59Z",
		"LastXHours(3)": "2026-10-07T12:30:00Z 2026-10-07T15:30:00Z", "NextXHours(9)": "2026-10-07T15:30:00Z 2026-10-08T00:00:00Z",
		"LastXDays(1)": "2026-10-06T23:59:59Z 2026-10-07T15:30:00Z", "NextXDays(1)": "2026-10-07T15:30:00Z 2026-10-08T00:00:00Z",
		"LastXWeeks(1)": "2026-09-30T00:00:00Z 2026-10-07T15:30:00Z", "LastXMonths(1)": "2026-09-29T00:00:00Z 2026-10-07T15:30:00Z",
		"LastXYears(1)": "2025-10-07T00:00:00Z 2026-10-07T15:30:00Z", "NextXYears(1)": "2026-10-07T15:30:00Z 2027-01-01T00:00:00Z",
		"OlderThanXMinutes(180)": "2025-10-07T00:00:00Z 2026-10-07T00:00:00Z", "OlderThanXHours(3)": "2025-10-07T00:00:00Z 2026-10-07T00:00:00Z",
		"OlderThanXDays(3)": "2025-10-07T00:00:00Z 2026-10-03T23:59:59Z", "OlderThanXMonths(1)": "2025-10-07T00:00:00Z 2025-12-31T23:59:59Z",
		"On('2026-10-07')": "2026-10-07T00:00:00Z 2026-10-07T15:30:01Z", "OnOrBefore('2025-10-07')": "2025-10-07T00:00:00Z 2025-10-07T00:00:00Z",
		"OnOrAfter('2026-11-01')": "2026-11-01T00:00:00Z 2027-01-01T00:00:00Z",
	} {
		name, value, given := strings.Cut(strings.TrimSuffix(function, ")"), "(")
		argument := ""
		if given {
			argument = ",PropertyValue=" + value
		}
		found := o.get("msdyn_ocliveworkitems?$select=subject&$orderby=msdyn_closedon&$filter=Microsoft.Dynamics.CRM." + name + "(PropertyName='msdyn_closedon'" + argument + ")").column("subject")
		if len(found) == 0 || fmt.Sprint(found[0], " ", found[len(found)-1]) != want {
			t.Errorf("%s: %v, want %s", function, found, want)
		}
	}
}

func TestFunctionsOfTheCaller(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	me, _ := o.get("WhoAmI").object()["UserId"].(string)
	unit, _ := o.get("WhoAmI").object()["BusinessUnitId"].(string)
	insert := func(table string, row map[string]any) string {
		id, err := o.mock.Insert(table, row)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	report := insert("systemuser", map[string]any{"lastname": "Report", "parentsystemuserid": me})
	second := insert("systemuser", map[string]any{"lastname": "Second", "parentsystemuserid": report})
	team := insert("team", map[string]any{"name": "Front", "businessunitid": unit})
	insert("teammembership", map[string]any{"teamid": team, "systemuserid": me})
	child := insert("businessunit", map[string]any{"name": "Branch", "parentbusinessunitid": unit})
	for filter, want := range map[string][]any{
		"systemusers lastname EqualUserId(PropertyName='systemuserid')":                                 {"Administrator"},
		"systemusers lastname EqualUserOrUserHierarchy(PropertyName='systemuserid')":                    {"Administrator", "Report", "Second"},
		"systemusers lastname Under(PropertyName='systemuserid',PropertyValue='" + report + "')":        {"Second"},
		"systemusers lastname Above(PropertyName='systemuserid',PropertyValue='" + second + "')":        {"Administrator", "Report"},
		"systemusers lastname AboveOrEqual(PropertyName='systemuserid',PropertyValue='" + report + "')": {"Administrator", "Report"},
		"teams name EqualUserTeams(PropertyName='teamid')":                                              {"Front"},
		"teams name EqualBusinessId(PropertyName='businessunitid')":                                     {"Front"},
		"businessunits name UnderOrEqual(PropertyName='businessunitid',PropertyValue='" + child + "')":  {"Branch"},
		"businessunits name NotEqualBusinessId(PropertyName='businessunitid')":                          {"Branch"},
		"businessunits name NotUnder(PropertyName='businessunitid',PropertyValue='" + unit + "')":       {"Contoso Bank"},
		"businessunits name Contains(PropertyName='name',PropertyValue='RAN')":                          {"Branch"},
		"organizations name EqualUserLanguage(PropertyName='languagecode')":                             {"Contoso Bank"},
	} {
		parts := strings.SplitN(filter, " ", 3)
		if got := o.get(parts[0] + "?$select=" + parts[1] + "&$orderby=" + parts[1] + "&$filter=Microsoft.Dynamics.CRM." + parts[2]).column(parts[1]); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
	for filter, status := range map[string]int{
		"Microsoft.Dynamics.CRM.Nothing(PropertyName='name')":                                           400,
		"Microsoft.Dynamics.CRM.InFiscalYear(PropertyName='name',PropertyValue=1)":                      501,
		"Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=0)":                    400,
		"Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue=1.5)":                  400,
		"Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon')":                                    400,
		"Microsoft.Dynamics.CRM.LastXDays(PropertyName='name',PropertyValue=1)":                         400,
		"Microsoft.Dynamics.CRM.LastXHours(PropertyName=@p1,PropertyValue=@p2)&@p1='createdon'&@p2=42":  200,
		"Microsoft.Dynamics.CRM.LastXYears(PropertyName='createdon',PropertyValue=2000000000)":          200,
		"Microsoft.Dynamics.CRM.OlderThanXMinutes(PropertyName='createdon',PropertyValue='2000000000')": 200,
	} {
		if a := o.get("queues?$filter=" + filter); a.status != status {
			t.Errorf("%s: %d, want %d: %s", filter, a.status, status, a.body)
		}
	}
	o.get("contacts?$filter=Microsoft.Dynamics.CRM.Under(PropertyName='contactid',PropertyValue='x')").want(http.StatusBadRequest)
}
