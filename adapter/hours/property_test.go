package hours_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter"
	"directcallback/adapter/hours"
)

// model is a calendar as the tests see it: written out as rows for the product,
// and judged minute by minute right here in the most pedestrian way.
type model struct {
	zone  int
	rules []modelRule
}

type modelRule struct {
	weekdays [7]bool // Sunday first
	every    int
	from, to time.Time // dates; to may be zero
	rank     int
	extent   int
	holiday  bool
	doubtful bool // a pattern that cannot be read
	inner    []modelInner
}

type modelInner struct {
	offset, duration, rank int
	closes                 bool
}

var (
	dayNames  = [7]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	zoneNames = map[int]string{
		92: "UTC", 105: "Europe/Paris", 35: "America/New_York", 4: "Australia/Lord_Howe", 5: "America/Godthab", 6: "Asia/Calcutta", 7: "Atlantic/Azores",
	}
)

func (m model) portal() *portal {
	p := newPortal()
	p.zone = m.zone
	for _, r := range m.rules {
		row := adapter.CalendarRule{Start: r.from, From: r.from, To: r.to, Duration: new(1440), Rank: new(r.rank), Extent: new(r.extent)}
		switch {
		case r.doubtful:
			row.Pattern = "FREQ=MONTHLY"
		case r.holiday:
			row.Pattern = "FREQ=DAILY;INTERVAL=1"
		default:
			row.Pattern = fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s", r.every, r.names())
		}
		var inner []adapter.CalendarRule
		for _, i := range r.inner {
			code, sub := 0, 1
			if i.closes {
				code, sub = 2, 4
			}
			if r.holiday {
				sub = 5
			}
			inner = append(inner, with(from(i.offset, i.duration), func(row *adapter.CalendarRule) {
				row.Rank, row.TimeCode, row.SubCode = new(i.rank), new(code), new(sub)
			}))
		}
		p.add(row, inner...)
	}
	return p
}

func (r modelRule) names() string {
	var names []string
	for i, is := range r.weekdays {
		if is {
			names = append(names, dayNames[i])
		}
	}
	return strings.Join(names, ",")
}

// on is "yes", "no" or "maybe" for a date.
func (r modelRule) on(date time.Time) string {
	if date.Before(r.from) || !r.to.IsZero() && !date.Before(r.to) {
		return "no"
	}
	if r.doubtful {
		return "maybe"
	}
	if r.holiday {
		return "yes"
	}
	if !r.weekdays[date.Weekday()] {
		return "no"
	}
	agree := map[bool]bool{}
	for _, begin := range []int{int(r.from.Weekday()), int(time.Sunday), int(time.Monday)} {
		first := r.from
		for int(first.Weekday()) != begin {
			first = first.AddDate(0, 0, -1)
		}
		weeks := int(date.Sub(first).Hours()) / 24 / 7
		agree[weeks%r.every == 0] = true
	}
	switch {
	case len(agree) == 2:
		return "maybe"
	case agree[true]:
		return "yes"
	default:
		return "no"
	}
}

// word is what one rule says on one date of its, and at which rank.
type word struct {
	rank  int
	says  string // "", "shade", "open", "closed"
	maybe bool
}

// answer judges a minute by going through all the worlds that doubt allows.
func (m model) answer(at time.Time, location *time.Location) hours.Openness {
	local := at.In(location)
	year, month, date := local.Date()
	today := time.Date(year, month, date, 0, 0, 0, 0, time.UTC)
	var words []word
	doubts := 0
	for _, r := range m.rules {
		for back := range 4 {
			on := r.on(today.AddDate(0, 0, -back))
			if on == "no" {
				continue
			}
			w := word{rank: r.rank, maybe: on == "maybe", says: r.at(local.Hour()*60 + local.Minute() + back*1440)}
			if r.holiday {
				w.rank = 1 << 40
			}
			if w.says == "" && r.extent == 1 && back == 0 {
				w.says = "shade"
			}
			if w.says == "" {
				continue
			}
			if words = append(words, w); w.maybe {
				doubts++
			}
		}
	}
	seen := map[hours.Openness]bool{}
	for world := range 1 << doubts {
		seen[judge(words, world)] = true
	}
	if len(seen) > 1 {
		return hours.Unknown
	}
	return judge(words, 0)
}

// at is what the inner rules say, the highest rank first.
func (r modelRule) at(minute int) string {
	best := -1
	says := ""
	for _, i := range r.inner {
		if i.offset <= minute && minute < i.offset+i.duration && i.rank > best {
			best, says = i.rank, "open"
			if i.closes {
				says = "closed"
			}
		}
	}
	return says
}

// judge decides one world: bit n of it says whether the nth doubtful word is spoken.
func judge(words []word, world int) hours.Openness {
	top := -1
	said := map[string]bool{}
	for _, w := range words {
		if w.maybe {
			spoken := world&1 == 1
			world >>= 1
			if !spoken {
				continue
			}
		}
		if w.rank > top {
			top, said = w.rank, map[string]bool{}
		}
		if w.rank == top {
			said[w.says] = true
		}
	}
	switch {
	case said["open"] && said["closed"]:
		return hours.Unknown
	case said["open"]:
		return hours.Open
	default:
		return hours.Closed
	}
}

// Around these days a clock jumps: Paris, New York, Lord Howe, the Azores.
var begins = []string{"2026-03-28", "2026-10-24", "2026-11-01", "2026-03-08", "2026-04-04", "2026-10-03", "2026-06-15"}

func someModel() *rapid.Generator[model] {
	return rapid.Custom(func(t *rapid.T) model {
		m := model{zone: rapid.SampledFrom([]int{92, 105, 35, 4, 5, 6, 7}).Draw(t, "zone")}
		for range rapid.IntRange(1, 4).Draw(t, "rules") {
			m.rules = append(m.rules, someRule().Draw(t, "rule"))
		}
		return m
	})
}

func someRule() *rapid.Generator[modelRule] {
	return rapid.Custom(func(t *rapid.T) modelRule {
		r := modelRule{
			every: rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "every"), rank: rapid.IntRange(0, 2).Draw(t, "rank"),
			extent: rapid.SampledFrom([]int{1, 1, 2, 0}).Draw(t, "extent"), from: someDate(t),
		}
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		r.holiday, r.doubtful = kind == 0, kind == 1
		if r.holiday || rapid.Bool().Draw(t, "ends") {
			r.to = r.from.AddDate(0, 0, rapid.IntRange(1, 20).Draw(t, "lasts"))
		}
		for i := range r.weekdays {
			r.weekdays[i] = rapid.IntRange(0, 2).Draw(t, "weekday") > 0
		}
		r.weekdays[rapid.IntRange(0, 6).Draw(t, "a day")] = true
		for rank := range rapid.IntRange(1, 2).Draw(t, "inner rules") {
			r.inner = append(r.inner, modelInner{
				offset: rapid.IntRange(0, 1439).Draw(t, "offset"), duration: rapid.SampledFrom([]int{1, 60, 90, 480, 1440, 2000, 4000}).Draw(t, "duration"),
				rank: rank, closes: r.holiday || r.extent != 0 && (rank == 1 || rapid.IntRange(0, 4).Draw(t, "closes") == 0),
			})
		}
		return r
	})
}

func someDate(t *rapid.T) time.Time {
	return day(rapid.SampledFrom(begins).Draw(t, "date")).AddDate(0, 0, rapid.IntRange(-30, 10).Draw(t, "days off"))
}

// Every minute of some days is what the model says it is.
func TestOpenAgreesWithTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := someModel().Draw(t, "model")
		s, _ := m.portal().compile(&testing.T{})
		start := day(rapid.SampledFrom(begins).Draw(t, "begin")).Add(time.Duration(rapid.IntRange(-30, 30).Draw(t, "hours off")) * time.Hour)
		location := must(time.LoadLocation(zoneNames[m.zone]))
		for minute := range 30 * 60 {
			at := start.Add(time.Duration(minute) * time.Minute)
			if got, want := s.Open(at), m.answer(at, location); got != want {
				t.Fatalf("%s: %s, want %s", at, got, want)
			}
		}
	})
}

// What is told about the future is what a walk through the minutes finds.
func TestTheFutureIsAWalkThroughTheMinutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, _ := someModel().Draw(t, "model").portal().compile(&testing.T{})
		at := day(rapid.SampledFrom(begins).Draw(t, "begin")).Add(time.Duration(rapid.IntRange(-3*86400, 3*86400).Draw(t, "seconds off")) * time.Second)
		const days = 4
		end := at.AddDate(0, 0, days)
		walk := func(from time.Time, wanted func(hours.Openness) bool) time.Time {
			if wanted(s.Open(from)) {
				return from
			}
			for m := from.Truncate(time.Minute).Add(time.Minute); m.Before(end); m = m.Add(time.Minute) {
				if wanted(s.Open(m)) {
					return m
				}
			}
			return time.Time{}
		}
		want := walk(at, func(is hours.Openness) bool { return is != hours.Closed })
		next, is := s.NextOpening(at)
		if want.IsZero() && is != hours.Closed && next.Before(end) || !want.IsZero() && (!next.Equal(want) || is != s.Open(want)) {
			t.Fatalf("from %s on: opens %s (%s), the walk finds %s", at, next, is, want)
		}
		closing := walk(at, func(is hours.Openness) bool { return is != hours.Open })
		left, then := s.TimeLeft(at)
		if closing.IsZero() && left < end.Sub(at) || !closing.IsZero() && (left != closing.Sub(at) || then != s.Open(closing)) {
			t.Fatalf("at %s: %s left, then %s; the walk finds the end at %s", at, left, then, closing)
		}

		length := time.Duration(rapid.IntRange(1, 400).Draw(t, "length")) * time.Minute
		var previous time.Time
		for w := range s.Slots(at, end, length) {
			if w.Start.Before(at) || w.Start.Before(previous) || w.End.After(end) || w.End.Sub(w.Start) != length {
				t.Fatalf("slot %+v after %s", w, previous)
			}
			for m := w.Start; m.Before(w.End); m = m.Add(time.Minute) {
				if s.Open(m) != hours.Open {
					t.Fatalf("slot %+v: %s at %s", w, s.Open(m), m)
				}
			}
			previous = w.End
		}
	})
}

// Slots are the same whenever they are asked for, on days when the clock jumps too.
func TestSlotsStayTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, _ := someModel().Draw(t, "model").portal().compile(&testing.T{})
		early := day(rapid.SampledFrom(begins).Draw(t, "begin")).Add(-24 * time.Hour)
		late := early.Add(time.Duration(rapid.IntRange(0, 3*24*60*60).Draw(t, "seconds later")) * time.Second)
		end := late.AddDate(0, 0, 2)
		length := rapid.SampledFrom([]time.Duration{5, 20, 30, 60, 90, 120, 180, 240, 480, 720, 1440}).Draw(t, "length") * time.Minute
		var want, got []adapter.Window
		for w := range s.Slots(early, end, length) {
			if !w.Start.Before(late) {
				want = append(want, w)
			}
		}
		for w := range s.Slots(late, end, length) {
			got = append(got, w)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("from %s on: %v; from %s on: %v", late, got, early, want)
		}
	})
}

// No slot is missing: a walk over the grid finds the same ones.
func TestSlotsAreAllThereAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := someModel().Draw(t, "model")
		s, _ := m.portal().compile(&testing.T{})
		start := day(rapid.SampledFrom(begins).Draw(t, "begin"))
		end := start.AddDate(0, 0, 3)
		length := time.Duration(rapid.IntRange(5, 300).Draw(t, "length")) * time.Minute
		var want []time.Time
		for m := start; !m.Add(length).After(end); {
			onGrid := func(at time.Time) bool {
				local := at.In(s.Location())
				return (local.Hour()*60+local.Minute())%int(length/time.Minute) == 0
			}
			fits := onGrid(m) && onGrid(m.Add(length))
			for n := m; fits && n.Before(m.Add(length)); n = n.Add(time.Minute) {
				fits = s.Open(n) == hours.Open
			}
			if fits {
				want = append(want, m)
				m = m.Add(length)
			} else {
				m = m.Add(time.Minute)
			}
		}
		var got []time.Time
		for w := range s.Slots(start, end, length) {
			got = append(got, w.Start)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("slots %v, the walk finds %v", got, want)
		}
	})
}
