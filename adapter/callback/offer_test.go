package callback_test

import (
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/callback"
)

func TestOffersComeAt30sThenEvery120s(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	at := callback.FirstOffer(start, start, p)
	for _, want := range []time.Duration{30, 150, 270, 390} {
		if got := at.Sub(start); got != want*time.Second {
			t.Errorf("offer at %v, want %v", got, want*time.Second)
		}
		at = callback.NextOffer(at, at, p)
	}
}

func TestFirstOfferComesAtOnceWhenTheRuleCameTrueLate(t *testing.T) {
	t.Parallel()
	trueSince := start.Add(5 * time.Minute)
	if got := callback.FirstOffer(start, trueSince, callback.DefaultPolicy()); !got.Equal(trueSince) {
		t.Errorf("first offer %v after queueing", got.Sub(start))
	}
}

func TestOffersMissedInAnOutageCollapse(t *testing.T) {
	t.Parallel()
	p := callback.DefaultPolicy()
	planned := start.Add(30 * time.Second)
	for _, test := range []struct{ made, next time.Duration }{
		{30, 150},
		{100, 150},
		{149, 150},
		{150, 270},
		{700, 750},
	} {
		if got := callback.NextOffer(planned, start.Add(test.made*time.Second), p).Sub(start); got != test.next*time.Second {
			t.Errorf("made at %ds: next at %v, want %ds", test.made, got, test.next)
		}
	}
}

func TestToneRaces(t *testing.T) {
	t.Parallel()
	changed := start.Add(time.Minute)
	offered := adapter.Call{State: adapter.CallWaiting, Offers: 1}
	with := func(change func(*adapter.Call)) adapter.Call {
		c := offered
		change(&c)
		return c
	}
	taken := func(c *adapter.Call) { c.State, c.ChangedAt, c.ConnectedAt = adapter.CallTaken, changed, changed }
	for name, test := range map[string]struct {
		call    adapter.Call
		key     string
		pressed time.Time
		late    time.Duration // from the press to the reading
		want    callback.Tone
	}{
		"1 after an offer opts in":                     {offered, "1", start, 0, callback.ToneOptsIn},
		"any other key does nothing":                   {offered, "2", start, 0, callback.ToneIgnored},
		"1 without an offer does nothing":              {adapter.Call{State: adapter.CallWaiting}, "1", start, 0, callback.ToneIgnored},
		"1 twice counts once":                          {with(func(c *adapter.Call) { c.Callback = "x" }), "1", start, 0, callback.ToneIgnored},
		"pressed before hanging up counts":             {with(func(c *adapter.Call) { c.State, c.ChangedAt = adapter.CallOver, changed }), "1", changed, time.Hour, callback.ToneOptsIn},
		"pressed after hanging up does nothing":        {with(func(c *adapter.Call) { c.State, c.ChangedAt = adapter.CallOver, changed }), "1", changed.Add(time.Second), 0, callback.ToneIgnored},
		"an ended call is forgotten after 24 h":        {with(func(c *adapter.Call) { c.State, c.ChangedAt = adapter.CallOver, changed }), "1", start, 25 * time.Hour, callback.ToneIgnored},
		"the representative was faster":                {with(taken), "1", start, time.Hour, callback.ToneServed},
		"a key pressed in conversation":                {with(taken), "1", changed, 0, callback.ToneIgnored},
		"a key pressed in conversation, read after it": {with(func(c *adapter.Call) { taken(c); c.State, c.ChangedAt = adapter.CallOver, changed.Add(time.Hour) }), "1", changed, 0, callback.ToneIgnored},
		"the call moved elsewhere":                     {with(func(c *adapter.Call) { c.State, c.ChangedAt = adapter.CallMoved, changed }), "1", start, 0, callback.ToneIgnored},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := test.pressed.Add(test.late)
			if got, reason := callback.JudgeTone(test.call, test.key, test.pressed, now, callback.DefaultPolicy()); got != test.want {
				t.Errorf("%s (%s), want %s", got, reason, test.want)
			}
		})
	}
}

func TestOfferRefusals(t *testing.T) {
	t.Parallel()
	phone, err := adapter.ParsePhone("+12025550123")
	if err != nil {
		t.Fatal(err)
	}
	good := callback.Circumstances{Configuration: true}
	for name, test := range map[string]struct {
		from adapter.Phone
		is   callback.Circumstances
		want callback.Refusal
	}{
		"nothing against it":    {phone, good, ""},
		"withheld":              {adapter.Phone{}, good, callback.RefusedWithheld},
		"offers off":            {phone, callback.Circumstances{Configuration: true, OffersOff: true}, callback.RefusedOff},
		"queue paused":          {phone, callback.Circumstances{Configuration: true, Paused: true}, callback.RefusedPaused},
		"duplicate":             {phone, callback.Circumstances{Configuration: true, Duplicate: true}, callback.RefusedDuplicate},
		"nobody could call":     {phone, callback.Circumstances{}, callback.RefusedConfiguration},
		"configuration blocked": {phone, callback.Circumstances{Configuration: true, Blocked: true}, callback.RefusedBlocked},
		"terms not understood":  {phone, callback.Circumstances{Configuration: true, Unreadable: true, Full: true}, callback.RefusedTerms},
		"as many as may be":     {phone, callback.Circumstances{Configuration: true, Full: true, Next: true}, callback.RefusedFull},
		"next in line":          {phone, callback.Circumstances{Configuration: true, Next: true}, callback.RefusedNext},
		"off before withheld":   {adapter.Phone{}, callback.Circumstances{OffersOff: true}, callback.RefusedOff},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := callback.Offerable(adapter.Call{From: test.from}, test.is)
			if got != test.want || ok != (test.want == "") {
				t.Errorf("refusal %q, offered %v", got, ok)
			}
		})
	}
}
