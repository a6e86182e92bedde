package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
)

// Frame types.
const (
	FrameAMQP = 0
	FrameSASL = 1
)

// HeaderSize is the length of a frame's header.
const HeaderSize = 8

// Frame is one frame. Body aliases the reader's buffer and is valid until the
// next read; it is empty for a keep-alive.
type Frame struct {
	Type    byte
	Channel uint16
	Body    []byte
}

// ReadFrame reads one frame of at most limit bytes. r's buffer must hold limit.
func ReadFrame(r *bufio.Reader, limit int) (Frame, error) {
	head, err := r.Peek(HeaderSize)
	if err != nil {
		return Frame{}, fmt.Errorf("read frame header: %w", err)
	}
	size, offset := int64(binary.BigEndian.Uint32(head)), 4*int64(head[4])
	f := Frame{Type: head[5], Channel: binary.BigEndian.Uint16(head[6:])}
	switch {
	case size < HeaderSize || size > int64(limit):
		return Frame{}, malformed("frame of %d bytes, limit %d", size, limit)
	case offset < HeaderSize || offset > size:
		return Frame{}, malformed("data offset %d in a frame of %d bytes", offset, size)
	}
	all, err := r.Peek(int(size))
	if err != nil {
		return Frame{}, fmt.Errorf("read frame body: %w", err)
	}
	f.Body = all[offset:]
	// Discarding what was peeked cannot fail, and leaves the bytes in place.
	_, err = r.Discard(int(size))
	return f, err
}

// FrameBuffered tells whether r holds a whole frame, so that reading it will not wait.
func FrameBuffered(r *bufio.Reader) bool {
	if r.Buffered() < HeaderSize {
		return false
	}
	head, err := r.Peek(HeaderSize)
	return err == nil && int64(r.Buffered()) >= int64(binary.BigEndian.Uint32(head))
}

// DecodeBody reads the performative of a frame; payload is what follows it and
// aliases body.
func DecodeBody(body []byte) (p Performative, payload []byte, err error) {
	code, rest, err := descriptor(body)
	if err != nil {
		return nil, nil, err
	}
	p = newPerformative(code)
	if p == nil {
		return nil, nil, malformed("no performative has descriptor %#02x", code)
	}
	payload, err = decodeComposite(rest, p)
	if err != nil {
		return nil, nil, err
	}
	return p, payload, nil
}

// AppendFrame writes one frame: header, performative, payload.
func AppendFrame(b []byte, kind byte, channel uint16, p Performative, payload []byte) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, 2, kind, byte(channel>>8), byte(channel))
	if p != nil {
		b = appendComposite(b, p)
	}
	b = append(b, payload...)
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start))
	return b
}
