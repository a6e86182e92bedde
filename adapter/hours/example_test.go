package hours_test

import (
	"fmt"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
)

// An office in Paris, open on weekdays from nine to half past five.
func Example() {
	queue := adapter.Queue{ID: "queue", Name: "Billing", Type: adapter.QueueVoice, OperatingHours: "hours"}
	settings := adapter.Settings{
		Queues: []adapter.Queue{queue},
		Hours:  map[string]adapter.OperatingHours{"hours": {ID: "hours", Name: "Office", Active: true, Calendar: "outer"}},
		Calendars: map[string]adapter.Calendar{
			"outer": {ID: "outer", Rules: []adapter.CalendarRule{{
				ID: "days", Pattern: "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR", From: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC),
				Inner: "inner", Rank: new(0), Extent: new(1), TimeZone: new(105),
			}}},
			"inner": {ID: "inner", Rules: []adapter.CalendarRule{{
				ID: "times", Offset: new(9 * 60), Duration: new(8*60 + 30), Rank: new(0), TimeCode: new(0), SubCode: new(1), TimeZone: new(-1),
			}}},
		},
		TimeZones: map[int]string{105: "Romance Standard Time"},
	}
	schedule := hours.Compile(settings, time.LoadLocation).Of(queue)

	friday := time.Date(2026, 3, 27, 16, 15, 0, 0, time.UTC)
	left, _ := schedule.TimeLeft(friday)
	fmt.Println(schedule.Open(friday), left)
	next, _ := schedule.NextOpening(friday.Add(left))
	fmt.Println(next) // the clocks change on that Sunday
	for slot := range schedule.Slots(next, next.Add(24*time.Hour), 4*time.Hour) {
		fmt.Println(slot.Start, slot.End)
	}
	// Output:
	// open 15m0s
	// 2026-03-30 07:00:00 +0000 UTC
	// 2026-03-30 10:00:00 +0000 UTC 2026-03-30 14:00:00 +0000 UTC
}
