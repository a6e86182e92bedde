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
	if first.name == "$metadata" {
		return s.modelDocument(rq)
	}
	if run, ok := s.operations[first.name]; ok {
		if err := rq.noTracking(); err != nil {
			return nil, err
		}
		return run(s, rq)
	}
	if t, ok := s.schema.bySet[first.name]; ok {
		if run, ok := s.boundFunction(rq, t); ok {
			return run(s, rq)
		}
		return s.routeTable(rq, t)
	}
	if set, ok := s.metadata[first.name]; ok {
		return s.readMetadata(rq, set)
	}
	if isUnbuilt(first.name) {
		return nil, unsupported("%s", first.name)
	}
	return nil, notFoundSegment(first.name)
}

// isUnbuilt knows names that a real organisation has and the mock has not: answering 404 for them would be a lie.
func isUnbuilt(name string) bool {
	const names = `activityparties activitypointers appointments campaigns competitors connections contracts emails
		entitlements faxes importjobs incidents invoices kbarticles knowledgearticles leads letters lists opportunities
		pluginassemblies plugintypes plugintracelogs pricelevels processes products publishers queueitems quotes
		recurringappointmentmasters salesorders savedqueries sharepointdocumentlocations socialactivities solutioncomponents
		subjects tasks templates territories uoms userqueries usersettingscollection webresourceset workflows
		annotations phonecalls services msdyn_conversationactions msdyn_channelinstances msdyn_intentfamilies
		msdyn_livechatconfigs msdyn_omnichannelqueues msdyn_assignmentconfigurations msdyn_assignmentconfigurationsteps
		msdyn_proactive_delivery_batchs msdyn_proactive_engagement_message_templates
		msdyn_proactive_engagement_planner_configs msdyn_planner_callerid_phone_numbers`
	return strings.HasPrefix(name, "CCaaS_") || slices.Contains(strings.Fields(names), name)
}

// shape is what a path below a table's set can look like.
type shape uint8

const (
	shapeSet           shape = iota // contacts
	shapeCount                      // contacts/$count
	shapeSetAction                  // contacts/Microsoft.Dynamics.CRM.CreateMultiple
	shapeRow                        // contacts(key)
	shapeRowAction                  // serviceendpoints(key)/Microsoft.Dynamics.CRM.TriggerServiceEndpointCheck
	shapeRowFunction                // systemusers(key)/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()
	shapeColumn                     // contacts(key)/lastname
	shapeValue                      // contacts(key)/lastname/$value
	shapeLookup                     // contacts(key)/ownerid
	shapeLookupRef                  // contacts(key)/ownerid/$ref
	shapeCollection                 // queues(key)/queuemembership_association
	shapeCollectionRef              // queues(key)/queuemembership_association/$ref
	shapeMemberRef                  // queues(key)/queuemembership_association(key)/$ref
)

// resource is a path understood.
type resource struct {
	shape      shape
	table      *table
	column     int        // shapeColumn to shapeLookupRef
	nav        string     // name of the property, of the action or function
	collection collection // shapeCollection to shapeMemberRef
	member     string     // the key of shapeMemberRef, without parentheses
}

// handler answers one verb on one shape.
type handler func(s *Server, rq *request, at resource) (*response, error)

// handlers by shape and method: what is not listed does not exist.
type handlers map[shape]map[string]handler

func newHandlers() handlers {
	const get, post, patch, put, remove = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete
	return handlers{
		shapeSet:           {get: ofTable((*Server).list), post: ofTable((*Server).create)},
		shapeCount:         {get: ofTable((*Server).countRows)},
		shapeSetAction:     {post: (*Server).multiple},
		shapeRow:           {get: ofTable((*Server).retrieve), patch: ofTable((*Server).upsert), remove: ofTable((*Server).remove)},
		shapeRowAction:     {post: (*Server).runRowAction},
		shapeRowFunction:   {get: (*Server).runRowFunction},
		shapeColumn:        {get: (*Server).retrieveColumn, put: (*Server).putColumn, remove: (*Server).clearColumn},
		shapeValue:         {get: (*Server).retrieveValue},
		shapeLookup:        {get: (*Server).retrieveRelated},
		shapeLookupRef:     {get: (*Server).retrieveReference, put: (*Server).putReference, remove: (*Server).clearReference},
		shapeCollection:    {get: (*Server).listRelated},
		shapeCollectionRef: {get: (*Server).listReferences, post: (*Server).addReference, remove: (*Server).removeReference},
		shapeMemberRef:     {remove: (*Server).removeReference},
	}
}

func ofTable(run func(s *Server, rq *request, t *table) (*response, error)) handler {
	return func(s *Server, rq *request, at resource) (*response, error) { return run(s, rq, at.table) }
}

func (s *Server) routeTable(rq *request, t *table) (*response, error) {
	if err := rq.enter(t); err != nil {
		return nil, err
	}
	if err := rq.options.spelled(t.placing()...); err != nil {
		return nil, err
	}
	at, err := rq.locate(t)
	if err != nil {
		return nil, err
	}
	if at.table.fixed && rq.Method != http.MethodGet {
		return nil, notSupported(rq.Method, at.table)
	}
	if at.shape != shapeSet || rq.Method != http.MethodGet {
		if err := rq.noTracking(); err != nil {
			return nil, err
		}
	}
	handler, ok := s.handlers[at.shape][rq.Method]
	if !ok && (at.shape == shapeSetAction || at.shape == shapeRowAction || at.shape == shapeRowFunction) {
		return nil, noMethod(rq.base + rq.path)
	}
	if !ok && at.shape == shapeCollection && rq.Method == http.MethodPost {
		return nil, unsupported("creating a row through the collection %s", at.nav)
	}
	if !ok {
		return nil, fail(http.StatusMethodNotAllowed, "", "The requested resource does not support http method '%s'.", rq.Method)
	}
	return handler(s, rq, at)
}

// locate says which shape the path has and what it names, but for rows: whether those exist is the handler's question.
func (rq *request) locate(t *table) (at resource, err error) {
	at = resource{table: t}
	first, rest := rq.segments[0], rq.segments[1:]
	switch {
	case len(rest) == 0 && !first.called:
		at.shape = shapeSet
		return at, nil
	case len(rest) == 0:
		at.shape = shapeRow
		return at, nil
	case !first.called && len(rest) == 1 && rest[0] == segment{name: "$count"}:
		at.shape = shapeCount
		return at, nil
	case !first.called && len(rest) == 1 && strings.HasPrefix(rest[0].name, queryNamespace) && !rest[0].called:
		at.shape, at.nav = shapeSetAction, rest[0].name
		return at, nil
	case !first.called:
		return at, unsupported("the path %s", rq.resource)
	}
	property := rest[0]
	switch {
	case len(rest) == 1 && at.rowAction(property):
		at.shape = shapeRowAction
		return at, nil
	case len(rest) == 1 && at.rowFunction(property):
		at.shape = shapeRowFunction
		return at, nil
	case at.property(property):
	case strings.HasPrefix(property.name, "$"), strings.HasPrefix(property.name, queryNamespace):
		return at, unsupported("the path %s", rq.resource)
	default:
		return at, notFoundSegment(property.name)
	}
	switch {
	case len(rest) == 1 && !property.called:
		return at, nil
	case len(rest) == 2 && at.below(property, rest[1]):
		return at, nil
	default:
		return at, unsupported("the path %s", rq.resource)
	}
}

// property reads the segment behind a row.
func (at *resource) property(step segment) (known bool) {
	at.nav = step.name
	if at.collection, known = at.table.collectionByNav(step.name); known {
		at.shape, at.member = shapeCollection, step.arguments
		return true
	}
	if at.column, known = at.table.lookupByNav(step.name); known {
		at.shape = shapeLookup
		return !step.called
	}
	at.column, known = at.table.byProperty[step.name]
	at.shape = shapeColumn
	return known && !step.called
}

// below reads the segment behind a property.
func (at *resource) below(property, step segment) (known bool) {
	type path struct {
		shape  shape
		called bool
		name   string
	}
	at.shape, known = map[path]shape{
		{shapeColumn, false, "$value"}:   shapeValue,
		{shapeLookup, false, "$ref"}:     shapeLookupRef,
		{shapeCollection, false, "$ref"}: shapeCollectionRef,
		{shapeCollection, true, "$ref"}:  shapeMemberRef,
	}[path{at.shape, property.called, step.name}]
	return known && !step.called
}

// enter refuses early what a user may not do with a table at all; what is written is checked row by row besides.
func (rq *request) enter(t *table) error {
	switch {
	case rq.Method == http.MethodGet:
		return rq.rights.may(t, Read)
	case rq.Method == http.MethodDelete && len(rq.segments) == 1 && rq.segments[0].called:
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
	if err := rq.noTracking(); err != nil {
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
	if _, delta := rq.options.get("$deltatoken"); delta {
		return s.countChanges(rq, t)
	}
	if err := rq.options.allow(append(t.placing(), "$filter")...); err != nil {
		return nil, err
	}
	q, err := newQuery(s.schema.readBy(rq.rights), t, rq.options, rq.options)
	if err != nil {
		return nil, err
	}
	rows := rq.inPartition(q.apply(rq.view(s).frame(), s.db.candidates(t, q, rq.now)))
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
