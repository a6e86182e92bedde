package service

import (
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
)

// portal is what the settings say, compiled and put in force at once.
type portal struct {
	plans     *overflow.Set
	hours     *hours.Set
	countries []string // that it lets representatives phone; nil = it does not say
}

// compile compiles settings. Where a ruleset is broken the plan of before stays.
func (s *Service) compile(settings adapter.Settings, before *overflow.Set) *portal {
	return &portal{plans: overflow.Compile(settings, before), hours: hours.Compile(settings, s.o.Zone), countries: settings.Countries()}
}

// open is what a queue's operating hours say at an instant, as its rules ask it.
func (p *portal) open(queue adapter.Queue, at time.Time) overflow.Openness {
	return Openness(p.hours, queue, at)
}

// Openness is what schedules say of a queue at an instant, as its rules ask it.
func Openness(schedules *hours.Set, queue adapter.Queue, at time.Time) overflow.Openness {
	if queue.OperatingHours == "" {
		return overflow.HoursAbsent
	}
	switch schedules.Of(queue).Open(at) {
	case hours.Open:
		return overflow.Open
	case hours.Closed:
		return overflow.Closed
	default:
		return overflow.HoursUnknown
	}
}

// Plans are the compiled settings in force.
func (s *Service) Plans() *overflow.Set { return s.portal.Load().plans }

// Hours are the schedules in force.
func (s *Service) Hours() *hours.Set { return s.portal.Load().hours }

// Countries are those whose numbers are phoned for whoever asks through an open door: by
// the channels file, else by the portal; empty = every country's.
func (s *Service) Countries() []channels.Country {
	if said := s.o.Channels.Countries; said != nil {
		return said
	}
	var all []channels.Country
	for _, country := range s.portal.Load().countries {
		all = append(all, channels.Country(country))
	}
	return all
}
