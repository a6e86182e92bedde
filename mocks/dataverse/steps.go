package dataverse

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The values of a step and its endpoint that the mock can run.
const (
	contractTopic = 5
	contractQueue = 6 // persistent
	formatJSON    = 2

	stagePostOperation = 40
	modeAsynchronous   = 1

	imagePre  = 0
	imagePost = 1
	imageBoth = 2
)

// checkRegistration refuses an endpoint or a step that could be stored and would then never send what it promises.
func (s *Server) checkRegistration(t *table, r *row) error {
	is := func(column string, values ...int64) bool {
		v, ok := r.cells[t.at(column)].(int64)
		return ok && slices.Contains(values, v)
	}
	switch t.name {
	case "serviceendpoint":
		path, _ := r.cells[t.at("path")].(string)
		switch {
		case !is("contract", contractTopic, contractQueue):
			return unsupported("a contract of a service endpoint other than Topic (5) and Queue, persistent (6)")
		case !is("messageformat", formatJSON):
			return unsupported("a message format of a service endpoint other than Json (2)")
		case path == "":
			return badRequest(codeInvalidArgument, "Required field 'path' is missing")
		}
	case "sdkmessageprocessingstep":
		switch {
		case r.cells[t.at("sdkmessageid")] == nil:
			return badRequest(codeInvalidArgument, "Required field 'sdkmessageid' is missing")
		case r.cells[t.at("eventhandler")] == nil:
			return unsupported("a step without eventhandler_serviceendpoint: there are no plug-ins")
		case is("mode", modeAsynchronous) && !is("stage", stagePostOperation):
			return badRequest(codeInvalidArgument, "An asynchronous step must be registered in stage 40, post-operation")
		case !is("mode", modeAsynchronous):
			return unsupported("a synchronous step of a service endpoint")
		}
	}
	return nil
}

// rowEvent is a change as a step sees it.
type rowEvent struct {
	change
	message string
}

func (c change) message() string {
	switch {
	case c.before == nil:
		return "Create"
	case c.after == nil:
		return "Delete"
	default:
		return "Update"
	}
}

// raise plans a system job for each step that waits for a change. It is the store's watcher: it must not write.
func (s *Server) raise(changes []change) {
	steps := s.schema.byName["sdkmessageprocessingstep"]
	if len(s.db.rows[steps]) == 0 {
		return
	}
	for _, c := range changes {
		if c.table.silent || c.upsert || c.table.intersect != nil {
			continue
		}
		e := rowEvent{c, c.message()}
		for _, step := range s.stepsFor(e) {
			s.enqueue(step, e)
		}
	}
}

// stepsFor are the enabled steps whose message, table and filtering attributes fit, by rank.
func (s *Server) stepsFor(e rowEvent) (fitting []*row) {
	steps := s.schema.byName["sdkmessageprocessingstep"]
	for step := range s.db.all(steps, e.at) {
		if step.cells[steps.at("statecode")] == any(int64(0)) && s.fits(steps, step, e) {
			fitting = append(fitting, step)
		}
	}
	slices.SortStableFunc(fitting, func(a, b *row) int { return compareCells(a.cells[steps.at("rank")], b.cells[steps.at("rank")]) })
	return fitting
}

func (s *Server) fits(steps *table, step *row, e rowEvent) bool {
	messages, message := s.db.follow(step.cells[steps.at("sdkmessageid")], e.at)
	if message == nil || message.cells[messages.at("name")] != any(e.message) {
		return false
	}
	if cell := step.cells[steps.at("sdkmessagefilterid")]; cell != nil {
		filters, filter := s.db.follow(cell, e.at)
		if filter == nil || filter.cells[filters.at("primaryobjecttypecode")] != any(e.table.name) {
			return false
		}
	}
	attributes, _ := step.cells[steps.at("filteringattributes")].(string)
	if attributes == "" || e.message != "Update" {
		return true
	}
	wanted := names(attributes)
	return slices.ContainsFunc(e.columns(), func(index int) bool { return slices.Contains(wanted, e.table.columns[index].name) })
}

// columns are those an Update carries: what the request named, changed or not; where no request named any, what
// changed.
func (e rowEvent) columns() []int {
	if e.named != nil || e.before == nil || e.after == nil {
		return e.named
	}
	var changed []int
	for i, c := range e.table.columns {
		if c.access != readOnly && e.before.cells[i] != e.after.cells[i] {
			changed = append(changed, i)
		}
	}
	return changed
}

// names splits a comma-separated list.
func names(list string) (all []string) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// job is one event on its way to one endpoint: a row of asyncoperation with a message.
type job struct {
	id, correlation, request string

	attempt int
	message Message
	tooBig  bool
	row     map[string]any
	silent  bool // the row goes when the message is sent
}

// to addresses the message.
func (j *job) to(endpoints *table, endpoint *row) {
	j.message.Namespace, j.message.Entity = endpoint.text(endpoints, "namespaceaddress"), endpoint.text(endpoints, "path")
}

// text is a column's text; empty when it has none.
func (r *row) text(t *table, column string) string {
	text, _ := r.cells[t.at(column)].(string)
	return text
}

// describe is the job's row.
func (j *job) describe(name string, e rowEvent) map[string]any {
	return map[string]any{
		"asyncoperationid": j.id, "name": name, "messagename": e.message, "primaryentitytype": e.table.name,
		"correlationid": j.correlation, "requestid": j.request, "depth": 1, "retrycount": 0,
	}
}

// enqueue makes the message from what is true now, and sends it later.
func (s *Server) enqueue(step *row, e rowEvent) {
	steps := s.schema.byName["sdkmessageprocessingstep"]
	endpoints, endpoint := s.db.follow(step.cells[steps.at("eventhandler")], e.at)
	if endpoint == nil {
		return
	}
	j := &job{id: derivedID("job", step.id, e), correlation: derivedID("correlation", "", e), request: derivedID("request", "", e)}
	j.silent, _ = step.cells[steps.at("asyncautodelete")].(bool)
	j.to(endpoints, endpoint)
	s.compose(j, step, e)
	j.row = j.describe(step.text(steps, "name"), e)
	j.row["owningextensionid"] = step.id
	s.launch(j, e)
}

// launch writes the job's row, and sends its message a while later.
func (s *Server) launch(j *job, e rowEvent) {
	lag := between(s.opts.EventLag[0], s.opts.EventLag[1], s.opts.Seed, uint64(e.version()))
	s.engagement.push(dueEntry{at: e.at, effect: func(at time.Time) {
		s.write(at, "asyncoperation", j.row)
		s.engagement.push(dueEntry{at: at.Add(lag), effect: func(at time.Time) { s.dispatch(j, at) }})
	}})
	s.arm(e.at)
}

// dispatch hands a message over, without waiting for it.
func (s *Server) dispatch(j *job, at time.Time) {
	if j.tooBig {
		s.settleJob(j, at, errTooBig)
		return
	}
	s.reportJob(j, at, map[string]any{"statuscode": 20, "statecode": 2, "startedon": at})
	s.postings.add(s.opts.Poster, posting{j.message, func(err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.settleJob(j, s.now(), err)
		s.arm(s.now())
	}})
}

// settleJob writes what became of an attempt: done, to be tried again, or given up.
func (s *Server) settleJob(j *job, at time.Time, err error) {
	delays := retryDelays()
	switch {
	case err == nil && j.silent:
		if t, r := s.jobRow(j, at); r != nil {
			s.delete(s.local(), t, r)
		}
	case err == nil:
		s.reportJob(j, at, map[string]any{"statecode": 3, "statuscode": 30, "completedon": at})
	case j.attempt < len(delays) && !j.tooBig:
		next := at.Add(delays[j.attempt])
		j.attempt++
		s.reportJob(j, at, map[string]any{
			"statecode": 1, "statuscode": 10, "retrycount": j.attempt, "postponeuntil": next, "message": err.Error(),
		})
		s.engagement.push(dueEntry{at: next, effect: func(at time.Time) { s.dispatch(j, at) }})
	default:
		s.reportJob(j, at, map[string]any{
			"statecode": 3, "statuscode": 31, "completedon": at, "message": err.Error(), "friendlymessage": err.Error(), "errorcode": jobErrorCode,
		})
	}
}

// jobErrorCode is what a failed job shows, as the signed number such tools print: 0x80050203.
const jobErrorCode = -2147155453

// reportJob changes a job's row. An administrator may have deleted it: the message goes all the same.
func (s *Server) reportJob(j *job, at time.Time, row map[string]any) {
	if t, r := s.jobRow(j, at); r != nil {
		s.rewrite(at, t, r, row)
	}
}

func (s *Server) jobRow(j *job, at time.Time) (*table, *row) {
	t := s.schema.byName["asyncoperation"]
	return t, s.db.get(t, j.id, "", at)
}

// version names the change.
func (e rowEvent) version() int64 {
	if e.after != nil {
		return e.after.version
	}
	return e.before.version
}

// errTooBig is for the rare message that stays too big without its content.
var errTooBig = fail(http.StatusRequestEntityTooLarge, "", "The message is larger than %d bytes and was not sent.", maxMessage)
