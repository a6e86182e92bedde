package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Append writes one value. The types are those [Decode] returns; any other is a
// programming error of the emulator and panics.
func Append(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, codeNull)
	case bool:
		if v {
			return append(b, codeTrue)
		}
		return append(b, codeFalse)
	case uint8:
		return append(b, codeUbyte, v)
	case uint16:
		return binary.BigEndian.AppendUint16(append(b, codeUshort), v)
	case uint32:
		return appendUint(b, v)
	case uint64:
		return appendUlong(b, v)
	case int8:
		return append(b, codeByte, byte(v))
	case int16:
		return binary.BigEndian.AppendUint16(append(b, codeShort), uint16(v))
	case int32:
		return binary.BigEndian.AppendUint32(append(b, codeInt), uint32(v))
	case int64:
		return binary.BigEndian.AppendUint64(append(b, codeLong), uint64(v))
	case float32:
		return binary.BigEndian.AppendUint32(append(b, codeFloat), math.Float32bits(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, codeDouble), math.Float64bits(v))
	case time.Time:
		return binary.BigEndian.AppendUint64(append(b, codeTimestamp), uint64(millis(v)))
	case UUID:
		return append(append(b, codeUUID), v[:]...)
	case []byte:
		return append(appendSize(b, codeBinary8, codeBinary32, len(v)), v...)
	case string:
		return append(appendSize(b, codeString8, codeString32, len(v)), v...)
	case Symbol:
		return append(appendSize(b, codeSymbol8, codeSymbol32, len(v)), v...)
	case Opaque:
		return append(append(b, v.Code), v.Raw...)
	case Described:
		return Append(Append(append(b, codeDescribed), v.Descriptor), v.Value)
	case List:
		return appendList(b, v)
	case Map:
		return appendMap(b, v)
	case Array:
		return appendArray(b, v)
	case *Error:
		return appendComposite(b, v)
	}
	panic(fmt.Sprintf("wire: cannot encode a %T", value))
}

func appendUint(b []byte, v uint32) []byte {
	switch {
	case v == 0:
		return append(b, codeUint0)
	case v <= math.MaxUint8:
		return append(b, codeSmallUint, byte(v))
	}
	return binary.BigEndian.AppendUint32(append(b, codeUint), v)
}

func appendUlong(b []byte, v uint64) []byte {
	switch {
	case v == 0:
		return append(b, codeUlong0)
	case v <= math.MaxUint8:
		return append(b, codeSmallUlong, byte(v))
	}
	return binary.BigEndian.AppendUint64(append(b, codeUlong), v)
}

func appendSize(b []byte, short, long byte, n int) []byte {
	if n <= math.MaxUint8 {
		return append(b, short, byte(n))
	}
	return binary.BigEndian.AppendUint32(append(b, long), uint32(n))
}

// open starts a compound value; the returned mark is handed to closeCompound,
// which fills in size and count.
func open(b []byte, code byte) (_ []byte, mark int) {
	return append(b, code, 0, 0, 0, 0, 0, 0, 0, 0), len(b) + 1
}

func closeCompound(b []byte, mark, count int) []byte {
	binary.BigEndian.PutUint32(b[mark:], uint32(len(b)-mark-4))
	binary.BigEndian.PutUint32(b[mark+4:], uint32(count))
	return b
}

func appendList(b []byte, l List) []byte {
	if len(l) == 0 {
		return append(b, codeList0)
	}
	b, mark := open(b, codeList32)
	for _, v := range l {
		b = Append(b, v)
	}
	return closeCompound(b, mark, len(l))
}

func appendMap(b []byte, m Map) []byte {
	b, mark := open(b, codeMap32)
	for _, e := range m {
		b = Append(Append(b, e.Key), e.Value)
	}
	return closeCompound(b, mark, 2*len(m))
}

// appendArray writes the values of an array: strings, symbols, longs and
// timestamps are all the emulator sends.
func appendArray(b []byte, a Array) []byte {
	b, mark := open(b, codeArray32)
	if len(a) == 0 {
		return closeCompound(append(b, codeNull), mark, 0)
	}
	b = append(b, arrayCode(a[0]))
	for _, item := range a {
		switch v := item.(type) {
		case string:
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
		case Symbol:
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
		case int64:
			b = binary.BigEndian.AppendUint64(b, uint64(v))
		case time.Time:
			b = binary.BigEndian.AppendUint64(b, uint64(millis(v)))
		case UUID:
			b = append(b, v[:]...)
		}
	}
	return closeCompound(b, mark, len(a))
}

func arrayCode(first any) byte {
	switch first.(type) {
	case string:
		return codeString32
	case Symbol:
		return codeSymbol32
	case int64:
		return codeLong
	case time.Time:
		return codeTimestamp
	case UUID:
		return codeUUID
	}
	panic(fmt.Sprintf("wire: cannot encode an array of %T", first))
}
