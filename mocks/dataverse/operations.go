package dataverse

import (
	"net/http"
	"slices"
	"strings"
)

// operation runs an unbound function or action.
type operation func(s *Server, rq *request) (*response, error)

// newOperations are those that are built; the names of others are in isUnbuilt.
func newOperations() map[string]operation {
	all := map[string]operation{
		"WhoAmI":                              function((*Server).whoAmI),
		"CCaaS_CreateProactiveVoiceDelivery":  agents(action((*Server).createVoiceDelivery)),
		"CCaaS_CreateProactiveDelivery":       agents(action((*Server).createProactiveDelivery)),
		"CCaaS_CreateSimpleProactiveDelivery": agents(action((*Server).createSimpleDelivery)),
		"CCaaS_CreateProactiveBulkDelivery":   agents(action(bulk("CCaaS_CreateProactiveBulkDelivery", "ProactiveEngagements"))),
		"CCaaS_CreateProactiveDeliveryBulkV2": agents(action(bulk("CCaaS_CreateProactiveDeliveryBulkV2"))),
		"CCaaS_CreateProactiveSMSDelivery":    agents(action((*Server).createSMSDelivery)),
		"CCaaS_CancelDeliveryTask":            agents(action((*Server).cancelDeliveryTask)),
		"CCaaS_GetDeliveryTasks":              agents((*Server).getDeliveryTasks),
		"CCaaS_CreateOperation":               agents(action((*Server).createOperation)),

		"CCaaS_GetRepresentativeAvailabilityBeforeConversation": asking(RoleChannelAdmin, action((*Server).availabilityBefore)),
		"CCaaS_GetRepresentativeAvailabilityForConversation":    asking(RoleChannelAdmin, action((*Server).availabilityFor)),
		"CCaaS_ModifyAgentPresence":                             asking(RoleSupervisor, action((*Server).modifyPresence)),
	}
	for name, run := range systemFunctions() {
		all[name] = answering(name, run)
	}
	return all
}

// agents may place calls and stop them; so may supervisors.
func agents(run operation) operation { return asking(RoleAgent+"|"+RoleSupervisor, run) }

// asking runs an operation for whoever has one of the roles, which stand between bars.
func asking(roles string, run operation) operation {
	return func(s *Server, rq *request) (*response, error) {
		if err := rq.rights.needs(strings.Split(roles, "|")...); err != nil {
			return nil, err
		}
		return run(s, rq)
	}
}

// function is called with GET, with or without empty parentheses.
func function(run operation) operation {
	return func(s *Server, rq *request) (*response, error) {
		if rq.Method != http.MethodGet {
			return nil, noMethod(rq.base + rq.path)
		}
		if err := rq.options.allow(); err != nil {
			return nil, err
		}
		if len(rq.segments) > 1 || strings.TrimSpace(rq.segments[0].arguments) != "" {
			return nil, unsupported("the path %s", rq.resource)
		}
		return run(s, rq)
	}
}

// action is called with POST and without parentheses.
func action(run operation) operation {
	return func(s *Server, rq *request) (*response, error) {
		if rq.Method != http.MethodPost || rq.segments[0].called {
			return nil, noMethod(rq.base + rq.path)
		}
		if err := rq.options.allow(); err != nil {
			return nil, err
		}
		if len(rq.segments) > 1 {
			return nil, unsupported("the path %s", rq.resource)
		}
		return run(s, rq)
	}
}

func (s *Server) whoAmI(rq *request) (*response, error) {
	w := rq.operationResponse("WhoAmI")
	w.member("BusinessUnitId", s.organisation.businessUnit)
	w.member("UserId", rq.user)
	w.member("OrganizationId", s.organisation.id)
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

// operationResponse opens the object every operation answers with.
func (rq *request) operationResponse(name string) *jsonWriter {
	w := &jsonWriter{}
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata#Microsoft.Dynamics.CRM."+name+"Response")
	return w
}

// parameters are the body of an action, checked against its declaration: every one is a string.
type parameters map[string]string

// readParameters refuses what is not declared, what is not a string (an array or an object where Microsoft's page
// says JSON string, above all), and what is missing.
func (rq *request) readParameters(operation string, required, optional []string) (parameters, error) {
	members, problem := readObject(rq.body)
	if problem != "" {
		return nil, payloadError(operation, "%s", problem)
	}
	p := parameters{}
	for _, m := range members {
		if !slices.Contains(required, m.name) && !slices.Contains(optional, m.name) {
			return nil, payloadError(operation, "The parameter '%s' in the request payload is not a valid parameter for the operation '%s'.", m.name, operation)
		}
		text, ok := m.value.(string)
		if m.value == nil {
			continue
		}
		if !ok {
			return nil, payloadError(operation, "An unexpected node was found when reading the parameter '%s': a value of type 'Edm.String' was expected.", m.name)
		}
		p[m.name] = text
	}
	for _, name := range required {
		if p[name] == "" {
			return nil, badRequest(codeInvalidArgument, "Required field '%s' is missing", name)
		}
	}
	if v := p["ApiVersion"]; v != "1.0" {
		return nil, aborted("ApiVersion '%s' is not supported", v)
	}
	return p, nil
}

// aborted is how a custom API says no: as a plug-in that ended the operation.
func aborted(format string, args ...any) error {
	return badRequest(codePluginAborted, format, args...)
}
