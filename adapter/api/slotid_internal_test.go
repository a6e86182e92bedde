package api

import (
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
)

func TestSlotIDsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)
	free := slotID{Slot: adapter.Slot{Queue: "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61", Window: adapter.Window{Start: start, End: start.Add(24 * time.Hour)}}}
	held := free
	held.hold = newHoldID()
	for _, want := range []slotID{free, held} {
		if got, ok := readSlotID(want.String()); !ok || got != want {
			t.Errorf("%v became %+v, %v", want, got, ok)
		}
	}
	if free.String() == held.String() || newHoldID() == held.hold {
		t.Error("a hold can be guessed")
	}
	for _, text := range []string{
		"", "slot_", free.String() + ".", free.String() + "x", free.String()[1:], strings.ToUpper(free.String()), free.String() + "." + strings.ToLower(string(held.hold)),
		held.String() + "." + string(held.hold), free.String() + "=", strings.Replace(free.String(), slotPrefix, "", 1), free.String() + "\n",
	} {
		if id, ok := readSlotID(text); ok {
			t.Errorf("%q is read as %+v", text, id)
		}
	}
}

func FuzzSlotID(f *testing.F) {
	f.Add("slot_PyuNHmxHSpCbHX5aDC9NYQHC0gAAHg")
	f.Add("slot_PyuNHmxHSpCbHX5aDC9NYQHC0gAAHg.MFRGGZDFMZTWQ2LKNNWG23TPOA")
	f.Add("slot_PyuNHmxHSpCbHX5aDC9NYQHC0gAAHh")
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := readSlotID(text)
		if !ok {
			return
		}
		if id.String() != text || !adapter.IsGUID(string(id.Queue)) || id.End.Before(id.Start) {
			t.Errorf("%q is read as %+v", text, id)
		}
	})
}
