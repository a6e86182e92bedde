package api

import "net/http"

// agent serves POST /mcp, the door for agents, to whoever may ask for callbacks. What
// an agent's tools do there is asked of this API again, with the agent's own token.
func (a *api) agent(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.may(r, mayRequest); err != nil {
		return err
	}
	a.agents.ServeHTTP(w, r)
	return nil
}
