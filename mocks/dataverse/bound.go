package dataverse

// rowActions are the actions on one row; their names have the table's in front.
func rowActions() map[string]handler {
	return map[string]handler{"serviceendpoint/" + serviceEndpointCheck: ofTable((*Server).checkEndpoint)}
}

// rowAction finds what set(key)/Microsoft.Dynamics.CRM.Name calls.
func (at *resource) rowAction(step segment) (known bool) {
	name, ok := cutNamespace(step.name)
	if !ok || step.called {
		return false
	}
	at.nav = at.table.name + "/" + name
	_, known = rowActions()[at.nav]
	return known
}

// rowFunctions are the functions on one row; their names have the table's in front.
func rowFunctions() map[string]handler {
	return map[string]handler{"systemuser/RetrieveUserPrivileges": ofTable((*Server).userPrivileges)}
}

// rowFunction finds what set(key)/Microsoft.Dynamics.CRM.Name() calls; the parentheses may be left out.
func (at *resource) rowFunction(step segment) (known bool) {
	name, ok := cutNamespace(step.name)
	if !ok {
		return false
	}
	at.nav = at.table.name + "/" + name
	_, known = rowFunctions()[at.nav]
	return known
}

func (s *Server) runRowFunction(rq *request, at resource) (*response, error) {
	return rowFunctions()[at.nav](s, rq, at)
}

func (s *Server) runRowAction(rq *request, at resource) (*response, error) {
	return rowActions()[at.nav](s, rq, at)
}
