package wire

// Sections of a message (part 3, section 3.2), in their order on the wire.
const (
	SectionHeader                = 0x70
	SectionDeliveryAnnotations   = 0x71
	SectionAnnotations           = 0x72
	SectionProperties            = 0x73
	SectionApplicationProperties = 0x74
	SectionData                  = 0x75
	SectionSequence              = 0x76
	SectionValue                 = 0x77
	SectionFooter                = 0x78
)

// FormatBatch is the message format of a transfer whose data sections are
// complete messages.
const FormatBatch = 0x80013700

// Sections are the parts of an encoded message, each with its descriptor and
// aliasing the input, so that what the broker does not change passes through
// byte for byte.
type Sections struct {
	Header                []byte
	DeliveryAnnotations   []byte
	Annotations           []byte
	Properties            []byte
	ApplicationProperties []byte
	Body                  []byte // data, sequence or value sections, and the footer
}

// SplitMessage finds the sections of a message. It checks their order and that
// each one ends where it says, not what is inside.
func SplitMessage(in []byte) (Sections, error) {
	var s Sections
	last := uint64(0)
	for rest := in; len(rest) > 0; {
		code, _, err := descriptor(rest)
		if err != nil {
			return Sections{}, err
		}
		if code < SectionHeader || code > SectionFooter {
			return Sections{}, malformed("%#02x is not a section", code)
		}
		repeats := code == SectionData || code == SectionSequence
		if code < last || (code == last && !repeats) {
			return Sections{}, malformed("section %#02x after %#02x", code, last)
		}
		last = code
		raw, after, err := Skip(rest)
		if err != nil {
			return Sections{}, err
		}
		switch code {
		case SectionHeader:
			s.Header = raw
		case SectionDeliveryAnnotations:
			s.DeliveryAnnotations = raw
		case SectionAnnotations:
			s.Annotations = raw
		case SectionProperties:
			s.Properties = raw
		case SectionApplicationProperties:
			s.ApplicationProperties = raw
		default:
			if s.Body == nil {
				s.Body = rest
			}
		}
		rest = after
	}
	return s, nil
}

// DataSections returns the content of each data section of a body, aliasing it.
func DataSections(body []byte) ([][]byte, error) {
	var all [][]byte
	for len(body) > 0 {
		code, value, err := descriptor(body)
		if err != nil {
			return nil, err
		}
		if _, body, err = Skip(body); err != nil {
			return nil, err
		}
		if code != SectionData {
			continue
		}
		if value[0] != codeBinary8 && value[0] != codeBinary32 {
			return nil, malformed("data section holds a %#02x", value[0])
		}
		raw, _, err := split(value[0], value[1:])
		if err != nil {
			return nil, err
		}
		all = append(all, raw)
	}
	return all, nil
}

// SectionMap decodes a section that holds a map; nil for an absent one.
func SectionMap(section []byte) (Map, error) {
	if len(section) == 0 {
		return nil, nil
	}
	v, _, err := Decode(section)
	if err != nil {
		return nil, err
	}
	m, ok := v.(Described).Value.(Map)
	if !ok {
		return nil, malformed("section is not a map")
	}
	return m, nil
}

// AppendSection writes a section that holds one value.
func AppendSection(b []byte, code uint64, value any) []byte {
	return Append(b, Described{code, value})
}

// Header is the header section.
type Header struct {
	Durable       bool
	Priority      Optional[uint8]
	TTL           Optional[uint32] // milliseconds
	FirstAcquirer bool
	DeliveryCount uint32
}

// Everything in the header is written, zero or not: a client that finds no
// delivery count cannot tell the first attempt from an unknown one.
func (h *Header) fields() (uint64, []any) {
	return SectionHeader, []any{
		must{&h.Durable}, &h.Priority, &h.TTL, must{&h.FirstAcquirer}, must{&h.DeliveryCount},
	}
}

// ReadHeader decodes a header section; an absent one is the default header.
func ReadHeader(section []byte) (Header, error) {
	if len(section) == 0 {
		return Header{}, nil
	}
	var in incomingHeader
	_, err := decodeDescribed(section, &in)
	return in.Header, err
}

// incomingHeader is a header as clients write it, where anything may be null.
type incomingHeader struct{ Header }

func (h *incomingHeader) fields() (uint64, []any) {
	return SectionHeader, []any{&h.Durable, &h.Priority, &h.TTL, &h.FirstAcquirer, &h.DeliveryCount}
}

// AppendHeader writes a header section.
func AppendHeader(b []byte, h *Header) []byte { return appendComposite(b, h) }

// Properties is the properties section.
type Properties struct {
	MessageID          any
	UserID             []byte
	To                 any
	Subject            Optional[string]
	ReplyTo            any
	CorrelationID      any
	ContentType        Symbol
	ContentEncoding    Symbol
	AbsoluteExpiryTime any
	CreationTime       any
	GroupID            Optional[string]
	GroupSequence      Optional[uint32]
	ReplyToGroupID     Optional[string]
}

func (p *Properties) fields() (uint64, []any) {
	return SectionProperties, []any{
		&p.MessageID, &p.UserID, &p.To, &p.Subject, &p.ReplyTo, &p.CorrelationID, &p.ContentType,
		&p.ContentEncoding, &p.AbsoluteExpiryTime, &p.CreationTime, &p.GroupID, &p.GroupSequence, &p.ReplyToGroupID,
	}
}

// ReadProperties decodes a properties section; an absent one has no properties.
func ReadProperties(section []byte) (Properties, error) {
	var p Properties
	if len(section) == 0 {
		return p, nil
	}
	_, err := decodeDescribed(section, &p)
	return p, err
}

// AppendProperties writes a properties section.
func AppendProperties(b []byte, p *Properties) []byte { return appendComposite(b, p) }
