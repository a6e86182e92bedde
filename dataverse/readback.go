package dataverse

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"directcallback/adapter"
)

// readBack tells whether the row that is in the way is the one that an earlier
// attempt wrote: nil when it has what we sent, else the refusal. enough is the
// likeness that convinces: a row with an id that we made up is ours even where
// something of it cannot be compared.
func (c *Client) readBack(ctx context.Context, set string, key Key, values Row, enough likeness, refusal error) error {
	there, err := c.Get(ctx, set, key, nil)
	if err != nil {
		return errors.Join(refusal, err)
	}
	if compareRow(there, values) < enough {
		return refusal
	}
	return nil
}

// compareRow is the least likeness of all columns that we sent.
func compareRow(there, sent Row) likeness {
	least := same
	for column, value := range sent {
		stored, has := there[column]
		if !has || strings.Contains(column, "@") {
			least = min(least, incomparable) // a bound lookup comes back under another name
			continue
		}
		least = min(least, sameValue(stored, value))
	}
	return least
}

// likeness of a stored value to the one we sent, least first.
type likeness int

const (
	different likeness = iota
	incomparable
	same
)

// sameValue compares as Dataverse stores: texts without regard to case, numbers
// by value, instants whatever their zone.
func sameValue(stored, sent any) likeness {
	text, err := encodeJSON(sent)
	if err != nil {
		return incomparable
	}
	var value any
	if decodeJSON([]byte(text), &value) != nil {
		return incomparable
	}
	switch v := value.(type) {
	case nil, bool:
		return likenessOf(stored == v)
	case json.Number:
		got, ok := stored.(json.Number)
		return likenessOf(ok && sameNumber(got, v))
	case string:
		got, ok := stored.(string)
		return likenessOf(ok && sameText(got, v))
	}
	return incomparable
}

func likenessOf(equal bool) likeness {
	if equal {
		return same
	}
	return different
}

func sameNumber(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return a == b || errX == nil && errY == nil && x == y
}

func sameText(stored, sent string) bool {
	if strings.EqualFold(adapter.NormalizeID(stored), adapter.NormalizeID(sent)) {
		return true
	}
	a, errA := time.Parse(time.RFC3339Nano, stored)
	b, errB := time.Parse(time.RFC3339Nano, sent)
	// Dataverse drops the fraction of a second.
	return errA == nil && errB == nil && a.Truncate(time.Second).Equal(b.Truncate(time.Second))
}
