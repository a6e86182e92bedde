package dataverse_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"directcallback/dataverse"
)

// absent is the value of a row that is not there.
const absent = ""

// belief is what a row may be after all that was said of it. Its worker alone writes the row, one call at a time.
type belief map[string]bool

func believe(values ...string) belief {
	b := belief{}
	for _, v := range values {
		b[v] = true
	}
	return b
}

func (b belief) String() string { return fmt.Sprintf("%q", slices.Sorted(maps.Keys(b))) }

// effect is what an operation makes of a row, if it is carried out: ok is false where it cannot be.
type effect func(before string) (after string, ok bool)

func creating(v string) effect {
	return func(before string) (string, bool) { return v, before == absent }
}

func updating(v string) effect {
	return func(before string) (string, bool) { return v, before != absent }
}
func upserting(v string) effect { return func(string) (string, bool) { return v, true } }

// deleting works on what is gone already too: after a lost answer nobody can tell that from having done it.
func deleting(string) (after string, ok bool) { return absent, true }

// spoilt is a change set that cannot be carried out.
func spoilt(string) (after string, ok bool) { return absent, false }

// verdict is what a call's error says of its effect.
type verdict int

const (
	done verdict = iota
	undone
	unknown
)

func verdictOf(err error) verdict {
	switch {
	case err == nil:
		return done
	case errors.Is(err, dataverse.ErrAmbiguous):
		return unknown
	}
	return undone
}

// after is what the row may be once a call has said its verdict; empty when that cannot be true.
func (b belief) after(e effect, said verdict) belief {
	next := belief{}
	for before := range b {
		value, ok := e(before)
		if ok && said != undone {
			next[value] = true
		}
		if said != done {
			next[before] = true
		}
	}
	return next
}

// counter is a number that all workers raise.
type counter struct {
	id string

	mu        sync.Mutex     // guards what follows
	confirmed map[int]string // the call that raised it to this
	perhaps   int
}

// raised is told what came of raising it to n.
func (s *storm) raised(c *counter, n int, said verdict, call string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch said {
	case undone:
	case unknown:
		c.perhaps++
	case done:
		if other, twice := c.confirmed[n]; twice {
			s.fault("lost update: %s and %s were both told that they raised the counter to %d", other, call, n)
		}
		c.confirmed[n] = call
	}
}

// tally is what all workers together saw.
type tally struct {
	mu       sync.Mutex // guards what follows
	calls    map[string]int
	nothing  map[string]int // calls that failed
	verdicts [3]int         // of writes
	ended    int            // by their deadline
	faults   map[string]int
}

// fault says what is wrong, and of which seed.
func (s *storm) fault(format string, arguments ...any) {
	s.Errorf("seed %d: "+format, append([]any{s.seed}, arguments...)...)
}

// compare holds the organization's rows beside what was said of them.
func (s *storm) compare(calls int) {
	contacts, accounts := s.truth("contacts", "lastname"), s.truth("accounts", "numberofemployees")
	for _, w := range s.workers {
		for _, r := range w.rows {
			r.compare(s, contacts)
		}
		for _, r := range w.pairs {
			r.compare(s, contacts)
		}
		delete(contacts, w.bystander)
	}
	for _, id := range s.demo.Contacts {
		delete(contacts, id)
	}
	if len(contacts) > 0 {
		s.fault("rows that nobody made: %v", contacts)
	}
	for i, c := range s.counters {
		var n int
		if _, err := fmt.Sscan(accounts[c.id], &n); err != nil {
			s.Fatal(err)
		}
		if sure := len(c.confirmed); n < sure || n > sure+c.perhaps {
			s.fault("counter %d is %d after %d confirmed and %d ambiguous raises", i, n, sure, c.perhaps)
		}
	}
	s.compareDeliveries()
	s.compareMirrors()
	s.compareTally(calls)
	if missing := s.organization.Unsupported(); len(missing) > 0 {
		s.fault("the mock cannot do: %q", missing)
	}
	s.organization.Close()
	s.stop()
	<-time.After(10 * time.Second) // lingering timers
}

// compare takes the row's own out of what is there.
func (r *row) compare(s *storm, there map[string]string) {
	for _, id := range r.ids {
		if value := there[id]; !r.belief[value] {
			s.fault("row %s is %q, and was said to be one of %v\n%s", id, value, r.belief, strings.Join(r.story, "\n"))
		}
		if there[id] != there[r.ids[0]] {
			s.fault("half a change set: %q beside %q\n%s", there[id], there[r.ids[0]], strings.Join(r.story, "\n"))
		}
	}
	for _, id := range r.ids {
		delete(there, id)
	}
}

func (s *storm) compareDeliveries() {
	made := map[string]int{}
	for _, d := range s.organization.Deliveries() {
		made[d.Phone]++
	}
	for _, w := range s.workers {
		for phone, said := range w.deliveries {
			n := made[phone]
			if n > 1 || said == done && n != 1 || said == undone && n != 0 {
				s.fault("%d deliveries after a call that said %v", n, said)
			}
			delete(made, phone)
		}
	}
	if len(made) > 0 {
		s.fault("%d deliveries that nobody asked for", len(made))
	}
}

func (s *storm) compareMirrors() {
	want := s.truth("contacts", "lastname")
	for _, w := range s.workers {
		if _, err := w.mirror.Refresh(s.Context()); err != nil {
			s.fault("mirror in calm weather: %v", err)
		}
		got := map[string]string{}
		for id, row := range w.mirror.Rows() {
			got[id], _ = row.String("lastname")
		}
		if !maps.Equal(want, got) {
			s.fault("mirror of %d rows, of which there are %d:\n got %v\nwant %v", len(got), len(want), got, want)
		}
	}
}

// compareTally keeps the test honest: it was a storm, and a good part of the work was done all the same.
func (s *storm) compareTally(calls int) {
	total, failed, dropped := 0, 0, 0
	for _, w := range s.workers {
		dropped += w.dropped
	}
	for kind, n := range s.tally.calls {
		total, failed = total+n, failed+s.tally.nothing[kind]
		s.Logf("%-12s %5d calls, %4d failed", kind, n, s.tally.nothing[kind])
	}
	s.Logf("writes: %d done, %d not, %d perhaps; %d calls ended by their deadline", s.tally.verdicts[done], s.tally.verdicts[undone], s.tally.verdicts[unknown], s.tally.ended)
	s.Logf("faults: %v", s.tally.faults)
	if total < calls-stormWorkers || failed*4 > total*3 {
		s.fault("of %d calls %d were made and %d failed", calls, total, failed)
	}
	if calls < usualCalls || s.Failed() {
		return
	}
	for _, kind := range append(faultNames(), "limits") {
		if s.tally.faults[kind] == 0 && kind != "missing-column" {
			s.fault("%s never struck", kind)
		}
	}
	if dropped == 0 {
		s.fault("no query met the column that was missing")
	}
}

// truth is one column of a whole table, by id, as the organization has it: asked without the client.
func (s *storm) truth(set, column string) map[string]string {
	r := httptest.NewRequestWithContext(s.Context(), http.MethodGet, stormOrigin+"/api/data/v9.2/"+set+"?$select="+column, http.NoBody)
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	s.organization.Handler().ServeHTTP(w, r)
	var answer struct {
		Value []map[string]any `json:"value"`
		More  string           `json:"@odata.nextLink"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK || answer.More != "" {
		s.Fatalf("%s: %d, %v, %s", set, w.Code, err, answer.More)
	}
	rows := map[string]string{}
	for _, row := range answer.Value {
		rows[row[strings.TrimSuffix(set, "s")+"id"].(string)] = strings.TrimSuffix(fmt.Sprint(row[column]), ".0")
	}
	return rows
}
