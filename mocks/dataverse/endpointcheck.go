package dataverse

import "strings"

const serviceEndpointCheck = "TriggerServiceEndpointCheck"

// checkEndpoint sends a message to an endpoint that no change caused, so that whoever registered it learns whether
// messages arrive: from its system job, as of any other message, for the action takes nothing and answers nothing.
// What real endpoints are sent then is not documented. Here the context names the action, the endpoint, and no step.
func (s *Server) checkEndpoint(rq *request, t *table) (*response, error) {
	if err := rq.rights.may(t, Read); err != nil {
		return nil, err
	}
	if err := rq.options.allow(); err != nil {
		return nil, err
	}
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	if err := rq.noParameters(serviceEndpointCheck); err != nil {
		return nil, err
	}
	endpoint, err := s.existing(rq, t)
	if err != nil {
		return nil, err
	}
	e := rowEvent{
		change{table: t, before: endpoint, after: endpoint, cause: cause{user: rq.user, agent: rq.UserAgent(), at: rq.now}},
		serviceEndpointCheck,
	}
	j := &job{id: s.newID(), correlation: s.newID(), request: s.newID()}
	j.to(t, endpoint)
	c := s.newContext(j, e)
	c.InputParameters = &[]pair{{"Entity", e.reference()}}
	c.OwningExtension.ID = noID
	j.seal(c, e)
	j.row = j.describe(endpoint.text(t, "name"), e)
	s.db.afterCommit(func() { s.launch(j, e) })
	return s.done(t), nil
}

// noParameters reads the body of an action that takes nothing: none, or an empty object.
func (rq *request) noParameters(operation string) error {
	if strings.TrimSpace(string(rq.body)) == "" {
		return nil
	}
	members, problem := readObject(rq.body)
	if problem != "" {
		return payloadError(operation, "%s", problem)
	}
	for _, m := range members {
		return payloadError(operation, "The parameter '%s' in the request payload is not a valid parameter for the operation '%s'.", m.name, operation)
	}
	return nil
}
