package dataverse

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// faultJSON is a Fault on the management port.
type faultJSON struct {
	Kind       string       `json:"kind,omitempty"`
	Method     string       `json:"method,omitempty"`
	Path       string       `json:"path,omitempty"`
	Times      int          `json:"times,omitempty"`
	Chance     float64      `json:"chance,omitempty"`
	When       whenText     `json:"when,omitempty"` // before, after
	Status     int          `json:"status,omitempty"`
	Code       string       `json:"code,omitempty"`
	Message    string       `json:"message,omitempty"`
	RetryAfter headerText   `json:"retryAfter,omitempty"`
	Delay      textDuration `json:"delay,omitempty"`
	Drop       bool         `json:"drop,omitempty"`
	Table      string       `json:"table,omitempty"`
	Column     string       `json:"column,omitempty"`
}

// headerText is the value of a header: a text, or a number as it was written.
type headerText string

// UnmarshalJSON reads either.
func (h *headerText) UnmarshalJSON(raw []byte) error {
	var number json.Number
	if json.Unmarshal(raw, &number) == nil && raw[0] != '"' {
		*h = headerText(number)
		return nil
	}
	return json.Unmarshal(raw, (*string)(h))
}

// whenText is empty for before, the default.
type whenText string

func (f *faultJSON) fault() (Fault, error) {
	when := slices.Index([]whenText{"before", "after"}, f.When)
	if when < 0 && f.When != "" {
		return Fault{}, refusef(http.StatusBadRequest, "when is neither before nor after")
	}
	return Fault{
		Kind: f.Kind, Method: f.Method, Path: f.Path, Times: f.Times, Chance: f.Chance, When: When(max(0, when)),
		Status: f.Status, Code: f.Code, Message: f.Message, RetryAfter: string(f.RetryAfter), Delay: time.Duration(f.Delay), Drop: f.Drop,
		Table: f.Table, Column: f.Column,
	}, nil
}

func (f *Fault) json() faultJSON {
	j := faultJSON{
		Kind: f.Kind, Method: f.Method, Path: f.Path, Times: f.Times, Chance: f.Chance, Status: f.Status, Code: f.Code, Message: f.Message,
		RetryAfter: headerText(f.RetryAfter), Delay: textDuration(f.Delay), Drop: f.Drop, Table: f.Table, Column: f.Column,
	}
	if f.When == AfterApplying {
		j.When = "after"
	}
	return j
}

// faultStateJSON says how much of a fault is left; null is without end.
type faultStateJSON struct {
	faultJSON

	Left   *int `json:"left"`
	Struck int  `json:"struck"`
}

func (s *Server) faultsJSON() any {
	all := []faultStateJSON{}
	for _, f := range s.Faults() {
		j := faultStateJSON{faultJSON: f.json(), Struck: f.Struck}
		if f.Left >= 0 {
			j.Left = new(f.Left)
		}
		all = append(all, j)
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return map[string]any{"faults": all, "seed": s.faults.seed}
}

func getFaults(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, s.faultsJSON(), nil
}

func postFault(s *Server, r *http.Request) (status int, answer any, err error) {
	var body faultJSON
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	fault, err := body.fault()
	if err != nil {
		return 0, nil, err
	}
	if err := s.Inject(fault); err != nil {
		return 0, nil, refusef(http.StatusBadRequest, "%v", err)
	}
	return http.StatusCreated, s.faultsJSON(), nil
}

func deleteFaults(s *Server, _ *http.Request) (status int, answer any, err error) {
	return http.StatusOK, map[string]int{"struck": s.ClearFaults()}, nil
}

func getFaultKinds(*Server, *http.Request) (status int, answer any, err error) {
	type kindJSON struct {
		Kind    string   `json:"kind"`
		Does    string   `json:"does"`
		Catches string   `json:"catches"`
		Reads   []string `json:"reads"`
		Chance  bool     `json:"byChance"`
	}
	all := []kindJSON{}
	for _, k := range FaultKinds() {
		j := kindJSON{k.Name, k.Does, k.Catches, []string{}, k.byChance}
		for _, field := range k.Reads {
			j.Reads = append(j.Reads, strings.ToLower(field[:1])+field[1:])
		}
		all = append(all, j)
	}
	return http.StatusOK, map[string]any{"kinds": all}, nil
}

func putSeed(s *Server, r *http.Request) (status int, answer any, err error) {
	var body struct {
		Seed *uint64 `json:"seed"`
	}
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Seed == nil {
		return 0, nil, refusef(http.StatusBadRequest, "seed is missing")
	}
	s.SeedFaults(*body.Seed)
	return http.StatusOK, s.faultsJSON(), nil
}

func putChance(s *Server, r *http.Request) (status int, answer any, err error) {
	var body struct {
		Chance *float64 `json:"chance"`
	}
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Chance == nil {
		return 0, nil, refusef(http.StatusBadRequest, "chance is missing")
	}
	if err := s.Misbehave(*body.Chance); err != nil {
		return 0, nil, refusef(http.StatusBadRequest, "%v", err)
	}
	return http.StatusOK, s.faultsJSON(), nil
}

type limitsJSON struct {
	Requests      int          `json:"requests"`
	ExecutionTime textDuration `json:"executionTime"`
	Concurrent    int          `json:"concurrent"`
	Window        textDuration `json:"window"`
}

func getLimits(s *Server, _ *http.Request) (status int, answer any, err error) {
	l := s.Limits()
	return http.StatusOK, limitsJSON{l.Requests, textDuration(l.ExecutionTime), l.Concurrent, textDuration(l.window())}, nil
}

func putLimits(s *Server, r *http.Request) (status int, answer any, err error) {
	var body limitsJSON
	if err := readAdmin(r, &body); err != nil {
		return 0, nil, err
	}
	limits := Limits{body.Requests, time.Duration(body.ExecutionTime), body.Concurrent, time.Duration(body.Window)}
	if err := s.SetLimits(limits); err != nil {
		return 0, nil, refusef(http.StatusBadRequest, "%v", err)
	}
	return getLimits(s, r)
}
