package adapter_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"directcallback/adapter"
)

// TestTermsAreWrittenInWordsAndSeconds reads like what a person finds in the history.
func TestTermsAreWrittenInWordsAndSeconds(t *testing.T) {
	t.Parallel()
	for want, terms := range map[string]adapter.Terms{
		`{}`: {},
		`{"actionId":"a","profileId":"p","offerEverySeconds":90,"duplicates":"workstream","onDuplicate":"told, ends","limit":0,` +
			`"attempts":3,"retryDelaySeconds":300,"outsideHours":"no","throttleSeconds":300,"lookBackSeconds":3600}`: {
			Action: "a", Profile: "p", OfferEvery: 90 * time.Second, Duplicates: adapter.DuplicatesInWorkstream, OnDuplicate: adapter.DuplicateIsToldEnds,
			Limited: true, Attempts: 3, RetryDelay: 5 * time.Minute, OutsideHours: adapter.No, Throttle: 5 * time.Minute, LookBack: time.Hour,
		},
		`{"unreadable":"its callback profile is inactive"}`: {Unreadable: "its callback profile is inactive"},
	} {
		got, err := json.Marshal(terms)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestTermsComeBack draws terms: what is written is read as it was.
func TestTermsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		duration := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 7*24*3600).Draw(t, name)) * time.Second
		}
		want := adapter.Terms{
			Action: "a", OfferEvery: duration("every"), Attempts: rapid.IntRange(0, 9).Draw(t, "attempts"), RetryDelay: duration("delay"),
			Duplicates:   adapter.DuplicateReach(rapid.IntRange(0, 4).Draw(t, "reach")),
			OnDuplicate:  adapter.DuplicateAnswer(rapid.IntRange(0, 2).Draw(t, "answer")),
			OutsideHours: adapter.Choice(rapid.IntRange(0, 2).Draw(t, "outside")),
			Limited:      rapid.Bool().Draw(t, "limited"), Throttle: duration("throttle"), LookBack: duration("back"),
		}
		if want.Limited {
			want.Limit = rapid.IntRange(0, 100).Draw(t, "limit")
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got adapter.Terms
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUnknownWordsOfTermsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"outsideHours":"perhaps"}`, `{"duplicates":"everywhere"}`, `{"onDuplicate":1}`, `[]`} {
		if err := json.Unmarshal([]byte(text), new(adapter.Terms)); err == nil {
			t.Errorf("%s is read", text)
		}
	}
	if text, err := json.Marshal(adapter.Terms{OutsideHours: 9}); err == nil {
		t.Errorf("written as %s", text)
	}
}
