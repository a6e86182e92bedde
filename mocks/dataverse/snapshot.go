package dataverse

import (
	"maps"
	"slices"
	"time"
)

// Start is the snapshot that Reset goes back to. New takes it; take it again once the rows are as every test shall
// find them.
const Start = "start"

// snapshot is an organisation at one instant. Rows never change once stored, so it is a list of them.
type snapshot struct {
	rows         map[*table][]*row
	version      int64
	sequence     uint64
	organisation organisation
	deliveries   []*delivery
	memory       memory
	planned      []dueEntry
	deleted      map[*table][]deletion
	loaded       rowNames
}

// Snapshot keeps the organisation as it is under a name, in place of what had the name before. Faults, limits, trace
// and clock are not part of it.
func (s *Server) Snapshot(name string) {
	s.advance()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snapshots == nil {
		s.snapshots = map[string]*snapshot{}
	}
	s.snapshots[name] = &snapshot{
		rows: copyLists(s.db.rows), version: s.db.version, sequence: s.sequence.Load(),
		organisation: s.organisation, deliveries: copyDeliveries(s.engagement.order), deleted: copyLists(s.log.deleted),
		loaded: s.loaded,
		memory: s.engagement.remember(), planned: s.engagement.planned(),
	}
}

// Snapshots are the names there are.
func (s *Server) Snapshots() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.snapshots))
}

// Restore makes the organisation what it was when the snapshot was taken: rows, versions, deliveries and the
// identifiers that come next. What fell due since then happens now.
func (s *Server) Restore(name string) error {
	now := s.now()
	s.mu.Lock()
	defer s.hooks.drain()
	defer s.mu.Unlock()
	kept := s.snapshots[name]
	if kept == nil {
		return unknownName("snapshot", name)
	}
	s.db.restore(copyLists(kept.rows), kept.version)
	s.log.deleted, s.log.recent = copyLists(kept.deleted), nil
	s.sequence.Store(kept.sequence)
	s.organisation, s.loaded = kept.organisation, kept.loaded
	s.engagement.memory = kept.memory.remember()
	s.engagement.restore(copyDeliveries(kept.deliveries), kept.planned)
	s.arm(now)
	return nil
}

// Reset is the organisation as it was at the start, with neither faults nor memory: trace, counters and the list of
// the unsupported begin anew. Limits and clock stay.
func (s *Server) Reset() error {
	s.ClearFaults()
	if err := s.Restore(Start); err != nil {
		return err
	}
	s.faults.forget()
	s.trace.clear()
	s.unsupported.clear()
	return nil
}

// forget lets the story of the seed begin anew.
func (f *faults) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen, f.struck = nil, nil
}

func copyLists[T any](lists map[*table][]T) map[*table][]T {
	all := make(map[*table][]T, len(lists))
	for t, list := range lists {
		all[t] = slices.Clone(list)
	}
	return all
}

func copyDeliveries(deliveries []*delivery) []*delivery {
	all := make([]*delivery, len(deliveries))
	for i, d := range deliveries {
		all[i] = new(*d)
		all[i].Attributes = maps.Clone(d.Attributes)
	}
	return all
}

// restore puts other rows in the place of all there are.
func (s *store) restore(rows map[*table][]*row, version int64) {
	s.rows, s.version, s.indexes = rows, version, indexes{}
	s.expiries.heap = nil
	s.expiries.mark()
	for t, some := range rows {
		for _, r := range some {
			s.indexes.add(t, r)
			s.expiries.add(t, r)
		}
	}
}

// restore puts other deliveries in the place of all there are. The caller arms the timer.
func (e *engagement) restore(deliveries []*delivery, planned []dueEntry) {
	e.byID, e.order, e.due = make(map[string]*delivery, len(deliveries)), deliveries, slices.Clone(planned)
	for _, d := range deliveries {
		e.byID[d.ID] = d
		if !d.due.IsZero() {
			e.due = append(e.due, dueEntry{at: d.due, number: d.number, d: d})
		}
	}
	slices.SortFunc(e.due, func(a, b dueEntry) int { return a.compare(b) }) // a sorted list is a heap
	if e.stop != nil {
		e.stop()
		e.stop, e.timer = nil, time.Time{}
	}
}
