package channels_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"directcallback/adapter"
	"directcallback/adapter/channels"
)

func zone(t rapid.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func clock(hour, minute int) channels.TimeOfDay { return channels.TimeOfDay(hour*60 + minute) }

func TestQuietHoursOverMidnight(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	night := channels.QuietHours{From: clock(21, 0), To: clock(8, 0)}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, paris) }
	for _, test := range []struct {
		at    time.Time
		quiet bool
		ends  time.Time
	}{
		{at(10, 20, 59), false, at(10, 20, 59)},
		{at(10, 21, 0), true, at(11, 8, 0)},
		{at(11, 0, 0), true, at(11, 8, 0)},
		{at(11, 7, 59), true, at(11, 8, 0)},
		{at(11, 8, 0), false, at(11, 8, 0)},
		{at(28, 23, 30), true, at(29, 8, 0)}, // the clock jumps meanwhile
	} {
		if got := night.Quiet(test.at, paris); got != test.quiet {
			t.Errorf("%v: quiet %v", test.at, got)
		}
		if got := night.Ends(test.at, paris); !got.Equal(test.ends) {
			t.Errorf("%v: ends %v, want %v", test.at, got, test.ends)
		}
	}
}

// On the last Sunday of March there is no 2:30 in Paris, and in October there are two.
func TestQuietHoursOnDaysWhenTheClockJumps(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	utc := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
	}
	for name, test := range map[string]struct {
		quiet    channels.QuietHours
		at, ends time.Time
	}{
		"ends at a time that is skipped":     {channels.QuietHours{From: clock(22, 0), To: clock(2, 30)}, utc(3, 28, 22, 0), utc(3, 29, 1, 0)},
		"lies in the hour that is skipped":   {channels.QuietHours{From: clock(2, 0), To: clock(3, 0)}, utc(3, 29, 1, 0), utc(3, 29, 1, 0)},
		"begins at a time that is skipped":   {channels.QuietHours{From: clock(2, 30), To: clock(4, 0)}, utc(3, 29, 1, 0), utc(3, 29, 2, 0)},
		"ends at a time that comes twice":    {channels.QuietHours{From: clock(22, 0), To: clock(2, 30)}, utc(10, 24, 22, 0), utc(10, 25, 0, 30)},
		"and is quiet again after the jump":  {channels.QuietHours{From: clock(22, 0), To: clock(2, 30)}, utc(10, 25, 1, 0), utc(10, 25, 1, 30)},
		"but not quiet between both of them": {channels.QuietHours{From: clock(22, 0), To: clock(2, 30)}, utc(10, 25, 0, 45), utc(10, 25, 0, 45)},
	} {
		if got := test.quiet.Ends(test.at, paris); !got.Equal(test.ends) {
			t.Errorf("%s: %v, want %v", name, got, test.ends)
		}
	}
}

func TestNoQuietHours(t *testing.T) {
	t.Parallel()
	var none channels.QuietHours
	now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	if none.Quiet(now, time.UTC) || !none.Ends(now, time.UTC).Equal(now) || !none.Begins(now, time.UTC).IsZero() ||
		none.Touch(adapter.Window{Start: now, End: now.Add(48 * time.Hour)}, time.UTC) {
		t.Error("it is quiet")
	}
}

// The answers are those of somebody who looks at the clock on the wall every minute.
func TestQuietHoursAgreeWithAWalkMinuteByMinute(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"}
	days := []time.Time{
		time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC), time.Date(2011, 12, 29, 0, 0, 0, 0, time.UTC),
	}
	rapid.Check(t, func(t *rapid.T) {
		location := zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		minute := rapid.IntRange(0, 24*60-1)
		quiet := channels.QuietHours{From: channels.TimeOfDay(minute.Draw(t, "from")), To: channels.TimeOfDay(minute.Draw(t, "to"))}
		if quiet.From == quiet.To {
			return
		}
		at := rapid.SampledFrom(days).Draw(t, "day").Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(t, "minute")) * time.Minute)
		is := func(at time.Time) bool {
			hour, minute, _ := at.In(location).Clock()
			now := clock(hour, minute)
			if quiet.From < quiet.To {
				return quiet.From <= now && now < quiet.To
			}
			return now < quiet.To || quiet.From <= now
		}
		walk := func(wanted bool) time.Time {
			for ; is(at) != wanted; at = at.Add(time.Minute) {
			}
			return at
		}
		asked := at
		if got := quiet.Quiet(asked, location); got != is(asked) {
			t.Fatalf("quiet %v", got)
		}
		if got, want := quiet.Ends(asked, location), walk(false); !got.Equal(want) {
			t.Fatalf("ends %v, want %v", got, want)
		}
		at = asked
		begins := walk(true)
		if got := quiet.Begins(asked, location); !got.Equal(begins) {
			t.Fatalf("begins %v, want %v", got, begins)
		}
		window := adapter.Window{Start: asked, End: asked.Add(time.Duration(rapid.IntRange(1, 24*60).Draw(t, "length")) * time.Minute)}
		if got := quiet.Touch(window, location); got != begins.Before(window.End) {
			t.Fatalf("touches %v: %v, it begins %v", window, got, begins)
		}
	})
}
