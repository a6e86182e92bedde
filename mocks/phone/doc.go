// Package phone simulates a telephony and everyone around it: callers with
// patience, representatives who serve them in order, and customers who are
// phoned back. It is a client of Azure Service Bus: it publishes call events,
// obeys commands, and is told by the delivery service which calls it shall place.
//
// It is no part of the product and shares no code with it. It reads and writes
// the wire contract with its own types and keeps its own books, so that a mistake
// of the adapter cannot hide in it: what the books count is what callers lived
// through, not what the adapter believes.
//
// # Traffic
//
// Callers come from a recorded day ([ReadTrace], [DefaultTraffic]): when they
// call, how long they are willing to wait, how long they talk, which
// representatives are on duty. The embedded day, 2 August 1999, is part of the
// "Anonymous Bank" call center data of the Service Enterprise Engineering (SEE)
// laboratory of the Technion, collected by Ilan Guedj and Avishai Mandelbaum,
// whom we thank. It has no telephone numbers; the ones used here are from the
// range 555-0100 to 555-0199 of each area code, which is kept for fiction.
//
// # Invariants
//
//   - One goroutine, the loop, owns every caller, representative and delivery.
//     Everything from outside goes through its mailbox, which never blocks, so
//     hooks may be called under the caller's own locks.
//   - What a caller or representative does is drawn from the seed and that
//     caller's own name, so one person's luck does not depend on who came before.
//   - Events of one call leave in their order, through the one goroutine that
//     owns the Sender; an event that cannot be sent is retried until the end.
//   - A command is obeyed once, and only in the state and time it names.
//   - Telephone numbers are masked in every step and log line.
//
// # Books
//
// [Books] tells what may never happen: a promise that is lost, a customer who is
// dialled twice for one promise, a callback that overtook. The exact definitions
// stand at [Books.Lost], [Report.DialledTwice] and [Report.OrderInversions].
//
// # Example
//
//	traffic, err := phone.DefaultTraffic()
//	…
//	simulator := phone.New(phone.Options{
//		Client: client, QueueIDs: []string{queueID}, Deliveries: mock,
//		Traffic: traffic.StartAtBusiest(), Clock: phone.NewScaledClock(10, time.Now()), Seed: 1,
//	})
//	err = simulator.Run(ctx)
//	report := simulator.Report().With(figures)
package phone
