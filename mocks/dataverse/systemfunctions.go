package dataverse

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// arguments of a function, checked against its signature.
type arguments map[string]any

// systemFunction writes the members of its response.
type systemFunction func(s *Server, rq *request, w *jsonWriter, a arguments) error

// systemFunctions are the functions of the platform itself.
func systemFunctions() map[string]systemFunction {
	return map[string]systemFunction{
		"RetrieveVersion": func(_ *Server, _ *request, w *jsonWriter, _ arguments) error {
			w.member("Version", "9.2.26093.00151") // any: what matters is that it is 9.2
			return nil
		},
		"RetrieveCurrentOrganization": (*Server).currentOrganization,
		"LocalTimeFromUtcTime": func(s *Server, _ *request, w *jsonWriter, a arguments) error {
			location, err := zoneOf(a)
			if err != nil {
				return err
			}
			at, _ := a["UtcTime"].(time.Time)
			w.member("LocalTime", wallClock(at.In(location), time.UTC))
			return nil
		},
		// Only the SDK's request of that name is documented; that the Web API has it too follows from its twin.
		"UtcTimeFromLocalTime": func(s *Server, _ *request, w *jsonWriter, a arguments) error {
			location, err := zoneOf(a)
			if err != nil {
				return err
			}
			at, _ := a["LocalTime"].(time.Time)
			w.member("UtcTime", wallClock(at, location).UTC())
			return nil
		},
	}
}

// newBoundFunctions are called on a table's collection; their names have the table's in front.
func newBoundFunctions() map[string]operation {
	return map[string]operation{
		"timezonedefinition/GetAllTimeZonesWithDisplayName": (*Server).allTimeZones,
		"timezonedefinition/GetTimeZoneCodeByLocalizedName": answering("timezonedefinition/GetTimeZoneCodeByLocalizedName", codeOfZone),
	}
}

// boundFunction finds what set/Microsoft.Dynamics.CRM.Name(…) calls.
func (s *Server) boundFunction(rq *request, t *table) (run operation, ok bool) {
	if len(rq.segments) != 2 || rq.segments[0].called {
		return nil, false
	}
	name, ok := cutNamespace(rq.segments[1].name)
	if !ok {
		return nil, false
	}
	run, ok = s.bound[t.name+"/"+name]
	return run, ok
}

// answering reads the arguments and wraps the response around what the function writes.
func answering(name string, run systemFunction) operation {
	o := signatureOf(name)
	return func(s *Server, rq *request) (*response, error) {
		if o.bound == "" && len(rq.segments) > 1 {
			return nil, notFoundSegment(rq.segments[1].name)
		}
		a, err := rq.arguments(o)
		if err != nil {
			return nil, err
		}
		w := rq.operationResponse(o.name)
		if err := run(s, rq, w, a); err != nil {
			return nil, err
		}
		w.close('}')
		return rq.applied(newResponse(http.StatusOK, w.buf)), nil
	}
}

func codeOfZone(_ *Server, _ *request, w *jsonWriter, a arguments) error {
	name := textOf(a, "LocalizedStandardName")
	for _, z := range zones() {
		if strings.EqualFold(z.standard, name) {
			w.member("TimeZoneCode", z.code)
			return nil
		}
	}
	return badRequest(codeInvalidArgument, "There is no time zone with the standard name '%s'.", name)
}

// signatureOf finds the declaration of what is built; without one the program is wrong.
func signatureOf(name string) signature {
	bound, bare, isBound := strings.Cut(name, "/")
	if !isBound {
		bound, bare = "", name
	}
	for _, o := range signatures() {
		if o.name == bare && o.bound == bound {
			return o
		}
	}
	panic("no signature of " + name)
}

// arguments reads what stands in parentheses behind a function's name: name=literal, or name=@alias.
func (rq *request) arguments(o signature) (arguments, error) {
	if rq.Method != http.MethodGet {
		return nil, noMethod(rq.base + rq.path)
	}
	if err := rq.options.allow(); err != nil {
		return nil, err
	}
	last := rq.segments[len(rq.segments)-1]
	given := map[string]string{}
	for _, part := range parseKey(last.arguments) {
		if _, twice := given[part.name]; twice || part.name == "" {
			return nil, notFoundSegment(o.name)
		}
		given[part.name] = part.literal
	}
	a := arguments{}
	for _, p := range o.parameters {
		literal, ok := given[p.name]
		if !ok {
			return nil, notFoundSegment(o.name) // no overload has these parameters
		}
		delete(given, p.name)
		if strings.HasPrefix(literal, "@") {
			literal, _ = rq.options.get(literal)
		}
		if a[p.name], ok = p.read(literal); !ok {
			return nil, badRequest(codeCrmHTTP, "The value of the parameter '%s' of '%s' is not of the type '%s'.", p.name, o.name, p.kind)
		}
	}
	if len(given) > 0 {
		return nil, notFoundSegment(o.name)
	}
	return a, nil
}

// read converts a literal.
func (p parameter) read(literal string) (value any, ok bool) {
	l := lexer{source: literal}
	t, err := l.next()
	if err != nil || l.offset != len(literal) {
		return nil, false
	}
	switch p.kind {
	case "Edm.Int32":
		n, err := strconv.ParseInt(t.text, 10, 32)
		return n, err == nil && t.kind == tokenNumber
	case "Edm.DateTimeOffset":
		at, ok := parseTime(t.text)
		return at, ok && t.kind == tokenTime
	case "Edm.String":
		return t.text, t.kind == tokenString
	default:
		kind, name, isEnum := strings.Cut(strings.TrimSuffix(t.text, "'"), "'")
		return name, isEnum && t.kind == tokenEnum && kind == p.kind
	}
}

func textOf(a arguments, name string) string {
	s, _ := a[name].(string)
	return s
}

// zoneOf is the time zone an argument names by its code.
func zoneOf(a arguments) (*time.Location, error) {
	code, _ := a["TimeZoneCode"].(int64)
	for _, z := range zones() {
		if int64(z.code) == code {
			return time.LoadLocation(z.iana)
		}
	}
	return nil, unsupported("the time zone %d", code)
}

// wallClock is the same reading of the clock in another place.
func wallClock(t time.Time, location *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, location)
}

// allTimeZones answers rows, of which it promises the code and the display name.
func (s *Server) allTimeZones(rq *request) (*response, error) {
	a, err := rq.arguments(signatureOf("timezonedefinition/GetAllTimeZonesWithDisplayName"))
	if err != nil {
		return nil, err
	}
	if a["LocaleId"] != int64(language) {
		return nil, unsupported("the language %v: %d is the only one", a["LocaleId"], language)
	}
	t := s.schema.byName["timezonedefinition"]
	sel := selection{columns: []int{t.at("timezonecode"), t.at("userinterfacename")}}
	w := &jsonWriter{}
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata#"+t.set)
	w.name("value")
	w.open('[')
	v := rq.view(s)
	for r := range s.db.all(t, rq.now) {
		v.row(w, t, r, sel)
	}
	w.close(']')
	w.close('}')
	return rq.applied(newResponse(http.StatusOK, w.buf)), nil
}

// currentOrganization: the members are those public code reads.
func (s *Server) currentOrganization(rq *request, w *jsonWriter, a arguments) error {
	switch textOf(a, "AccessType") {
	case "Default", "Internet", "Intranet":
	default:
		return badRequest(codeCrmHTTP, "'%s' is not a member of EndpointAccessType.", textOf(a, "AccessType"))
	}
	host := rq.base
	if u, err := url.Parse(rq.base); err == nil {
		host = u.Hostname()
	}
	short, _, _ := strings.Cut(host, ".")
	w.name("Detail")
	w.fact(object{
		{"OrganizationId", s.organisation.id},
		{"FriendlyName", organisationName},
		{"OrganizationVersion", "9.2.26093.00151"},
		{"EnvironmentId", s.organisation.id},
		{"DatacenterId", metadataID("datacenter")},
		{"Geo", "EUR"},
		{"TenantId", metadataID("tenant")},
		{"UrlName", short},
		{"UniqueName", "unq" + strings.ReplaceAll(s.organisation.id, "-", "")[:20]},
		{"Endpoints", object{
			{"Count", 3},
			{"IsReadOnly", false},
			{"Keys", []string{"WebApplication", "OrganizationService", "OrganizationDataService"}},
			{"Values", []string{rq.base + "/", rq.base + "/XRMServices/2011/Organization.svc", rq.base + "/XRMServices/2011/OrganizationData.svc"}},
		}},
		{"State", "Enabled"},
		{"OrganizationType", "Customer"},
		{"SchemaType", "Full"},
	})
	return nil
}
