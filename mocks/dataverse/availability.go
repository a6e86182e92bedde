package dataverse

import (
	"errors"
	"net/http"
	"time"
)

// Load is what a queue's callers meet. The mock has no calls of its own: whoever simulates them reports it.
type Load struct {
	Waiting     int           // calls and callbacks before a new one
	Available   int           // representatives who could take one now
	AverageWait time.Duration // estimated wait; 0: no estimate yet
}

// ErrUnknownQueue is what SetLoad refuses.
var ErrUnknownQueue = errors.New("unknown queue")

// SetLoad reports a queue's load, for the representative availability operations.
func (s *Server) SetLoad(queue string, load Load) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := parseGUID(queue)
	if !ok || s.db.get(s.schema.byName["queue"], id, "", s.now()) == nil {
		return ErrUnknownQueue
	}
	s.engagement.loads[id] = load
	return nil
}

// availabilityBefore is CCaaS_GetRepresentativeAvailabilityBeforeConversation. The queue is the workstream's default
// queue; rules that choose another one are not evaluated, so their inputs are refused.
func (s *Server) availabilityBefore(rq *request) (*response, error) {
	const name = "CCaaS_GetRepresentativeAvailabilityBeforeConversation"
	p, err := rq.readParameters(name, []string{"ApiVersion", "LiveWorkStreamId"}, []string{"CustomContextItems", "ChannelEngagementContext"})
	if err != nil {
		return nil, err
	}
	if p["CustomContextItems"] != "" || p["ChannelEngagementContext"] != "" {
		return nil, unsupported("routing rules, and with them CustomContextItems and ChannelEngagementContext")
	}
	return s.availability(rq, name, "msdyn_liveworkstream", p["LiveWorkStreamId"], "msdyn_defaultqueue")
}

// availabilityFor is CCaaS_GetRepresentativeAvailabilityForConversation: the queue the conversation is in.
func (s *Server) availabilityFor(rq *request) (*response, error) {
	const name = "CCaaS_GetRepresentativeAvailabilityForConversation"
	p, err := rq.readParameters(name, []string{"ApiVersion", "ConversationId"}, []string{"CustomContextItems"})
	if err != nil {
		return nil, err
	}
	if p["CustomContextItems"] != "" {
		return nil, unsupported("routing rules, and with them CustomContextItems")
	}
	return s.availability(rq, name, "msdyn_ocliveworkitem", p["ConversationId"], "msdyn_cdsqueueid")
}

// availability answers for the queue that a column of a row names.
func (s *Server) availability(rq *request, name, table, id, column string) (*response, error) {
	t := s.schema.byName[table]
	if t == nil {
		return nil, unsupported("%s: the table %s", name, table)
	}
	id, _ = parseGUID(id)
	r := s.db.get(t, id, "", rq.now)
	if r == nil {
		return nil, fail(http.StatusNotFound, codeObjectDoesNotExist, "%s With Id = %s Does Not Exist", table, id)
	}
	queues, queue := s.db.follow(r.cells[t.at(column)], rq.now)
	if queue == nil {
		return nil, unsupported("%s where %s is empty", name, column)
	}
	if queue.cells[queues.at("msdyn_operatinghourid")] != nil {
		return nil, unsupported("operating hours in %s", name)
	}
	load := s.engagement.loads[queue.id]
	w := rq.operationResponse(name)
	w.member("QueueId", queue.id)
	w.member("IsQueueAvailable", true)
	w.member("IsAgentAvailable", load.Available > 0)
	w.member("PositionInQueue", load.Waiting+1)
	w.member("NumberOfExpertsAvailableInQueue", load.Available)
	if load.AverageWait > 0 {
		w.member("AverageWaitTime", int(load.AverageWait.Minutes()))
		w.member("AverageWaitTimeInSeconds", int(load.AverageWait.Seconds()))
	} else {
		w.member("AverageWaitTime", nil)
		w.member("AverageWaitTimeInSeconds", nil)
	}
	const never, always = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z" // open all the time
	w.member("StartTimeOfNextOperatingHour", never)
	w.member("EndTimeOfNextOperatingHour", never)
	w.member("NextTransitionTime", always)
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

// modifyPresence is CCaaS_ModifyAgentPresence: the representative's current presence becomes another one.
func (s *Server) modifyPresence(rq *request) (*response, error) {
	const name = "CCaaS_ModifyAgentPresence"
	p, err := rq.readParameters(name, []string{"ApiVersion", "AgentId", "PresenceId"}, nil)
	if err != nil {
		return nil, err
	}
	statuses := s.schema.byName["msdyn_agentstatus"]
	if statuses == nil {
		return nil, unsupported("%s: the table msdyn_agentstatus", name)
	}
	presence := s.active(rq, "msdyn_presence", p["PresenceId"])
	if presence == nil {
		return nil, aborted("PresenceId is not the id of an active presence")
	}
	agent, _ := parseGUID(p["AgentId"])
	if s.db.get(s.schema.byName["systemuser"], agent, "", rq.now) == nil {
		return nil, aborted("AgentId is not the id of a user")
	}
	_, set, err := s.seedChanges(statuses.name, map[string]any{
		"msdyn_agentid": agent, "msdyn_currentpresenceid": presence.id, "msdyn_presencemodifiedon": rq.now,
	})
	if err != nil {
		return nil, err
	}
	service := s.local() // the privileges are the operation's, not its caller's
	service.now = rq.now
	for r := range s.db.all(statuses, rq.now) {
		if r.cells[statuses.at("msdyn_agentid")] == any(ref{"systemuser", agent}) {
			_, err = s.update(service, statuses, r, set)
			return newResponse(http.StatusNoContent, nil), err
		}
	}
	_, err = s.insert(service, statuses, "", set)
	return newResponse(http.StatusNoContent, nil), err
}
