package overflow_test

import (
	"slices"
	"strings"
	"testing"

	"directcallback/adapter"
)

func TestText(t *testing.T) {
	t.Parallel()
	const offer = adapter.MessageCallbackOffer
	message := func(locale, text string) adapter.Message {
		return adapter.Message{Event: offer, Stream: adapter.StreamVoice, Locale: locale, Text: text, Active: true}
	}
	with := func(m adapter.Message, change func(*adapter.Message)) adapter.Message {
		change(&m)
		return m
	}
	english, french := "Current wait times", "Les temps d'attente"
	for name, c := range map[string]struct {
		messages           []adapter.Message
		locale             string
		wantText, wantLang string
	}{
		"nothing in the portal, English":    {nil, "en-GB", english, "en-US"},
		"nothing in the portal, French":     {nil, "fr-CA", french, "fr-FR"},
		"nothing in the portal, German":     {nil, "de-DE", english, "en-US"},
		"nothing in the portal, none given": {nil, "", english, "en-US"},

		"the exact locale":           {[]adapter.Message{message("fr-FR", "f"), message("fr-CA", "c")}, "fr-ca", "c", "fr-CA"},
		"the language":               {[]adapter.Message{message("", "d"), message("fr-FR", "f")}, "fr-CA", "f", "fr-FR"},
		"with an underscore":         {[]adapter.Message{message("fr-FR", "f")}, "fr_CA", "f", "fr-FR"},
		"the default language":       {[]adapter.Message{message("fr-FR", "f"), message("", "d")}, "de-DE", "d", ""},
		"English of the portal":      {[]adapter.Message{message("en-GB", "e"), message("fr-FR", "f")}, "de-DE", "e", "en-GB"},
		"no locale, default":         {[]adapter.Message{message("fr-FR", "f"), message("", "d")}, "", "d", ""},
		"only another language":      {[]adapter.Message{message("it-IT", "i")}, "fr-FR", french, "fr-FR"},
		"an inactive row":            {[]adapter.Message{with(message("en-US", "e"), func(m *adapter.Message) { m.Active = false })}, "en-US", english, "en-US"},
		"a row of another channel":   {[]adapter.Message{with(message("en-US", "e"), func(m *adapter.Message) { m.Stream = 192360000 })}, "en-US", english, "en-US"},
		"a row of one phone number":  {[]adapter.Message{with(message("en-US", "e"), func(m *adapter.Message) { m.Instance = "7" })}, "en-US", english, "en-US"},
		"a row of another event":     {[]adapter.Message{with(message("en-US", "e"), func(m *adapter.Message) { m.Event = 192350021 })}, "en-US", english, "en-US"},
		"an empty row":               {[]adapter.Message{message("en-US", " \n")}, "en-US", english, "en-US"},
		"the queue's name":           {[]adapter.Message{message("", "In {QueueName}, {QueueName}.")}, "", "In Billing, Billing.", ""},
		"variables that are empty":   {[]adapter.Message{message("", "a{$Customer_1$}b{AgentName}c{$x$}d")}, "", "abcd", ""},
		"braces that mean nothing":   {[]adapter.Message{message("", "{queuename} {$a b$} {$$} {$x")}, "", "{queuename} {$a b$} {$$} {$x", ""},
		"a variable behind a broken": {[]adapter.Message{message("", "{$a {$x$}.")}, "", "{$a .", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings("", "")
			s.Messages = c.messages
			text, lang := plan(t, s).Text(offer, c.locale)
			if !strings.HasPrefix(text, c.wantText) || lang != c.wantLang {
				t.Errorf("%q in %q, want %q in %q", text, lang, c.wantText, c.wantLang)
			}
		})
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	offer := func(locale string, translations ...string) adapter.Message {
		m := adapter.Message{Event: adapter.MessageCallbackOffer, Stream: adapter.StreamVoice, Locale: locale, Text: "t", Active: true, Translations: map[string]string{}}
		for _, other := range translations {
			m.Translations[other] = "t"
		}
		return m
	}
	for name, c := range map[string]struct {
		messages []adapter.Message
		want     []string
	}{
		"nothing in the portal":     {nil, []string{"en-US", "fr-FR"}},
		"the default language only": {[]adapter.Message{offer("")}, nil},
		"and its translations":      {[]adapter.Message{offer("", "it-IT", "de-DE")}, []string{"de-DE", "it-IT"}},
		"French of its own":         {[]adapter.Message{offer("fr-CA")}, []string{"en-US", "fr-CA"}},
		"the same twice":            {[]adapter.Message{offer("de-DE"), offer("de-DE")}, []string{"de-DE", "en-US", "fr-FR"}},
	} {
		s := settings("", "")
		s.Messages = c.messages
		if got := plan(t, s).Languages(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestBuiltInTexts(t *testing.T) {
	t.Parallel()
	p := plan(t, settings("", ""))
	for _, event := range []adapter.MessageEvent{adapter.MessageCallbackOffer, adapter.MessageCallbackResponse, adapter.MessageOverflowEnd} {
		english, _ := p.Text(event, "en-US")
		french, _ := p.Text(event, "fr-FR")
		if english == "" || french == "" || english == french {
			t.Errorf("event %d: %q, %q", event, english, french)
		}
	}
	if text, locale := p.Text(192350021, "fr-FR"); text != "" || locale != "" {
		t.Errorf("a text for an event without one: %q in %q", text, locale)
	}
}
