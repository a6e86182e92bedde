package dataverse

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// engagement is the service behind the CCaaS operations. Server.mu guards it, but for soonest.
//
// Deliveries move by themselves at known instants: the row appears, a cancellation takes effect, a window ends. Each
// request first makes up for what is due, so that what it reads never depends on whether a timer was a moment late;
// the one timer is there for the hooks alone.
type engagement struct {
	byID   map[string]*delivery
	order  []*delivery
	due    dueHeap
	pushed uint64 // entries so far

	memory

	soonest atomic.Int64 // due of the heap's head in Unix nanoseconds, 0: none; read without the lock
	stop    func() bool  // of the timer, nil: none
	timer   time.Time    // when it fires
	closed  bool
}

// memory is what the service remembers beside its deliveries.
type memory struct {
	suspended map[string]bool              // by configuration
	tasks     map[string]task              // by id
	contacts  map[contactIdentifier]string // contactid
	loads     map[string]Load              // by queue
}

// remember is a copy of the whole.
func (m memory) remember() memory {
	return memory{maps.Clone(m.suspended), maps.Clone(m.tasks), maps.Clone(m.contacts), maps.Clone(m.loads)}
}

func newEngagement() engagement {
	return engagement{byID: map[string]*delivery{}, memory: memory{
		map[string]bool{}, map[string]task{}, map[contactIdentifier]string{}, map[string]Load{},
	}}
}

// planned are the effects of operations that were accepted and have not happened.
func (e *engagement) planned() []dueEntry {
	return slices.DeleteFunc(slices.Clone(e.due), func(entry dueEntry) bool { return entry.effect == nil })
}

// dueHeap orders what happens by itself. An entry whose instant is not its delivery's any more is stale.
type dueHeap []dueEntry

// dueEntry is the next step of a delivery, or the effect of an operation.
type dueEntry struct {
	at     time.Time
	number uint64 // order of those at the same instant
	d      *delivery
	effect func(at time.Time)
}

func (e *engagement) push(entry dueEntry) {
	entry.number = e.pushed
	e.pushed++
	heap.Push(&e.due, entry)
}

func (a dueEntry) compare(b dueEntry) int {
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.number, b.number))
}

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].compare(h[j]) < 0 }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(dueEntry)) } // container/heap's contract
func (h *dueHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// advance makes up for everything due by now.
func (s *Server) advance() {
	soonest := s.engagement.soonest.Load()
	now := s.now()
	if s.db.expiries.due(now) {
		s.mu.Lock()
		s.db.sweep(now)
		s.mu.Unlock()
	}
	if soonest == 0 || now.UnixNano() < soonest {
		return
	}
	s.mu.Lock()
	s.step(now)
	s.mu.Unlock()
	s.hooks.drain()
}

// step runs what is due, each at its own instant. Called with the lock held.
func (s *Server) step(now time.Time) {
	e := &s.engagement
	for len(e.due) > 0 && !e.due[0].at.After(now) && !e.closed {
		entry, _ := heap.Pop(&e.due).(dueEntry)
		switch d := entry.d; {
		case entry.effect != nil:
			entry.effect(entry.at)
		case d.due.Equal(entry.at):
			s.progress(d, entry.at)
			if d.due = d.next(); !d.due.IsZero() {
				e.push(dueEntry{at: d.due, d: d})
			}
		}
	}
	s.arm(now)
}

// progress is one step of one delivery.
func (s *Server) progress(d *delivery, at time.Time) {
	switch {
	case !d.visible():
		s.appear(d, at)
		if s.switchedOff(d, at) {
			s.end(d, at, statusError, "Error")
			return
		}
		s.happened(eventVisible, d)
	case d.Status != statusPending:
	case !d.cancelAt.IsZero() && !d.cancelAt.After(at):
		s.end(d, at, statusCancelled, "Cancelled")
	case !d.End.After(at):
		s.end(d, at, statusExpired, s.unattempted(d))
	}
}

// switchedOff: the configuration was deleted or deactivated while the delivery was on its way.
func (s *Server) switchedOff(d *delivery, at time.Time) bool {
	t := s.schema.byName["msdyn_proactive_engagement_config"]
	configuration := s.db.get(t, d.ConfigurationID, "", at)
	return configuration == nil || configuration.cells[t.at("statecode")] != any(int64(0))
}

// unattempted is the result of a delivery whose last window is over. In preview it says that no representative
// accepted; Expired says that there was no window in which one could have.
func (s *Server) unattempted(d *delivery) string {
	if d.dialMode == dialPreview && d.End.After(d.VisibleAt) && !s.engagement.suspended[d.ConfigurationID] {
		return "Terminated"
	}
	return "Expired"
}

// end writes state and result.
func (s *Server) end(d *delivery, at time.Time, status, result string) {
	s.endWith(d, at, status, result, nil)
}

// endWith adds what the network answered, if it did.
func (s *Server) endWith(d *delivery, at time.Time, status, result string, answer *sipAnswer) {
	d.Status, d.Result = status, result
	row := map[string]any{
		"msdyn_status": status, "msdyn_result": result, "msdyn_result_date": at, "msdyn_end_date": at,
	}
	if answer != nil {
		row["msdyn_sip_diagnostics"] = answer.diagnostics()
	}
	s.report(d, at, row)
	s.happened(eventEnded, d)
}

// schedule queues a delivery's next step. Called with the lock held.
func (s *Server) schedule(d *delivery, now time.Time) {
	if d.due = d.next(); !d.due.IsZero() {
		s.engagement.push(dueEntry{at: d.due, d: d})
	}
	s.arm(now)
}

// arm keeps the one timer at the head of the heap.
func (s *Server) arm(now time.Time) {
	e := &s.engagement
	if len(e.due) == 0 || e.closed {
		e.soonest.Store(0)
		return
	}
	head := e.due[0].at
	e.soonest.Store(head.UnixNano())
	if e.stop != nil {
		if e.timer.Equal(head) && e.timer.After(now) {
			return
		}
		e.stop()
	}
	e.timer = head
	e.stop = s.opts.AfterFunc(max(0, head.Sub(now)), s.wake)
}

// wake is the timer. It may be early by the rounding of a scaled clock: then it is set again.
func (s *Server) wake() {
	s.mu.Lock()
	s.engagement.stop = nil
	s.step(s.now())
	s.mu.Unlock()
	s.hooks.drain()
}

func (e *engagement) close() {
	e.closed = true
	e.soonest.Store(0)
	if e.stop != nil {
		e.stop()
	}
}

// appear adds the report row and its Input attributes.
func (s *Server) appear(d *delivery, at time.Time) {
	row := map[string]any{
		"msdyn_delivery_id": d.ID, "msdyn_status": d.Status, "msdyn_channel": "Voice",
		"msdyn_dialmode_type": d.dialMode, "msdyn_proactive_engagement_config_id": d.ConfigurationID,
		"msdyn_contact_id": d.ContactID, "msdyn_queue_id": d.QueueID, "msdyn_to_address": d.Phone,
		"msdyn_window_start_date": d.Start, "msdyn_window_end_date": d.End,
		"msdyn_earliest_schedule_date": d.Start, "msdyn_expiration_date": d.End, "msdyn_seq_no": 1,
	}
	tracking := d.RequestID
	if d.forgetful {
		tracking = ""
	}
	for name, value := range map[string]string{"msdyn_tracking_id": tracking, "msdyn_batch_id": d.BatchID} {
		if value != "" {
			row[name] = value
		}
	}
	d.row = s.write(at, "msdyn_proactive_delivery", withTwins(row))
	for _, keyword := range slices.Sorted(maps.Keys(d.Attributes)) {
		s.write(at, "msdyn_proactive_delivery_attribute", map[string]any{
			"msdyn_keyword": keyword, "msdyn_value": d.Attributes[keyword], "msdyn_type": attributeInput,
			"msdyn_proactive_delivery": d.row, "msdyn_proactive_deliverypid": d.row,
		})
	}
}

// withTwins fills the millisecond text beside each date that has one.
func withTwins(row map[string]any) map[string]any {
	for name, value := range maps.Clone(row) {
		if at, ok := value.(time.Time); ok && name != "msdyn_window_start_date" && name != "msdyn_window_end_date" {
			row[name+"_ms"] = at.UTC().Format(windowLayout)
		}
	}
	return row
}

// write inserts a row as the service itself; the values are the service's own, so a refusal is a defect.
func (s *Server) write(at time.Time, table string, row map[string]any) string {
	t, set, err := s.seedChanges(table, row)
	if err != nil {
		panic(err)
	}
	rq := s.local()
	rq.now = at
	r, err := s.insert(rq, t, "", set)
	if err != nil {
		panic(err)
	}
	return r.id
}

// report changes the report row. A client may have deleted or moved it: the delivery goes on without.
func (s *Server) report(d *delivery, at time.Time, row map[string]any) {
	t := s.schema.byName["msdyn_proactive_delivery"]
	if old := s.db.get(t, d.row, "", at); old != nil {
		s.rewrite(at, t, old, withTwins(row))
	}
}

// rewrite is write for a row that is there.
func (s *Server) rewrite(at time.Time, t *table, old *row, row map[string]any) {
	_, set, err := s.seedChanges(t.name, row)
	if err != nil {
		panic(err)
	}
	rq := s.local()
	rq.now = at
	if _, err := s.update(rq, t, old, set); err != nil {
		panic(err)
	}
}
