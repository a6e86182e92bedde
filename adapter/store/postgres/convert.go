package postgres

import (
	"encoding/json"
	"fmt"
	"time"

	"directcallback/adapter"
)

// micros is how a time is kept: UTC microseconds, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// phoneOf is the way back from a phone column. What was once accepted is
// accepted again, even when the numbering plans have changed since.
func phoneOf(text string) (adapter.Phone, error) {
	if text == "" {
		return adapter.Phone{}, nil
	}
	return adapter.StoredPhone(text)
}

func text(value any) (string, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode %T: %w", value, err)
	}
	return string(body), nil
}

func read(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("decode %T: %w", into, err)
	}
	return nil
}

// asKept rounds times to what the database keeps of them.
func asKept(times ...*time.Time) {
	for _, t := range times {
		*t = instant(micros(*t))
	}
}
