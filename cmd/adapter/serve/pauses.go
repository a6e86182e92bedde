package serve

import (
	"encoding/json"
	"net/http"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// PausedLine is a queue or engagement configuration whose callbacks do not go out.
type PausedLine struct {
	Queue         adapter.QueueID         `json:"queueId,omitempty"`
	Configuration adapter.ConfigurationID `json:"configurationId,omitempty"`
	Name          string                  `json:"name"`
	Since         time.Time               `json:"since"`
	Until         *time.Time              `json:"until,omitempty"` // tried again then; nil = until somebody ends it
	By            string                  `json:"by,omitempty"`    // empty = the adapter
	Reason        string                  `json:"reason"`
}

// PauseDecision is what a person pauses or lets go on, and who and why.
type PauseDecision struct {
	Queue         adapter.QueueID         `json:"queueId,omitempty"` // one of the two
	Configuration adapter.ConfigurationID `json:"configurationId,omitempty"`
	By            string                  `json:"by"`
	Reason        string                  `json:"reason"`
}

// controlPauses answers the commands about pauses; each with what is paused then.
func (a *Adapter) controlPauses(mux *http.ServeMux) {
	mux.Handle("GET /pauses", answered(a.listPauses))
	for name, paused := range map[string]bool{"pause": true, "resume": false} {
		mux.Handle("POST /pauses/"+name, answered(func(r *http.Request) (any, error) {
			var d PauseDecision
			if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
				return nil, err
			}
			what, by := adapter.Paused{Queue: d.Queue, Configuration: d.Configuration}, service.Signature{By: d.By, Reason: d.Reason}
			var err error
			if paused {
				_, err = a.service.Pause(r.Context(), what, by)
			} else {
				err = a.service.Resume(r.Context(), what, by)
			}
			if err != nil {
				return nil, err
			}
			return a.listPauses(r)
		}))
	}
}

func (a *Adapter) listPauses(r *http.Request) (any, error) {
	pauses, err := a.service.Pauses(r.Context())
	if err != nil {
		return nil, err
	}
	all := make([]PausedLine, 0, len(pauses))
	for _, p := range pauses {
		line := PausedLine{Queue: p.Queue, Configuration: p.Configuration, Name: a.service.NameOf(p.Paused), Since: p.Since, By: p.By, Reason: p.Reason}
		if !p.Until.IsZero() {
			line.Until = &p.Until
		}
		all = append(all, line)
	}
	return all, nil
}
