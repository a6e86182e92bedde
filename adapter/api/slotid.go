package api

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"directcallback/adapter"
)

// slotPrefix starts the id of a slot, and of one that is held.
const slotPrefix = "slot_"

// slotID names a slot to clients: which queue's, from when to when, and, behind a dot,
// under which hold. It is opaque to them, and says all that there is to know: a slot
// is not stored anywhere before it is booked.
type slotID struct {
	adapter.Slot
	hold adapter.HoldID // empty = it is not held
}

// slotBytes are those of an id: queue, first minute since 1970, minutes.
const slotBytes = 16 + 4 + 2

// String writes the id.
func (s slotID) String() string {
	raw, _ := hex.DecodeString(strings.ReplaceAll(string(s.Queue), "-", "")) // a GUID, as all queues have
	raw = binary.BigEndian.AppendUint32(raw, uint32(s.Start.Unix()/60))
	raw = binary.BigEndian.AppendUint16(raw, uint16(s.End.Sub(s.Start)/time.Minute))
	text := slotPrefix + base64.RawURLEncoding.EncodeToString(raw)
	if s.hold != "" {
		text += "." + string(s.hold)
	}
	return text
}

// readSlotID reads an id that [slotID.String] wrote; false for any other text.
func readSlotID(text string) (slotID, bool) {
	encoded, hold, held := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(encoded, slotPrefix))
	if err != nil || len(raw) != slotBytes || held && !isHoldID(hold) {
		return slotID{}, false
	}
	digits := hex.EncodeToString(raw[:16])
	start := time.Unix(int64(binary.BigEndian.Uint32(raw[16:]))*60, 0).UTC()
	s := slotID{hold: adapter.HoldID(hold), Slot: adapter.Slot{
		Queue:  adapter.QueueID(strings.Join([]string{digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]}, "-")),
		Window: adapter.Window{Start: start, End: start.Add(time.Duration(binary.BigEndian.Uint16(raw[20:])) * time.Minute)},
	}}
	return s, s.String() == text
}

// newHoldID makes an id that nobody can guess: who knows it has the seat.
func newHoldID() adapter.HoldID { return adapter.HoldID(rand.Text()) }

// isHoldID tells whether a text has the form of [newHoldID].
func isHoldID(text string) bool {
	return len(text) == 26 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
