package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// writtenTerms are terms as they are stored with a decision: read by people and by
// programs that do not know this one, so in words and seconds.
type writtenTerms struct {
	Action       ActionID        `json:"actionId,omitempty"`
	Profile      ProfileID       `json:"profileId,omitempty"`
	Unreadable   string          `json:"unreadable,omitempty"`
	OfferEvery   float64         `json:"offerEverySeconds,omitempty"`
	Duplicates   DuplicateReach  `json:"duplicates,omitempty"`
	OnDuplicate  DuplicateAnswer `json:"onDuplicate,omitempty"`
	Limit        *int            `json:"limit,omitempty"`
	Attempts     int             `json:"attempts,omitempty"`
	RetryDelay   float64         `json:"retryDelaySeconds,omitempty"`
	OutsideHours Choice          `json:"outsideHours,omitempty"`
	Throttle     float64         `json:"throttleSeconds,omitempty"`
	LookBack     float64         `json:"lookBackSeconds,omitempty"`
}

// MarshalJSON writes terms in words and seconds; what is left to the product is left out.
func (t Terms) MarshalJSON() ([]byte, error) {
	w := writtenTerms{
		Action: t.Action, Profile: t.Profile, Unreadable: t.Unreadable, OfferEvery: t.OfferEvery.Seconds(),
		Duplicates: t.Duplicates, OnDuplicate: t.OnDuplicate, Attempts: t.Attempts, RetryDelay: t.RetryDelay.Seconds(),
		OutsideHours: t.OutsideHours, Throttle: t.Throttle.Seconds(), LookBack: t.LookBack.Seconds(),
	}
	if t.Limited {
		w.Limit = &t.Limit
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Terms) UnmarshalJSON(text []byte) error {
	var w writtenTerms
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*t = Terms{
		Action: w.Action, Profile: w.Profile, Unreadable: w.Unreadable, OfferEvery: seconds(w.OfferEvery),
		Duplicates: w.Duplicates, OnDuplicate: w.OnDuplicate, Attempts: w.Attempts, RetryDelay: seconds(w.RetryDelay),
		OutsideHours: w.OutsideHours, Throttle: seconds(w.Throttle), LookBack: seconds(w.LookBack),
	}
	if w.Limit != nil {
		t.Limit, t.Limited = *w.Limit, true
	}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func (c Choice) words() []string { return []string{"", "yes", "no"} }

func (r DuplicateReach) words() []string {
	return []string{"", "allowed", "queue", "workstream", "anywhere"}
}

func (a DuplicateAnswer) words() []string { return []string{"", "told, waits", "told, ends"} }

// MarshalText is "yes", "no", or nothing.
func (c Choice) MarshalText() ([]byte, error) { return wordOf(c) }

// UnmarshalText reads what MarshalText writes.
func (c *Choice) UnmarshalText(text []byte) error { return worded(c, text) }

// MarshalText is "queue", "workstream", "anywhere", "allowed", or nothing.
func (r DuplicateReach) MarshalText() ([]byte, error) { return wordOf(r) }

// UnmarshalText reads what MarshalText writes.
func (r *DuplicateReach) UnmarshalText(text []byte) error { return worded(r, text) }

// MarshalText is "told, waits", "told, ends", or nothing.
func (a DuplicateAnswer) MarshalText() ([]byte, error) { return wordOf(a) }

// UnmarshalText reads what MarshalText writes.
func (a *DuplicateAnswer) UnmarshalText(text []byte) error { return worded(a, text) }

// worded values have a word each, the zero value an empty one.
type wordedValue interface {
	~uint8
	words() []string
}

func wordOf[T wordedValue](value T) ([]byte, error) {
	if int(value) >= len(value.words()) {
		return nil, fmt.Errorf("no %T is %d", value, uint8(value))
	}
	return []byte(value.words()[value]), nil
}

func worded[T wordedValue](value *T, text []byte) error {
	at := slices.Index((*value).words(), string(text))
	if at < 0 {
		return fmt.Errorf("no %T is called %q", *value, text)
	}
	*value = T(at)
	return nil
}
