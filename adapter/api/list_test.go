package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

func list(query string) call {
	return call{method: "GET", path: "/v1/callbacks?" + query, token: secret}
}

func TestListStatuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call   call
		err    error
		status int
		kind   string
	}{
		"everything":           {list(""), nil, 200, ""},
		"no token":             {as(list(""), ""), nil, 401, "unauthorized"},
		"a customer":           {as(list(""), stranger), nil, 403, "forbidden"},
		"what nobody expected": {list(""), errors.New("disk on fire"), 500, "internal"},
		"the store is away":    {list(""), errClosed, 503, "unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(&backend{listErr: test.err})
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			got := test.call.to(t, handler(t, o)).wants(t, test.status)
			if test.kind != "" && got.problem(t) != test.kind {
				t.Errorf("problem %s, want %s", got.problem(t), test.kind)
			}
		})
	}
}

func TestWhatAListIsAskedFor(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]adapter.CallbackQuery{
		"":         {Limit: 26},
		"limit=1":  {Limit: 2},
		"queueId=": {},
		"queueId={3F2B8D1E-6C47-4A90-9B1D-7E5A0C2F4D61}&limit=100":            {Queue: queue, Limit: 101},
		"state=waiting&state=due&state=waiting":                               {States: []adapter.State{adapter.StateWaiting, adapter.StateDue}, Limit: 26},
		"cursor=AQAGTDDjc8gAMDE5NTYxMWMtMWMwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx": {Limit: 26, After: adapter.CallbackPosition{CreatedAt: time.UnixMicro(0x00064c30e373c800).UTC(), ID: "0195611c-1c00-7000-8000-000000000001"}},
	} {
		b := &backend{}
		got := list(query).to(t, handler(t, options(b)))
		if want.Limit == 0 {
			got.wants(t, http.StatusUnprocessableEntity)
			continue
		}
		got.wants(t, http.StatusOK)
		if diff := cmp.Diff(want, b.listAsked, cmp.Comparer(func(a, b adapter.Phone) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestWrongListParameters(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]string{
		"limit=0":                             {"limit"},
		"limit=101":                           {"limit"},
		"limit=ten":                           {"limit"},
		"limit=1&limit=2":                     {"limit"},
		"state=ringing":                       {"state"},
		"state=":                              {"state"},
		"state=waiting,due":                   {"state"},
		"cursor=":                             {"cursor"},
		"cursor=%00":                          {"cursor"},
		"cursor=" + strings.Repeat("A", 8000): {"cursor"},
		"cursor=AQAGTDDjc8gAMDE5NTYxMWMtMWMwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx=": {"cursor"},
		"cursor=AgAGTDDjc8gAMDE5NTYxMWMtMWMwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx":  {"cursor"}, // of another version
		"cursor=AQAGTDDjc8gA":             {"cursor"}, // without an id
		"queueId=billing":                 {"queueId"},
		"phone=%2B33155501234":            {"phone"}, // it has no place in an address
		"State=waiting":                   {"State"},
		"queueId=x&state=x&limit=x&xyz=x": {"queueId", "state", "limit", "xyz"},
	} {
		got := list(query).to(t, handler(t, options(&backend{}))).wants(t, http.StatusUnprocessableEntity)
		if diff := cmp.Diff(want, got.wrong()); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestAListShowsNoNumber(t *testing.T) {
	t.Parallel()
	phone, err := adapter.ParsePhone(number)
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{listed: []service.Listed{
		{QueueName: "Billing", Callback: adapter.Callback{
			ID: "c-2", State: adapter.StateCancelled, Since: noon, Queue: queue, Phone: phone, Channel: adapter.ChannelWeb, CreatedAt: noon, Attempts: 2,
			Window: adapter.Window{Start: noon, End: noon.Add(time.Hour)}, Reason: "cancelled by the customer",
		}},
		{Callback: adapter.Callback{ID: "c-1", State: adapter.StateCompleted, Since: noon, Queue: queue, Channel: adapter.ChannelVoice, CreatedAt: noon}},
	}}
	got := list("").to(t, handler(t, options(b))).wants(t, http.StatusOK)
	link := func(id string) map[string]any { return map[string]any{"self": "/v1/callbacks/" + id} }
	const at = "2026-03-04T12:00:00Z"
	want := map[string]any{"next": nil, "items": []any{
		map[string]any{
			"id": "c-2", "state": "cancelled", "since": at, "queueId": queue, "queueName": "Billing", "phone": "+33*******34", "channel": "web", "createdAt": at, "attempts": 2.0,
			"window": map[string]any{"start": at, "end": "2026-03-04T13:00:00Z"}, "reason": "cancelled by the customer", "links": link("c-2"),
		},
		map[string]any{
			"id": "c-1", "state": "completed", "since": at, "queueId": queue, "queueName": "", "phone": "", "channel": "voice", "createdAt": at, "attempts": 0.0,
			"window": nil, "reason": nil, "links": link("c-1"),
		},
	}}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Error(diff)
	}
}

// Page by page everything is seen once, although more is asked for meanwhile, several at
// the same moment.
func TestPages(t *testing.T) {
	t.Parallel()
	h := build(t)
	var made []string
	ask := func(n int) {
		for range n {
			i := len(made)
			got := keyed(fmt.Sprint("k-", i), map[string]any{"phone": fmt.Sprintf("+3315550%04d", 2000+i)}).to(t, h).wants(t, http.StatusCreated)
			made = append(made, got.text("id"))
			if i%3 == 0 {
				h.clock.advance(time.Second)
			}
		}
	}
	ask(11)
	want := slices.Sorted(slices.Values(made))
	var seen []string
	for query := "limit=4"; query != ""; {
		page := list(query).to(t, h).wants(t, http.StatusOK)
		items, _ := page.body["items"].([]any)
		for _, item := range items {
			c, _ := item.(map[string]any)
			id, _ := c["id"].(string)
			seen = append(seen, id)
		}
		query = ""
		if next := page.text("next"); next != "" {
			query = "limit=4&cursor=" + url.QueryEscape(next)
		}
		ask(2)
	}
	slices.Sort(seen)
	if !slices.Equal(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
	due := list("state=dispatched&state=due").to(t, h).wants(t, http.StatusOK)
	if items, _ := due.body["items"].([]any); len(items) != 1 {
		t.Errorf("due: %s", due.Body)
	}
	if none := list("queueId="+unconfigured).to(t, h).wants(t, http.StatusOK); none.body["next"] != nil || len(none.body["items"].([]any)) > 0 {
		t.Errorf("of another queue: %s", none.Body)
	}
}

// FuzzListQuery wants a page or a problem for every query.
func FuzzListQuery(f *testing.F) {
	for _, query := range []string{
		"", "limit=4", "state=waiting&state=due", "queueId={3F2B8D1E-6C47-4A90-9B1D-7E5A0C2F4D61}", "a;b", "%zz", "&&=", "cursor=AQAAAAAAAAAAAA",
		"cursor=AQAGTDDjc8gAMDE5NTYxMWMtMWMwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx&limit=100", "\xff=\xff", "limit=٤",
	} {
		f.Add(query)
	}
	h := handler(f, options(&backend{}))
	f.Fuzz(func(t *testing.T, query string) {
		c := list("")
		c.query = query
		if got := c.to(t, h); got.Code != http.StatusOK && got.Code != http.StatusUnprocessableEntity {
			t.Errorf("status %d for %q", got.Code, query)
		}
	})
}
