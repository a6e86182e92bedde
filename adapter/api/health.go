package api

import "net/http"

// health answers "restart me?": no, as long as this runs.
func (a *api) health(w http.ResponseWriter, _ *http.Request) error {
	return show(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready answers "send me work?".
func (a *api) ready(w http.ResponseWriter, r *http.Request) error {
	if err := a.o.Ready(r.Context()); err != nil {
		a.o.Logger.WarnContext(r.Context(), "not ready", "error", err)
		return &problem{kind: notReady}
	}
	return show(w, http.StatusOK, map[string]string{"status": "ready"})
}
