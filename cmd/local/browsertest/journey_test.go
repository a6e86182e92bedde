package browsertest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// write types over what stands in the field that has the focus.
func (b *tab) write(text string) {
	b.t.Helper()
	b.must(chromedp.Do(b.ctx, chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))))
	b.press(strings.Split(text, "")...)
}

// Nobody touches a mouse here: a customer asks for a callback, mends what was wrong,
// corrects the number, moves the callback to a time, and takes it back.
func TestTheWholeWayByKeyboard(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	b := open(t, h.demo+"?lang=en", looks{})
	b.sees("As soon as possible")

	b.tabTo("Call me back")
	b.press(kb.Enter)
	b.focused("Phone number")
	b.sees("Please tell us the number to call.")
	b.sees("without your consent we may not call")
	b.write("020")
	b.tabTo("Please call me")
	b.press(" ")
	b.tabTo("Call me back")
	b.press(kb.Enter)
	b.focused("Phone number")
	b.sees("does not look like a whole phone number")
	b.write("020 7946")
	b.press(kb.Enter)                     // as in any form
	b.sees("We cannot call this number.") // that much only the service knows
	b.focused("Phone number")
	b.shot("1-an-error")
	b.write("020 7946 0018")
	b.press(kb.Enter)
	b.sees("We will call you")
	b.focused("We will call you")
	b.sees("+44 20 7946 0018")
	b.sees("Your place in line")
	b.shot("2-in-line")

	b.tabTo("Change the number")
	b.press(kb.Enter)
	b.focused("Change the number")
	b.tabTo("Phone number")
	b.write("+33 1 99 00 12 34")
	b.press(kb.Enter)
	b.sees("The number is changed.")
	b.sees("+33 1 99 00 12 34")
	b.focused("Change the number")

	eval[any](b, "focused().blur()")
	b.tabTo("Change the time")
	b.press(kb.Enter)
	b.focused("Change the time")
	b.pickATime()
	b.shot("3-another-time")
	b.tabTo("Move to ")
	b.press(kb.Enter)
	b.sees("The time is changed.")
	b.sees("Your time is booked.")
	b.focused("Change the time")
	b.shot("4-booked")

	b.tabTo("Cancel the callback")
	b.press(kb.Enter)
	b.focused("Cancel the callback?")
	b.tabTo("No, keep it")
	b.press(kb.Enter)
	b.focused("Cancel the callback")
	b.press(kb.Enter)
	b.tabTo("Yes, cancel it")
	b.press(kb.Enter)
	b.sees("Your callback is cancelled")
	b.focused("Your callback is cancelled")
	b.shot("5-cancelled")
	b.quiet()
}

// pickATime chooses the second day's second time, and waits until it is held.
func (b *tab) pickATime() {
	b.t.Helper()
	b.until("widget().querySelector('[name=when]:checked')")
	b.tabTo("As soon as possible", "At a time that suits you")
	if _, name := b.focus(); strings.HasPrefix(name, "As soon") {
		b.press(kb.ArrowDown)
	}
	b.until("widget().querySelector('[name=day]')")
	b.press(kb.Tab, kb.ArrowRight) // the next day
	b.press(kb.Tab, kb.Tab)        // its night, and its morning, which is open
	b.press(kb.Tab)                // the times
	b.press(" ", kb.ArrowRight)
	b.sees("We keep")
}

func TestATimeIsBookedByKeyboard(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	b := open(t, h.demo+"?lang=fr", looks{lang: "fr", width: 390})
	b.sees("Dès que possible")
	b.tabTo("Dès que possible", "À l’heure de votre choix")
	if _, name := b.focus(); strings.HasPrefix(name, "Dès") {
		b.press(kb.ArrowDown)
	}
	b.until("widget().querySelector('[name=day]')")
	b.press(kb.Tab, kb.ArrowRight, kb.Tab, kb.Tab, kb.Tab, " ")
	b.sees("Nous vous réservons")
	b.tabTo("Numéro de téléphone")
	b.write("01 99 00 12 34")
	b.tabTo("Nom")
	b.write("Camille Sample")
	b.tabTo("De quoi")
	b.write("Mon prêt immobilier")
	b.tabTo("Veuillez m’appeler")
	b.press(" ")
	b.tabTo("Réserver ")
	b.press(kb.Enter)
	b.sees("Votre créneau est réservé.")
	b.sees("+33 1 99 00 12 34")
	b.shot("booked")
	b.quiet()
}

// The promise is kept: the widget's callback goes the whole way, and the page says so.
func TestACallbackOfTheWidgetIsCompleted(t *testing.T) {
	t.Parallel()
	h := startHouse(t, "-speed", "60")
	b := open(t, h.demo+"?lang=en", looks{})
	b.sees("As soon as possible")
	b.fill()
	b.send()
	b.sees("We will call you")
	b.waitFor(4*time.Minute, "the customer was called", func() bool { return strings.Contains(b.text(), "We have spoken") })
	b.shot("completed")
	b.quiet()
	streams, looks := 0, 0
	for _, address := range b.asked() {
		switch {
		case strings.HasSuffix(address, "/events"):
			streams++
		case strings.Contains(address, "/v1/callbacks/"):
			looks++
		}
	}
	if streams == 0 || looks > streams { // one looks after a stream has ended, not instead
		t.Errorf("%d streams, and %d looks without", streams, looks)
	}
}

// asked are the addresses of all requests so far.
func (b *tab) asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.requests)
}

// A bank's page is of another origin than the service. The key allows it, and the
// browser asks before each kind of request (CORS).
func TestThePageMayBeOfAnotherOrigin(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	service := strings.TrimSuffix(h.demo, "demo")
	bank := strings.Replace(h.demo, "127.0.0.1", "localhost", 1)
	b := open(t, bank+"?lang=en", looks{})
	b.sees("As soon as possible")
	// The page's own policy speaks of one origin; this is a page that lets the other in.
	do(b, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
	b.must(chromedp.Do(b.ctx, chromedp.Navigate(bank+"?lang=en")))
	eval[any](b, fmt.Sprintf("document.querySelector('direct-callback').setAttribute('endpoint', %q)", service))
	b.until("widget()?.querySelector('form')")
	b.fill()
	b.send()
	b.sees("Your place in line")
	eval[any](b, "widget().querySelector('[data-action=correct]').click()")
	b.tabTo("Phone number")
	b.write("020 7946 0999")
	b.press(kb.Enter)
	b.sees("The number is changed.")
	b.reload()
	b.until("widget()?.querySelector('form, .tiles')")
	eval[any](b, fmt.Sprintf("document.querySelector('direct-callback').setAttribute('endpoint', %q)", service))
	b.sees("+44 20 7946 0999")
	eval[any](b, "widget().querySelector('[data-action=cancel]').click()")
	b.tabTo("Yes, cancel it")
	b.press(kb.Enter)
	b.sees("Your callback is cancelled")
	if !slices.ContainsFunc(b.asked(), func(address string) bool { return strings.HasPrefix(address, service+"v1/callbacks/") }) {
		t.Error("nothing was asked of the other origin")
	}
	if imported := eval[string](b, fmt.Sprintf("import(%q).then((m) => typeof m.DirectCallback)", service+"widget.js")); imported != "function" {
		t.Errorf("the script of the other origin has a %s", imported)
	}
}
