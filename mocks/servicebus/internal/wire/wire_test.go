package wire_test

import (
	"bufio"
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"directcallback/mocks/servicebus/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func values() []any {
	long := strings.Repeat("x", 300)
	return []any{
		nil, true, false, uint8(255), uint16(65535), uint32(0), uint32(255), uint32(256), uint64(0), uint64(255), uint64(math.MaxUint64),
		int8(-1), int16(-1), int32(-1), int64(math.MinInt64), float32(1.5), 2.5, time.UnixMilli(1722582039000).UTC(),
		wire.UUID{1, 2, 3},
		[]byte{},
		[]byte(long), "", long, wire.Symbol("s"), wire.Symbol(long),
		wire.List(nil),
		wire.List{nil, wire.List{"a"}},
		wire.Map{},
		wire.Map{{Key: "k", Value: int64(1)}, {Key: []byte("not comparable"), Value: nil}},
		wire.Array{},
		wire.Array{"a", long},
		wire.Array{wire.Symbol("a")},
		wire.Array{int64(1), int64(-1)},
		wire.Array{time.UnixMilli(1).UTC()},
		wire.Array{wire.UUID{9}},
		wire.Described{Descriptor: uint64(0x77), Value: "v"},
		wire.Described{Descriptor: wire.Symbol("name"), Value: wire.List{uint32(1)}},
		wire.Opaque{Code: 0x73, Raw: "\x00\x00\x00a"},
		wire.Opaque{Code: 0x94, Raw: strings.Repeat("d", 16)},
	}
}

func TestValuesComeBack(t *testing.T) {
	t.Parallel()
	for _, v := range values() {
		b := wire.Append(nil, v)
		got, rest, err := wire.Decode(append(b, 0xff))
		if err != nil || len(rest) != 1 {
			t.Errorf("%T %v: %d bytes left, %v", v, v, len(rest), err)
			continue
		}
		if diff := cmp.Diff(v, got); diff != "" {
			t.Error(diff)
		}
		raw, rest, err := wire.Skip(append(b, 0xff))
		if err != nil || !bytes.Equal(raw, b) || len(rest) != 1 {
			t.Errorf("%T: skipped %d of %d bytes: %v", v, len(raw), len(b), err)
		}
	}
}

func TestCutOffValuesAreErrors(t *testing.T) {
	t.Parallel()
	for _, v := range values() {
		b := wire.Append(nil, v)
		for i := range b {
			if _, _, err := wire.Decode(b[:i]); !errors.Is(err, wire.ErrDecode) {
				t.Errorf("%T cut at %d of %d: %v", v, i, len(b), err)
			}
		}
	}
}

func TestHostileValues(t *testing.T) {
	t.Parallel()
	deep := bytes.Repeat([]byte{0x00, 0x40}, 1000)
	nested := []byte{0x45}
	for range 100 {
		nested = append([]byte{0xd0, 0, 0, byte((len(nested) + 4) >> 8), byte(len(nested) + 4), 0, 0, 0, 1}, nested...)
	}
	for name, b := range map[string][]byte{
		"unknown constructor":      {0x3f},
		"count without elements":   {0xd0, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff},
		"array of a billion nulls": {0xf0, 0, 0, 0, 5, 0x40, 0, 0, 0, 0x40},
		"map with an odd count":    {0xc1, 2, 1, 0x40},
		"bytes after elements":     {0xc0, 3, 1, 0x40, 0x40},
		"not UTF-8":                {0xa1, 1, 0xff},
		"boolean two":              {0x56, 2},
		"descriptor described":     {0x00, 0x00, 0x40, 0x40, 0x40},
		"deep descriptors":         deep,
		"deep lists":               nested,
	} {
		if v, _, err := wire.Decode(b); !errors.Is(err, wire.ErrDecode) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
}

// The SDK's codec is the judge of ours.
func TestMessagesAreReadAsTheSDKWritesThem(t *testing.T) {
	t.Parallel()
	group, subject, to := "group", "subject", "to"
	m := &amqp.Message{
		Header:                &amqp.MessageHeader{Durable: true, Priority: 5, TTL: time.Minute},
		DeliveryAnnotations:   amqp.Annotations{"d": int64(1)},
		Annotations:           amqp.Annotations{"a": "b"},
		Properties:            &amqp.MessageProperties{MessageID: "id", GroupID: &group, Subject: &subject, To: &to, CorrelationID: uint64(7)},
		ApplicationProperties: map[string]any{"p": int32(5)},
		Data:                  [][]byte{[]byte("one"), []byte("two")},
		Footer:                amqp.Annotations{"f": "g"},
	}
	raw, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire.SplitMessage(raw)
	if err != nil {
		t.Fatal(err)
	}
	header, err := wire.ReadHeader(s.Header)
	if err != nil {
		t.Fatal(err)
	}
	if !header.Durable || header.Priority != wire.Some[uint8](5) || header.TTL != wire.Some[uint32](60000) {
		t.Errorf("header %+v", header)
	}
	properties, err := wire.ReadProperties(s.Properties)
	if err != nil {
		t.Fatal(err)
	}
	want := wire.Properties{MessageID: "id", To: "to", Subject: wire.Some("subject"), CorrelationID: uint64(7), GroupID: wire.Some("group")}
	if diff := cmp.Diff(want, properties); diff != "" {
		t.Error(diff)
	}
	application, err := wire.SectionMap(s.ApplicationProperties)
	if err != nil || application.Get("p") != int32(5) {
		t.Errorf("application properties %v: %v", application, err)
	}
	data, err := wire.DataSections(s.Body)
	if diff := cmp.Diff([][]byte{[]byte("one"), []byte("two")}, data); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	// And the SDK reads what we write.
	again := wire.AppendHeader(nil, &header)
	again = wire.AppendSection(again, wire.SectionAnnotations, wire.Map{{Key: wire.Symbol("a"), Value: "b"}})
	again = wire.AppendProperties(again, &properties)
	again = append(append(again, s.ApplicationProperties...), s.Body...)
	var back amqp.Message
	if err := back.UnmarshalBinary(again); err != nil {
		t.Fatal(err)
	}
	back.DeliveryAnnotations = m.DeliveryAnnotations
	if diff := cmp.Diff(m.Properties, back.Properties); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(m.Data, back.Data); diff != "" || !cmp.Equal(m.ApplicationProperties, back.ApplicationProperties) || !cmp.Equal(m.Footer, back.Footer) {
		t.Errorf("%s %+v", diff, back)
	}
}

func TestSectionsOutOfOrderAreErrors(t *testing.T) {
	t.Parallel()
	section := func(code uint64, v any) []byte { return wire.AppendSection(nil, code, v) }
	properties, data := section(wire.SectionProperties, wire.List{}), section(wire.SectionData, []byte("x"))
	value := section(wire.SectionValue, nil)
	for name, raw := range map[string][]byte{
		"properties after data": append(bytes.Clone(data), properties...),
		"properties twice":      append(bytes.Clone(properties), properties...),
		"value twice":           append(bytes.Clone(value), value...),
		"not a section":         section(0x10, wire.List{}),
		"no descriptor":         {0x40},
	} {
		if _, err := wire.SplitMessage(raw); !errors.Is(err, wire.ErrDecode) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPerformativesComeBack(t *testing.T) {
	t.Parallel()
	described := wire.Described{Descriptor: uint64(wire.CodeAccepted), Value: wire.List(nil)}
	for _, p := range []wire.Performative{
		&wire.Open{ContainerID: "c", MaxFrameSize: wire.Some[uint32](1), ChannelMax: wire.Some[uint16](2), Properties: wire.Map{{Key: "k", Value: "v"}}},
		&wire.Begin{RemoteChannel: wire.Some[uint16](0), NextOutgoingID: 1, IncomingWindow: 2, OutgoingWindow: 3},
		&wire.Attach{Name: "", Handle: 0, Role: true, SendMode: wire.Some[uint8](2), Source: described, MaxMessageSize: wire.Some[uint64](9)},
		&wire.Flow{LinkCredit: wire.Some[uint32](0), Drain: true},
		&wire.Transfer{Handle: 1, DeliveryTag: []byte{1}, Settled: wire.Some(false), More: true},
		&wire.Disposition{Role: true, First: 1, Last: wire.Some[uint32](2), Settled: true, State: described},
		&wire.Detach{Handle: 1, Closed: true, Error: &wire.Error{Condition: "c", Description: "d", Info: wire.Map{{Key: "k", Value: int64(1)}}}},
		&wire.End{}, &wire.Close{Error: &wire.Error{Condition: "c"}},
		&wire.SASLMechanisms{Mechanisms: wire.Array{wire.Symbol("ANONYMOUS")}}, &wire.SASLInit{Mechanism: "m"}, &wire.SASLOutcome{Code: 1},
	} {
		raw := wire.AppendFrame(nil, wire.FrameAMQP, 7, p, []byte("payload"))
		f, err := wire.ReadFrame(bufio.NewReader(bytes.NewReader(raw)), 4096)
		if err != nil || f.Channel != 7 {
			t.Errorf("%T: %+v %v", p, f, err)
		}
		got, payload, err := wire.DecodeBody(f.Body)
		if diff := cmp.Diff(p, got); err != nil || diff != "" || string(payload) != "payload" {
			t.Errorf("%T: %v %q %s", p, err, payload, diff)
		}
	}
}

func TestSymbolicDescriptorsAndLaterFields(t *testing.T) {
	t.Parallel()
	body := wire.Append(nil, wire.Described{Descriptor: wire.Symbol("amqp:end:list"), Value: wire.List{nil, "of a later version"}})
	if p, _, err := wire.DecodeBody(body); err != nil {
		t.Errorf("%+v: %v", p, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range values() {
		f.Add(wire.Append(nil, v))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, rest, err := wire.Decode(in)
		if err != nil {
			if !errors.Is(err, wire.ErrDecode) {
				t.Fatal(err)
			}
			return
		}
		raw, after, err := wire.Skip(in)
		if err != nil || !bytes.Equal(rest, after) {
			t.Fatalf("decoded %v, but skipped %d bytes: %v", v, len(raw), err)
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add(wire.AppendFrame(nil, wire.FrameAMQP, 1, &wire.Transfer{DeliveryTag: []byte{1}}, []byte("payload")))
	f.Add(wire.AppendFrame(nil, wire.FrameAMQP, 1, &wire.Detach{Error: &wire.Error{Condition: "c"}}, nil))
	f.Add(wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLInit{}, nil))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(in), 4096)
		for {
			frame, err := wire.ReadFrame(r, 4096)
			if err != nil {
				return
			}
			p, payload, err := wire.DecodeBody(frame.Body)
			if err != nil {
				if !errors.Is(err, wire.ErrDecode) {
					t.Fatal(err)
				}
				continue
			}
			// What was understood can be written and is understood again.
			again := wire.AppendFrame(nil, frame.Type, frame.Channel, p, payload)
			back, _, err := wire.DecodeBody(again[wire.HeaderSize:])
			if err != nil {
				t.Fatalf("%+v: %v", p, err)
			}
			if !bytes.Equal(wire.AppendFrame(nil, frame.Type, frame.Channel, back, payload), again) {
				t.Fatalf("%+v came back as %+v", p, back)
			}
		}
	})
}

func FuzzMessage(f *testing.F) {
	raw, err := amqp.NewMessage([]byte("body")).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(wire.AppendProperties(wire.AppendHeader(nil, &wire.Header{DeliveryCount: 1}), &wire.Properties{MessageID: "id"}))
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := wire.SplitMessage(in)
		if err != nil {
			return
		}
		// None of these may panic, whatever they say.
		_, _ = wire.ReadHeader(s.Header)
		_, _ = wire.ReadProperties(s.Properties)
		_, _ = wire.SectionMap(s.ApplicationProperties)
		_, _ = wire.DataSections(s.Body)
		if n := len(s.Header) + len(s.DeliveryAnnotations) + len(s.Annotations) + len(s.Properties) + len(s.ApplicationProperties) + len(s.Body); n != len(in) {
			t.Fatalf("sections of %d bytes in %d", n, len(in))
		}
	})
}
