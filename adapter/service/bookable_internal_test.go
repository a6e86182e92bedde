package service

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/hours"
)

const branch = adapter.QueueID("3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61")

// booked is a store in which some seats are taken.
type booked struct {
	Tx
	callbacks []adapter.Window
	holds     []adapter.Hold
}

func (b booked) Booked(_ adapter.QueueID, in adapter.Window) (all []adapter.Booked, _ error) {
	for _, w := range b.callbacks {
		if w.Overlaps(in) {
			all = append(all, adapter.Booked{Window: w, Seats: 1})
		}
	}
	return all, nil
}

func (b booked) Holds(_ adapter.QueueID, in adapter.Window, now time.Time) (all []adapter.Hold, _ error) {
	for _, h := range b.holds {
		if h.Overlaps(in) && h.Until.After(now) {
			all = append(all, h)
		}
	}
	return all, nil
}

// shift is from when to when a branch is open, in minutes, on weekdays or all days.
type shift struct {
	days           string
	from, duration int
}

// opened are the settings of a branch with shifts and a holiday, in a zone.
func opened(zone int, holiday time.Time, shifts ...shift) adapter.Settings {
	begin := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	s := adapter.Settings{
		Queues: []adapter.Queue{{ID: branch, Name: "Office", Type: adapter.QueueVoice, Active: true, OperatingHours: "hours"}},
		Hours:  map[string]adapter.OperatingHours{"hours": {ID: "hours", Name: "Hours", Active: true, Calendar: "outer"}},
		Calendars: map[string]adapter.Calendar{"closed": {ID: "closed", Rules: []adapter.CalendarRule{{
			ID: "all day", Offset: new(0), Duration: new(1440), Rank: new(0), TimeCode: new(2), SubCode: new(5), TimeZone: new(-1),
		}}}},
		TimeZones: map[int]string{92: "UTC", 105: "Romance Standard Time", 35: "Eastern Standard Time", 4: "Lord Howe Standard Time"},
	}
	outer := adapter.Calendar{ID: "outer", Rules: []adapter.CalendarRule{{
		ID: "holiday", Pattern: "FREQ=DAILY;INTERVAL=1;COUNT=1", Start: holiday, From: holiday, To: holiday.AddDate(0, 0, 1), Duration: new(1440),
		Inner: "closed", Rank: new(0), Extent: new(2), TimeZone: new(zone),
	}}}
	for i, shift := range shifts {
		id := fmt.Sprint("shift", i)
		outer.Rules = append(outer.Rules, adapter.CalendarRule{
			ID: id, Pattern: "FREQ=WEEKLY;INTERVAL=1;BYDAY=" + shift.days, Start: begin, From: begin, Inner: id, Rank: new(i), Extent: new(2), TimeZone: new(zone),
		})
		s.Calendars[id] = adapter.Calendar{ID: id, Rules: []adapter.CalendarRule{{
			ID: "times", Offset: new(shift.from), Duration: new(shift.duration), Rank: new(0), TimeCode: new(0), SubCode: new(1), TimeZone: new(-1),
		}}}
	}
	s.Calendars["outer"] = outer
	return s
}

// The slots that can be booked are those that somebody finds who goes through all
// minutes with the operating hours, the clocks on both walls, and the list of bookings.
func TestFreeSlotsAgreeWithAWalkMinuteByMinute(t *testing.T) {
	t.Parallel()
	days := []time.Time{
		time.Date(2026, 3, 26, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), // Europe's clocks jump in between
		time.Date(2026, 3, 6, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC), // America's
		time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
	}
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.SampledFrom(days).Draw(t, "day")
		var shifts []shift
		for range rapid.IntRange(1, 2).Draw(t, "shifts") {
			shifts = append(shifts, shift{
				rapid.SampledFrom([]string{"SU,MO,TU,WE,TH,FR,SA", "MO,TU,WE,TH,FR", "SA,SU"}).Draw(t, "days"),
				rapid.SampledFrom([]int{0, 60, 540, 555, 1200, 1320}).Draw(t, "opens"), rapid.SampledFrom([]int{45, 240, 510, 600, 1440}).Draw(t, "for"),
			})
		}
		zone := rapid.SampledFrom([]int{92, 105, 35, 4}).Draw(t, "zone")
		settings := opened(zone, day.AddDate(0, 0, rapid.SampledFrom([]int{1, 2, 3, 0, -9}).Draw(t, "holiday")), shifts...)
		said := channels.Default()
		said.Slots = channels.Slots{
			Length:   rapid.SampledFrom([]time.Duration{15, 20, 30, 60, 90, 240}).Draw(t, "length") * time.Minute,
			Capacity: rapid.SampledFrom([]int{1, 2, 3, 0}).Draw(t, "capacity"), DaysAhead: rapid.SampledFrom([]int{4, 3, 2, 1}).Draw(t, "days ahead"),
			LeadTime: time.Duration(rapid.IntRange(0, 8*60).Draw(t, "lead")) * time.Minute,
		}
		if rapid.Bool().Draw(t, "quiet") {
			said.QuietHours = channels.QuietHours{From: 21 * 60, To: channels.TimeOfDay(rapid.SampledFrom([]int{0, 120, 150, 8 * 60}).Draw(t, "until"))}
		}
		s := New(Options{Channels: said, Logger: slog.New(slog.DiscardHandler), NewID: func() string { return "me" }})
		p := s.compile(settings, nil)
		schedule := p.hours.Of(settings.Queues[0])
		now := day.Add(time.Duration(rapid.IntRange(0, 24*60*60).Draw(t, "second")) * time.Second)
		tx := booked{}
		for range rapid.IntRange(0, 40).Draw(t, "bookings") {
			start := now.Truncate(time.Hour).Add(time.Duration(rapid.IntRange(-4, 4*96).Draw(t, "quarter")) * 15 * time.Minute)
			w := adapter.Window{Start: start, End: start.Add(said.Slots.Length)}
			if rapid.Bool().Draw(t, "held") {
				tx.holds = append(tx.holds, adapter.Hold{Slot: adapter.Slot{Queue: branch, Window: w}, Until: now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "until")) * time.Second)})
			} else {
				tx.callbacks = append(tx.callbacks, w)
			}
		}
		slices.SortFunc(tx.callbacks, func(a, b adapter.Window) int { return a.Start.Compare(b.Start) })
		name := rapid.SampledFrom([]string{"", "Europe/Paris", "America/St_Johns", "Pacific/Auckland"}).Draw(t, "customer")
		r := &run{s: s, tx: tx, portal: p, now: now}
		b := r.bookable(branch, customer{zone: name, quiet: true})
		from := rapid.SampledFrom([]time.Time{{}, now.Add(7*time.Hour + time.Second)}).Draw(t, "from")
		got, err := r.free(b, adapter.Window{Start: from})
		if err != nil {
			t.Fatal(err)
		}
		wall := schedule.Location()
		if name != "" {
			wall, _ = time.LoadLocation(name)
		}
		if b.clock.zone != wall && b.clock.zone.String() != wall.String() {
			t.Fatalf("the clock is %v", b.clock)
		}
		want := walk(schedule, said, wall, tx, now, from)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("slots\n%v\nthe walk finds\n%v", got, want)
		}
		for _, w := range got {
			if err := r.bookable(branch, customer{zone: name, quiet: true}).refuses(w); err != nil {
				t.Fatalf("%v is listed, and refused: %v", w, err)
			}
		}
	})
}

// walk goes through the minutes in the most pedestrian way.
func walk(schedule *hours.Schedule, said channels.Channels, wall *time.Location, tx booked, now, from time.Time) (all []adapter.Window) {
	first, last := now.Add(said.Slots.LeadTime), now.AddDate(0, 0, said.Slots.DaysAhead)
	onGrid := func(at time.Time) bool {
		local := at.In(schedule.Location())
		return (local.Hour()*60+local.Minute())%int(said.Slots.Length/time.Minute) == 0
	}
	isQuiet := func(at time.Time) bool {
		local := at.In(wall)
		minute := channels.TimeOfDay(local.Hour()*60 + local.Minute())
		if said.QuietHours.From < said.QuietHours.To {
			return said.QuietHours.From <= minute && minute < said.QuietHours.To
		}
		return said.QuietHours.From > said.QuietHours.To && (said.QuietHours.From <= minute || minute < said.QuietHours.To)
	}
	for at := now.Truncate(time.Minute); at.Before(last); at = at.Add(time.Minute) {
		w := adapter.Window{Start: at, End: at.Add(said.Slots.Length)}
		if at.Before(first) || at.Before(from) || w.End.After(last) || !onGrid(w.Start) || !onGrid(w.End) {
			continue
		}
		fits, seats := true, said.Slots.Capacity
		for m := w.Start; m.Before(w.End); m = m.Add(time.Minute) {
			fits = fits && schedule.Open(m) == hours.Open && !isQuiet(m)
		}
		for _, other := range tx.callbacks {
			if other.Start.Before(w.End) && w.Start.Before(other.End) {
				seats--
			}
		}
		for _, h := range tx.holds {
			if h.Start.Before(w.End) && w.Start.Before(h.End) && now.Before(h.Until) {
				seats--
			}
		}
		if fits && seats > 0 {
			all = append(all, w)
		}
	}
	return all
}
