package record

import (
	"encoding/json"
	"fmt"
	"time"

	"directcallback/adapter"
)

// Micros is how a time is kept: UTC microseconds, 0 for none.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Instant is the way back.
func Instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// ScanInstant reads a row of one time.
func ScanInstant(row Scanner) (time.Time, error) {
	var us int64
	err := row.Scan(&us)
	return Instant(us), err
}

// Phone is the way back from a phone column. What was once accepted is
// accepted again, even when the numbering plans have changed since.
func Phone(text string) (adapter.Phone, error) {
	if text == "" {
		return adapter.Phone{}, nil
	}
	return adapter.StoredPhone(text)
}

// Text is a value as a column of JSON.
func Text(value any) (string, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", value, err)
	}
	return string(body), nil
}

// Read is the way back.
func Read(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("decode %T: %w", into, err)
	}
	return nil
}

// AsKept rounds times to what the database keeps of them.
func AsKept(times ...*time.Time) {
	for _, t := range times {
		*t = Instant(Micros(*t))
	}
}
