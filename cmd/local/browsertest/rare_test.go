package browsertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// form opens the demo page of a desk, in English, until its form is there.
func form(t *testing.T, d *desk) *tab {
	t.Helper()
	b := open(t, d.address+"/demo?lang=en", looks{})
	b.until("widget()?.querySelector('form')")
	return b
}

// fill gives number and consent, by keyboard.
func (b *tab) fill() {
	b.t.Helper()
	b.tabTo("Phone number")
	b.press(strings.Split("020 7946 0018", "")...)
	b.tabTo("Please call me")
	b.press(" ")
}

// send presses the form's button.
func (b *tab) send() {
	b.t.Helper()
	eval[any](b, "widget().querySelector('.primary').focus()")
	b.press(kb.Enter)
}

// promised has a callback asked for as soon as possible.
func promised(t *testing.T, d *desk) *tab {
	t.Helper()
	b := form(t, d)
	b.fill()
	b.send()
	b.sees("We will call you")
	return b
}

func (d *desk) set(member string, value any) {
	d.change(func() { d.queue[member] = value })
}

func TestWhatIsKnownOfTheWaitIsSaid(t *testing.T) {
	t.Parallel()
	opening := time.Date(2030, 6, 3, 7, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change func(*desk)
		want   string
	}{
		"a range":              {func(*desk) {}, "About 8–12 minutes · 3 people are waiting"},
		"hours":                {func(d *desk) { d.wait["estimatedWait"] = map[string]any{"seconds": 9000, "source": "platform"} }, "About 2.5 hours"},
		"not enough data":      {func(d *desk) { d.wait = map[string]any{"callsWaiting": 1, "estimatedWait": nil} }, "We do not know how long yet · 1 person is waiting"},
		"nobody waits":         {func(d *desk) { d.wait = map[string]any{"callsWaiting": 0, "estimatedWait": nil} }, "nobody is waiting"},
		"no answer":            {func(d *desk) { d.refuse("GET wait", refusal{status: 500, kind: "internal"}) }, "We do not know how long yet"},
		"closed until":         {func(d *desk) { d.set("open", false); d.set("nextOpening", opening) }, "We are closed now and call from Monday 3 June, 09:00"},
		"closed, nobody knows": {func(d *desk) { d.set("open", false) }, "We are closed now and call once we are open"},
		"no times":             {func(d *desk) { d.slots = []slot{} }, "No time can be booked at the moment"},
		"times nobody tells":   {func(d *desk) { d.refuse("GET slots", refusal{status: 409, kind: "not-offered"}) }, "No time can be booked at the moment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			c.change(d)
			b := form(t, d)
			b.sees(c.want)
			b.quiet()
		})
	}
}

func TestWhereNothingIsOfferedThePageSaysWhatElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*desk)
		want   string
	}{
		"not offered": {func(d *desk) { d.set("callbackOffered", false) }, "We cannot call back at the moment."},
		"not offered, closed": {func(d *desk) {
			d.set("callbackOffered", false)
			d.set("open", false)
			d.set("nextOpening", time.Date(2030, 6, 3, 7, 0, 0, 0, time.UTC))
		}, "Please try again from Monday 3 June, 09:00."},
		"the key is revoked": {func(d *desk) { d.refuse("GET "+deskQueue, refusal{status: 401, kind: "unauthorized"}) }, "Callbacks cannot be asked for on this page."},
		"another origin":     {func(d *desk) { d.refuse("GET "+deskQueue, refusal{status: 403, kind: "forbidden"}) }, "Callbacks cannot be asked for on this page."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			c.change(d)
			b := open(t, d.address+"/demo?lang=en", looks{})
			b.sees(c.want)
			// What the page itself has for them is shown, not only there.
			b.until("document.querySelector('direct-callback a').checkVisibility()")
			if eval[bool](b, "Boolean(widget().querySelector('form'))") || strings.Contains(b.text(), "undefined") {
				t.Errorf("shown is\n%s", b.text())
			}
		})
	}
}

func TestWithoutAnAnswerItIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.refuse("GET "+deskQueue, refusal{})
	b := open(t, d.address+"/demo?lang=en", looks{})
	b.sees("We cannot be reached at the moment.")
	b.tabTo("Try again")
	b.press(kb.Enter)
	b.until("widget().querySelector('form')")
	b.focused("Let us call you")
}

// Answers that are lost are asked for again under one key, with one body, until the
// customer has one: the service then makes one callback.
func TestALostAnswerIsAskedForUnderTheSameKey(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.refuse("POST callbacks", refusal{}, refusal{status: 503, kind: "unavailable", retryAfter: "1"}, refusal{})
	b := form(t, d)
	b.fill()
	b.send()
	b.sees("nothing that you typed is lost")
	b.send()
	b.sees("We will call you")
	tries := d.got("POST callbacks")
	if len(tries) != 4 {
		t.Fatalf("%d requests", len(tries))
	}
	for _, try := range tries {
		if try.key == "" || try.key != tries[0].key || try.body["consent"].(map[string]any)["at"] != tries[0].body["consent"].(map[string]any)["at"] {
			t.Errorf("key %q, body %v; first %q, %v", try.key, try.body, tries[0].key, tries[0].body)
		}
	}
	b.quiet()
}

func TestAnotherRequestHasAnotherKey(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.refuse("POST callbacks", refusal{status: 422, kind: "invalid-request", members: map[string]any{"errors": []map[string]string{{"field": "phone", "message": "no"}}}})
	b := form(t, d)
	b.fill()
	b.send()
	b.sees("We cannot call this number.")
	b.focused("Phone number")
	b.press("1")
	b.send()
	b.sees("We will call you")
	tries := d.got("POST callbacks")
	if len(tries) != 2 || tries[0].key == tries[1].key {
		t.Errorf("requests %v", tries)
	}
}

func TestEachRefusalIsSaidInPlainWords(t *testing.T) {
	t.Parallel()
	wrong := func(field string) refusal {
		return refusal{status: 422, kind: "invalid-request", members: map[string]any{"errors": []map[string]string{{"field": field, "message": "no"}}}}
	}
	for name, c := range map[string]struct {
		no          refusal
		want, focus string
	}{
		"rate limited, seconds": {refusal{status: 429, kind: "too-many-requests", retryAfter: "40"}, "Please try again in 40 seconds.", ""},
		"rate limited, minutes": {refusal{status: 429, kind: "too-many-requests", retryAfter: "600", members: map[string]any{"retryAfter": 600}}, "Please try again in 10 minutes.", ""},
		"not offered any more":  {refusal{status: 409, kind: "not-offered"}, "We cannot call back at the moment.", ""},
		"a mistake of ours":     {refusal{status: 500, kind: "internal"}, "Something went wrong on our side.", ""},
		"no JSON":               {refusal{status: 502}, "Something went wrong on our side.", ""},
		"quiet hours":           {wrong("when"), "We cannot call you right now. Please choose a time.", "As soon as possible"},
		"the name":              {wrong("name"), "Please write this in fewer, plain words.", "Name"},
		"the notes":             {wrong("notes"), "Please write this in fewer, plain words.", "What is it about?"},
		"the consent":           {wrong("consent.text"), "without your consent we may not call", "Please call me"},
		"something unknown":     {wrong("email"), "Something went wrong on our side.", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			d.refuse("POST callbacks", c.no)
			b := form(t, d)
			b.fill()
			b.send()
			b.sees(c.want)
			if c.focus != "" {
				b.focused(c.focus)
			}
		})
	}
}

func TestAFullTimeIsFollowedByAnOfferOfTheNext(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	next := d.slots[4]
	full := refusal{status: 409, kind: "slot-full", members: map[string]any{"nextAvailable": next}}
	d.refuse("POST callbacks", full)
	b := form(t, d)
	eval[any](b, "widget().querySelector('[name=when][value=slot]').click()")
	eval[any](b, "widget().querySelectorAll('[name=time]')[2].click()")
	b.sees("We keep")
	b.fill()
	b.send()
	b.sees("has just been taken. The next free time is")
	b.focused("Take ")
	b.sound()
	b.shot("offer")
	b.press(kb.Enter)
	b.sees("We keep")
	b.send()
	b.sees("Your time is booked.")
	if last := d.got("POST callbacks")[1].body["when"].(map[string]any)["slotId"]; last != "held-"+next.ID {
		t.Errorf("booked %v", last)
	}
	for _, hold := range d.got("POST holds") {
		if hold.token != "dck_for-the-browser-tests" {
			t.Errorf("a hold with the token %q", hold.token)
		}
	}
}

func TestATimeThatIsHeldIsLetGo(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := form(t, d)
	eval[any](b, "widget().querySelector('[name=when][value=slot]').click()")
	eval[any](b, "widget().querySelectorAll('[name=time]')[2].click()")
	b.sees("We keep")
	eval[any](b, "widget().querySelector('[name=when][value=asap]').click()")
	b.wait("the time is let go", func() bool { return len(d.got("DELETE hold")) == 1 })

	eval[any](b, "widget().querySelector('[name=when][value=slot]').click()")
	b.sees("We keep")
	eval[any](b, "document.querySelector('direct-callback').remove()")
	b.wait("the time is let go", func() bool { return len(d.got("DELETE hold")) == 2 })
}

// A form that is left open keeps its time for a while, and then says that it does not.
func TestATimeIsNotHeldForEver(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := open(t, d.address+"/demo?lang=en", looks{hasty: true})
	b.until("widget()?.querySelector('form')")
	eval[any](b, "widget().querySelector('[name=when][value=slot]').click()")
	eval[any](b, "widget().querySelectorAll('[name=time]')[2].click()")
	b.sees("We cannot keep")
	holds := d.got("POST holds")
	if len(holds) != 6 || holds[0].body["slotId"] != d.slots[2].ID || holds[5].body["slotId"] != "held-"+d.slots[2].ID {
		t.Errorf("holds %v", holds)
	}
	// It can be booked all the same.
	b.fill()
	b.send()
	b.sees("Your time is booked.")
	if booked := d.got("POST callbacks")[0].body["when"].(map[string]any)["slotId"]; booked != d.slots[2].ID {
		t.Errorf("booked %v", booked)
	}
}

func TestTheWaitIsToldAsItChanges(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := open(t, d.address+"/demo?lang=en", looks{hasty: true})
	b.sees("3 people are waiting")
	d.change(func() {
		d.wait = map[string]any{"callsWaiting": 1, "estimatedWait": map[string]any{"seconds": 100, "source": "platform"}}
	})
	b.sees("About 2 minutes · 1 person is waiting")
	d.set("open", false)
	b.sees("We are closed now")
}

// Who joined another's callback is told so, and gets nothing to change it with.
func TestWhoJoinsIsToldSo(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.refuse("POST callbacks", refusal{status: http.StatusOK, members: map[string]any{"id": "c-1", "state": "waiting", "place": 3, "joined": true, "links": map[string]string{"self": "/v1/callbacks/c-1"}}})
	b := form(t, d)
	b.fill()
	b.send()
	b.sees("This number has a callback already")
	b.sees("It is number 3 in line.")
	b.sound()
	if stored := eval[int](b, "sessionStorage.length"); stored != 0 {
		t.Errorf("%d things are stored", stored)
	}
}

func TestThePlaceMovesWhileTheCustomerLooks(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := promised(t, d)
	b.focused("We will call you")
	for _, step := range []struct {
		members map[string]any
		want    string
	}{
		{map[string]any{"place": 2}, "Your place in line\n2"},
		{map[string]any{"place": 1, "estimatedWait": nil}, "You are next."},
		{map[string]any{"state": "due", "place": nil}, "It is your turn."},
		{map[string]any{"state": "dispatched"}, "It is your turn."},
		{map[string]any{"state": "accepted", "links": map[string]string{"self": "/"}}, "Somebody is about to call you."},
		{map[string]any{"state": "connected"}, "We are on the phone with you."},
		{map[string]any{"state": "completed", "reason": "You were called."}, "We have spoken"},
	} {
		d.becomes(step.members)
		b.sees(step.want)
	}
	if stored := eval[int](b, "sessionStorage.length"); stored != 0 {
		t.Errorf("%d things are stored", stored)
	}
	b.sound()
	b.quiet()
}

func TestWithoutStreamsItIsLookedAtNowAndThen(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	for range 10 {
		d.refuse("GET events", refusal{status: 503, kind: "unavailable"})
	}
	b := promised(t, d)
	d.becomes(map[string]any{"place": 1})
	b.sees("You are next.")
}

func TestAStreamThatBreaksIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := promised(t, d)
	d.change(nil)
	d.becomes(map[string]any{"place": 1})
	b.sees("You are next.")
}

func TestTheTabRemembersItsCallback(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := promised(t, d)
	b.reload()
	b.sees("We will call you")
	if strings.Contains(eval[string](b, "location.href + document.referrer + document.body.innerHTML"), "dcm_") {
		t.Error("the token is on the page or in its address")
	}
	// Somebody erased it meanwhile.
	d.refuse("GET callback", refusal{status: 404, kind: "not-found"})
	b.reload()
	b.until("widget()?.querySelector('form.x, form [name=when]')")
	if stored := eval[int](b, "sessionStorage.length"); stored != 0 {
		t.Errorf("%d things are stored", stored)
	}
}

func TestAChangeThatComesTooLateIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		no   refusal
		want string
	}{
		"too late":              {refusal{status: 409, kind: "too-late", members: map[string]any{"state": "accepted"}}, "It is too late for that"},
		"changed meanwhile":     {refusal{status: 412, kind: "precondition-failed"}, "Something changed meanwhile."},
		"another waits":         {refusal{status: 409, kind: "duplicate", members: map[string]any{"duplicateOf": "c-2"}}, "This number waits for a callback already."},
		"no number":             {refusal{status: 422, kind: "invalid-request", members: map[string]any{"errors": []map[string]string{{"field": "phone", "message": "no"}}}}, "We cannot call this number."},
		"nobody can be reached": {refusal{}, "We cannot be reached at the moment."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			b := promised(t, d)
			d.refuse("PATCH callback", c.no)
			b.tabTo("Change the number")
			b.press(kb.Enter)
			b.tabTo("Phone number")
			b.press(strings.Split("02079460999", "")...)
			b.send()
			b.sees(c.want)
			sent := d.got("PATCH callback")[0]
			if sent.body["phone"] != "+442079460999" || !strings.HasPrefix(sent.match, `"`) || sent.token != deskToken {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}

func TestPagesMayUseTheirOwnWords(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := form(t, d)
	eval[any](b, `document.querySelector('direct-callback').texts = {title: 'Talk to Larkmoor', now: 'Straight away'}`)
	b.sees("Talk to Larkmoor")
	b.until("widget().querySelector('form')")
	b.sees("Straight away")

	// A page that writes its language wrongly, or one that there is no text for, is English.
	for _, lang := range []string{"en_US", "tlh"} {
		eval[any](b, fmt.Sprintf("Object.assign(document.querySelector('direct-callback'), {texts: {}, lang: %q})", lang))
		b.sees("Let us call you")
		b.sees("As soon as possible")
	}
	eval[any](b, `{
		const own = document.createElement('span');
		own.slot = 'consent';
		own.append('I agree to ', Object.assign(document.createElement('a'), {href: '/privacy', textContent: 'be phoned'}), '.');
		document.querySelector('direct-callback').append(own);
	}`)
	eval[any](b, "widget().querySelector('#phone').focus()")
	b.press(strings.Split("02079460018", "")...)
	eval[any](b, "widget().querySelector('#consent').click()")
	b.send()
	b.sees("We will call you")
	if got := d.got("POST callbacks")[0].body["consent"].(map[string]any)["text"]; got != "I agree to be phoned." {
		t.Errorf("consent to %q", got)
	}
	b.quiet()
}

// The customer is told how things stand, and that nothing can be changed any more.
func TestWhatCannotBeChangedAnyMoreHasNoButtons(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := promised(t, d)
	d.refuse("DELETE callback", refusal{status: 409, kind: "too-late", members: map[string]any{"state": "accepted"}})
	b.tabTo("Cancel the callback")
	b.press(kb.Enter)
	b.focused("Cancel the callback?")
	d.change(func() {
		d.callback["state"], d.callback["links"] = "accepted", map[string]string{"self": "/v1/callbacks/c-1"}
	})
	b.sees("Somebody is about to call you.")
	b.until("!widget().querySelector('.question, .buttons button')")
	b.focused("We will call you")
}

func TestAChangeUnderWayIsNotCalledDone(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := promised(t, d)
	going := map[string]any{"id": "c-1", "state": "cancelling", "place": nil, "window": nil, "estimatedWait": nil, "phone": "+442079460999", "links": map[string]string{"self": "/v1/callbacks/c-1"}}
	d.refuse("PATCH callback", refusal{status: http.StatusAccepted, members: going})
	b.tabTo("Change the number")
	b.press(kb.Enter)
	b.tabTo("Phone number")
	b.press(strings.Split("02079460999", "")...)
	b.send()
	b.sees("It may still ring.")
	if strings.Contains(b.text(), "The number is changed.") {
		t.Error("it is called done")
	}
}

// Arabic, for which there are no texts yet, is laid out from right to left.
func TestRightToLeft(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	b := form(t, d)
	eval[any](b, "document.documentElement.dir = 'rtl'; widget().querySelector('[name=when][value=slot]').click()")
	b.until("widget().querySelector('[name=time]')")
	eval[any](b, "widget().querySelectorAll('[name=time]')[2].click()")
	b.sees("We keep")
	b.sound()
	b.shot("form")
	if left, right := eval[float64](b, "widget().querySelector('.option input').getBoundingClientRect().left"), eval[float64](b, "widget().querySelector('.option-text').getBoundingClientRect().right"); left < right {
		t.Errorf("the button begins at %v, its text ends at %v", left, right)
	}
}
