package hours

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"directcallback/adapter"
)

// Set is the schedules of all voice queues, compiled from one reading of the
// settings. It never changes and may be shared.
type Set struct {
	always, unknown *Schedule
	schedules       map[string]*Schedule
	findings        []adapter.Finding
}

// Of is the schedule of a queue. One without operating hours is always open; of
// one whose operating hours were not read nothing is known.
func (s *Set) Of(q adapter.Queue) *Schedule {
	if q.OperatingHours == "" {
		return s.always
	}
	if schedule, ok := s.schedules[q.OperatingHours]; ok {
		return schedule
	}
	return s.unknown
}

// Findings are what cannot be read, in the order of the queues.
func (s *Set) Findings() []adapter.Finding { return slices.Clone(s.findings) }

// Compile turns the operating hours of voice queues into schedules; queues may
// share them. It never fails: what cannot be read is
// unknown, with a finding that says why. A zone is looked up by its IANA name;
// time.LoadLocation is such a lookup.
func Compile(s adapter.Settings, zone func(name string) (*time.Location, error)) *Set {
	set := &Set{always: Always(), unknown: constant(Unknown), schedules: map[string]*Schedule{}}
	for _, q := range s.Queues {
		if _, done := set.schedules[q.OperatingHours]; done || q.OperatingHours == "" || q.Type != adapter.QueueVoice {
			continue
		}
		h, ok := s.Hours[q.OperatingHours]
		if !ok {
			set.findings = append(set.findings, adapter.Finding{
				Code: "missing.hours", Severity: adapter.SeverityError, Table: tableHours, Row: q.OperatingHours, Name: q.Name, Queue: q.ID,
				Reason: "the operating hours of the queue do not exist or cannot be read", Consequence: unknownAlways, Remedy: remedy("missing.hours"),
			})
			continue
		}
		r := reader{settings: s, zone: zone, hours: h}
		set.schedules[q.OperatingHours] = cmp.Or(r.schedule(), set.unknown)
		set.findings = append(set.findings, r.findings...)
	}
	return set
}

// The tables whose rows findings name.
const (
	tableHours    = "msdyn_operatinghour"
	tableCalendar = "calendar"
	tableRule     = "calendarrule"
)

// What follows when rows cannot be read.
const (
	unknownAlways = "whether a queue with these hours is open is not known; a rule about hours is not decided"
	unknownDays   = "where the rule could make a difference, it is not known whether a queue is open"
)

// reader compiles one record of operating hours.
type reader struct {
	settings adapter.Settings
	zone     func(string) (*time.Location, error)
	hours    adapter.OperatingHours
	location *time.Location
	findings []adapter.Finding
}

// schedule is nil when nothing at all is known.
func (r *reader) schedule() *Schedule {
	h := r.hours
	if !h.Active {
		return r.refuse(tableHours, h.ID, h.Name, "inactive.hours", "the operating hours are inactive, and what that means for a queue is not documented")
	}
	outer, ok := r.settings.Calendars[adapter.NormalizeID(h.Calendar)]
	if !ok {
		return r.refuse(tableHours, h.ID, h.Name, "missing.calendar", fmt.Sprintf("their calendar %q does not exist or cannot be read", h.Calendar))
	}
	if len(outer.Rules) == 0 {
		return r.refuse(tableCalendar, outer.ID, h.Name, "missing.rules", "the calendar has no rules")
	}
	if len(outer.Rules) > maxRules {
		return r.refuse(tableCalendar, outer.ID, h.Name, "unsupported.calendar", fmt.Sprintf("the calendar has more than %d rules", maxRules))
	}
	if r.location = r.locate(outer); r.location == nil {
		return nil
	}
	rules := r.rules(outer)
	if period := longest(rules); period > maxPeriod {
		return r.refuse(tableCalendar, outer.ID, h.Name, "unsupported.calendar", fmt.Sprintf("the weeks of its rules repeat together only after %d weeks", period))
	}
	schedule, ok := lay(rules, r.location)
	if !ok {
		return r.refuse(tableCalendar, outer.ID, h.Name, "unsupported.calendar", "the calendar has more rules than can be worked out")
	}
	return schedule
}

// maxRules keeps a calendar that has grown over all bounds from stopping the rest.
const maxRules = 2000

func longest(rules []rule) int {
	all := make([]*rule, len(rules))
	for i := range rules {
		all[i] = &rules[i]
	}
	return period(all)
}

// refuse notes why nothing is known of these hours.
func (r *reader) refuse(table, row, name, code, reason string) *Schedule {
	r.find(table, row, name, code, reason, unknownAlways)
	return nil
}

func (r *reader) find(table, row, name, code, reason, consequence string) {
	r.findings = append(r.findings, adapter.Finding{
		Code: code, Severity: adapter.SeverityError, Table: table, Row: row, Name: cmp.Or(name, r.hours.Name), Reason: reason, Consequence: consequence,
		Remedy: remedy(code),
	})
}

// remedy is what a person can do about a finding of this package.
func remedy(code string) string {
	switch code {
	case "missing.hours":
		return "Choose operating hours for the queue again, or allow the application user to read table msdyn_operatinghour."
	case "missing.calendar":
		return "Save the operating hours again, or allow the application user to read table calendar."
	case "inactive.hours":
		return "Activate the operating hours, or choose others for the queue."
	case "missing.rules":
		return "Give the operating hours working hours in their calendar."
	case "unsupported.timezone":
		return "Save the operating hours with one time zone, and allow the application user to read table timezonedefinition."
	default:
		return "Set the working hours and holidays of this calendar again in the portal; if the finding comes back, a newer release of this product is needed."
	}
}

// locate finds the one zone that the rules of a calendar name. Some name none,
// with a code below zero.
func (r *reader) locate(outer adapter.Calendar) *time.Location {
	codes := map[int]bool{}
	for _, rule := range slices.Concat(outer.Rules, r.settings.Calendars[outer.Holidays].Rules) {
		for _, one := range append([]adapter.CalendarRule{rule}, r.settings.Calendars[rule.Inner].Rules...) {
			if one.TimeZone != nil && *one.TimeZone >= 0 {
				codes[*one.TimeZone] = true
			}
		}
	}
	refuse := func(reason string) *time.Location {
		r.refuse(tableCalendar, outer.ID, "", "unsupported.timezone", reason)
		return nil
	}
	if len(codes) != 1 {
		return refuse(fmt.Sprintf("its rules name %d time zones, and one is needed", len(codes)))
	}
	code := slices.Collect(maps.Keys(codes))[0]
	windows, ok := r.settings.TimeZones[code]
	if !ok {
		return refuse(fmt.Sprintf("the time zone %d is not in table timezonedefinition, or that cannot be read", code))
	}
	name := ianaName(windows)
	if name == "" {
		return refuse(fmt.Sprintf("the time zone %q is not known here", windows))
	}
	location, err := r.zone(name)
	if err != nil {
		return refuse(fmt.Sprintf("the time zone %s of %q has no table: %v", name, windows, err))
	}
	return location
}
