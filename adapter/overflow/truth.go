package overflow

// Truth is three-valued: a condition that this product cannot read is neither
// true nor false. The order matters: AND is the least of its operands, OR the
// greatest.
type Truth uint8

// The truth values, in order.
const (
	False Truth = iota
	Unknown
	True
)

// String is "false", "unknown" or "true".
func (t Truth) String() string { return nameOf(t, "false", "unknown", "true") }

// MarshalText writes what String says.
func (t Truth) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
