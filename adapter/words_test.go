package adapter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

func TestNormalizeIDBringsSpellingsTogether(t *testing.T) {
	t.Parallel()
	const want = "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"
	for _, text := range []string{want, strings.ToUpper(want), "{" + want + "}", " {" + strings.ToUpper(want) + "}\n", "\t" + want} {
		if got := adapter.NormalizeID(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
	for text, want := range map[string]string{
		"": "", "Call-42": "Call-42", "\tCall-42\n": "Call-42", "{abc}": "{abc}", "ABC": "ABC",
		strings.ToUpper(want) + "0":                "3F2B8D1E-6C47-4A90-9B1D-7E5A0C2F4D610",
		"3F2B8D1E06C47-4A90-9B1D-7E5A0C2F4D61":     "3F2B8D1E06C47-4A90-9B1D-7E5A0C2F4D61",
		"G" + strings.ToUpper(want)[1:]:            "GF2B8D1E-6C47-4A90-9B1D-7E5A0C2F4D61",
		"3f2b8d1e6c474a909b1d7e5a0c2f4d61ffffffff": "3f2b8d1e6c474a909b1d7e5a0c2f4d61ffffffff",
	} {
		if got := adapter.NormalizeID(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func FuzzNormalizeID(f *testing.F) {
	f.Add("{3F2B8D1E-6C47-4A90-9B1D-7E5A0C2F4D61}")
	f.Add(" call ")
	f.Fuzz(func(t *testing.T, text string) {
		once := adapter.NormalizeID(text)
		if twice := adapter.NormalizeID(once); twice != once {
			t.Errorf("%q, then %q", once, twice)
		}
		if adapter.IsGUID(once) && strings.ToLower(once) != once {
			t.Errorf("%q is a GUID with capitals", once)
		}
	})
}

func TestWindowHasItsStartAndNotItsEnd(t *testing.T) {
	t.Parallel()
	w := adapter.Window{Start: at(10), End: at(20)}
	for second, want := range map[int]bool{9: false, 10: true, 19: true, 20: false, 21: false} {
		if got := w.Contains(at(second)); got != want {
			t.Errorf("second %d inside: %v, want %v", second, got, want)
		}
	}
	if w.IsZero() || !(adapter.Window{}).IsZero() || (adapter.Window{End: at(1)}).IsZero() {
		t.Error("only a window without both ends is zero")
	}
}

func TestWindowValidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		window adapter.Window
		good   bool
	}{
		"opens later":      {adapter.Window{Start: at(10), End: at(20)}, true},
		"open now":         {adapter.Window{Start: at(-10), End: at(1)}, true},
		"over":             {adapter.Window{Start: at(-10), End: at(0)}, false},
		"ends as it opens": {adapter.Window{Start: at(10), End: at(10)}, false},
		"ends before":      {adapter.Window{Start: at(20), End: at(10)}, false},
		"no end":           {adapter.Window{Start: at(10)}, false},
		"no start":         {adapter.Window{End: at(10)}, false},
		"nothing":          {adapter.Window{}, false},
	} {
		if err := test.window.Validate(start); (err == nil) != test.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatesAreAllDifferentAndSixAreEnds(t *testing.T) {
	t.Parallel()
	seen, ends := map[adapter.State]bool{}, 0
	for _, s := range adapter.States() {
		if seen[s] || s == "" {
			t.Errorf("%q stands twice or is empty", s)
		}
		if seen[s] = true; s.Ended() {
			ends++
		} else if ends > 0 {
			t.Errorf("%q stands behind an end", s)
		}
	}
	if len(seen) != 16 || ends != 6 {
		t.Errorf("%d states, %d ends", len(seen), ends)
	}
}

func TestCallbackHoldsItsPlace(t *testing.T) {
	t.Parallel()
	holds := map[adapter.State]bool{
		adapter.StateWaiting: true, adapter.StateDue: true, adapter.StateDispatching: true, adapter.StateDispatched: true,
	}
	for _, state := range adapter.States() {
		for name, test := range map[string]struct {
			callback adapter.Callback
			want     bool
		}{
			"plain":              {adapter.Callback{}, holds[state]},
			"held by a call":     {adapter.Callback{HeldBy: "call"}, false},
			"place freed":        {adapter.Callback{PlaceFreed: true}, false},
			"retry not yet":      {adapter.Callback{InLineFrom: at(1)}, false},
			"retry now":          {adapter.Callback{InLineFrom: at(0)}, holds[state]},
			"not yet releasable": {adapter.Callback{ReleaseFrom: at(1)}, holds[state]},
		} {
			test.callback.State = state
			if got := test.callback.HoldsPlace(start); got != test.want {
				t.Errorf("%s, %s: %v, want %v", state, name, got, test.want)
			}
		}
	}
}

func TestCallbackNextLook(t *testing.T) {
	t.Parallel()
	full := adapter.Callback{
		ExpiresAt: at(100), ReleaseFrom: at(10), InLineFrom: at(5), FreePlaceAt: at(20), Window: adapter.Window{Start: at(30), End: at(90)},
		Since: at(0).Add(-adapter.CallbackForgotten),
	}
	for name, test := range map[string]struct {
		state  adapter.State
		change func(*adapter.Callback)
		want   time.Time
	}{
		"scheduled: its window":               {adapter.StateScheduled, nil, at(30)},
		"waiting: its release":                {adapter.StateWaiting, nil, at(10)},
		"waiting, released: its end":          {adapter.StateWaiting, func(c *adapter.Callback) { c.ReleaseFrom = time.Time{} }, at(100)},
		"waiting, held: its end":              {adapter.StateWaiting, func(c *adapter.Callback) { c.HeldBy = "call" }, at(100)},
		"waiting, over before its release":    {adapter.StateWaiting, func(c *adapter.Callback) { c.ExpiresAt = at(1) }, at(1)},
		"due: its end":                        {adapter.StateDue, nil, at(100)},
		"dispatched: its place":               {adapter.StateDispatched, nil, at(20)},
		"dispatched, place freed: its end":    {adapter.StateDispatched, func(c *adapter.Callback) { c.PlaceFreed = true }, at(100)},
		"dispatched, row not seen: its end":   {adapter.StateDispatched, func(c *adapter.Callback) { c.FreePlaceAt = time.Time{} }, at(100)},
		"review: its end":                     {adapter.StateReview, nil, at(100)},
		"dispatching: the answer comes":       {adapter.StateDispatching, nil, time.Time{}},
		"uncertain: its end":                  {adapter.StateUncertain, nil, at(100)},
		"uncertain, no word for long":         {adapter.StateUncertain, func(c *adapter.Callback) { c.Since = at(99) }, at(99).Add(adapter.CallbackForgotten)},
		"cancelling: its end":                 {adapter.StateCancelling, nil, at(100)},
		"cancelling, no word for long":        {adapter.StateCancelling, func(c *adapter.Callback) { c.Since = at(99) }, at(99).Add(adapter.CallbackForgotten)},
		"accepted: its end":                   {adapter.StateAccepted, nil, at(100)},
		"accepted, no word for long":          {adapter.StateAccepted, func(c *adapter.Callback) { c.Since = at(99) }, at(99).Add(adapter.CallbackForgotten)},
		"connected: its end":                  {adapter.StateConnected, nil, at(100)},
		"connected, no word for long":         {adapter.StateConnected, func(c *adapter.Callback) { c.Since = at(99) }, at(99).Add(adapter.CallbackForgotten)},
		"completed: never":                    {adapter.StateCompleted, nil, time.Time{}},
		"cancelled: never":                    {adapter.StateCancelled, nil, time.Time{}},
		"without any time: never":             {adapter.StateWaiting, func(c *adapter.Callback) { *c = adapter.Callback{} }, time.Time{}},
		"a time that passed is told as it is": {adapter.StateWaiting, func(c *adapter.Callback) { c.ExpiresAt = at(-9) }, at(-9)},
	} {
		c := full
		if test.change != nil {
			test.change(&c)
		}
		c.State = test.state
		if got := c.NextLook(); !got.Equal(test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestCallNextLook(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call  adapter.Call
		want  time.Time
		waits bool
	}{
		"offer first":     {adapter.Call{State: adapter.CallWaiting, NextOffer: at(1), CheckAt: at(2)}, at(1), true},
		"check first":     {adapter.Call{State: adapter.CallWaiting, NextOffer: at(3), CheckAt: at(2)}, at(2), true},
		"offer only":      {adapter.Call{State: adapter.CallWaiting, NextOffer: at(1)}, at(1), true},
		"check only":      {adapter.Call{State: adapter.CallWaiting, CheckAt: at(2)}, at(2), true},
		"nothing":         {adapter.Call{State: adapter.CallWaiting}, at(0).Add(adapter.CallForgotten), true},
		"opted in":        {adapter.Call{State: adapter.CallWaiting, Callback: "c", NextOffer: at(1)}, time.Time{}, false},
		"in conversation": {adapter.Call{State: adapter.CallTaken, NextOffer: at(1)}, time.Time{}, false},
		"moved":           {adapter.Call{State: adapter.CallMoved, NextOffer: at(1)}, at(0).Add(adapter.CallForgotten), false},
		"over":            {adapter.Call{State: adapter.CallOver, NextOffer: at(1)}, time.Time{}, false},
	} {
		test.call.QueuedAt = at(0)
		if got := test.call.NextLook(); !got.Equal(test.want) || test.call.Waits() != test.waits {
			t.Errorf("%s: look at %v, waits %v", name, got, test.call.Waits())
		}
	}
}

func TestErrorsKeepTheirCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection reset")
	for name, err := range map[string]error{
		"deliver": &adapter.DeliverError{Outcome: adapter.OutcomeLost, Err: cause},
		"command": &adapter.CommandError{ID: "1", Err: cause},
	} {
		if !errors.Is(err, cause) || !strings.Contains(err.Error(), cause.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := (&adapter.Rejection{Reason: "BadEvent", Description: "field: missing"}).Error(); got != "BadEvent: field: missing" {
		t.Error(got)
	}
}

func TestPreviewVoiceConfigurationsPlaceCallbacks(t *testing.T) {
	t.Parallel()
	good := adapter.EngagementConfiguration{Active: true, Type: adapter.ConfigurationVoice, DialMode: adapter.DialModePreview}
	inactive, text, progressive := good, good, good
	inactive.Active, text.Type, progressive.DialMode = false, 100000001, 100000000
	for name, test := range map[string]struct {
		configuration adapter.EngagementConfiguration
		want          bool
	}{"preview": {good, true}, "inactive": {inactive, false}, "not voice": {text, false}, "dials first": {progressive, false}} {
		if got := test.configuration.PlacesCallbacks(); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
