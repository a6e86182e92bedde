package wire

import (
	"errors"
	"fmt"
	"time"
)

// MaxDepth is how deep values may nest.
const MaxDepth = 64

// ErrDecode is wrapped by everything that is not valid AMQP.
var ErrDecode = errors.New("amqp: malformed input")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDecode, fmt.Sprintf(format, args...))
}

// The Go types of AMQP values that have no obvious one. The others are nil,
// bool, uint8 to uint64, int8 to int64, float32, float64, string,
// []byte (binary) and [time.Time] (timestamp).
type (
	// Symbol is a string from a constrained domain.
	Symbol string
	// UUID is in the order of RFC 9562.
	UUID [16]byte
	// List is an AMQP list.
	List []any
	// Array is an AMQP array: values of one type.
	Array []any
	// Map keeps the order of its entries; keys may be of any type, comparable or not.
	Map []Entry
	// Entry is one pair of a [Map].
	Entry struct{ Key, Value any }
	// Described is a value with a descriptor.
	Described struct{ Descriptor, Value any }
	// Opaque is a char or a decimal: carried, never interpreted.
	Opaque struct {
		Code byte
		Raw  string
	}
)

// Get returns the value under a string or symbol key, or nil.
func (m Map) Get(key string) any {
	for _, e := range m {
		if KeyString(e.Key) == key {
			return e.Value
		}
	}
	return nil
}

// Set replaces the value under a string or symbol key, or appends it under key as given.
func (m Map) Set(key, value any) Map {
	for i := range m {
		if KeyString(m[i].Key) == KeyString(key) {
			m[i].Value = value
			return m
		}
	}
	return append(m, Entry{key, value})
}

// KeyString is the text of a string or symbol, "" for anything else.
func KeyString(key any) string {
	switch k := key.(type) {
	case string:
		return k
	case Symbol:
		return string(k)
	}
	return ""
}

// Code returns the numeric descriptor of a described value, or 0.
func (d Described) Code() uint64 {
	code, ok := d.Descriptor.(uint64)
	if !ok {
		return 0
	}
	return code
}

// Optional is a field that may be null, where null differs from the zero value.
type Optional[T any] struct {
	Set   bool
	Value T
}

// Some is a field that is present.
func Some[T any](v T) Optional[T] { return Optional[T]{Set: true, Value: v} }

// Or returns the value, or what null stands for.
func (o Optional[T]) Or(null T) T {
	if o.Set {
		return o.Value
	}
	return null
}

func millis(t time.Time) int64 { return t.UnixMilli() }
