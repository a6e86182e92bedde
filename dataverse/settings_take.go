package dataverse

import (
	"cmp"
	"maps"
	"slices"

	"directcallback/adapter"
)

// What was handed out is shared, so the functions here never change a map or a
// list in place.

// takeRows puts rows of a table into the ones that are there, sorted by id.
func takeRows[K ~string, V any](into *[]V, from []V, only ids, id func(V) K) {
	rows := from
	if only != nil {
		rows = slices.Clone(from)
		for _, row := range *into {
			if !only[string(id(row))] {
				rows = append(rows, row)
			}
		}
	}
	slices.SortFunc(rows, func(a, b V) int { return cmp.Compare(id(a), id(b)) })
	*into = rows
}

// takeMap is takeRows for rows that are kept by their ids.
func takeMap[K ~string, V any](into *map[K]V, from map[K]V, only ids) {
	if only == nil {
		*into = from
		return
	}
	rows := maps.Clone(*into)
	for id := range only {
		delete(rows, K(id))
	}
	for id, row := range from {
		put(&rows, id, row)
	}
	if len(rows) == 0 {
		rows = nil // as when there never were any
	}
	*into = rows
}

// put adds a row to a map that may be nil.
func put[K comparable, V any](into *map[K]V, id K, row V) {
	if *into == nil {
		*into = map[K]V{}
	}
	(*into)[id] = row
}

func takeQueues(into, from *adapter.Settings, only ids) {
	takeRows(&into.Queues, from.Queues, only, func(q adapter.Queue) adapter.QueueID { return q.ID })
}

func takeActions(into, from *adapter.Settings, only ids) {
	takeMap(&into.Actions, from.Actions, only)
}

func takeProfiles(into, from *adapter.Settings, only ids) {
	takeMap(&into.Profiles, from.Profiles, only)
}

func takeMessages(into, from *adapter.Settings, only ids) {
	takeRows(&into.Messages, from.Messages, only, func(m adapter.Message) string { return m.ID })
}

func takeConfigurations(into, from *adapter.Settings, only ids) {
	takeRows(&into.Configurations, from.Configurations, only, func(c adapter.EngagementConfiguration) adapter.ConfigurationID { return c.ID })
}

func takeHours(into, from *adapter.Settings, only ids) {
	takeMap(&into.Hours, from.Hours, only)
	into.Calendars = from.Calendars
}

func takeTimeZones(into, from *adapter.Settings, _ ids) { into.TimeZones = from.TimeZones }

func takeWorkstreams(into, from *adapter.Settings, only ids) {
	takeRows(&into.Workstreams, from.Workstreams, only, func(w adapter.Workstream) string { return w.ID })
}

func takeChannels(into, from *adapter.Settings, only ids) {
	takeRows(&into.Channels, from.Channels, only, func(c adapter.VoiceChannel) string { return c.ID })
}

func takePresences(into, from *adapter.Settings, only ids) {
	takeRows(&into.Presences, from.Presences, only, func(p adapter.Presence) string { return p.ID })
}

func takeMembers(into, from *adapter.Settings, _ ids) { into.Members = from.Members }
