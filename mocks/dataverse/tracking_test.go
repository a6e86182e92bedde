package dataverse_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/mocks/dataverse"
)

const trackChanges = "Prefer: odata.track-changes"

// link is a next or delta link of an answer.
func (a *answer) link(name string) string {
	a.tb.Helper()
	link, ok := a.want(http.StatusOK).object()["@odata."+name].(string)
	if !ok {
		a.tb.Fatalf("no %s in %s", name, a.body)
	}
	return link
}

// news are the items of a delta: what was read of changed rows, and the identifiers of those gone with a minus.
func (a *answer) news(column string) (all []any) {
	a.tb.Helper()
	for _, row := range a.rows() {
		if row["reason"] == "deleted" {
			all = append(all, "-"+row["id"].(string))
			continue
		}
		all = append(all, row[column])
	}
	return all
}

func contact(o *org, name string) (id string) {
	o.tb.Helper()
	id, err := o.mock.Insert("contact", map[string]any{"lastname": name})
	if err != nil {
		o.tb.Fatal(err)
	}
	return id
}

func TestChangeTracking(t *testing.T) {
	t.Parallel()
	o := newOrg(t, newClock().drive)
	first := o.get("contacts?$select=lastname", trackChanges)
	if got := first.one("Preference-Applied"); got != "odata.track-changes" {
		t.Errorf("Preference-Applied %q", got)
	}
	if len(first.rows()) != 2 {
		t.Errorf("%s", first.body)
	}
	link := first.link("deltaLink")
	if !strings.HasPrefix(link, root+"contacts?$select=lastname&$deltatoken=99") || !strings.HasSuffix(link, "%2110%2f01%2f2026%2012%3a00%3a00") {
		t.Errorf("%s", link)
	}
	nothing := o.get(link)
	if got, want := string(nothing.want(200).body), `{"@odata.context":"`+root+`$metadata#contacts(lastname)/$delta","value":[],"@odata.deltaLink":"`+link+`"}`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}

	added, passing := contact(o, "Added"), contact(o, "Passing")
	gone := o.demo.Contacts[1]
	o.call(http.MethodDelete, "contacts("+gone+")", "").want(204)
	o.call(http.MethodDelete, "contacts("+passing+")", "").want(204)
	o.call(http.MethodPatch, "contacts("+o.demo.Contacts[0]+")", `{"lastname":"Changed"}`).want(204)
	delta := o.get(link)
	if diff := cmp.Diff([]any{"Added", "Changed", "-" + gone, "-" + passing}, delta.news("lastname")); diff != "" {
		t.Error(diff) // by version, deletions last, one that came and went included
	}
	if want := map[string]any{"@odata.context": root + "$metadata#contacts/$deletedEntity", "id": gone, "reason": "deleted"}; !cmp.Equal(delta.rows()[2], want) {
		t.Errorf("%v", delta.rows()[2])
	}
	if row := delta.rows()[0]; row["contactid"] != added || row["@odata.etag"] == nil || row["createdon"] != nil {
		t.Errorf("%v", row)
	}
	if got := string(o.get(strings.Replace(link, "contacts?$select=lastname&", "contacts/$count?", 1)).want(200).body); got != "4" {
		t.Errorf("%s changes", got)
	}
	if got := o.get(delta.link("deltaLink")).news("lastname"); len(got) != 0 {
		t.Errorf("again: %v", got)
	}
	if got := o.get(link).news("lastname"); len(got) != 4 {
		t.Errorf("the old link: %v", got)
	}
}

// A row deleted and made again under its identifier is there: a client that applies deletions last must not lose it.
func TestRowThatCameBackIsNotReportedDeleted(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	link := o.get("contacts", trackChanges).link("deltaLink")
	id := o.demo.Contacts[0]
	o.call(http.MethodDelete, "contacts("+id+")", "").want(204)
	o.call(http.MethodPost, "contacts", `{"lastname":"Back","contactid":"`+id+`"}`).want(204)
	if got := o.get(link).news("lastname"); !cmp.Equal(got, []any{"Back"}) {
		t.Errorf("%v", got)
	}
}

func TestChangeTrackingInPages(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for _, name := range []string{"C", "D", "E"} {
		contact(o, name)
	}
	pages := func(a *answer) (all []any, delta string) {
		for {
			all = append(all, a.news("lastname")...)
			if a.object()["@odata.nextLink"] == nil {
				return all, a.link("deltaLink")
			}
			if a.object()["@odata.deltaLink"] != nil {
				t.Fatalf("a delta link before the last page: %s", a.body)
			}
			a = o.get(a.link("nextLink"), "Prefer: odata.maxpagesize=2")
		}
	}
	first := o.get("contacts?$select=lastname", "Prefer: odata.track-changes,odata.maxpagesize=2")
	contact(o, "while reading")
	all, link := pages(first)
	if len(all) < 5 {
		t.Errorf("%v", all)
	}
	o.call(http.MethodDelete, "contacts("+o.demo.Contacts[0]+")", "").want(204)
	for _, name := range []string{"F", "G"} {
		contact(o, name)
	}
	delta := o.get(link, "Prefer: odata.maxpagesize=2")
	contact(o, "for the next delta")
	news, next := pages(delta)
	if diff := cmp.Diff([]any{"while reading", "F", "G", "-" + o.demo.Contacts[0]}, news); diff != "" {
		t.Error(diff)
	}
	if got := o.get(next).news("lastname"); !cmp.Equal(got, []any{"for the next delta"}) {
		t.Errorf("%v", got)
	}
	// Cookies belong to their query, and to tracking.
	tracking := first.link("nextLink")
	for _, wrong := range []string{
		strings.Replace(tracking, "lastname", "firstname", 1), strings.Replace(tracking, "pagingcookie%3D%22", "pagingcookie%3D%22AA", 1),
	} {
		o.get(wrong, "Prefer: odata.maxpagesize=2").want(400)
	}
	o.get(tracking, "Prefer: odata.maxpagesize=3").want(501)
	plain := o.get("contacts?$select=lastname", "Prefer: odata.maxpagesize=2").link("nextLink")
	o.get(plain, "Prefer: odata.maxpagesize=2", trackChanges).want(400)
}

func TestDeltaLinksExpire(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, func(opts *dataverse.Options) { clock.drive(opts) })
	link := o.get("contacts", trackChanges).link("deltaLink")
	clock.advance(7 * 24 * time.Hour)
	o.get(link).want(200)
	clock.advance(time.Second)
	if text := o.get(link).wantError(400, "0x80044352"); !strings.Contains(text, "full sync") {
		t.Error(text)
	}
	o.mock.Snapshot("before")
	contact(o, "later")
	link = o.get("contacts", trackChanges).link("deltaLink")
	if err := o.mock.Restore("before"); err != nil {
		t.Fatal(err)
	}
	o.get(link).wantError(400, "0x80044352") // it knows versions that never were
	for _, token := range []string{"1", "x!10%2f01%2f2026%2012%3a00%3a00", "998000!yesterday", "-1!10%2f01%2f2026%2012%3a00%3a00", ""} {
		o.get("contacts?$deltatoken=" + token).want(400)
	}
}

func TestChangeTrackingRefuses(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	link := strings.TrimPrefix(o.get("contacts", trackChanges).link("deltaLink"), root)
	for _, option := range []string{"$filter=lastname eq 'x'", "$orderby=lastname", "$expand=ownerid", "$top=1"} {
		name, _, _ := strings.Cut(option, "=")
		want := `The "` + name + `" query parameter isn't supported when Change Tracking is enabled.`
		for _, resource := range []string{"contacts?" + option, link + "&" + option} {
			var headers []string
			if !strings.Contains(resource, "deltatoken") {
				headers = []string{trackChanges}
			}
			if text := o.get(resource, headers...).wantError(400, "0x80060888"); text != want {
				t.Errorf("%s: %s", resource, text)
			}
		}
	}
	if text := o.get("sdkmessages", trackChanges).wantError(400, "0x80072491"); text != "Entity sdkmessage isn't enabled for change tracking." {
		t.Error(text)
	}
	for _, resource := range []string{
		"contacts(" + o.demo.Contacts[0] + ")", "queues(" + o.demo.RetailQueue + ")/queuemembership_association", "contacts?$count=true",
		"contacts/$count", "WhoAmI", "",
	} {
		o.get(resource, trackChanges).wantError(501, "MockUnsupported")
	}
	o.call(http.MethodPost, "contacts", `{"lastname":"x"}`, trackChanges).wantError(501, "MockUnsupported")
	o.get("contact", trackChanges).wantError(404, "0x8006088a")
}

// Rows of elastic tables that expire are gone too.
func TestChangeTrackingSeesExpiry(t *testing.T) {
	t.Parallel()
	clock := newClock()
	o := newOrg(t, clock.drive)
	id, err := o.mock.Insert("msdyn_proactive_delivery", map[string]any{"msdyn_delivery_id": "a", "ttlinseconds": 60})
	if err != nil {
		t.Fatal(err)
	}
	link := o.get("msdyn_proactive_deliveries", trackChanges).link("deltaLink")
	clock.advance(time.Minute)
	if got := o.get(link).news("msdyn_delivery_id"); !cmp.Equal(got, []any{"-" + id}) {
		t.Errorf("%v", got)
	}
}

// What a rolled back change set did is in no delta.
func TestRolledBackChangesAreNotTracked(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	link := o.get("contacts", trackChanges).link("deltaLink")
	scenario, err := dataverse.ParseScenario([]byte("contacts:\n  a: {last: A}\n  b: {last: B, id: " + o.demo.Contacts[0] + "}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.mock.Load(scenario); err == nil {
		t.Fatal("loaded")
	}
	if got := o.get(link).news("lastname"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
