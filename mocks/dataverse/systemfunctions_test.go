package dataverse_test

import (
	"net/http"
	"testing"
)

func TestTimeZonesFollowTheLocalClock(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for resource, want := range map[string]string{
		"LocalTimeFromUtcTime(UtcTime=2026-07-06T07:00:00Z,TimeZoneCode=105)":                "2026-07-06T09:00:00Z",
		"LocalTimeFromUtcTime(TimeZoneCode=105,UtcTime=2026-12-24T08:00:00Z)":                "2026-12-24T09:00:00Z",
		"LocalTimeFromUtcTime(UtcTime=@p1,TimeZoneCode=@p2)?@p1=2026-07-06T07:00:00Z&@p2=35": "2026-07-06T03:00:00Z",
		"LocalTimeFromUtcTime(UtcTime=2026-07-06T07:00:00Z,TimeZoneCode=190)":                "2026-07-06T12:30:00Z",
	} {
		if got := o.get(resource).want(http.StatusOK).object()["LocalTime"]; got != want {
			t.Errorf("%s: %v, want %s", resource, got, want)
		}
	}
	for resource, want := range map[string]string{
		"UtcTimeFromLocalTime(LocalTime=2026-07-06T09:00:00Z,TimeZoneCode=105)": "2026-07-06T07:00:00Z",
		"UtcTimeFromLocalTime(LocalTime=2026-12-24T09:00:00Z,TimeZoneCode=105)": "2026-12-24T08:00:00Z",
	} {
		if got := o.get(resource).want(http.StatusOK).object()["UtcTime"]; got != want {
			t.Errorf("%s: %v, want %s", resource, got, want)
		}
	}
	const namespace = "timezonedefinitions/Microsoft.Dynamics.CRM."
	names := o.get(namespace + "GetAllTimeZonesWithDisplayName(LocaleId=1033)").column("userinterfacename")
	if rows := o.get("timezonedefinitions").rows(); len(names) != len(rows) || len(names) < 30 {
		t.Errorf("%d names for %d zones", len(names), len(rows))
	}
	code := o.get(namespace + "GetTimeZoneCodeByLocalizedName(LocaleId=1033,LocalizedStandardName='Romance Standard Time')").want(200).object()["TimeZoneCode"]
	if fmtAny(code) != "105" {
		t.Errorf("code %v", code)
	}
}

func TestTheOrganisationDescribesItself(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	if v := o.get("RetrieveVersion()").want(200).object()["Version"]; v == nil {
		t.Error("no version")
	}
	o.get("RetrieveVersion").want(200)
	detail, _ := o.get("RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')").want(200).object()["Detail"].(map[string]any)
	endpoints, _ := detail["Endpoints"].(map[string]any)
	values, _ := endpoints["Values"].([]any)
	if detail["OrganizationId"] != o.get("WhoAmI").object()["OrganizationId"] || detail["UrlName"] != "bank" || len(values) != 3 || values[0] != host+"/" {
		t.Errorf("detail %v", detail)
	}
}

func TestFunctionsRefuseOtherParameters(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for resource, status := range map[string]int{
		"RetrieveVersion(x=1)":                              404,
		"RetrieveVersion()/x":                               404,
		"RetrieveVersion?$select=x":                         400,
		"RetrieveCurrentOrganization()":                     404,
		"RetrieveCurrentOrganization(AccessType='Default')": 400,
		"RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Other')": 400,
		"LocalTimeFromUtcTime(UtcTime=2026-07-06T07:00:00Z)":                                       404,
		"LocalTimeFromUtcTime(UtcTime=2026-07-06T07:00:00Z,TimeZoneCode=1,TimeZoneCode=2)":         404,
		"LocalTimeFromUtcTime(UtcTime=2026-07-06T07:00:00Z,TimeZoneCode=9999)":                     501,
		"LocalTimeFromUtcTime(UtcTime=yesterday,TimeZoneCode=105)":                                 400,
		"LocalTimeFromUtcTime(UtcTime=@unset,TimeZoneCode=105)":                                    400,
		"timezonedefinitions/Microsoft.Dynamics.CRM.GetAllTimeZonesWithDisplayName(LocaleId=1036)": 501,
		"timezonedefinitions/Microsoft.Dynamics.CRM.Nothing()":                                     501,
	} {
		if a := o.get(resource); a.status != status {
			t.Errorf("%s: %d, want %d: %s", resource, a.status, status, a.body)
		}
	}
	o.call(http.MethodPost, "RetrieveVersion", `{}`).want(http.StatusNotFound)
}
