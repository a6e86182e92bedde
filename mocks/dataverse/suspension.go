package dataverse

import "time"

// suspend plans the effect of Suspend or Resume on a configuration. While it is suspended nothing is dialled; windows
// go on.
func (s *Server) suspend(rq *request, configuration string, suspended bool) {
	s.plan(rq, func(at time.Time) {
		s.engagement.suspended[configuration] = suspended
		s.reportSuspension(configuration, suspended, at)
		if suspended {
			return
		}
		for _, d := range s.engagement.order {
			if d.ConfigurationID == configuration && d.visible() && d.Status == statusPending {
				s.happened(eventVisible, d) // to be had again
			}
		}
	})
}

// plan lets an accepted operation take effect later, should its transaction stand.
func (s *Server) plan(rq *request, effect func(at time.Time)) {
	at, now := rq.now.Add(s.opts.CancelLag), rq.now
	s.db.afterCommit(func() {
		s.engagement.push(dueEntry{at: at, effect: effect})
		s.arm(now)
	})
}

// reportSuspension keeps the configuration's status row, which the service makes when it needs one.
func (s *Server) reportSuspension(configuration string, suspended bool, at time.Time) {
	const name = "msdyn_proactive_engagement_config_status"
	t := s.schema.byName[name]
	if t == nil {
		return
	}
	column := t.at("msdyn_proactive_engagement_config")
	for r := range s.db.all(t, at) {
		if r.cells[column] == any(ref{"msdyn_proactive_engagement_config", configuration}) {
			s.rewrite(at, t, r, map[string]any{"msdyn_suspended": suspended})
			return
		}
	}
	s.write(at, name, map[string]any{"msdyn_proactive_engagement_config": configuration, "msdyn_suspended": suspended})
}
