package phone

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// RowError says which row of a trace was skipped and why.
type RowError struct {
	Line   int    // from 1, the header being line 1
	Column string // empty when the row as a whole cannot be read
	Reason string
}

// Error names line, column and reason.
func (e RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Column, e.Reason)
}

// The outcomes of a recorded call.
const (
	outcomeAgent   = "AGENT"
	outcomeHang    = "HANG"
	outcomePhantom = "PHANTOM"
)

// typeOutbound marks a row in which a representative phoned a customer.
const typeOutbound = "TT"

// secondsPerDay bounds every column of seconds; a call over midnight ends with a
// small number, as if the day began again.
const secondsPerDay = 24 * 60 * 60

// ReadTrace reads one day of recorded calls: CSV with a header, plain or gzip
// (told by its first two bytes). A row that cannot be used is skipped and
// reported; an input that cannot be read at all is an error.
//
// Rows of other days and PHANTOM rows are ignored, and so are callers who gave
// up before they reached the waiting line.
func ReadTrace(input io.Reader, day int) (Traffic, []RowError, error) {
	plain, err := unzipped(input)
	if err != nil {
		return Traffic{}, nil, fmt.Errorf("trace: %w", err)
	}
	rows := csv.NewReader(plain)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true

	header, err := rows.Read()
	if err != nil {
		return Traffic{}, nil, fmt.Errorf("trace: header: %w", err)
	}
	place, err := columns(header)
	if err != nil {
		return Traffic{}, nil, fmt.Errorf("trace: header: %w", err)
	}

	var calls []recorded
	var broken []RowError
	for {
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			broken = append(broken, RowError{Line: bad.Line, Reason: bad.Err.Error()})
			continue
		}
		if err != nil {
			return Traffic{}, broken, fmt.Errorf("trace: %w", err)
		}
		line, _ := rows.FieldPos(0)
		call, wrong := parseRow(row{fields: fields, place: place}, day)
		if wrong != nil {
			wrong.Line = line
			broken = append(broken, *wrong)
			continue
		}
		if call.day == day && call.outcome != outcomePhantom {
			calls = append(calls, call)
		}
	}
	if len(calls) == 0 {
		return Traffic{}, broken, fmt.Errorf("trace: no call on day %d", day)
	}
	return traffic(day, calls), broken, nil
}

// unzipped looks for the gzip magic, because a file's name is not at hand.
func unzipped(input io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(input)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	return gzip.NewReader(buffered)
}

// columnNames are the columns a trace must have, in any order.
func columnNames() []string {
	return []string{
		"day", "call_id", "customer_id", "priority", "type", "ivr_exit", "queue_start", "queue_exit",
		"queue_seconds", "outcome", "service_start", "service_exit", "service_seconds", "server",
	}
}

func columns(header []string) (map[string]int, error) {
	place := make(map[string]int, len(header))
	for i, name := range header {
		place[name] = i
	}
	for _, name := range columnNames() {
		if _, ok := place[name]; !ok {
			return nil, fmt.Errorf("column %q is missing", name)
		}
	}
	return place, nil
}

// recorded is one usable row. Times are since midnight.
type recorded struct {
	day                    int
	call, customer         string
	priority               int
	kind, outcome, server  string
	menuExit, queueStart   time.Duration
	wait, serviceStart     time.Duration
	service                time.Duration
	waited, served, unseen bool // unseen: served without a recorded start
}

func (r recorded) outbound() bool { return r.kind == typeOutbound }

// row reads columns of one record and keeps the first thing that is wrong.
type row struct {
	fields []string
	place  map[string]int
	wrong  *RowError
}

func (r *row) fail(column, reason string) {
	if r.wrong == nil {
		r.wrong = &RowError{Column: column, Reason: reason}
	}
}

func (r *row) text(column string) string {
	at := r.place[column]
	if at >= len(r.fields) {
		r.fail(column, "is missing")
		return ""
	}
	return r.fields[at]
}

func (r *row) number(column string, limit int) int {
	text := r.text(column)
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		r.fail(column, fmt.Sprintf("%.40q is not a whole number", text))
	case n < 0 || n > limit:
		r.fail(column, fmt.Sprintf("%d is not in 0 to %d", n, limit))
	default:
		return n
	}
	return 0
}

func (r *row) seconds(column string) time.Duration {
	return time.Duration(r.number(column, secondsPerDay)) * time.Second
}

// span checks that start, end and length agree, over midnight too.
func (r *row) span(start, end, length string) time.Duration {
	from, to, lasted := r.seconds(start), r.seconds(end), r.seconds(length)
	if d := to - from; r.wrong == nil && d != lasted && d != lasted-secondsPerDay*time.Second {
		r.fail(length, fmt.Sprintf("%v does not lie between %s and %s", lasted, start, end))
	}
	return lasted
}

func parseRow(r row, day int) (recorded, *RowError) {
	call := recorded{day: r.number("day", 31)}
	if r.wrong != nil || call.day != day {
		return call, r.wrong
	}
	call.call, call.customer = r.text("call_id"), r.text("customer_id")
	call.priority = r.number("priority", 2)
	call.kind, call.outcome, call.server = r.text("type"), r.text("outcome"), r.text("server")
	call.menuExit, call.queueStart = r.seconds("ivr_exit"), r.seconds("queue_start")
	call.wait = r.span("queue_start", "queue_exit", "queue_seconds")
	call.serviceStart = r.seconds("service_start")
	call.service = r.span("service_start", "service_exit", "service_seconds")
	call.waited = call.queueStart > 0
	call.served = call.outcome == outcomeAgent
	if !slices.Contains([]string{outcomeAgent, outcomeHang, outcomePhantom}, call.outcome) {
		r.fail("outcome", fmt.Sprintf("%.40q is none of AGENT, HANG, PHANTOM", call.outcome))
	}
	if call.call == "" {
		r.fail("call_id", "is empty")
	}
	call.unseen = call.served && call.serviceStart == 0
	return call, r.wrong
}
