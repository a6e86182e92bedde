package overflow

import (
	"maps"
	"slices"
	"strings"

	"directcallback/adapter"
)

// texts are the automated messages for voice as the portal has them.
type texts struct {
	byEvent map[textKey][]adapter.Message

	// instances are the channel instances (one phone number each) of the work
	// streams that have exactly one: a call names its work stream only, and the
	// wrong number's text is worse than none.
	instances map[string]string
}

type textKey struct {
	event    adapter.MessageEvent
	instance string // empty = the whole channel
}

// Listener is who is to hear a text.
type Listener struct {
	Locale     string
	Workstream string            // that the call came in through; empty = not known
	Variables  map[string]string // of the conversation, for the texts that name them
}

// newTexts keeps the messages that a caller can hear: active and for the voice
// channel. A deactivated message gives way to the built-in text, as in Dynamics.
func newTexts(all []adapter.Message, channels []adapter.VoiceChannel) *texts {
	t := &texts{byEvent: map[textKey][]adapter.Message{}, instances: map[string]string{}}
	for _, m := range all {
		if !m.Active || m.Stream != adapter.StreamVoice || strings.TrimSpace(m.Text) == "" {
			continue
		}
		key := textKey{m.Event, m.Instance}
		t.byEvent[key] = append(t.byEvent[key], m)
		for _, locale := range slices.Sorted(maps.Keys(m.Translations)) {
			translated := m
			translated.Locale, translated.Text = locale, m.Translations[locale]
			t.byEvent[key] = append(t.byEvent[key], translated)
		}
	}
	several := map[string]bool{}
	for _, c := range channels {
		if c.Workstream == "" {
			continue
		}
		_, another := t.instances[c.Workstream]
		several[c.Workstream] = several[c.Workstream] || another
		t.instances[c.Workstream] = adapter.NormalizeID(c.ID)
	}
	maps.DeleteFunc(t.instances, func(workstream, _ string) bool { return several[workstream] })
	return t
}

// find looks for a locale ("fr-CA"), then for its language ("fr-FR").
func (t *texts) find(key textKey, locale string) (adapter.Message, bool) {
	for _, m := range t.byEvent[key] {
		if strings.EqualFold(m.Locale, locale) {
			return m, true
		}
	}
	for _, m := range t.byEvent[key] {
		if locale != "" && strings.EqualFold(language(m.Locale), language(locale)) {
			return m, true
		}
	}
	return adapter.Message{}, false
}

// Text is [Plan.TextFor] somebody of whom only the locale is known.
func (p *Plan) Text(event adapter.MessageEvent, locale string) (text, textLocale string) {
	return p.TextFor(event, Listener{Locale: locale})
}

// TextFor is what a caller hears, and the locale to speak it in. A text of the
// number that was called wins over one of the whole channel. Of these the one in
// the caller's locale or language comes first, then the portal's default
// language, then the built-in text: French for French callers, English for all
// others. textLocale is empty for the portal's default language, which the row
// does not name.
func (p *Plan) TextFor(event adapter.MessageEvent, to Listener) (text, textLocale string) {
	text, textLocale = builtin(event, to.Locale)
	key := textKey{event: event}
	if instance := p.texts.instances[to.Workstream]; len(p.texts.byEvent[textKey{event, instance}]) > 0 {
		key.instance = instance
	}
	for _, wanted := range []string{to.Locale, "", textLocale} {
		if m, ok := p.texts.find(key, wanted); ok {
			text, textLocale = m.Text, m.Locale
			break
		}
	}
	return p.fill(text, to.Variables), textLocale
}

// Languages are the locales in which callers are offered callbacks. The portal's default
// language is not among them, because no row names it; where there is one, it stands in
// for the built-in texts.
func (p *Plan) Languages() []string {
	var all []string
	var byDefault bool
	for _, m := range p.texts.byEvent[textKey{event: adapter.MessageCallbackOffer}] {
		if m.Locale == "" {
			byDefault = true
			continue
		}
		all = append(all, m.Locale)
	}
	for _, locale := range []string{"en-US", "fr-FR"} {
		known := slices.ContainsFunc(all, func(other string) bool { return strings.EqualFold(language(other), language(locale)) })
		if !known && !byDefault {
			all = append(all, locale)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// fill puts the queue's name and the conversation's variables in. No
// representative is known at this point; that and an unknown variable are empty,
// as in Dynamics.
func (p *Plan) fill(text string, variables map[string]string) string {
	text = strings.NewReplacer("{QueueName}", p.queue.Name, "{AgentName}", "").Replace(text)
	var filled strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{$")
		filled.WriteString(before)
		if !found {
			return filled.String()
		}
		if name, after, closed := strings.Cut(rest, "$}"); closed && isVariable(name) {
			filled.WriteString(variables[name])
			text = after
		} else {
			filled.WriteString("{$")
			text = rest
		}
	}
}

// isVariable tells whether name can be a context variable: letters, digits, underscore.
func isVariable(name string) bool {
	for _, c := range name {
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != ""
}

// language is the primary language of a locale: "fr" of "fr-CA".
func language(locale string) string {
	if i := strings.IndexAny(locale, "-_"); i >= 0 {
		return locale[:i]
	}
	return locale
}

// builtin is the product's own text, Dynamics' where its page has one.
func builtin(event adapter.MessageEvent, locale string) (text, textLocale string) {
	french := strings.EqualFold(language(locale), "fr")
	textLocale = "en-US"
	if french {
		textLocale = "fr-FR"
	}
	switch {
	case event == adapter.MessageCallbackOffer && french:
		text = "Les temps d'attente actuels sont plus longs que prévu. Si vous souhaitez être rappelé, appuyez sur 1, ou continuez à patienter jusqu'au prochain conseiller disponible."
	case event == adapter.MessageCallbackOffer:
		text = "Current wait times are longer than expected. If you would like a call back, please press 1 or continue to wait for the next available representative."
	case event == adapter.MessageCallbackResponse && french:
		text = "Vous avez demandé un rappel. Nous vous rappellerons dès qu'un conseiller sera disponible. Au revoir !"
	case event == adapter.MessageCallbackResponse:
		text = "You have requested a callback. We'll call you back as soon as a representative is available. Goodbye!"
	case event == adapter.MessageOverflowEnd && french:
		text = "Tous nos conseillers sont actuellement occupés. Veuillez rappeler plus tard. Au revoir !"
	case event == adapter.MessageOverflowEnd:
		text = "All of our representatives are currently busy. Please call again later. Goodbye!"
	case event == adapter.MessageCallbackPending && french:
		text = "Vous avez déjà demandé un rappel. Nous vous rappellerons dès qu'un conseiller sera disponible."
	case event == adapter.MessageCallbackPending:
		text = "You have already requested a callback. We'll call you back as soon as a representative is available."
	default:
		textLocale = ""
	}
	return text, textLocale
}
