package broker

import (
	"sort"
)

// seqLog holds an entity's messages by sequence number. Numbers only grow, so
// adding is an append; removing leaves a gap that is closed once gaps are the
// larger half.
type seqLog struct {
	entries []logEntry
	gaps    int
}

type logEntry struct {
	seq     int64
	message *Message // nil after removal
}

func (l *seqLog) add(m *Message) { l.entries = append(l.entries, logEntry{m.seq, m}) }

// at is the index of the first entry not below seq.
func (l *seqLog) at(seq int64) int {
	return sort.Search(len(l.entries), func(i int) bool { return l.entries[i].seq >= seq })
}

func (l *seqLog) find(seq int64) *Message {
	if i := l.at(seq); i < len(l.entries) && l.entries[i].seq == seq {
		return l.entries[i].message
	}
	return nil
}

func (l *seqLog) remove(seq int64) {
	i := l.at(seq)
	if i == len(l.entries) || l.entries[i].seq != seq || l.entries[i].message == nil {
		return
	}
	l.entries[i].message = nil
	l.gaps++
	const small = 64
	if len(l.entries) < small || l.gaps <= len(l.entries)/2 {
		return
	}
	live := make([]logEntry, 0, len(l.entries)-l.gaps+small)
	for _, e := range l.entries {
		if e.message != nil {
			live = append(live, e)
		}
	}
	l.entries, l.gaps = live, 0
}

// from visits the messages not below seq in order until visit returns false.
func (l *seqLog) from(seq int64, visit func(*Message) bool) {
	for _, e := range l.entries[l.at(seq):] {
		if e.message != nil && !visit(e.message) {
			return
		}
	}
}
