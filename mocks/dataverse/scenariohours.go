package dataverse

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// readWeek makes the calendars behind operating hours, as the portal does: an outer one whose rules say on which days,
// each with an inner one whose rule says from when to when.
//
//	week:
//	  zone: 105                                     # a timezonecode
//	  open:   [{days: MO TU WE TH FR, from: "09:00", to: "17:30"}]
//	  closed: [{name: New Year, on: 2027-01-01}]
func readWeek(r *scenarioReader, i *item, n yamlNode) error {
	entries, err := n.entries()
	if err != nil {
		return err
	}
	outer, err := r.add("calendar", yamlEntry{key: i.key, at: i.at})
	if err != nil {
		return err
	}
	outer.values["name"] = literal("Calendar of " + i.key)
	i.values["msdyn_calendarid"] = r.refer("calendar", i.key, n)
	w := week{reader: r, key: i.key, zone: literal(defaultZone)}
	for _, e := range entries {
		switch e.key {
		case "zone":
			c := r.schema.byName["calendarrule"]
			w.zone, err = r.value(c, c.columns[c.at("timezonecode")], e.value)
		case "open":
			err = w.each(e.value, (*week).open)
		case "closed":
			err = w.each(e.value, (*week).closed)
		default:
			err = e.at.wrong("unknown: zone, open and closed are known here")
		}
		if err != nil {
			return err
		}
	}
	for _, rule := range w.outer {
		rule.values["timezonecode"] = w.zone
	}
	return nil
}

// defaultZone is UTC.
const defaultZone = 92

// week collects the rules of one calendar.
type week struct {
	reader *scenarioReader
	key    string
	zone   value
	outer  []*item
}

func (w *week) each(n yamlNode, read func(*week, yamlNode) error) error {
	items, err := n.items()
	if err != nil {
		return err
	}
	for _, one := range items {
		if err := read(w, one); err != nil {
			return err
		}
	}
	return nil
}

// fields reads a mapping of texts with these names, all of them.
func (n yamlNode) fields(names ...string) (map[string]yamlNode, error) {
	entries, err := n.entries()
	if err != nil {
		return nil, err
	}
	all := map[string]yamlNode{}
	for _, e := range entries {
		if !slices.Contains(names, e.key) {
			return nil, e.at.wrong("unknown: %s are known here", strings.Join(names, ", "))
		}
		all[e.key] = e.value
	}
	for _, name := range names {
		if _, given := all[name]; !given {
			return nil, n.wrong("%s is missing", name)
		}
	}
	return all, nil
}

// open is the same hours on some days of each week.
func (w *week) open(n yamlNode) error {
	fields, err := n.fields("days", "from", "to")
	if err != nil {
		return err
	}
	days, err := fields["days"].text()
	if err != nil {
		return err
	}
	names := strings.Fields(days)
	for _, day := range names {
		if !slices.Contains([]string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}, day) {
			return fields["days"].wrong("%q is none of MO, TU, WE, TH, FR, SA, SU", day)
		}
	}
	from, err := readClock(fields["from"])
	if err != nil {
		return err
	}
	to, err := readClock(fields["to"])
	if err != nil {
		return err
	}
	if len(names) == 0 || to == from {
		return n.wrong("these hours are never")
	}
	if to < from {
		to += 24 * 60 // into the next day
	}
	start := time.Date(2020, 1, 6, 0, 0, 0, 0, time.UTC) // a Monday
	return w.rule(n, map[string]any{
		"pattern": "FREQ=WEEKLY;INTERVAL=1;BYDAY=" + strings.Join(names, ","), "starttime": start, "rank": 0, "extentcode": 1,
		"effectiveintervalstart": start, "effectiveintervalend": time.Date(9999, 12, 30, 23, 59, 59, 0, time.UTC),
	}, map[string]any{"offset": from, "duration": to - from, "timecode": 0, "subcode": 1})
}

// closed is one day off.
func (w *week) closed(n yamlNode) error {
	fields, err := n.fields("name", "on")
	if err != nil {
		return err
	}
	name, err := fields["name"].text()
	if err != nil {
		return err
	}
	text, err := fields["on"].text()
	if err != nil {
		return err
	}
	on, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return fields["on"].wrong("a day of the form 2027-01-01 is wanted")
	}
	return w.rule(n, map[string]any{
		"name": name, "pattern": "FREQ=DAILY;INTERVAL=1;COUNT=1", "starttime": on, "rank": 1, "extentcode": 2,
		"effectiveintervalstart": on, "effectiveintervalend": on.AddDate(0, 0, 1),
	}, map[string]any{"offset": 0, "duration": 24 * 60, "timecode": 2, "subcode": 5})
}

// rule makes an outer rule, its inner calendar and that one's rule.
func (w *week) rule(n yamlNode, outer, inner map[string]any) error {
	r := w.reader
	key := fmt.Sprintf("%s %d", w.key, len(w.outer)+1)
	if _, err := r.add("calendar", yamlEntry{key: key, at: n}); err != nil {
		return err
	}
	leaf := r.addUnnamed("calendarrule", "", n)
	inner["rank"], inner["issimple"], inner["timezonecode"] = 0, true, -1
	leaf.set(inner)
	leaf.values["calendarid"] = r.refer("calendar", key, n)
	root := r.addUnnamed("calendarrule", "", n)
	outer["duration"] = 24 * 60
	root.set(outer)
	root.values["calendarid"] = r.refer("calendar", w.key, n)
	root.values["innercalendarid"] = r.refer("calendar", key, n)
	w.outer = append(w.outer, root)
	return nil
}

func (i *item) set(columns map[string]any) {
	for name, v := range columns {
		i.values[name] = literal(v)
	}
}
