package servicebus

import (
	"encoding/json"
	"net/http"
	"time"
)

// faultAction does what a request for a fault says; it is given the other keys.
type faultAction func(*Server, []byte) error

// action reads T, strictly, and does something with it.
func action[T any](do func(*Server, T) error) faultAction {
	return func(s *Server, raw []byte) error {
		var request T
		if err := strictly(raw, &request); err != nil {
			return err
		}
		return do(s, request)
	}
}

// The keys of requests, beside "fault".
type (
	noKeys   struct{}
	ofEntity struct {
		Entity string `json:"entity"`
	}
	timesOf struct {
		Times *int `json:"times"` // 1
	}
	conditionOf struct {
		Condition Condition `json:"condition"` // com.microsoft:server-busy
	}
	entityTimes struct {
		ofEntity
		timesOf
	}
	entityTimesCondition struct {
		ofEntity
		timesOf
		conditionOf
	}
	entityCondition struct {
		ofEntity
		conditionOf
	}
	misbehaviourJSON struct {
		ofEntity

		Seed            uint64       `json:"seed"`
		Duplicate       float64      `json:"duplicate"`
		Reorder         float64      `json:"reorder"`
		LoseSettlement  float64      `json:"loseSettlement"`
		DelaySettlement textDuration `json:"delaySettlement"`
	}
)

func (t timesOf) times() int {
	if t.Times == nil {
		return 1
	}
	return *t.Times
}

func (c conditionOf) condition() Condition { return orDefault(c.Condition, ServerBusy) }

// faultActions are the faults that POST /faults knows: a method of [Server] each.
func faultActions() map[string]faultAction {
	plain := func(do func(*Server)) faultAction {
		return action(func(s *Server, _ noKeys) error {
			do(s)
			return nil
		})
	}
	return map[string]faultAction{
		"drop-connections": plain((*Server).DropConnections),
		"start-outage":     plain((*Server).StartOutage),
		"end-outage":       plain((*Server).EndOutage),
		"clear":            plain((*Server).ClearFaults),
		"expire-locks":     action(func(s *Server, r ofEntity) error { return s.ExpireLocks(r.Entity) }),
		"detach-links":     action(func(s *Server, r entityCondition) error { return s.DetachLinks(r.Entity, r.condition()) }),
		"refuse-attach": action(func(s *Server, r entityTimesCondition) error {
			return s.RefuseAttach(r.Entity, r.times(), r.condition())
		}),
		"reject-send":     action(func(s *Server, r entityTimesCondition) error { return s.RejectSend(r.Entity, r.times(), r.condition()) }),
		"lose-settlement": action(func(s *Server, r entityTimes) error { return s.LoseSettlement(r.Entity, r.times()) }),
		"refuse-tokens": action(func(s *Server, r timesOf) error {
			s.RefuseTokens(r.times())
			return nil
		}),
		"misbehave": action(func(s *Server, r misbehaviourJSON) error {
			return s.Misbehave(r.Entity, Misbehaviour{
				Seed: r.Seed, Duplicate: r.Duplicate, Reorder: r.Reorder, LoseSettlement: r.LoseSettlement,
				DelaySettlement: time.Duration(r.DelaySettlement),
			})
		}),
	}
}

func postFault(s *Server, r *http.Request) (status int, answer any, err error) {
	var keys map[string]json.RawMessage
	if err := readJSON(r, &keys); err != nil {
		return 0, nil, err
	}
	var name string
	if err := json.Unmarshal(keys["fault"], &name); err != nil {
		return 0, nil, refuse(http.StatusBadRequest, "fault is missing, or no text")
	}
	do := faultActions()[name]
	if do == nil {
		return 0, nil, refuse(http.StatusBadRequest, "fault %q is not known", name)
	}
	delete(keys, "fault")
	rest, err := json.Marshal(keys)
	if err != nil {
		return 0, nil, err
	}
	if err := do(s, rest); err != nil {
		return 0, nil, refuse(http.StatusBadRequest, "fault %s: %v", name, err)
	}
	return http.StatusOK, s.faultsJSON(), nil
}

// faultJSON is a [FaultState].
type faultJSON struct {
	Fault  string  `json:"fault"`
	Entity string  `json:"entity,omitempty"`
	On     bool    `json:"on"`
	Left   int     `json:"left,omitempty"`
	Chance float64 `json:"chance,omitempty"`
	Delay  string  `json:"delay,omitempty"`
	Struck int     `json:"struck"`
}

func (s *Server) faultsJSON() any {
	all := []faultJSON{}
	for _, f := range s.Faults() {
		j := faultJSON{Fault: f.Fault, Entity: f.Entity, On: f.On, Left: f.Left, Chance: f.Chance, Struck: f.Struck}
		if f.Delay > 0 {
			j.Delay = f.Delay.String()
		}
		all = append(all, j)
	}
	return map[string]any{"faults": all}
}

func getFaults(s *Server, r *http.Request) (status int, answer any, err error) {
	if _, err := parameters(r); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.faultsJSON(), nil
}
