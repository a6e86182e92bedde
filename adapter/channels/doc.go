// Package channels reads what the portal cannot say about callbacks that are asked
// for by web, mobile and bot: topics, bookable slots, countries, quiet hours, whether
// "do not phone" is honoured, and how often somebody may ask.
//
// It is one YAML file, all of whose parts are optional:
//
//	topics:
//	  cards: {queue: 3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61}
//	slots: {length: 30m, capacity: 5, leadTime: 1h, daysAhead: 7}
//	queues:
//	  3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61: {slots: {capacity: 10}}
//	countries: [FR, GB]
//	quietHours: {from: "21:00", to: "08:00"}
//	doNotPhone: honour
//	limits: {perNumber: 5/24h, perAddress: 20/1h, perKey: 600/1m}
//
// [Read] turns it into [Channels]; without a file [Default] counts. The package reads
// no file itself, knows no portal (whoever has both asks [Channels].Named for the
// queues that the file names), and enforces nothing.
//
// Invariants:
//
//   - What is not understood is refused, never skipped: unknown and repeated names,
//     values of another kind, ids that are none, numbers out of bounds, anchors,
//     aliases and tags.
//   - All mistakes are told at once, each with line, column and what to do.
//   - Quiet hours are what the clock on the customer's wall shows, on days when it
//     jumps too.
package channels
