package record

import (
	"errors"

	"directcallback/adapter"
)

// CallbackColumns are those of table callbacks that [ScanCallback] reads.
const CallbackColumns = `id, version, queue_id, phone, channel, call_id, state, reason, since, priority, queued_at,
	release_from, in_line_from, held_by, place_freed, free_place_at, after_cancel, window_start, window_end,
	created_at, expires_at, attempts, max_attempts, rings, contact_id, name, email, locale, time_zone, notes,
	attributes, consent, manage_hash, wish, action_id, retry_delay, throttled, erase, booked`

// ScanCallback reads a row of CallbackColumns.
func ScanCallback(row Scanner) (adapter.Callback, error) {
	var (
		c                                                               adapter.Callback
		phone, attributes, consent, wish                                string
		since, queued, release, inLine, free, start, end, made, expires int64
	)
	err := row.Scan(&c.ID, &c.Version, &c.Queue, &phone, &c.Channel, &c.Call, &c.State, &c.Reason, &since, &c.Priority, &queued,
		&release, &inLine, &c.HeldBy, &c.PlaceFreed, &free, &c.After, &start, &end,
		&made, &expires, &c.Attempts, &c.MaxAttempts, &c.Rings, &c.Contact, &c.Name, &c.Email, &c.Locale, &c.TimeZone, &c.Notes,
		&attributes, &consent, &c.ManageHash, &wish, &c.Action, &c.RetryDelay, &c.Throttled, &c.Erase, &c.Booked)
	if err != nil {
		return c, err
	}
	c.Since, c.QueuedAt, c.ReleaseFrom, c.InLineFrom = Instant(since), Instant(queued), Instant(release), Instant(inLine)
	c.FreePlaceAt, c.CreatedAt, c.ExpiresAt = Instant(free), Instant(made), Instant(expires)
	c.Window = adapter.Window{Start: Instant(start), End: Instant(end)}
	if c.Phone, err = Phone(phone); err != nil {
		return c, err
	}
	if c.Wish, err = readWish(wish); err != nil {
		return c, err
	}
	return c, errors.Join(Read(attributes, &c.Attributes), Read(consent, &c.Consent))
}

// DerivedColumns are those of table callbacks that follow from the others, for
// indexes: when it wants a look, whether it ended, and the slot that it is about to be
// moved to.
const DerivedColumns = `next_look, ended, wish_start, wish_end`

// CallbackValues are those of CallbackColumns and DerivedColumns.
func CallbackValues(c adapter.Callback) ([]any, error) {
	attributes, err := Text(c.Attributes)
	if err != nil {
		return nil, err
	}
	consent, err := Text(c.Consent)
	if err != nil {
		return nil, err
	}
	wish, err := wishText(c.Wish)
	if err != nil {
		return nil, err
	}
	var seat adapter.Window
	if c.Wish.Booked {
		seat = c.Wish.Window
	}
	return []any{
		string(c.ID), c.Version, string(c.Queue), c.Phone.E164(), string(c.Channel), string(c.Call), string(c.State), c.Reason, Micros(c.Since), c.Priority, Micros(c.QueuedAt),
		Micros(c.ReleaseFrom), Micros(c.InLineFrom), string(c.HeldBy), c.PlaceFreed, Micros(c.FreePlaceAt), string(c.After), Micros(c.Window.Start), Micros(c.Window.End),
		Micros(c.CreatedAt), Micros(c.ExpiresAt), c.Attempts, c.MaxAttempts, c.Rings, string(c.Contact), c.Name, c.Email, c.Locale, c.TimeZone, c.Notes,
		attributes, consent, c.ManageHash, wish, string(c.Action), int64(c.RetryDelay), c.Throttled, c.Erase, c.Booked,
		Micros(c.NextLook()), c.State.Ended(), Micros(seat.Start), Micros(seat.End),
	}, nil
}

// storedWish keeps the number in full, which a Wish would mask.
type storedWish struct {
	Phone      string `json:"phone,omitempty"`
	Moved      bool   `json:"moved,omitempty"`
	Booked     bool   `json:"booked,omitempty"`
	Start, End int64
}

// wishText is empty for most callbacks.
func wishText(w adapter.Wish) (string, error) {
	if w.IsZero() {
		return "", nil
	}
	return Text(storedWish{w.Phone.E164(), w.Moved, w.Booked, Micros(w.Window.Start), Micros(w.Window.End)})
}

func readWish(text string) (adapter.Wish, error) {
	var s storedWish
	if text == "" {
		return adapter.Wish{}, nil
	}
	if err := Read(text, &s); err != nil {
		return adapter.Wish{}, err
	}
	phone, err := Phone(s.Phone)
	return adapter.Wish{Phone: phone, Moved: s.Moved, Booked: s.Booked, Window: adapter.Window{Start: Instant(s.Start), End: Instant(s.End)}}, err
}
