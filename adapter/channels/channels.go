package channels

import (
	"time"

	"directcallback/adapter"
)

// Channels is what the portal cannot say about web, mobile and bots.
type Channels struct {
	Topics     map[Topic]adapter.QueueID
	Slots      Slots                     // of every queue that is not among Queues
	Queues     map[adapter.QueueID]Slots // what differs for a queue, with all the rest
	Countries  []Country                 // in order; nil = unsaid
	QuietHours QuietHours
	DoNotPhone Handling
	Limits     Limits

	Named []Named // every place where the file names a queue, in its order
}

// Topic is what a customer wants to talk about, as a web page calls it.
type Topic string

// Country is a country by its two letters of ISO 3166, such as FR.
type Country string

// Slots are the windows that customers can book.
type Slots struct {
	Length    time.Duration // a whole number of them makes a day
	Capacity  int           // callbacks that fit into one; 0 = none can be booked
	LeadTime  time.Duration // from booking to the slot's start, at least
	DaysAhead int           // and at most
}

// Handling is what is done about a contact that asks not to be phoned.
type Handling string

// The ways to handle it.
const (
	Honour Handling = "honour"
	Ignore Handling = "ignore"
)

// Named is a place where the file names a queue.
type Named struct {
	Queue adapter.QueueID
	Place
}

// Default is what counts without a file.
func Default() Channels {
	return Channels{
		Slots:      Slots{Length: 30 * time.Minute, Capacity: 5, LeadTime: time.Hour, DaysAhead: 7},
		DoNotPhone: Honour,
		Limits: Limits{
			PerNumber:  Rate{5, 24 * time.Hour},
			PerAddress: Rate{20, time.Hour},
			PerKey:     Rate{600, time.Minute},
		},
	}
}

// SlotsOf are the slots of a queue.
func (c Channels) SlotsOf(queue adapter.QueueID) Slots {
	if slots, differ := c.Queues[queue]; differ {
		return slots
	}
	return c.Slots
}
