package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/channels"
)

// The limits of a request.
const (
	maxName            = 100   // characters
	maxEmail           = 254   // characters
	maxLocale          = 35    // characters; RFC 5646 asks for this much
	maxZone            = 64    // characters
	maxNotes           = 2_000 // characters
	maxConsent         = 4_000 // characters
	maxAttributes      = 20    // with ours they fit into a delivery
	maxAttributeName   = 100   // characters
	maxAttributeLength = 4_000 // characters

	maxAhead  = 7 * 24 * time.Hour // from now to a window's start
	minWindow = 5 * time.Minute    // from start to end
	maxWindow = 24 * time.Hour

	// clockSkew is how far ahead a client's clock may be.
	clockSkew = 5 * time.Minute
)

// asked is what a body asks for.
type asked struct {
	adapter.Callback
	when  when
	topic channels.Topic // which names the queue
}

// of reads a field of the callback that is asked for.
func of(read func(*adapter.Callback, value) error) func(*asked, value) error {
	return func(q *asked, v value) error { return read(&q.Callback, v) }
}

// body is the table of what POST /v1/callbacks takes.
func (a *api) body(v value, now time.Time) []field[asked] {
	_, topic := v.member("topic")
	return []field[asked]{
		{"phone", true, of(text(readPhone))},
		{"queueId", a.o.DefaultQueue == "" && !topic, of(text(func(c *adapter.Callback, s string) error { return readID(&c.Queue, s) }))},
		{"topic", false, text(a.readTopic)},
		{"when", true, func(q *asked, v value) error { return readWhen(&q.when, v, now) }},
		{"name", false, of(text(func(c *adapter.Callback, s string) error { c.Name = s; return words(s, maxName) }))},
		{"email", false, of(text(readEmail))},
		{"contactId", false, of(text(func(c *adapter.Callback, s string) error { return readID(&c.Contact, s) }))},
		{"locale", false, of(text(readLocale))},
		{"timeZone", false, of(text(readZone))},
		{"notes", false, of(text(func(c *adapter.Callback, s string) error { c.Notes = s; return words(s, maxNotes) }))},
		{"attributes", false, of(readAttributes)},
		{"consent", true, of(func(c *adapter.Callback, v value) error { return readFields(&c.Consent, v, consentBody(now)) })},
		{"channel", false, of(text(readChannel))},
	}
}

// readRequest turns a body into the callback that it asks for.
func (a *api) readRequest(v value, who caller, now time.Time) (asked, error) {
	q := asked{Callback: adapter.Callback{Channel: adapter.ChannelWeb}}
	errs := wholeBody(readFields(&q, v, a.body(v, now)))
	when, _ := v.member("when")
	if _, ok := v.member("timeZone"); !ok && isTime(when) {
		errs = errs.note("timeZone", "is required with a time")
	}
	errs = a.chooseQueue(&q, v, errs)
	errs = append(errs, who.beyond(q, v)...)
	if objection := a.objection(who, q.Channel, q.Phone); objection != "" {
		errs = errs.note("phone", objection)
	}
	q.Window, q.Booked = q.when.Window, q.when.slot != nil
	ended := slices.ContainsFunc(errs, func(e fieldError) bool { return strings.HasPrefix(e.Field, "when.") })
	if over := q.Window.End; len(errs) > 0 && !ended && !over.IsZero() && !over.After(now) {
		errs = append(errs, q.when.over()...) // with the others, since it is refused anyway
	}
	return q, errs.orNil()
}

// chooseQueue takes the queue that a body names, or its topic's, or the default one.
func (a *api) chooseQueue(q *asked, v value, errs fieldErrors) fieldErrors {
	_, named := v.member("queueId")
	_, topic := v.member("topic")
	switch {
	case named && q.topic != "":
		errs = errs.note("topic", "must not be given with queueId: one of the two names the queue")
	case topic:
		q.Queue = a.o.Channels.Topics[q.topic]
	case !named:
		q.Queue = a.o.DefaultQueue
	}
	if q.Queue != "" && !q.when.isOf(q.Queue) {
		errs = errs.note("when.slotId", "is a slot of another queue")
	}
	return errs
}

func (a *api) readTopic(q *asked, s string) error {
	if _, known := a.o.Channels.Topics[channels.Topic(s)]; !known {
		return errors.New("is no topic that is known here")
	}
	q.topic = channels.Topic(s)
	return nil
}

func readPhone(c *adapter.Callback, s string) (err error) {
	c.Phone, err = parsePhone(s)
	return err
}

func parsePhone(s string) (adapter.Phone, error) {
	// The parser would dial letters and drop extensions; what was meant is not
	// ours to guess.
	if strings.Trim(s, "+0123456789 .-()") != "" {
		return adapter.Phone{}, errors.New("must be digits after + and the country code")
	}
	return adapter.ParsePhone(s)
}

func readID[ID ~string](into *ID, s string) error {
	id := adapter.NormalizeID(s)
	if !adapter.IsGUID(id) {
		return errors.New("must be a GUID")
	}
	*into = ID(id)
	return nil
}

func readEmail(c *adapter.Callback, s string) error {
	address, err := mail.ParseAddress(s)
	if err != nil || address.Address != s || len(s) > maxEmail {
		return errors.New("must be an email address and nothing else")
	}
	c.Email = s
	return nil
}

// readLocale checks the form of a language tag; whether there are texts in that
// language is found when they are needed.
func readLocale(c *adapter.Callback, s string) error {
	wrong := errors.New("must be a BCP 47 language tag such as fr-FR")
	if len(s) > maxLocale {
		return wrong
	}
	for i, tag := range strings.Split(s, "-") {
		letters := i == 0
		if len(tag) < 1 || len(tag) > 8 || (letters && len(tag) < 2) || strings.ContainsFunc(tag, func(c rune) bool { return !alphanumeric(c, letters) }) {
			return wrong
		}
	}
	c.Locale = s
	return nil
}

func alphanumeric(c rune, lettersOnly bool) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || ('0' <= c && c <= '9' && !lettersOnly)
}

func readZone(c *adapter.Callback, s string) error {
	wrong := errors.New("must be an IANA time zone such as Europe/Paris")
	if s == "" || s == "Local" || len(s) > maxZone {
		return wrong // time knows these two, IANA does not
	}
	if _, err := time.LoadLocation(s); err != nil {
		return wrong
	}
	c.TimeZone = s
	return nil
}

// reserved are the attributes that the adapter sets itself.
func reserved(name string) bool {
	for _, own := range []string{"type", "callbackId", "queueId", "queuedAt", "priority", "callId", "adapterRequestId"} {
		if strings.EqualFold(name, own) {
			return true
		}
	}
	return false
}

func readAttributes(c *adapter.Callback, v value) error {
	if v.shape != shapeObject {
		return mustBe(shapeObject)
	}
	if len(v.members) > maxAttributes {
		return fmt.Errorf("must have at most %d members", maxAttributes)
	}
	var errs fieldErrors
	c.Attributes = make(map[string]string, len(v.members))
	for _, m := range v.members {
		c.Attributes[m.name] = m.value.text
		errs = errs.add(m.name, attribute(m))
	}
	return errs.orNil()
}

func attribute(m member) error {
	if err := words(m.name, maxAttributeName); err != nil {
		return fmt.Errorf("its name %w", err)
	}
	switch {
	case reserved(m.name):
		return errors.New("is reserved: the adapter sets it")
	case m.value.shape != shapeText:
		return mustBe(shapeText)
	case m.value.text == "":
		return nil
	}
	return words(m.value.text, maxAttributeLength)
}

func readChannel(c *adapter.Callback, s string) error {
	switch channel := adapter.Channel(s); channel {
	case adapter.ChannelWeb, adapter.ChannelMobile, adapter.ChannelBot, adapter.ChannelRepresentative:
		c.Channel = channel
		return nil
	default:
		return errors.New("must be web, mobile, bot or representative")
	}
}

// consentBody is the table of a consent.
func consentBody(now time.Time) []field[adapter.Consent] {
	return []field[adapter.Consent]{
		{"given", true, func(c *adapter.Consent, v value) error {
			if v.shape != shapeTruth || !v.truth {
				return errors.New("must be true: nobody is phoned without consent")
			}
			c.Given = true
			return nil
		}},
		{"at", true, text(func(c *adapter.Consent, s string) error {
			at, err := instant(s)
			switch {
			case err != nil:
				return err
			case at.After(now.Add(clockSkew)):
				return errors.New("must not be in the future")
			case at.Year() < 2000:
				return errors.New("must be the time when consent was given")
			}
			c.At = at
			return nil
		})},
		{"text", true, text(func(c *adapter.Consent, s string) error { c.Text = s; return words(s, maxConsent) })},
	}
}

// fingerprint tells a repeat from another request under the same key. It is
// made of what was read, so spelling does not count.
func fingerprint(c adapter.Callback) (string, error) {
	canonical, err := json.Marshal(struct {
		Phone                                string // a Phone would marshal masked, and all numbers look alike
		Queue                                adapter.QueueID
		Window                               adapter.Window
		Name, Email, Locale, TimeZone, Notes string
		Contact                              adapter.ContactID
		Attributes                           map[string]string `json:",omitempty"` // none and {} mean the same
		Consent                              adapter.Consent
		Channel                              adapter.Channel
		Booked                               bool `json:",omitempty"`
	}{
		c.Phone.E164(), c.Queue, c.Window, c.Name, c.Email, c.Locale, c.TimeZone, c.Notes,
		c.Contact, c.Attributes, c.Consent, c.Channel, c.Booked,
	})
	if err != nil {
		return "", fmt.Errorf("canonical body: %w", err)
	}
	hash := sha256.Sum256(canonical)
	return hex.EncodeToString(hash[:]), nil
}
