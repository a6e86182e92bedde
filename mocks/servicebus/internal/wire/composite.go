package wire

import "fmt"

// composite is a described list. fields returns its descriptor and a pointer to
// each field in the order of the specification: the one table by which it is
// read and written.
//
// A field is one of
//
//   - *T: null stands for the zero value, which is written as null;
//   - *[Optional][T]: null differs from the zero value;
//   - must{*T}: null is an error, and the zero value is written.
type composite interface {
	fields() (code uint64, pointers []any)
}

// must marks a mandatory field.
type must struct{ field any }

func appendComposite(b []byte, c composite) []byte {
	code, fields := c.fields()
	b = appendUlong(append(b, codeDescribed), code)
	b, mark := open(b, codeList32)
	count, end := 0, len(b)
	for i, f := range fields {
		var null bool
		if b, null = appendField(b, f, false); !null {
			count, end = i+1, len(b)
		}
	}
	// Trailing nulls are left out.
	return closeCompound(b[:end], mark, count)
}

func appendField(b []byte, field any, mandatory bool) (_ []byte, null bool) {
	switch f := field.(type) {
	case must:
		b, _ = appendField(b, f.field, true)
		return b, false
	case *bool:
		return appendPlain(b, *f, mandatory)
	case *uint8:
		return appendPlain(b, *f, mandatory)
	case *uint16:
		return appendPlain(b, *f, mandatory)
	case *uint32:
		return appendPlain(b, *f, mandatory)
	case *uint64:
		return appendPlain(b, *f, mandatory)
	case *string:
		return appendPlain(b, *f, mandatory)
	case *Symbol:
		return appendPlain(b, *f, mandatory)
	case *[]byte:
		if *f == nil && !mandatory {
			return append(b, codeNull), true
		}
		return Append(b, *f), false
	case *any:
		return Append(b, *f), *f == nil
	case *Map:
		if *f == nil {
			return append(b, codeNull), true
		}
		return Append(b, *f), false
	case **Error:
		if *f == nil {
			return append(b, codeNull), true
		}
		return appendComposite(b, *f), false
	case *Optional[bool]:
		return appendOptional(b, *f)
	case *Optional[uint8]:
		return appendOptional(b, *f)
	case *Optional[uint16]:
		return appendOptional(b, *f)
	case *Optional[uint32]:
		return appendOptional(b, *f)
	case *Optional[uint64]:
		return appendOptional(b, *f)
	case *Optional[string]:
		return appendOptional(b, *f)
	}
	panic(fmt.Sprintf("wire: no way to write a field of %T", field))
}

func appendPlain[T comparable](b []byte, v T, mandatory bool) (_ []byte, null bool) {
	var zero T
	if v == zero && !mandatory {
		return append(b, codeNull), true
	}
	return Append(b, v), false
}

func appendOptional[T any](b []byte, o Optional[T]) (_ []byte, null bool) {
	if !o.Set {
		return append(b, codeNull), true
	}
	return Append(b, o.Value), false
}

// decodeComposite reads the list of a described list whose descriptor was read.
func decodeComposite(in []byte, c composite) (rest []byte, err error) {
	code, fields := c.fields()
	if len(in) == 0 {
		return nil, malformed("%#02x has no list", code)
	}
	raw, rest, err := split(in[0], in[1:])
	if err != nil {
		return nil, err
	}
	count := 0
	switch in[0] {
	case codeList0:
	case codeList8, codeList32:
		if count, raw, err = countOf(in[0], raw); err != nil {
			return nil, err
		}
	default:
		return nil, malformed("%#02x is not a list", code)
	}
	for i, f := range fields {
		if i >= count {
			if _, ok := f.(must); ok {
				return nil, malformed("%#02x: field %d is missing", code, i)
			}
			continue
		}
		if raw, err = decodeField(raw, f); err != nil {
			return nil, fmt.Errorf("%#02x: field %d: %w", code, i, err)
		}
	}
	// Fields that a later specification may add are passed over.
	for i := len(fields); i < count; i++ {
		if _, raw, err = Skip(raw); err != nil {
			return nil, err
		}
	}
	if len(raw) > 0 {
		return nil, malformed("%#02x: %d bytes after the last field", code, len(raw))
	}
	return rest, nil
}

func decodeField(in []byte, field any) (rest []byte, err error) {
	if len(in) == 0 {
		return nil, malformed("cut off")
	}
	if m, ok := field.(must); ok {
		if in[0] == codeNull {
			return nil, malformed("mandatory, but null")
		}
		field = m.field
	}
	if in[0] == codeNull {
		return in[1:], nil
	}
	if e, ok := field.(**Error); ok {
		*e = &Error{}
		return decodeDescribed(in, *e)
	}
	value, rest, err := Decode(in)
	if err != nil {
		return nil, err
	}
	if !assign(field, value) {
		return nil, malformed("a %T where a %T belongs", value, field)
	}
	return rest, nil
}

func assign(field, value any) bool {
	switch f := field.(type) {
	case *bool:
		return into(f, value)
	case *uint8:
		return into(f, value)
	case *uint16:
		return into(f, value)
	case *uint32:
		return into(f, value)
	case *uint64:
		return into(f, value)
	case *string:
		return into(f, value)
	case *Symbol:
		return into(f, value)
	case *[]byte:
		return into(f, value)
	case *Map:
		return into(f, value)
	case *any:
		*f = value
		return true
	case *Optional[bool]:
		return intoOptional(f, value)
	case *Optional[uint8]:
		return intoOptional(f, value)
	case *Optional[uint16]:
		return intoOptional(f, value)
	case *Optional[uint32]:
		return intoOptional(f, value)
	case *Optional[uint64]:
		return intoOptional(f, value)
	case *Optional[string]:
		return intoOptional(f, value)
	}
	panic(fmt.Sprintf("wire: no way to read a field of %T", field))
}

func into[T any](field *T, value any) bool {
	v, ok := value.(T)
	*field = v
	return ok
}

func intoOptional[T any](field *Optional[T], value any) bool {
	field.Set = into(&field.Value, value)
	return field.Set
}

// decodeDescribed reads a described list that must have c's descriptor.
func decodeDescribed(in []byte, c composite) (rest []byte, err error) {
	code, rest, err := descriptor(in)
	if err != nil {
		return nil, err
	}
	if want, _ := c.fields(); code != want {
		return nil, malformed("descriptor %#02x where %#02x belongs", code, want)
	}
	return decodeComposite(rest, c)
}

// descriptor reads 0x00 and a descriptor, numeric or by name.
func descriptor(in []byte) (code uint64, rest []byte, err error) {
	if len(in) < 2 || in[0] != codeDescribed {
		return 0, nil, malformed("no descriptor")
	}
	if in[1] == codeSmallUlong && len(in) > 2 {
		return uint64(in[2]), in[3:], nil
	}
	if in[1] == codeDescribed {
		return 0, nil, malformed("descriptor described itself")
	}
	value, rest, err := Decode(in[1:])
	if err != nil {
		return 0, nil, err
	}
	switch v := value.(type) {
	case uint64:
		return v, rest, nil
	case Symbol:
		if code, ok := codeNamed(v); ok {
			return code, rest, nil
		}
	}
	return 0, nil, malformed("unknown descriptor %v", value)
}
