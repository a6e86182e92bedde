package overflow

import (
	"fmt"
	"math"
	"strings"
	"time"

	"directcallback/adapter"
)

// tableProfile is the table of callback profiles, as findings name it.
const tableProfile = "msdyn_proactive_callback_profile"

// longest is how long a callback lives. A duration in a profile that is longer was
// not meant.
const longest = 7 * 24 * time.Hour

// Terms are those of a direct callback action of this queue. An action that it does
// not have, or none, is taken for the first that it has, in the order in which rules
// are asked: under those terms callbacks stand that nobody's rule offered.
func (p *Plan) Terms(action adapter.ActionID) adapter.Terms {
	var first adapter.Terms
	for t := range p.callsBackUnder {
		if t.Action == action {
			return t
		}
		if first.Action == "" {
			first = t
		}
	}
	return first
}

// callsBackUnder are the terms of the enabled rules that lead to a direct callback.
func (p *Plan) callsBackUnder(yield func(adapter.Terms) bool) {
	for i := range p.moments {
		m := &p.moments[i]
		for _, r := range m.program.order {
			if e := &m.effects[r]; e.action == adapter.ActionDirectCallback && e.verdict == Act && !yield(e.terms) {
				return
			}
		}
	}
}

// GoesOutClosed tells whether a callback under these terms may go out while the
// queue is closed: only if neither the terms nor the engagement configuration, of
// which Dynamics sees to it, keep to the queue's hours.
func (p *Plan) GoesOutClosed(t adapter.Terms) bool {
	return p.configuration.IgnoresHours && t.OutsideHours != adapter.No
}

// promise reads the terms of the queue's actions against each other and against its
// configuration.
func (c *compiler) promise(p *Plan) {
	standing := p.Terms("")
	for t := range p.callsBackUnder {
		if other := t; other.Action != standing.Action {
			other.Action = standing.Action
			if other != standing {
				p.findings = append(p.findings, queueFinding(p.queue, "ambiguous.terms", adapter.SeverityInfo,
					"its direct callback actions have different callback profiles or duplicate settings",
					fmt.Sprintf("Callbacks that are asked for by web, app or bot stand under those of the action %q.", c.settings.Actions[standing.Action].Name)))
				break
			}
		}
	}
	for t := range p.callsBackUnder {
		if t.OutsideHours == adapter.Yes && p.hasConfiguration && !p.configuration.IgnoresHours && p.queue.OperatingHours != "" {
			p.findings = append(p.findings, queueFinding(p.queue, "outside.hours", adapter.SeverityWarning,
				fmt.Sprintf("the callback profile allows calls outside the queue's hours, the engagement configuration %q does not", p.configuration.Name),
				"Callbacks keep their place while the queue is closed, and go on when it opens."))
			return
		}
	}
}

// terms reads what the portal says about the promises of a direct callback action.
func (c *compiler) terms(row adapter.OverflowAction) (adapter.Terms, []adapter.Finding) {
	if row.Profile == "" {
		return classicTerms(row)
	}
	profile, ok := c.settings.Profiles[row.Profile]
	if !ok {
		t := adapter.Terms{Action: row.ID, Profile: row.Profile, Unreadable: "its callback profile does not exist or cannot be read"}
		return t, []adapter.Finding{actionFinding(row, "missing.profile", adapter.SeverityError,
			"its callback profile "+string(row.Profile)+" does not exist or cannot be read", nothingPromised)}
	}
	r := profileReader{row: profile, terms: adapter.Terms{Action: row.ID, Profile: row.Profile}}
	r.read()
	if row.Deduplicate {
		r.find("deduplication.replaced", adapter.SeverityInfo, "duplicate handling is set on the action "+row.Name+" too", "The profile's counts.")
	}
	return r.terms, r.findings
}

const nothingPromised = "Nobody is offered a callback under it."

// classicTerms are those of an action without a profile.
func classicTerms(row adapter.OverflowAction) (adapter.Terms, []adapter.Finding) {
	t := adapter.Terms{Action: row.ID}
	if !row.Deduplicate {
		return t, nil
	}
	var findings []adapter.Finding
	reach, known := map[adapter.DuplicateScope]adapter.DuplicateReach{
		0: adapter.DuplicatesInQueue, adapter.DuplicateInQueue: adapter.DuplicatesInQueue, adapter.DuplicateInWorkstream: adapter.DuplicatesInWorkstream,
	}[row.DuplicateScope]
	answer, understood := map[adapter.DuplicateHandling]adapter.DuplicateAnswer{
		0: adapter.DuplicateWaits, adapter.DuplicateDisconnect: adapter.DuplicateIsToldEnds, adapter.DuplicateKeepCall: adapter.DuplicateIsToldWaits,
	}[row.DuplicateHandling]
	t.Duplicates, t.OnDuplicate = reach, answer
	switch {
	case !known || !understood:
		t.Unreadable = fmt.Sprintf("its duplicate handling is not known: scope %d, action %d", row.DuplicateScope, row.DuplicateHandling)
		findings = append(findings, actionFinding(row, "unsupported.deduplication", adapter.SeverityError, t.Unreadable, nothingPromised))
	case row.DuplicateScope == 0 || row.DuplicateHandling == 0:
		findings = append(findings, actionFinding(row, "incomplete.deduplication", adapter.SeverityWarning,
			"duplicate handling is switched on without its scope or without what to do",
			"What is empty counts as this queue only, and as: the caller waits on and is offered nothing."))
	}
	return t, findings
}

// profileReader turns a profile into terms.
type profileReader struct {
	row      adapter.CallbackProfile
	terms    adapter.Terms
	findings []adapter.Finding
}

func (r *profileReader) find(code string, severity adapter.Severity, reason, consequence string) {
	r.findings = append(r.findings, finding(tableProfile, string(r.row.ID), r.row.Name, code, severity, reason, consequence))
}

// refuse gives the terms up.
func (r *profileReader) refuse(code, reason string) {
	if r.terms.Unreadable == "" {
		r.terms.Unreadable = "its callback profile cannot be used: " + reason
	}
	r.find(code, adapter.SeverityError, reason, nothingPromised)
}

func (r *profileReader) read() {
	switch {
	case !r.row.Active:
		r.refuse("inactive.profile", "the callback profile is inactive")
	case r.row.Type != 0 && r.row.Type != adapter.CallbackDirect:
		r.refuse("unsupported.profile", fmt.Sprintf("the callback profile is not of type Direct Callback but %d", r.row.Type))
	}
	r.interval()
	r.duplicates()
	r.limit()
	r.retries()
	r.throttle()
	r.terms.OutsideHours = adapter.No
	if r.row.OutsideHours {
		r.terms.OutsideHours = adapter.Yes
	}
	r.shown()
}

// interval reads how often the offer is repeated. The bounds are the column's own.
func (r *profileReader) interval() {
	const least, most = 30, 3600
	if r.row.RepeatInterval == nil {
		r.find("profile.interval", adapter.SeverityWarning, "the callback profile says no interval for its message", "The offer is repeated every 120 s.")
		return
	}
	seconds := min(max(*r.row.RepeatInterval, least), most)
	if seconds != *r.row.RepeatInterval {
		r.find("profile.interval", adapter.SeverityWarning, fmt.Sprintf("its message is to be repeated every %d s, which is not between %d and %d", *r.row.RepeatInterval, least, most),
			fmt.Sprintf("The offer is repeated every %d s.", seconds))
	}
	r.terms.OfferEvery = time.Duration(seconds) * time.Second
}

func (r *profileReader) duplicates() {
	reach, known := map[adapter.DuplicatePrevention]adapter.DuplicateReach{
		0: adapter.DuplicatesAllowed, adapter.PreventNone: adapter.DuplicatesAllowed, // the column's default
		adapter.PreventInQueue: adapter.DuplicatesInQueue, adapter.PreventInAnyLine: adapter.DuplicatesAnywhere,
	}[r.row.DuplicatePrevention]
	answer, understood := map[adapter.DuplicateResolution]adapter.DuplicateAnswer{
		0: adapter.DuplicateIsToldEnds, adapter.ResolveEndCall: adapter.DuplicateIsToldEnds, // the column's default
		adapter.ResolveWaitInQueue: adapter.DuplicateWaits,
	}[r.row.DuplicateResolution]
	if !known || !understood {
		r.refuse("unsupported.deduplication", fmt.Sprintf("its duplicate handling is not known: prevention %d, action %d", r.row.DuplicatePrevention, r.row.DuplicateResolution))
	}
	r.terms.Duplicates = reach
	if reach != adapter.DuplicatesAllowed {
		r.terms.OnDuplicate = answer
	}
}

func (r *profileReader) limit() {
	if r.row.MaxCallbacks == nil {
		return
	}
	r.terms.Limit, r.terms.Limited = max(*r.row.MaxCallbacks, 0), true
	if r.terms.Limit == 0 {
		r.find("profile.limit", adapter.SeverityWarning, "the most callbacks at a time are 0", nothingPromised)
	}
}

func (r *profileReader) retries() {
	if r.row.Retries != nil {
		r.terms.Attempts = min(max(*r.row.Retries, 0), math.MaxInt32) + 1
	}
	if r.terms.Attempts <= 1 || r.row.RetryDelay == nil || *r.row.RetryDelay <= 0 {
		return
	}
	unit, known := map[adapter.RetryUnit]time.Duration{
		adapter.RetrySeconds: time.Second, adapter.RetryMinutes: time.Minute, adapter.RetryHours: time.Hour,
	}[r.row.RetryDelayUnit]
	if !known || *r.row.RetryDelay > int(longest/unit) {
		r.find("profile.retrydelay", adapter.SeverityWarning,
			fmt.Sprintf("the delay between retries cannot be read: %d in unit %d", *r.row.RetryDelay, r.row.RetryDelayUnit), "Attempts are 5 minutes apart.")
		return
	}
	r.terms.RetryDelay = time.Duration(*r.row.RetryDelay) * unit
}

// throttle reads the target of the average wait and the time that it is taken over.
func (r *profileReader) throttle() {
	if r.row.WaitLimit == nil || *r.row.WaitLimit <= 0 {
		return
	}
	target, sure := throttleWait(r.row.WaitLimit, r.row.WaitLimitUnit)
	window, surely := throttleWait(r.row.WaitWindow, r.row.WaitWindowUnit)
	says := fmt.Sprintf("target %s, look-back %s", inUnit(r.row.WaitLimit, r.row.WaitLimitUnit), inUnit(r.row.WaitWindow, r.row.WaitWindowUnit))
	switch {
	case !sure || !surely:
		r.find("profile.throttle", adapter.SeverityWarning, "its wait rule can be read in two ways, in seconds or in the unit beside it: "+says, "Callbacks are not delayed by it.")
	case window <= 0:
		r.find("profile.throttle", adapter.SeverityWarning, "its wait rule has no time to look back over: "+says, "Callbacks are not delayed by it.")
	default:
		r.terms.Throttle, r.terms.LookBack = target, window
		r.find("profile.throttle", adapter.SeverityInfo, fmt.Sprintf("its wait rule is read as: target %v, look-back %v", target, window),
			"A callback whose turn has come waits for as long as representatives took longer than that, on average, to accept one.")
	}
}

// throttleWait reads one of the two durations of the wait rule. Their columns are
// called seconds and have a unit beside them; whether the number is in that unit is
// not documented. What is no whole number of units in seconds can be nothing else.
func throttleWait(number *int, unit adapter.WaitUnit) (time.Duration, bool) {
	if number == nil {
		return 0, true
	}
	length, known := map[adapter.WaitUnit]time.Duration{
		0: time.Second, adapter.WaitSeconds: time.Second, adapter.WaitMinutes: time.Minute, adapter.WaitHours: time.Hour,
	}[unit]
	n := *number
	if !known || n < 0 || n > int(longest/length) || length > time.Second && n%int(length/time.Second) == 0 && n > 0 {
		return 0, false
	}
	return time.Duration(n) * length, true
}

// inUnit is a number as the portal has it.
func inUnit(number *int, unit adapter.WaitUnit) string {
	if number == nil {
		return "none"
	}
	name, known := map[adapter.WaitUnit]string{0: "without a unit", adapter.WaitSeconds: "seconds", adapter.WaitMinutes: "minutes", adapter.WaitHours: "hours"}[unit]
	if !known {
		name = fmt.Sprint("in unit ", int(unit))
	}
	return fmt.Sprint(*number, " ", name)
}

// shown tells of what the profile says and nothing here computes with.
func (r *profileReader) shown() {
	const notRead = "the shape of that column is not documented; it says "
	if text := strings.TrimSpace(r.row.OfferingWindows); !emptyJSON(text) {
		r.find("profile.windows", adapter.SeverityWarning, "callback offering windows are set: "+notRead+clip(text), "Callbacks are offered whenever the rules say so.")
	}
	if text := strings.TrimSpace(r.row.ReattemptRules); !emptyJSON(text) {
		r.find("profile.reattempts", adapter.SeverityWarning, "retry triggers are set: "+notRead+clip(text),
			"An attempt is repeated when it was not answered, declined or busy, when a machine answered, and when it failed.")
	}
	if r.row.AskForAlternateNumber {
		r.find("profile.alternate", adapter.SeverityWarning, "callers are to be asked for another number",
			"A caller by telephone is called back at the number that the call came from; web, app and bot ask for any number.")
	}
	if r.row.BotUser != "" || r.row.CallbackBot != "" || r.row.NumberBehavior == adapter.NumberSpecific || r.row.Fallback == adapter.FallbackEscalate {
		r.find("profile.platform", adapter.SeverityInfo, "AI agents, their fallback and the calling number are those of Dynamics' own callbacks",
			"Callbacks of this adapter ring a representative first, and come from the number of the engagement configuration.")
	}
}

// emptyJSON tells that a column of JSON says nothing.
func emptyJSON(text string) bool {
	switch text {
	case "", "null", "[]", "{}":
		return true
	default:
		return false
	}
}

// clip keeps a finding readable; the settings have the whole text.
func clip(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
