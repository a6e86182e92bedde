// Package hours tells when a queue is open, from the operating hours and
// calendars that Dynamics keeps in Dataverse.
//
// [Compile] turns the rows into one immutable [Schedule] for each record of
// operating hours that a voice queue names, kept together in a [Set]. A schedule answers [Schedule.Open],
// [Schedule.NextOpening], [Schedule.TimeLeft] and [Schedule.Slots]; [Schedule.Review] says it in words.
//
// It implements Microsoft's pages "Create and manage operating hours", "Calendar
// tables" and "Calendar Rule table reference". Read are: calendars of two levels;
// outer rules FREQ=WEEKLY with INTERVAL and BYDAY; holidays as rules of the
// calendar or of its holiday schedule, with FREQ=DAILY, COUNT, or no pattern;
// inner rules with offset and duration, also past midnight; rank and extent code;
// the time zone by the Windows name of its code. Not read, and therefore unknown:
// other patterns, codes of other kinds, inner calendars within inner ones, rules
// of more than one time zone.
//
// Invariants:
//
//   - What cannot be read is never guessed: the minutes that it could change are
//     [Unknown], and a finding names the row. Where everything it could mean
//     leads to the same answer, that is the answer.
//   - Hours are what the clock on the wall shows. Hours that a change to summer
//     time skips do not exist that day; those that the change back repeats count
//     twice. The table of a zone comes from the caller, because reading one is
//     not the core's work.
//   - A queue without operating hours is always open.
//   - A schedule never changes, and Open costs no allocation.
package hours
