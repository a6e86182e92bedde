package wire

import (
	"encoding/binary"
	"math"
	"time"
	"unicode/utf8"
)

// Constructor codes of the AMQP type system (part 1, section 1.6).
const (
	codeDescribed  = 0x00
	codeNull       = 0x40
	codeTrue       = 0x41
	codeFalse      = 0x42
	codeUint0      = 0x43
	codeUlong0     = 0x44
	codeList0      = 0x45
	codeUbyte      = 0x50
	codeByte       = 0x51
	codeSmallUint  = 0x52
	codeSmallUlong = 0x53
	codeSmallInt   = 0x54
	codeSmallLong  = 0x55
	codeBool       = 0x56
	codeUshort     = 0x60
	codeShort      = 0x61
	codeUint       = 0x70
	codeInt        = 0x71
	codeFloat      = 0x72
	codeChar       = 0x73
	codeDecimal32  = 0x74
	codeUlong      = 0x80
	codeLong       = 0x81
	codeDouble     = 0x82
	codeTimestamp  = 0x83
	codeDecimal64  = 0x84
	codeDecimal128 = 0x94
	codeUUID       = 0x98
	codeBinary8    = 0xa0
	codeString8    = 0xa1
	codeSymbol8    = 0xa3
	codeBinary32   = 0xb0
	codeString32   = 0xb1
	codeSymbol32   = 0xb3
	codeList8      = 0xc0
	codeMap8       = 0xc1
	codeList32     = 0xd0
	codeMap32      = 0xd1
	codeArray8     = 0xe0
	codeArray32    = 0xf0
)

// shape says how many bytes follow a constructor; its high nibble decides
// (part 1, figure 1.12).
type shape struct {
	fixed  int // bytes of a fixed-width value
	prefix int // bytes of the size that precedes a variable-width value
}

func shapeOf(code byte) (shape, bool) {
	switch code >> 4 {
	case 0x4:
		return shape{}, true
	case 0x5:
		return shape{fixed: 1}, true
	case 0x6:
		return shape{fixed: 2}, true
	case 0x7:
		return shape{fixed: 4}, true
	case 0x8:
		return shape{fixed: 8}, true
	case 0x9:
		return shape{fixed: 16}, true
	case 0xa, 0xc, 0xe:
		return shape{prefix: 1}, true
	case 0xb, 0xd, 0xf:
		return shape{prefix: 4}, true
	}
	return shape{}, false
}

// split cuts the bytes of one value, after its constructor, off the input.
func split(code byte, in []byte) (raw, rest []byte, err error) {
	s, ok := shapeOf(code)
	if !ok {
		return nil, nil, malformed("unknown constructor %#02x", code)
	}
	size := s.fixed
	if s.prefix > 0 {
		if len(in) < s.prefix {
			return nil, nil, malformed("size of a %#02x is cut off", code)
		}
		var long uint64
		if s.prefix == 1 {
			long = uint64(in[0])
		} else {
			long = uint64(binary.BigEndian.Uint32(in))
		}
		in = in[s.prefix:]
		if long > uint64(len(in)) {
			return nil, nil, malformed("a %#02x of %d bytes in %d", code, long, len(in))
		}
		size = int(long)
	}
	if len(in) < size {
		return nil, nil, malformed("a %#02x of %d bytes in %d", code, size, len(in))
	}
	return in[:size], in[size:], nil
}

// Skip cuts one whole value, descriptor included, off the input.
func Skip(in []byte) (raw, rest []byte, err error) {
	rest = in
	for depth := 0; ; depth++ {
		if depth > MaxDepth {
			return nil, nil, malformed("nested deeper than %d", MaxDepth)
		}
		if len(rest) == 0 {
			return nil, nil, malformed("value is cut off")
		}
		code := rest[0]
		rest = rest[1:]
		if code != codeDescribed {
			_, rest, err = split(code, rest)
			if err != nil {
				return nil, nil, err
			}
			return in[:len(in)-len(rest)], rest, nil
		}
		// A descriptor is a value of its own; descriptors of descriptors do
		// not occur, and Decode refuses them.
		if len(rest) == 0 || rest[0] == codeDescribed {
			return nil, nil, malformed("descriptor is cut off or described itself")
		}
		_, rest, err = split(rest[0], rest[1:])
		if err != nil {
			return nil, nil, err
		}
	}
}

// Decode reads one value and returns what follows it.
func Decode(in []byte) (value any, rest []byte, err error) {
	return decode(in, 0)
}

func decode(in []byte, depth int) (value any, rest []byte, err error) {
	if depth > MaxDepth {
		return nil, nil, malformed("nested deeper than %d", MaxDepth)
	}
	if len(in) == 0 {
		return nil, nil, malformed("value is cut off")
	}
	code := in[0]
	if code != codeDescribed {
		return decodeBody(code, in[1:], depth)
	}
	if len(in) > 1 && in[1] == codeDescribed {
		return nil, nil, malformed("descriptor described itself")
	}
	descriptor, rest, err := decode(in[1:], depth+1)
	if err != nil {
		return nil, nil, err
	}
	value, rest, err = decode(rest, depth+1)
	if err != nil {
		return nil, nil, err
	}
	return Described{descriptor, value}, rest, nil
}

// decodeBody reads a value whose constructor is known, as in an array.
func decodeBody(code byte, in []byte, depth int) (value any, rest []byte, err error) {
	raw, rest, err := split(code, in)
	if err != nil {
		return nil, nil, err
	}
	switch code {
	case codeList0:
		return List(nil), rest, nil
	case codeList8, codeList32:
		items, err := decodeItems(code, raw, depth)
		return List(items), rest, err
	case codeMap8, codeMap32:
		m, err := decodeMap(code, raw, depth)
		return m, rest, err
	case codeArray8, codeArray32:
		a, err := decodeArray(code, raw, depth)
		return a, rest, err
	}
	value, err = decodeScalar(code, raw)
	return value, rest, err
}

func decodeScalar(code byte, raw []byte) (any, error) {
	switch code {
	case codeNull:
		return nil, nil
	case codeTrue:
		return true, nil
	case codeFalse:
		return false, nil
	case codeBool:
		if raw[0] > 1 {
			return nil, malformed("boolean %#02x", raw[0])
		}
		return raw[0] == 1, nil
	case codeUbyte:
		return raw[0], nil
	case codeUshort:
		return binary.BigEndian.Uint16(raw), nil
	case codeUint0:
		return uint32(0), nil
	case codeSmallUint:
		return uint32(raw[0]), nil
	case codeUint:
		return binary.BigEndian.Uint32(raw), nil
	case codeUlong0:
		return uint64(0), nil
	case codeSmallUlong:
		return uint64(raw[0]), nil
	case codeUlong:
		return binary.BigEndian.Uint64(raw), nil
	case codeByte:
		return int8(raw[0]), nil
	case codeShort:
		return int16(binary.BigEndian.Uint16(raw)), nil
	case codeSmallInt:
		return int32(int8(raw[0])), nil
	case codeInt:
		return int32(binary.BigEndian.Uint32(raw)), nil
	case codeSmallLong:
		return int64(int8(raw[0])), nil
	case codeLong:
		return int64(binary.BigEndian.Uint64(raw)), nil
	case codeFloat:
		return math.Float32frombits(binary.BigEndian.Uint32(raw)), nil
	case codeDouble:
		return math.Float64frombits(binary.BigEndian.Uint64(raw)), nil
	case codeTimestamp:
		return time.UnixMilli(int64(binary.BigEndian.Uint64(raw))).UTC(), nil
	case codeUUID:
		return UUID(raw), nil
	case codeBinary8, codeBinary32:
		return append(make([]byte, 0, len(raw)), raw...), nil
	case codeString8, codeString32:
		if !utf8.Valid(raw) {
			return nil, malformed("string is not UTF-8")
		}
		return string(raw), nil
	case codeSymbol8, codeSymbol32:
		return Symbol(raw), nil
	case codeChar, codeDecimal32, codeDecimal64, codeDecimal128:
		return Opaque{code, string(raw)}, nil
	}
	return nil, malformed("unknown constructor %#02x", code)
}

// countOf reads the element count of a compound value. Every element takes at
// least a byte, so a larger count is a lie that must not be allocated.
func countOf(code byte, raw []byte) (count int, rest []byte, err error) {
	width := 4
	if code < codeList32 || (code >= codeArray8 && code < codeArray32) {
		width = 1
	}
	if len(raw) < width {
		return 0, nil, malformed("count of a %#02x is cut off", code)
	}
	var n uint64
	if width == 1 {
		n = uint64(raw[0])
	} else {
		n = uint64(binary.BigEndian.Uint32(raw))
	}
	rest = raw[width:]
	if n > uint64(len(rest)) {
		return 0, nil, malformed("%d elements in %d bytes", n, len(rest))
	}
	return int(n), rest, nil
}

func decodeItems(code byte, raw []byte, depth int) ([]any, error) {
	count, rest, err := countOf(code, raw)
	if err != nil {
		return nil, err
	}
	items := make([]any, count)
	for i := range items {
		items[i], rest, err = decode(rest, depth+1)
		if err != nil {
			return nil, err
		}
	}
	if len(rest) > 0 {
		return nil, malformed("%d bytes after the last element", len(rest))
	}
	return items, nil
}

func decodeMap(code byte, raw []byte, depth int) (Map, error) {
	items, err := decodeItems(code, raw, depth)
	if err != nil {
		return nil, err
	}
	if len(items)%2 != 0 {
		return nil, malformed("map with a key that has no value")
	}
	m := make(Map, 0, len(items)/2)
	for i := 0; i < len(items); i += 2 {
		m = append(m, Entry{items[i], items[i+1]})
	}
	return m, nil
}

func decodeArray(code byte, raw []byte, depth int) (Array, error) {
	count, rest, err := countOf(code, raw)
	if err != nil {
		return nil, err
	}
	if len(rest) == 0 {
		return Array{}, nil
	}
	var descriptor any
	element := rest[0]
	rest = rest[1:]
	if element == codeDescribed {
		if descriptor, rest, err = decode(rest, depth+1); err != nil {
			return nil, err
		}
		if len(rest) == 0 {
			return nil, malformed("array without a constructor")
		}
		element, rest = rest[0], rest[1:]
	}
	items := make(Array, count)
	for i := range items {
		var v any
		if depth >= MaxDepth {
			return nil, malformed("nested deeper than %d", MaxDepth)
		}
		if v, rest, err = decodeBody(element, rest, depth+1); err != nil {
			return nil, err
		}
		if descriptor != nil {
			v = Described{descriptor, v}
		}
		items[i] = v
	}
	if len(rest) > 0 {
		return nil, malformed("%d bytes after the last element", len(rest))
	}
	return items, nil
}
