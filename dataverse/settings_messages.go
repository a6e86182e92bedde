package dataverse

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"directcallback/adapter"
)

// loadMessages reads what is said to callers, of the channel and of its
// instances, with the translations.
func loadMessages(ctx context.Context, l *loader) error {
	languages := map[string]string{}
	err := l.others(ctx, languageTable(), Filter{}, func(r *Reader) {
		if code := r.String("msdyn_localecode"); localePattern.MatchString(code) {
			languages[r.ID("msdyn_oclanguageid")] = code
		}
	})
	if err != nil {
		return err
	}
	locale := func(row Row, column string) string {
		id, _ := row.Lookup(column)
		return cmp.Or(languages[id], tag(row.Formatted(LookupColumn(column))))
	}
	var read []string
	messages := map[string]adapter.Message{}
	spoken := And(In("msdyn_systemmessageeventtype", spokenEvents()...), Eq("msdyn_streamsource", adapter.StreamVoice))
	err = l.each(ctx, spoken, func(r *Reader) {
		m := adapter.Message{
			ID:       r.ID("msdyn_ocsystemmessageid"),
			Event:    adapter.MessageEvent(r.Int("msdyn_systemmessageeventtype")),
			Stream:   r.Int("msdyn_streamsource"),
			Instance: adapter.NormalizeID(r.String("msdyn_instanceid")),
			Locale:   locale(r.Row, "msdyn_defaultlanguage"),
			Text:     r.String("msdyn_messagetext"),
			Active:   r.Int("statecode") == 0,
		}
		messages[m.ID], read = m, append(read, m.ID)
	})
	if err != nil {
		return err
	}
	if err := l.translate(ctx, read, messages, locale); err != nil {
		return err
	}
	for _, id := range read {
		l.settings.Messages = append(l.settings.Messages, messages[id])
	}
	return nil
}

// translate reads the texts of messages in other languages.
func (l *loader) translate(ctx context.Context, read []string, messages map[string]adapter.Message, locale func(Row, string) string) error {
	t := localizationTable()
	for chunk := range slices.Chunk(read, keyChunk) {
		err := l.some(ctx, &t, keys(LookupColumn("msdyn_systemmessageid"), chunk), func(r *Reader) {
			m := messages[r.Lookup("msdyn_systemmessageid")]
			text, in := r.String("msdyn_localizedtext"), cmp.Or(locale(r.Row, "msdyn_customerlanguageid"), tag(r.String("msdyn_languagecode")))
			if text != "" && in != "" && r.Int("statecode") == 0 {
				put(&m.Translations, in, text)
				messages[m.ID] = m
			}
		})
		if hidden(err) {
			l.findings = append(l.findings, t.unreadable(err))
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// spokenEvents are the messages that are about waiting, overflow and callbacks.
func spokenEvents() []int {
	events := []adapter.MessageEvent{
		adapter.MessageCallbackOffer, adapter.MessageCallbackResponse, adapter.MessageOverflowEnd,
		adapter.MessageGreeting, adapter.MessagePosition, adapter.MessageNextInLine,
		adapter.MessageWaitMinutes, adapter.MessageWaitHours, adapter.MessageWaitHoursMinutes, adapter.MessageNoEstimate, adapter.MessageEstimate,
		adapter.MessageHoliday, adapter.MessageOutOfHours, adapter.MessageToOutOfHoursQueue,
	}
	numbers := make([]int, len(events))
	for i, event := range events {
		numbers[i] = int(event)
	}
	return numbers
}

var localePattern = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// tag is text that is a language tag, else nothing: a name such as "English"
// leaves a message what it is, the one of the default language.
func tag(text string) string {
	if !localePattern.MatchString(text) {
		return ""
	}
	return text
}
