package api_test

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/api"
	"directcallback/adapter/channels"
	"directcallback/adapter/service"
)

// guarded is an API with a key, and limits.
func guarded(tb testing.TB, b api.Backend, limits channels.Limits, change ...func(*api.Options)) (h http.Handler, key string) {
	tb.Helper()
	k, text := keyFor(0, []adapter.QueueID{queue}, bank)
	o := options(b)
	o.Keys, o.Channels.Limits = keyring{keys: []adapter.PublishableKey{k}}, limits
	for _, c := range change {
		c(&o)
	}
	return handler(tb, o), text
}

// tooMany checks an answer to one who must wait.
func (a answer) tooMany(tb testing.TB, after string) {
	tb.Helper()
	a.wants(tb, http.StatusTooManyRequests)
	seconds, _ := a.body["retryAfter"].(float64)
	if a.problem(tb) != "too-many-requests" || a.Header().Get("Retry-After") != after || time.Duration(seconds)*time.Second != must(time.ParseDuration(after+"s")) {
		tb.Errorf("Retry-After %q, want %s: %s", a.Header().Get("Retry-After"), after, a.Body)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestRequestsFromAnAddress(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h, key := guarded(t, &backend{}, channels.Limits{PerAddress: channels.Rate{N: 2, Per: time.Hour}}, func(o *api.Options) {
		o.Logger, o.Proxies = logTo(&log), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	page := post(order(nil)).from(bank, key)
	through := func(c call, hops string) call {
		c.header = maps.Clone(c.header)
		c.header["X-Forwarded-For"], c.remote = hops, "10.0.0.1:80"
		return c
	}
	for _, spoof := range []string{"", "198.51.100.1", "198.51.100.2, 198.51.100.3"} { // whom a stranger names does not count
		c := page
		if spoof != "" {
			c.header = maps.Clone(c.header)
			c.header["X-Forwarded-For"] = spoof
		}
		if got := c.to(t, h); spoof == "198.51.100.2, 198.51.100.3" {
			got.tooMany(t, "1800")
			if got.Header().Get("Access-Control-Allow-Origin") != bank {
				t.Error("the page cannot read why")
			}
		} else {
			got.wants(t, http.StatusCreated)
		}
	}
	through(page, "192.0.2.7").to(t, h).wants(t, http.StatusCreated)
	through(page, "198.51.100.1, 192.0.2.7").to(t, h).wants(t, http.StatusCreated)
	through(page, "192.0.2.7").to(t, h).tooMany(t, "1800")
	through(page, "192.0.2.8").to(t, h).wants(t, http.StatusCreated)
	call{method: "GET", path: "/v1/queues"}.from(bank, key).to(t, h).wants(t, http.StatusOK) // to look costs nothing
	post(`{}`).from(bank, key).to(t, h).wants(t, http.StatusUnprocessableEntity)             // nor does a mistake
	for range 10 {
		post(order(nil)).to(t, h).wants(t, http.StatusCreated) // the backend is known
	}
	if !strings.Contains(log.String(), `"refusal":"too many requests from an address"`) || strings.Contains(log.String(), "192.0.2.") {
		t.Errorf("log %s", &log)
	}
}

func TestCallsWithAKey(t *testing.T) {
	t.Parallel()
	h, key := guarded(t, &backend{}, channels.Limits{PerKey: channels.Rate{N: 3, Per: time.Minute}})
	look := call{method: "GET", path: "/v1/queues"}.from(bank, key)
	for i := range 3 {
		look.remote = must(netip.ParseAddr("192.0.2.7")).String() + ":" + string('1'+rune(i))
		look.to(t, h).wants(t, http.StatusOK)
	}
	look.remote = "192.0.2.8:80"
	look.to(t, h).tooMany(t, "20")
}

// Whoever calls too often from an address must wait, whatever is called.
func TestEveryCallIsCounted(t *testing.T) {
	t.Parallel()
	manage := "dcm_" + strings.Repeat("A", 43)
	b := &backend{}
	h, key := guarded(t, b, channels.Limits{})
	look := call{method: "GET", path: "/v1/queues"}.from(bank, key)
	for range 1200 {
		r := look
		if got := quick(r, h); got != http.StatusOK {
			t.Fatalf("status %d", got)
		}
	}
	slot := call{method: "POST", path: "/v1/queues/" + queue + "/holds", body: `{}`}
	for _, c := range []call{
		look, post(order(nil)).from(bank, key),
		{method: "GET", path: "/v1/queues/" + queue, token: key, header: map[string]string{"Origin": bank}},
		call{method: "GET", path: "/v1/queues/" + queue + "/wait"}.from(bank, key), call{method: "GET", path: "/v1/queues/" + queue + "/slots"}.from(bank, key),
		slot.from(bank, key), call{method: "DELETE", path: "/v1/holds/x"}.from(bank, key),
		{method: "GET", path: "/v1/callbacks/c", token: manage},
		{method: "GET", path: "/v1/callbacks/c/events", token: manage},
		{method: "DELETE", path: "/v1/callbacks/c", token: manage},
		{method: "PATCH", path: "/v1/callbacks/c", token: manage, body: `{"when":"asap"}`, header: map[string]string{"If-Match": "*"}},
	} {
		c.to(t, h).tooMany(t, "1")
	}
	post(order(nil)).to(t, h).wants(t, http.StatusCreated)
}

func TestHoldsFromAnAddress(t *testing.T) {
	t.Parallel()
	h, key := guarded(t, &backend{}, channels.Limits{PerAddress: channels.Rate{N: 1, Per: time.Hour}})
	for range 3 {
		call{method: "POST", path: "/v1/queues/" + queue + "/holds", body: `{}`}.from(bank, key).to(t, h).wants(t, http.StatusUnprocessableEntity)
	}
	call{method: "POST", path: "/v1/queues/" + queue + "/holds", body: `{}`}.from(bank, key).to(t, h).tooMany(t, "1200")
}

func TestANumberThatWasAskedForTooOften(t *testing.T) {
	t.Parallel()
	often := &service.TooOftenError{After: 90*time.Minute + time.Millisecond}
	b := refuse(often)
	b.change = often
	for _, c := range []call{post(order(nil)), {
		method: "PATCH", path: "/v1/callbacks/c", token: secret, body: `{"phone":"` + number + `"}`, header: map[string]string{"If-Match": "*"},
	}} {
		b := b
		b.getErr = nil
		c.to(t, handler(t, options(b))).tooMany(t, "5401")
	}
}

// Which numbers are phoned for whom.
func TestNumbersThatAreNotPhoned(t *testing.T) {
	t.Parallel()
	d := enter(t, tenant, 2)
	h, key := guarded(t, &backend{}, channels.Limits{}, d.trusted, func(o *api.Options) {
		o.Countries = func() []channels.Country { return []channels.Country{"FR", "GB"} }
	})
	through := func(phone, channel string) string { return order(map[string]any{"phone": phone, "channel": channel}) }
	for name, test := range map[string]struct {
		phone string
		why   string // empty = it is phoned
	}{
		"of a country":         {"+33155501234", ""},
		"of the other country": {"+442079460018", ""},
		"of another country":   {"+12025550123", "of US"},
		"beside that country":  {"+18765550123", "of JM"},
		"premium-rate":         {"+33899701234", "premium-rate"},
		"shared cost":          {"+33820123456", "shared-cost"},
		"personal":             {"+447012345678", "personal"},
		"a pager":              {"+447640123456", "pager"},
		"a company's":          {"+443001234567", "company"},
		"a satellite's":        {"+881612345678", "no country"},
		"emergency":            {"+33112", "emergency"},
		"short":                {"+331023", "short"},
	} {
		for _, c := range []call{
			post(through(test.phone, "web")).from(bank, key), post(through(test.phone, "mobile")).from(bank, key),
			post(through(test.phone, "bot")),
			{method: "POST", path: "/v1/callbacks", body: through(test.phone, "web"), token: d.token(t, shop, identifier)},
		} {
			got := c.to(t, h)
			if test.why == "" {
				got.wants(t, http.StatusCreated)
				continue
			}
			got.wants(t, http.StatusUnprocessableEntity)
			if strings.Join(got.wrong(), " ") != "phone" || !strings.Contains(got.Body.String(), test.why) || strings.Contains(got.Body.String(), test.phone[1:]) {
				t.Errorf("%s: %s", name, got.Body)
			}
		}
	}
	for _, phone := range []string{"+12025550123", "+33899701234"} { // a representative hears whose number it is
		post(through(phone, "representative")).to(t, h).wants(t, http.StatusCreated)
	}
}

// The customer corrects the number, and anybody could be the customer.
func TestNumbersThatACallbackIsNotMovedTo(t *testing.T) {
	t.Parallel()
	manage := "dcm_" + strings.Repeat("A", 43)
	patch := func(token, phone string) call {
		return call{method: "PATCH", path: "/v1/callbacks/c", token: token, body: `{"phone":"` + phone + `"}`, header: map[string]string{"If-Match": "*"}}
	}
	for _, test := range []struct {
		channel adapter.Channel
		token   string
		phone   string
		status  int
	}{
		{adapter.ChannelWeb, manage, "+33155501235", 200},
		{adapter.ChannelWeb, manage, "+33899701234", 422},
		{adapter.ChannelWeb, manage, "+12025550123", 422},
		{adapter.ChannelWeb, secret, "+33899701234", 422},
		{adapter.ChannelRepresentative, manage, "+33899701234", 422},
		{adapter.ChannelRepresentative, secret, "+33899701234", 200},
	} {
		b := &backend{view: service.View{Callback: adapter.Callback{ID: "c", Channel: test.channel, ManageHash: hashOf(manage)}}}
		h, _ := guarded(t, b, channels.Limits{}, func(o *api.Options) {
			o.Countries = func() []channels.Country { return []channels.Country{"FR"} }
		})
		patch(test.token, test.phone).to(t, h).wants(t, test.status)
	}
	b := &backend{view: service.View{Callback: adapter.Callback{ID: "c", ManageHash: hashOf(manage)}}}
	h, _ := guarded(t, b, channels.Limits{PerAddress: channels.Rate{N: 1, Per: time.Hour}})
	patch(manage, "+33155501235").to(t, h).wants(t, http.StatusOK)
	patch(manage, "+33155501236").to(t, h).tooMany(t, "3600") // one number after the other
}

// What only somebody may say who knows the customer.
func TestWhatAPageMayNotAskFor(t *testing.T) {
	t.Parallel()
	h, key := guarded(t, &backend{}, channels.Limits{})
	for name, test := range map[string]struct {
		members map[string]any
		field   string
	}{
		"a time of its own":   {window(time.Hour, 2*time.Hour), "when"},
		"a representative's":  {map[string]any{"channel": "representative"}, "channel"},
		"who the customer is": {map[string]any{"contactId": "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"}, "contactId"},
	} {
		got := post(order(test.members)).from(bank, key).to(t, h).wants(t, http.StatusUnprocessableEntity)
		if strings.Join(got.wrong(), " ") != test.field {
			t.Errorf("%s: %s", name, got.Body)
		}
		post(order(test.members)).to(t, h).wants(t, http.StatusCreated)
	}
}

// Who cannot be told from a stranger, because the keys are away, waits.
func TestQueuesWhileKeysCannotBeRead(t *testing.T) {
	t.Parallel()
	_, text := keyFor(0, nil)
	for status, err := range map[int]error{http.StatusServiceUnavailable: errClosed, http.StatusInternalServerError: errors.New("disk on fire")} {
		o := options(&backend{})
		o.Keys, o.Unavailable = keyring{err: err}, func(err error) bool { return errors.Is(err, errClosed) }
		call{method: "GET", path: "/v1/queues"}.from(bank, text).to(t, handler(t, o)).wants(t, status)
	}
}
