package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// Every state of the widget, looked at and searched for what keeps people out.
func TestEveryStateIsSound(t *testing.T) {
	t.Parallel()
	for _, l := range []looks{
		{width: 1440, lang: "en"},
		{width: 390, lang: "en", dark: true},
		{width: 320, lang: "fr"},
		{width: 1440, lang: "fr", dark: true},
		{width: 390, lang: "fr", forced: true},
		{width: 320, lang: "en", dark: true, forced: true},
	} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			b := open(t, d.address+"/demo?lang="+l.lang, l)
			b.until("widget()?.querySelector('form')")
			b.sound()
			b.shot("1-form")

			eval[any](b, "widget().querySelector('[name=when][value=slot]').click()")
			b.until("widget().querySelector('[name=time]')")
			eval[any](b, "widget().querySelectorAll('[name=time]')[2].click()")
			b.until("widget().querySelector('.kept p')")
			b.sound()
			b.shot("2-time")

			eval[any](b, "widget().querySelector('[type=submit]').click()")
			b.until("widget().querySelector('#phone-error').textContent")
			b.sound()
			b.shot("3-errors")

			eval[any](b, "widget().querySelector('[name=when][value=asap]').click()")
			eval[any](b, "widget().querySelector('#phone').focus()")
			b.press("+33199001234", kb.Tab)
			eval[any](b, "widget().querySelector('#consent').click()")
			b.shot("4-filled")
			eval[any](b, "widget().querySelector('[type=submit]').click()")
			b.until("widget().querySelector('.tiles')")
			b.sound()
			b.shot("5-in-line")

			eval[any](b, "widget().querySelector('[data-action=move]').click()")
			b.until("widget().querySelector('.question')")
			b.until("!widget().querySelector('[name=when][value=slot]').disabled")
			b.sound()
			b.shot("6-move")
			b.press(kb.Escape)

			eval[any](b, "widget().querySelector('[data-action=cancel]').click()")
			b.sound()
			b.shot("7-cancel")
			eval[any](b, "widget().querySelector('.danger').click()")
			b.until("widget().querySelector('[data-action=again]')")
			b.sound()
			b.shot("8-cancelled")
		})
	}
}

func TestTheReferenceIsSound(t *testing.T) {
	t.Parallel()
	for _, l := range []looks{{width: 1440, lang: "en"}, {width: 390, lang: "en", dark: true}, {width: 320, lang: "en"}, {width: 1440, lang: "en", forced: true}} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, openDesk(t).address+"/docs", l)
			b.sound()
			b.shot("closed")
			eval[any](b, "document.querySelectorAll('details').forEach((d) => { d.open = true; })")
			b.sound()
		})
	}
}

// A page that styles nothing gets something decent, and may say things its own way
// without running a script of its own.
func TestAPlainPageIsSound(t *testing.T) {
	t.Parallel()
	for _, l := range []looks{{width: 1440, lang: "en"}, {width: 390, lang: "en", dark: true}} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, openDesk(t).address+"/plain", l)
			b.sees("Talk to a person")
			b.until("widget().querySelector('form')")
			eval[any](b, "widget().querySelector('[name=when][value=slot]').click()")
			b.until("widget().querySelector('[name=time]')")
			b.sees("9:00")
			b.sees("AM")
			b.sound()
			b.shot("plain")
		})
	}
}
