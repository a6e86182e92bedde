package dataverse

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// route finds what the path means. Names are case-sensitive.
func (s *Server) route(rq *request) (*response, error) {
	if len(rq.segments) == 0 {
		return s.serviceDocument(rq)
	}
	first := rq.segments[0]
	if run, ok := s.operations[first.name]; ok {
		return run(s, rq)
	}
	if t, ok := s.schema.bySet[first.name]; ok {
		return s.routeTable(rq, t)
	}
	if isUnbuilt(first.name) {
		return nil, unsupported("%s", first.name)
	}
	return nil, notFoundSegment(first.name)
}

// isUnbuilt knows names that a real organisation has and the mock has not: answering 404 for them would be a lie.
func isUnbuilt(name string) bool {
	const names = `$metadata $batch EntityDefinitions RelationshipDefinitions GlobalOptionSetDefinitions
		RetrieveVersion RetrieveCurrentOrganization CreateMultiple UpdateMultiple UpsertMultiple DeleteMultiple
		annotations phonecalls msdyn_ocliveworkitems msdyn_ocsessions msdyn_conversationactions
		msdyn_queueextensions msdyn_ocvoicechannelsettings msdyn_ocphonenumbers msdyn_oclanguages msdyn_languages
		msdyn_ocvoicechannellanguagesettings msdyn_oclocalizationdatas msdyn_routingconfigurations
		msdyn_routingconfigurationsteps msdyn_ocruleitems msdyn_ocliveworkstreamcontextvariables
		msdyn_decisioncontracts msdyn_proactive_engagement_config_attributes msdyn_proactive_engagement_config_statuses
		msdyn_proactive_delivery_batchs msdyn_agentstatuses msdyn_presences`
	return strings.HasPrefix(name, "CCaaS_") || slices.Contains(strings.Fields(names), name)
}

// The resources of a table: verb by verb, what is not listed does not exist.
type tableHandler func(s *Server, rq *request, t *table) (*response, error)

func onSet() map[string]tableHandler {
	return map[string]tableHandler{http.MethodGet: (*Server).list, http.MethodPost: (*Server).create}
}

func onRow() map[string]tableHandler {
	return map[string]tableHandler{
		http.MethodGet: (*Server).retrieve, http.MethodPatch: (*Server).upsert, http.MethodDelete: (*Server).remove,
	}
}

func (s *Server) routeTable(rq *request, t *table) (*response, error) {
	if err := rq.enter(t); err != nil {
		return nil, err
	}
	first := rq.segments[0]
	handlers := s.onSet
	if first.called {
		handlers = s.onRow
	}
	if t.fixed && rq.Method != http.MethodGet {
		return nil, notSupported(rq.Method, t)
	}
	if len(rq.segments) == 1 {
		handler, ok := handlers[rq.Method]
		if !ok {
			return nil, fail(http.StatusMethodNotAllowed, "", "The requested resource does not support http method '%s'.", rq.Method)
		}
		return handler(s, rq, t)
	}
	second := rq.segments[1].name
	switch {
	case rq.Method != http.MethodGet, len(rq.segments) > 2:
		return nil, unsupported("%s on %s", rq.Method, rq.resource)
	case !first.called && second == "$count":
		return s.countRows(rq, t)
	case !first.called:
		return nil, unsupported("the path %s", rq.resource)
	}
	if c, ok := t.collectionByNav(second); ok {
		return s.listRelated(rq, t, c)
	}
	if index, ok := t.lookupByNav(second); ok {
		return s.retrieveRelated(rq, t, index)
	}
	if _, ok := t.byProperty[second]; ok || strings.HasPrefix(second, "$") || strings.HasPrefix(second, queryNamespace) {
		return nil, unsupported("the path %s", rq.resource)
	}
	return nil, notFoundSegment(second)
}

// enter refuses early what a user may not do with a table at all; what is written is checked row by row besides.
func (rq *request) enter(t *table) error {
	switch {
	case rq.Method == http.MethodGet:
		return rq.rights.may(t, Read)
	case rq.Method == http.MethodDelete && len(rq.segments) == 1:
		return rq.rights.may(t, Delete)
	default:
		return nil
	}
}

// serviceDocument lists the sets.
func (s *Server) serviceDocument(rq *request) (*response, error) {
	if rq.Method != http.MethodGet {
		return nil, noMethod(rq.base + rq.path)
	}
	if err := rq.options.allow(); err != nil {
		return nil, err
	}
	w := &jsonWriter{}
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata")
	w.name("value")
	w.open('[')
	for _, t := range s.schema.all {
		w.open('{')
		w.member("name", t.set)
		w.member("kind", "EntitySet")
		w.member("url", t.set)
		w.close('}')
	}
	w.close(']')
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

// applied echoes the preferences that took effect, one header each.
func (rq *request) applied(r *response) *response {
	if len(rq.prefer.applied) > 0 {
		r.header["Preference-Applied"] = rq.prefer.applied
	}
	return r
}

// countRows is set/$count: a bare number.
func (s *Server) countRows(rq *request, t *table) (*response, error) {
	if err := rq.options.allow("$filter"); err != nil {
		return nil, err
	}
	q, err := newQuery(s.schema, t, rq.options)
	if err != nil {
		return nil, err
	}
	rows := q.apply(rq.view(s).frame(), s.db.candidates(t, q, rq.now))
	r := newResponse(http.StatusOK, []byte(strconv.Itoa(min(len(rows), t.countCap()))))
	return r.set("Content-Type", "text/plain"), nil
}

// countCap is how far Dataverse counts.
func (t *table) countCap() int {
	if t.elastic {
		return 500
	}
	return 5000
}
