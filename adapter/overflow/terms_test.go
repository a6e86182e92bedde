package overflow_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/overflow"
)

const (
	patient = adapter.ProfileID("2b6e8c14-0d5f-4a37-9e81-c4f7a0b3d629")
	another = adapter.ActionID("5c8d2f07-e4a1-4b96-8370-d9b1e6c4f258")
)

// withProfile is one queue whose callback action is linked to a profile, which says
// no more than it must.
func withProfile(change func(*adapter.CallbackProfile)) adapter.Settings {
	s := settings(decision(rule(1, callback, atLeast(size, "5"))), "")
	row := s.Actions[callback]
	row.Profile = patient
	s.Actions[callback] = row
	p := adapter.CallbackProfile{
		ID: patient, Name: "Patient", Active: true, Type: adapter.CallbackDirect, RepeatInterval: new(120),
		DuplicatePrevention: adapter.PreventNone, DuplicateResolution: adapter.ResolveEndCall,
	}
	change(&p)
	s.Profiles = map[adapter.ProfileID]adapter.CallbackProfile{patient: p}
	return s
}

// plainTerms are those of withProfile unchanged.
func plainTerms() adapter.Terms {
	return adapter.Terms{Action: callback, Profile: patient, OfferEvery: 2 * time.Minute, Duplicates: adapter.DuplicatesAllowed, OutsideHours: adapter.No}
}

func TestTermsOfAProfile(t *testing.T) {
	t.Parallel()
	type profile = adapter.CallbackProfile
	type terms = adapter.Terms
	retry := func(retries, delay int, unit adapter.RetryUnit) func(*profile) {
		return func(p *profile) { p.Retries, p.RetryDelay, p.RetryDelayUnit = new(retries), new(delay), unit }
	}
	waits := func(limit int, limitUnit adapter.WaitUnit, window int, windowUnit adapter.WaitUnit) func(*profile) {
		return func(p *profile) {
			p.WaitLimit, p.WaitLimitUnit, p.WaitWindow, p.WaitWindowUnit = new(limit), limitUnit, new(window), windowUnit
		}
	}
	throttled := func(target, lookBack time.Duration) func(*terms) {
		return func(t *terms) { t.Throttle, t.LookBack = target, lookBack }
	}
	for name, c := range map[string]struct {
		profile func(*profile)
		want    func(*terms) // of plainTerms
		codes   []string
	}{
		"as plain as can be":   {profile: func(*profile) {}},
		"repeated every 30 s":  {profile: func(p *profile) { p.RepeatInterval = new(30) }, want: func(t *terms) { t.OfferEvery = 30 * time.Second }},
		"repeated every hour":  {profile: func(p *profile) { p.RepeatInterval = new(3600) }, want: func(t *terms) { t.OfferEvery = time.Hour }},
		"repeated too often":   {profile: func(p *profile) { p.RepeatInterval = new(1) }, want: func(t *terms) { t.OfferEvery = 30 * time.Second }, codes: []string{"profile.interval"}},
		"repeated too seldom":  {profile: func(p *profile) { p.RepeatInterval = new(math.MaxInt) }, want: func(t *terms) { t.OfferEvery = time.Hour }, codes: []string{"profile.interval"}},
		"no interval":          {profile: func(p *profile) { p.RepeatInterval = nil }, want: func(t *terms) { t.OfferEvery = 0 }, codes: []string{"profile.interval"}},
		"same queue, end call": {profile: func(p *profile) { p.DuplicatePrevention = adapter.PreventInQueue }, want: func(t *terms) { t.Duplicates, t.OnDuplicate = adapter.DuplicatesInQueue, adapter.DuplicateIsToldEnds }},
		"all queues, wait in queue": {profile: func(p *profile) {
			p.DuplicatePrevention, p.DuplicateResolution = adapter.PreventInAnyLine, adapter.ResolveWaitInQueue
		}, want: func(t *terms) { t.Duplicates = adapter.DuplicatesAnywhere }},
		"empty columns, the defaults": {profile: func(p *profile) { p.DuplicatePrevention, p.DuplicateResolution, p.Type = 0, 0, 0 }},
		"at most 3":                   {profile: func(p *profile) { p.MaxCallbacks = new(3) }, want: func(t *terms) { t.Limit, t.Limited = 3, true }},
		"at most 0":                   {profile: func(p *profile) { p.MaxCallbacks = new(0) }, want: func(t *terms) { t.Limited = true }, codes: []string{"profile.limit"}},
		"no retry":                    {profile: func(p *profile) { p.Retries = new(0) }, want: func(t *terms) { t.Attempts = 1 }},
		"two retries, 90 s":           {profile: retry(2, 90, adapter.RetrySeconds), want: func(t *terms) { t.Attempts, t.RetryDelay = 3, 90*time.Second }},
		"two retries, 7 minutes":      {profile: retry(2, 7, adapter.RetryMinutes), want: func(t *terms) { t.Attempts, t.RetryDelay = 3, 7*time.Minute }},
		"two retries, 1 hour":         {profile: retry(2, 1, adapter.RetryHours), want: func(t *terms) { t.Attempts, t.RetryDelay = 3, time.Hour }},
		"retries without a unit":      {profile: retry(2, 7, 0), want: func(t *terms) { t.Attempts = 3 }, codes: []string{"profile.retrydelay"}},
		"retries in an unknown unit":  {profile: retry(2, 7, 192350003), want: func(t *terms) { t.Attempts = 3 }, codes: []string{"profile.retrydelay"}},
		"retries in 10 years":         {profile: retry(2, 87600, adapter.RetryHours), want: func(t *terms) { t.Attempts = 3 }, codes: []string{"profile.retrydelay"}},
		"a delay without retries":     {profile: retry(0, 7, 0), want: func(t *terms) { t.Attempts = 1 }},
		"more retries than can be":    {profile: retry(math.MaxInt, 1, adapter.RetryHours), want: func(t *terms) { t.Attempts, t.RetryDelay = math.MaxInt32+1, time.Hour }},
		"outside hours":               {profile: func(p *profile) { p.OutsideHours = true }, want: func(t *terms) { t.OutsideHours = adapter.Yes }},

		"target 300 s over 3600 s":          {profile: waits(300, adapter.WaitSeconds, 3600, adapter.WaitSeconds), want: throttled(5*time.Minute, time.Hour), codes: []string{"profile.throttle"}},
		"target 5 min over 1 h":             {profile: waits(5, adapter.WaitMinutes, 1, adapter.WaitHours), want: throttled(5*time.Minute, time.Hour), codes: []string{"profile.throttle"}},
		"target 300 without a unit":         {profile: waits(300, 0, 3600, 0), want: throttled(5*time.Minute, time.Hour), codes: []string{"profile.throttle"}},
		"300 minutes or 300 s":              {profile: waits(300, adapter.WaitMinutes, 3600, adapter.WaitSeconds), codes: []string{"profile.throttle"}},
		"1 h, but what target":              {profile: waits(60, adapter.WaitMinutes, 1, adapter.WaitHours), codes: []string{"profile.throttle"}},
		"an unknown unit":                   {profile: waits(5, 192350009, 3600, adapter.WaitSeconds), codes: []string{"profile.throttle"}},
		"a target without look-back":        {profile: waits(300, adapter.WaitSeconds, 0, adapter.WaitSeconds), codes: []string{"profile.throttle"}},
		"a target beyond a week":            {profile: waits(math.MaxInt, adapter.WaitMinutes, 1, adapter.WaitHours), codes: []string{"profile.throttle"}},
		"a look-back without target":        {profile: waits(0, adapter.WaitSeconds, 3600, adapter.WaitSeconds)},
		"offering windows":                  {profile: func(p *profile) { p.OfferingWindows = `[{"d":1}]` }, codes: []string{"profile.windows"}},
		"retry triggers":                    {profile: func(p *profile) { p.ReattemptRules = `{"a":true}` }, codes: []string{"profile.reattempts"}},
		"no windows and no triggers":        {profile: func(p *profile) { p.OfferingWindows, p.ReattemptRules = " [] ", "{}" }},
		"asks for another number":           {profile: func(p *profile) { p.AskForAlternateNumber = true }, codes: []string{"profile.alternate"}},
		"AI agents and a number of its own": {profile: func(p *profile) { p.BotUser, p.NumberBehavior = "b", adapter.NumberSpecific }, codes: []string{"profile.platform"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := plainTerms()
			if c.want != nil {
				c.want(&want)
			}
			p := plan(t, withProfile(c.profile))
			if diff := cmp.Diff(want, p.Terms(callback)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(append([]string{}, c.codes...), codes(p.Findings())); diff != "" {
				t.Error(diff)
			}
			for _, f := range p.Findings() {
				if f.Row != string(patient) || f.Table != "msdyn_proactive_callback_profile" || f.Name != "Patient" || f.Reason == "" || f.Consequence == "" {
					t.Errorf("finding %+v", f)
				}
			}
		})
	}
}

// What cannot be understood could be what forbids the callback.
func TestNothingIsPromisedUnderTermsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings adapter.Settings
		code     string
	}{
		"an inactive profile":       {withProfile(func(p *adapter.CallbackProfile) { p.Active = false }), "inactive.profile"},
		"a profile for scheduling":  {withProfile(func(p *adapter.CallbackProfile) { p.Type = adapter.CallbackScheduled }), "unsupported.profile"},
		"an unknown prevention":     {withProfile(func(p *adapter.CallbackProfile) { p.DuplicatePrevention = 192350003 }), "unsupported.deduplication"},
		"an unknown resolution":     {withProfile(func(p *adapter.CallbackProfile) { p.DuplicateResolution = 192350002 }), "unsupported.deduplication"},
		"no such profile":           {withProfile(func(p *adapter.CallbackProfile) { p.ID = "x" }), ""},
		"an unknown classic scope":  {classic(3, adapter.DuplicateDisconnect), "unsupported.deduplication"},
		"an unknown classic answer": {classic(adapter.DuplicateInQueue, 3), "unsupported.deduplication"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "no such profile" {
				c.settings.Profiles, c.code = nil, "missing.profile"
			}
			p := plan(t, c.settings)
			if p.Terms(callback).Unreadable == "" {
				t.Errorf("terms %+v", p.Terms(callback))
			}
			if got := codes(p.Findings()); len(got) != 1 || got[0] != c.code {
				t.Errorf("findings %q, want %q", got, c.code)
			}
			if why := p.Decide(calls(5), noon).Explain(); !strings.Contains(why, "Nobody is offered one: ") {
				t.Error(why)
			}
		})
	}
}

// classic is one queue whose callback action has classic duplicate handling.
func classic(scope adapter.DuplicateScope, handling adapter.DuplicateHandling) adapter.Settings {
	s := settings(decision(rule(1, callback, atLeast(size, "5"))), "")
	row := s.Actions[callback]
	row.Deduplicate, row.DuplicateScope, row.DuplicateHandling = true, scope, handling
	s.Actions[callback] = row
	return s
}

func TestTermsOfClassicDuplicateHandling(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings adapter.Settings
		reach    adapter.DuplicateReach
		answer   adapter.DuplicateAnswer
		codes    []string
	}{
		"this queue, disconnect":        {classic(adapter.DuplicateInQueue, adapter.DuplicateDisconnect), adapter.DuplicatesInQueue, adapter.DuplicateIsToldEnds, []string{}},
		"this workstream, keep":         {classic(adapter.DuplicateInWorkstream, adapter.DuplicateKeepCall), adapter.DuplicatesInWorkstream, adapter.DuplicateIsToldWaits, []string{}},
		"switched on and nothing else":  {classic(0, 0), adapter.DuplicatesInQueue, adapter.DuplicateWaits, []string{"incomplete.deduplication"}},
		"switched off, whatever is set": {off(classic(2, 1)), adapter.DuplicatesUnsaid, adapter.DuplicateWaits, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, c.settings)
			want := adapter.Terms{Action: callback, Duplicates: c.reach, OnDuplicate: c.answer}
			if diff := cmp.Diff(want, p.Terms(callback)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.codes, codes(p.Findings())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func off(s adapter.Settings) adapter.Settings {
	row := s.Actions[callback]
	row.Deduplicate = false
	s.Actions[callback] = row
	return s
}

func TestAProfileReplacesClassicDuplicateHandling(t *testing.T) {
	t.Parallel()
	s := withProfile(func(*adapter.CallbackProfile) {})
	row := s.Actions[callback]
	row.Deduplicate, row.DuplicateScope, row.DuplicateHandling = true, adapter.DuplicateInWorkstream, adapter.DuplicateKeepCall
	s.Actions[callback] = row
	p := plan(t, s)
	if diff := cmp.Diff(plainTerms(), p.Terms(callback)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"deduplication.replaced"}, codes(p.Findings())); diff != "" {
		t.Error(diff)
	}
}

// Requests by web have no action: they stand under the terms of the rule that is
// asked first.
func TestTermsWithoutAnAction(t *testing.T) {
	t.Parallel()
	s := withProfile(func(*adapter.CallbackProfile) {})
	s.Actions[another] = adapter.OverflowAction{ID: another, Name: "Classic", Active: true, Type: adapter.ActionDirectCallback}
	r := s.Rulesets[preRules]
	r.Definition = decision(rule(1, voicemail, atLeast(size, "9")), rule(2, another, atLeast(size, "7")), rule(3, callback, atLeast(size, "5")))
	s.Rulesets[preRules] = r
	p := plan(t, s)
	for asked, want := range map[adapter.ActionID]adapter.ActionID{"": another, voicemail: another, missing: another, another: another, callback: callback} {
		if got := p.Terms(asked).Action; got != want {
			t.Errorf("asked for %q: those of %s", asked, got)
		}
	}
	if diff := cmp.Diff([]string{"ambiguous.terms"}, codes(p.Findings())); diff != "" {
		t.Error(diff)
	}
	none := plan(t, settings(decision(rule(1, voicemail, atLeast(size, "5"))), ""))
	if diff := cmp.Diff(adapter.Terms{}, none.Terms("")); diff != "" {
		t.Error(diff)
	}
}

func TestCallbacksGoOutClosedOnlyIfNobodyKeepsTheHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		profile, configuration bool // allow calls while the queue is closed
		linked                 bool
		want                   bool
		codes                  []string
	}{
		{profile: true, configuration: true, linked: true, want: true, codes: []string{}},
		{profile: true, configuration: false, linked: true, want: false, codes: []string{"outside.hours"}},
		{profile: false, configuration: true, linked: true, want: false, codes: []string{}},
		{configuration: true, want: true, codes: []string{}},
		{configuration: false, want: false, codes: []string{}},
	} {
		s := withProfile(func(p *adapter.CallbackProfile) { p.OutsideHours = c.profile })
		s.Queues[0].OperatingHours = "5d1f"
		s.Configurations[0].IgnoresHours = c.configuration
		if !c.linked {
			s.Actions[callback] = adapter.OverflowAction{ID: callback, Name: "Callback", Active: true, Type: adapter.ActionDirectCallback}
		}
		p := plan(t, s)
		if got := p.GoesOutClosed(p.Terms(callback)); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
		if diff := cmp.Diff(c.codes, codes(p.Findings())); diff != "" {
			t.Errorf("%+v: %s", c, diff)
		}
	}
}

func TestTermsInWords(t *testing.T) {
	t.Parallel()
	s := withProfile(func(p *adapter.CallbackProfile) {
		p.RepeatInterval, p.MaxCallbacks, p.DuplicatePrevention = new(45), new(10), adapter.PreventInAnyLine
		p.Retries, p.RetryDelay, p.RetryDelayUnit = new(2), new(7), adapter.RetryMinutes
		p.WaitLimit, p.WaitLimitUnit, p.WaitWindow, p.WaitWindowUnit = new(5), adapter.WaitMinutes, new(1), adapter.WaitHours
	})
	s.Queues[0].OperatingHours = "5d1f"
	want := "Action: direct callback. The offer comes after 30 seconds and then every 45 seconds. It is not offered while 10 callbacks or more of this queue are pending. " +
		"A caller whose number waits for one already, in any queue, is told so, and the call ends. It is attempted up to 3 times, 7 minutes apart. " +
		"It does not go out while the queue is closed. It goes out later by what representatives took longer than 5 minutes, on average over 1 hour, to accept one."
	snapshot := calls(5)
	snapshot.Hours = overflow.Open
	d := plan(t, s).Decide(snapshot, noon)
	if got := d.Explain(); !strings.HasSuffix(got, want) {
		t.Errorf("got  %s\nwant …%s", got, want)
	}
	want = "Le rappel est proposé au bout de 30 secondes, puis toutes les 45 secondes. Il n'est pas proposé tant que 10 rappels ou plus de cette file sont en attente. " +
		"Un appelant dont le numéro attend déjà un rappel, dans n'importe quelle file, en est informé, puis l'appel se termine. Il est tenté jusqu'à 3 fois, à 7 minutes d'intervalle. " +
		"Il ne part pas tant que la file est fermée. Il part d'autant plus tard que les conseillers ont mis plus de 5 minutes, en moyenne sur 1 heure, à en accepter un."
	if got := d.Account().Explain(overflow.French); !strings.HasSuffix(got, want) {
		t.Errorf("got  %s\nwant …%s", got, want)
	}
}

// FuzzProfile reads any profile. It must not panic, and what it computes with must
// be within a callback's life.
func FuzzProfile(f *testing.F) {
	f.Add(120, 192350002, 192350001, 3, 2, 7, 192350001, 5, 192350001, 1, 192350002, "[]", "{}")
	f.Add(-1, 0, 0, -1, -1, math.MaxInt, 192350002, math.MaxInt, 192350001, math.MinInt, 192350002, "\xff", strings.Repeat("é", 300))
	f.Fuzz(func(t *testing.T, interval, prevention, resolution, limit, retries, delay, unit, target, targetUnit, window, windowUnit int, windows, rules string) {
		p := plan(t, withProfile(func(p *adapter.CallbackProfile) {
			p.RepeatInterval, p.MaxCallbacks, p.Retries, p.RetryDelay = &interval, &limit, &retries, &delay
			p.DuplicatePrevention, p.DuplicateResolution = adapter.DuplicatePrevention(prevention), adapter.DuplicateResolution(resolution)
			p.RetryDelayUnit, p.WaitLimit, p.WaitLimitUnit = adapter.RetryUnit(unit), &target, adapter.WaitUnit(targetUnit)
			p.WaitWindow, p.WaitWindowUnit = &window, adapter.WaitUnit(windowUnit)
			p.OfferingWindows, p.ReattemptRules = windows, rules
		}))
		got := p.Terms("")
		const week = 7 * 24 * time.Hour
		if got.OfferEvery < 30*time.Second || got.OfferEvery > time.Hour || got.Attempts < 0 || got.Limit < 0 ||
			got.RetryDelay < 0 || got.RetryDelay > week || got.Throttle < 0 || got.Throttle > week || got.LookBack < 0 || got.LookBack > week {
			t.Errorf("terms %+v", got)
		}
		for _, f := range p.Findings() {
			if len(f.Reason) > 500 {
				t.Errorf("a finding of %d bytes", len(f.Reason))
			}
		}
	})
}
