package contract

import (
	"net/http"
	"regexp"
	"strings"
)

// probe is a check that is one request.
type probe struct {
	name, page string
	path       string
	headers    []string
	status     []int
	codes      []string // of an error
	open       bool
	also       func(reply)
}

// probes makes checks of requests that read.
func probes(all []probe) []Check {
	checks := make([]Check, len(all))
	for i, p := range all {
		checks[i] = Check{Name: p.name, Page: p.page, Kind: Reads, Open: p.open, run: func(s *session) {
			r := s.get(p.path, p.headers...).is(p.status...)
			if p.codes != nil {
				r.code(p.codes...)
			}
			if p.also != nil {
				p.also(r)
			}
		}}
	}
	return checks
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// The answers that most probes have.
func ok() []int       { return []int{http.StatusOK} }
func bad() []int      { return []int{http.StatusBadRequest} }
func notFound() []int { return []int{http.StatusNotFound} }

func requestChecks() []Check {
	const compose, headers, functions = "Compose HTTP requests and handle errors", "Compose HTTP requests and handle errors: headers", "Use Web API functions"
	identified := func(r reply) {
		for _, name := range []string{"UserId", "BusinessUnitId", "OrganizationId"} {
			if id, _ := r.json.String(name); !guid.MatchString(id) {
				r.fail(name + " is not a GUID in lower case")
			}
		}
	}
	return append(probes([]probe{
		{name: "WhoAmI names user, business unit and organization", page: functions, path: "WhoAmI", status: ok(), also: identified},
		{name: "a function may have empty parentheses", page: functions, path: "WhoAmI()", status: ok(), also: identified},
		{name: "an answer says its version of OData", page: headers, path: "WhoAmI", status: ok(), also: func(r reply) { r.head("OData-Version", "4.0") }},
		{name: "an answer is JSON with minimal metadata", page: headers, path: "WhoAmI", status: ok(), also: func(r reply) {
			if kind := strings.ReplaceAll(r.header.Get("Content-Type"), " ", ""); !strings.HasPrefix(kind, "application/json;odata.metadata=minimal") {
				r.fail("another Content-Type")
			}
		}},
		{name: "an answer has a request id", page: compose, path: "WhoAmI", status: ok(), also: func(r reply) { r.head("x-ms-service-request-id", "…") }},
		{name: "an answer is not to be cached", page: compose, path: "WhoAmI", status: ok(), also: func(r reply) { r.head("Cache-Control", "no-cache") }},
		{name: "an answer of a function has a context", page: functions, path: "WhoAmI", status: ok(), also: func(r reply) { r.says("#Microsoft.Dynamics.CRM.WhoAmIResponse") }},
		{name: "a user's privileges are told with their depth", page: "RetrieveUserPrivileges Function", path: "systemusers({me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()", status: ok(), also: func(r reply) {
			r.says("RolePrivileges").says("PrivilegeId").says("Depth")
		}},
		{name: "a table's definition lists its privileges", page: "Query table definitions", path: "EntityDefinitions?$select=LogicalName,Privileges&$filter=LogicalName%20eq%20'contact'%20or%20LogicalName%20eq%20'queue'", status: ok(), also: func(r reply) {
			r.says("prvCreateContact").says("prvReadQueue").says("PrivilegeType")
		}},
		{name: "If-None-Match: null means nothing", page: headers, path: "systemusers({me})?$select=fullname", headers: []string{"If-None-Match", "null"}, status: ok()},
		{name: "OData-MaxVersion 4.0 is taken", page: headers, path: "WhoAmI", headers: []string{"OData-MaxVersion", "4.0", "OData-Version", "4.0"}, status: ok()},
		{name: "version 9.1 is served too", page: compose, path: "/api/data/v9.1/WhoAmI", status: ok(), open: true},
		{name: "a client's request id is taken", page: compose, path: "WhoAmI", headers: []string{"x-ms-client-request-id", "5a0cbf5b-24e6-4ac6-8f4a-b4b71a1c0a7c"}, status: ok()},
		{name: "the service document lists entity sets", page: "Web API service documents", path: "", status: ok(), also: func(r reply) { r.says(`"systemusers"`).says("EntitySet") }},
		{name: "RetrieveVersion tells the version", page: functions, path: "RetrieveVersion()", status: ok(), also: func(r reply) {
			if version, _ := r.json.String("Version"); !strings.HasPrefix(version, "9.") {
				r.fail("another Version")
			}
		}},
		{name: "a parameter may be an alias", page: functions, path: "RetrieveCurrentOrganization(AccessType=@p1)?@p1=Microsoft.Dynamics.CRM.EndpointAccessType'Default'", status: ok(), also: func(r reply) { r.says("OrganizationId") }},
		{name: "a parameter may stand in the call", page: functions, path: "RetrieveCurrentOrganization(AccessType=Microsoft.Dynamics.CRM.EndpointAccessType'Default')", status: ok(), also: func(r reply) { r.says("OrganizationId") }},
		{name: "only GET calls a function", page: functions, path: "CreateMultiple", status: notFound(), open: true},
	}),
		Check{Name: "without a token there is a challenge", Page: "Use OAuth authentication with Microsoft Dataverse", Kind: Reads, run: func(s *session) {
			challenged(s.ask(http.MethodGet, "WhoAmI", nil, ""))
		}},
		Check{Name: "with a bad token there is a challenge", Page: "Use OAuth authentication with Microsoft Dataverse", Kind: Reads, run: func(s *session) {
			challenged(s.ask(http.MethodGet, "WhoAmI", nil, "not-a-token"))
		}},
	)
}

// challenged: who was refused learns where to sign in.
func challenged(r reply) {
	r.s.Helper()
	r.is(http.StatusUnauthorized)
	if challenge := r.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer ") || !strings.Contains(challenge, "authorization_uri") {
		r.fail("another challenge: " + challenge)
	}
}

func errorChecks() []Check {
	const compose, troubles = "Compose HTTP requests and handle errors", "Troubleshoot Dataverse (Web API) client errors"
	unknownSet := []string{"0x8006088a", "0x80060888"}
	is := func(name, method, path string, status ...int) Check {
		return Check{Name: name, Page: compose, Kind: Reads, run: func(s *session) {
			s.send(method, path, map[string]any{}).is(status...)
		}}
	}
	return append(probes([]probe{
		{name: "an unknown entity set is not found", page: compose, path: "nosuchthings", status: notFound(), codes: unknownSet},
		{name: "an entity set in another case is not found", page: troubles, path: "SystemUsers", status: notFound(), codes: unknownSet},
		{name: "the logical name is not the entity set", page: troubles, path: "systemuser", status: notFound(), codes: unknownSet},
		{name: "an unknown function is not found", page: troubles, path: "NoSuchFunction()", status: notFound(), codes: append(unknownSet, "")},
		{name: "an unknown row is not found", page: compose, path: "systemusers(00000000-0000-0000-0000-0000000000ff)", status: notFound(), codes: []string{"0x80040217"}},
		{name: "an unknown row is named in the message", page: compose, path: "accounts(00000000-0000-0000-0000-0000000000ff)", status: notFound(), codes: []string{"0x80040217"}, also: func(r reply) { r.says("Does Not Exist") }},
		{name: "a key that is no GUID is refused", page: "Use an alternate key", path: "systemusers(5)", status: []int{400, 404}, open: true},
		{name: "a key that nobody declared is refused", page: "Use an alternate key", path: "systemusers(nosuchcolumn='x')", status: []int{400, 404}, open: true},
		{name: "an error has a code and a message", page: compose, path: "nosuchthings", status: notFound(), codes: unknownSet},
		{name: "an error is JSON whatever is accepted", page: compose, path: "nosuchthings", headers: []string{"Accept", "text/html"}, status: notFound(), codes: unknownSet},
		{name: "an error has no stack trace", page: compose, path: "nosuchthings", status: notFound(), also: func(r reply) {
			if strings.Contains(string(r.body), "innererror") {
				r.fail("an inner error")
			}
		}},
		{name: "an unknown column in $select is named", page: troubles, path: "systemusers?$select=nosuchcolumn", status: bad(), also: func(r reply) { r.says("nosuchcolumn") }},
		{name: "a column in another case is unknown", page: troubles, path: "systemusers?$select=FullName", status: bad(), also: func(r reply) { r.says("FullName") }},
		{name: "an unknown column in $filter is refused", page: troubles, path: "systemusers?$filter=nosuchcolumn%20eq%201", status: bad(), also: func(r reply) { r.says("nosuchcolumn") }},
		{name: "an unknown column in $orderby is refused", page: troubles, path: "systemusers?$orderby=nosuchcolumn", status: bad()},
		{name: "an unknown navigation in $expand is refused", page: troubles, path: "systemusers?$expand=nosuchnavigation", status: bad()},
		{name: "$skip is not supported", page: "Use OData to query data", path: "systemusers?$skip=1", status: []int{400, 501}, open: true},
		{name: "$search is not supported", page: "Use OData to query data", path: "systemusers?$search=x", status: []int{400, 501}, open: true},
	}),
		is("a set cannot be patched", http.MethodPatch, "accounts", http.StatusMethodNotAllowed),
		is("a set cannot be deleted", http.MethodDelete, "accounts", http.StatusMethodNotAllowed),
		is("a function cannot be posted to", http.MethodPost, "WhoAmI", http.StatusNotFound, http.StatusMethodNotAllowed),
	)
}
