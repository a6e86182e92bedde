package adapter

import "time"

// OperatingHours is a row of table msdyn_operatinghour. When it is open is said
// by its calendar; package hours reads it.
type OperatingHours struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Active   bool   `json:"active"`
	Calendar string `json:"calendar,omitempty"` // msdyn_calendarid, a text
}

// Calendar is a row of table calendar with its rules. The rules of an outer
// calendar say on which days and point to inner ones, whose rules say from when
// to when.
type Calendar struct {
	ID       string         `json:"id"`
	Name     string         `json:"name,omitempty"`
	Holidays string         `json:"holidays,omitempty"` // holidayschedulecalendarid
	Rules    []CalendarRule `json:"rules,omitempty"`
}

// CalendarRule is a row of table calendarrule, as stored. An empty number is
// nil: in a calendar nothing and 0 differ.
type CalendarRule struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty"`
	Pattern  string    `json:"pattern,omitempty"` // an iCalendar recurrence
	Start    time.Time `json:"start,omitzero"`    // starttime
	From     time.Time `json:"from,omitzero"`     // effectiveintervalstart
	To       time.Time `json:"to,omitzero"`       // effectiveintervalend; year 9999 = open
	Inner    string    `json:"inner,omitempty"`   // innercalendarid
	Offset   *int      `json:"offset,omitempty"`  // minutes after midnight
	Duration *int      `json:"duration,omitempty"`
	Rank     *int      `json:"rank,omitempty"`
	Extent   *int      `json:"extent,omitempty"` // extentcode
	TimeCode *int      `json:"timeCode,omitempty"`
	SubCode  *int      `json:"subCode,omitempty"`
	TimeZone *int      `json:"timeZone,omitempty"` // timezonecode
	Damaged  string    `json:"damaged,omitempty"`  // why a column of it could not be read
}
