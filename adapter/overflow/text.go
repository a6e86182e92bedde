package overflow

import (
	"strings"

	"directcallback/adapter"
)

// texts are the automated messages for voice as the portal has them.
type texts struct {
	byEvent map[adapter.MessageEvent][]adapter.Message
}

// newTexts keeps the messages that a caller can hear: active and for the voice
// channel. A deactivated message gives way to the built-in text, as in Dynamics.
//
// Rows of a channel instance (one phone number) are left out: a call event does
// not name its instance yet, and the wrong number's text is worse than none.
func newTexts(all []adapter.Message) *texts {
	t := &texts{byEvent: map[adapter.MessageEvent][]adapter.Message{}}
	for _, m := range all {
		if m.Active && m.Stream == adapter.StreamVoice && m.Instance == "" && strings.TrimSpace(m.Text) != "" {
			t.byEvent[m.Event] = append(t.byEvent[m.Event], m)
		}
	}
	return t
}

// find looks for a locale ("fr-CA"), then for its language ("fr-FR").
func (t *texts) find(event adapter.MessageEvent, locale string) (adapter.Message, bool) {
	for _, m := range t.byEvent[event] {
		if strings.EqualFold(m.Locale, locale) {
			return m, true
		}
	}
	for _, m := range t.byEvent[event] {
		if locale != "" && strings.EqualFold(language(m.Locale), language(locale)) {
			return m, true
		}
	}
	return adapter.Message{}, false
}

// Text is what a caller hears, and the locale to speak it in. The portal's text
// in the caller's locale or language comes first, then the portal's default
// language, then the built-in text: French for French callers, English for all
// others. textLocale is empty for the portal's default language, which the row
// does not name.
func (p *Plan) Text(event adapter.MessageEvent, locale string) (text, textLocale string) {
	text, textLocale = builtin(event, locale)
	for _, wanted := range []string{locale, "", textLocale} {
		if m, ok := p.texts.find(event, wanted); ok {
			text, textLocale = m.Text, m.Locale
			break
		}
	}
	return p.fill(text), textLocale
}

// fill puts the queue's name in. No representative and no context variable is
// known at this point; both are empty, as Dynamics does with what it does not know.
func (p *Plan) fill(text string) string {
	text = strings.NewReplacer("{QueueName}", p.queue.Name, "{AgentName}", "").Replace(text)
	var filled strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{$")
		filled.WriteString(before)
		if !found {
			return filled.String()
		}
		if name, after, closed := strings.Cut(rest, "$}"); closed && isVariable(name) {
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
	default:
		textLocale = ""
	}
	return text, textLocale
}
