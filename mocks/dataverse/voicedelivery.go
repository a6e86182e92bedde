package dataverse

import (
	"encoding/json"
	"net/http"
	"regexp"
	"time"
)

// windowLayout is the only time format the engagement APIs document.
const windowLayout = "2006-01-02T15:04:05.000Z"

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// createVoiceDelivery is CCaaS_CreateProactiveVoiceDelivery. Nothing in it makes a repeat harmless: the same body
// twice is two calls.
func (s *Server) createVoiceDelivery(rq *request) (*response, error) {
	const name = "CCaaS_CreateProactiveVoiceDelivery"
	p, err := rq.readParameters(name,
		[]string{"ApiVersion", "ProactiveEngagementConfigId", "DestinationPhoneNumber", "ContactId"},
		[]string{"Windows", "InputAttributes", "RequestId"})
	if err != nil {
		return nil, err
	}
	d := &delivery{Delivery: Delivery{
		RequestID: p["RequestId"], Phone: p["DestinationPhoneNumber"], Status: statusPending, CreatedAt: rq.now,
	}}
	if err := s.checkConfiguration(rq, d, p["ProactiveEngagementConfigId"]); err != nil {
		return nil, err
	}
	contact := s.active(rq, "contact", p["ContactId"])
	switch {
	case contact == nil:
		return nil, aborted("ContactId is not the id of an active contact")
	case !e164.MatchString(d.Phone):
		return nil, aborted("DestinationPhoneNumber is not in E.164 format") // the number itself stays out of the answer
	case len(d.RequestID) > 400:
		return nil, aborted("RequestId is longer than 400 characters")
	}
	d.ContactID = contact.id
	if d.windows, err = parseWindows(p, rq.now); err != nil {
		return nil, err
	}
	if d.Attributes, err = parseAttributes(p); err != nil {
		return nil, err
	}
	s.accept(rq, d)

	w := rq.operationResponse(name)
	w.member("DeliveryId", d.ID)
	w.close('}')
	return newResponse(http.StatusOK, w.buf), nil
}

func (s *Server) checkConfiguration(rq *request, d *delivery, id string) error {
	configuration := s.active(rq, "msdyn_proactive_engagement_config", id)
	if configuration == nil {
		return aborted("ProactiveEngagementConfigId is not the id of an active proactive engagement configuration")
	}
	t := s.schema.byName["msdyn_proactive_engagement_config"]
	if configuration.cells[t.at("msdyn_type")] != any(int64(engagementVoice)) {
		return aborted("The proactive engagement configuration is not for the voice channel")
	}
	d.ConfigurationID = configuration.id
	mode := t.at("msdyn_dialmode_type")
	if value, ok := configuration.cells[mode].(int64); ok {
		d.dialMode, _ = t.columns[mode].label(value)
	}
	if queue, ok := configuration.cells[t.at("msdyn_queue")].(ref); ok {
		d.QueueID = queue.id
	}
	return nil
}

// active is the row with that id if it exists and is not deactivated.
func (s *Server) active(rq *request, table, id string) *row {
	id, ok := parseGUID(id)
	if !ok {
		return nil
	}
	t := s.schema.byName[table]
	r := s.db.get(t, id, "", rq.now)
	if r == nil || r.cells[t.at("statecode")] != any(int64(0)) {
		return nil
	}
	return r
}

// parseWindows reads the JSON text of [{"Start":…,"End":…}]. Names are exact and nothing else may stand beside them:
// what a real organisation does with StartTime or TimeZone is unknown, and a guess here would hide the mistake.
func parseWindows(p parameters, now time.Time) ([]window, error) {
	text, given := p["Windows"]
	if !given {
		return []window{{now, now.Add(24 * time.Hour)}}, nil
	}
	var items []map[string]string
	if err := json.Unmarshal([]byte(text), &items); err != nil || len(items) == 0 {
		return nil, aborted("Windows is not a JSON array of objects with Start and End")
	}
	var windows []window
	for _, item := range items {
		start, err1 := time.Parse(windowLayout, item["Start"])
		end, err2 := time.Parse(windowLayout, item["End"])
		switch {
		case len(item) != 2 || err1 != nil || err2 != nil:
			return nil, aborted("A window needs Start and End, both in UTC in the format yyyy-MM-ddTHH:mm:ss.fffZ")
		case !start.Before(end):
			return nil, aborted("A window ends before it starts")
		case !end.After(now):
			return nil, aborted("A window is in the past")
		case len(windows) > 0 && start.Before(windows[len(windows)-1].end):
			return nil, aborted("Windows overlap or are not in order")
		}
		windows = append(windows, window{start, end})
	}
	return windows, nil
}

// parseAttributes reads the JSON text of an object from string to string.
func parseAttributes(p parameters) (map[string]string, error) {
	text, given := p["InputAttributes"]
	if !given {
		return map[string]string{}, nil
	}
	members, problem := readObject([]byte(text))
	if problem != "" {
		return nil, aborted("InputAttributes is not a JSON object")
	}
	attributes := map[string]string{}
	for _, m := range members {
		value, ok := m.value.(string)
		if !ok || utf16Length(m.name) > maxKeyword || utf16Length(value) > maxAttributeValue {
			return nil, aborted("InputAttributes takes texts only, names up to %d and values up to %d characters", maxKeyword, maxAttributeValue)
		}
		attributes[m.name] = value
	}
	return attributes, nil
}

// accept takes the delivery on: from here on it will be placed, whether or not the answer reaches the client.
func (s *Server) accept(rq *request, d *delivery) {
	e := &s.engagement
	d.ID = s.opts.NewDeliveryID()
	d.number = uint64(len(e.order))
	d.forgetful = rq.forgetful
	d.Start, d.End = d.windows[0].start, d.windows[len(d.windows)-1].end
	d.VisibleAt = rq.now.Add(between(s.opts.DeliveryLag[0], s.opts.DeliveryLag[1], s.opts.Seed, d.number))
	e.byID[d.ID] = d
	e.order = append(e.order, d)
	s.schedule(d, rq.now)
	s.db.onRollback(func() { s.forget(d) })
	s.happened(eventCreated, d)
}

// forget takes the last acceptance back: the change set it was part of failed. What the timer's heap still holds of it
// is stale by then.
func (s *Server) forget(d *delivery) {
	delete(s.engagement.byID, d.ID)
	s.engagement.order = s.engagement.order[:d.number]
	d.due = time.Time{}
}

// keep takes a cancellation back.
func (s *Server) keep(d *delivery, now time.Time) {
	d.cancelAt = time.Time{}
	s.schedule(d, now)
}

// createOperation is CCaaS_CreateOperation. 202 says that the request was taken: the effect comes later.
func (s *Server) createOperation(rq *request) (*response, error) {
	p, err := rq.readParameters("CCaaS_CreateOperation",
		[]string{"ApiVersion", "Operation"}, []string{"ProactiveEngagementConfigId", "DeliveryId"})
	if err != nil {
		return nil, err
	}
	switch operation := p["Operation"]; operation {
	case "Suspend", "Resume":
		return s.suspendOrResume(rq, p, operation == "Suspend")
	case "Cancel":
		return s.cancelDelivery(rq, p)
	default:
		return nil, aborted("Operation '%s' is not Suspend, Resume or Cancel", operation)
	}
}

// suspendOrResume stops and restarts everything of one configuration.
func (s *Server) suspendOrResume(rq *request, p parameters, suspended bool) (*response, error) {
	if p["DeliveryId"] != "" {
		return nil, unsupported("%s of one delivery", p["Operation"])
	}
	configuration := s.active(rq, "msdyn_proactive_engagement_config", p["ProactiveEngagementConfigId"])
	if configuration == nil {
		return nil, fail(http.StatusNotFound, codeObjectDoesNotExist, "ProactiveEngagementConfigId is not the id of an active proactive engagement configuration")
	}
	s.suspend(rq, configuration.id, suspended)
	return newResponse(http.StatusAccepted, nil), nil
}

// cancelDelivery is Cancel by delivery.
func (s *Server) cancelDelivery(rq *request, p parameters) (*response, error) {
	if p["DeliveryId"] == "" {
		// Nobody documents how far that would reach.
		return nil, unsupported("Cancel without DeliveryId")
	}
	id, _ := parseGUID(p["DeliveryId"])
	d := s.engagement.byID[id]
	if d == nil {
		return nil, fail(http.StatusNotFound, codeObjectDoesNotExist, "DeliveryId is not the id of a delivery")
	}
	if configuration := p["ProactiveEngagementConfigId"]; configuration != "" && configuration != d.ConfigurationID {
		return nil, aborted("The delivery belongs to another proactive engagement configuration")
	}
	s.cancel(rq, d)
	return newResponse(http.StatusAccepted, nil), nil
}

// cancel takes effect later, if the delivery is still pending then.
func (s *Server) cancel(rq *request, d *delivery) {
	if d.cancelAt.IsZero() {
		d.cancelAt = rq.now.Add(s.opts.CancelLag)
		s.schedule(d, rq.now)
		s.db.onRollback(func() { s.keep(d, rq.now) })
	}
}
