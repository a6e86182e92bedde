package api_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

const (
	slotsPath = "/v1/queues/" + queue + "/slots"
	holdsPath = "/v1/queues/" + queue + "/holds"
	freeSlot  = "slot_PyuNHmxHSpCbHX5aDC9NYQHC0gAAHg" // of the queue, 2026-03-05 from 8:00 to 8:30
	nextSlot  = "slot_PyuNHmxHSpCbHX5aDC9NYQHC0jwAHg" // from 9:00
	heldSlot  = freeSlot + ".MFRGGZDFMZTWQ2LKNNWG23TPOA"
	otherSlot = "slot_Wg58g5HUS2Kn9TyNLmsQlAHC0gAAHg" // of another queue
)

func eight() adapter.Window {
	start := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)
	return adapter.Window{Start: start, End: start.Add(30 * time.Minute)}
}

// full is what the service says when all seats are taken.
func full(next adapter.Window) error {
	return fmt.Errorf("hold slot: %w", &service.SlotFullError{Slot: adapter.Slot{Queue: queue, Window: eight()}, Next: next})
}

func nineOClock() adapter.Window {
	w := eight()
	return adapter.Window{Start: w.Start.Add(time.Hour), End: w.End.Add(time.Hour)}
}

func TestSlotStatuses(t *testing.T) {
	t.Parallel()
	list := call{method: "GET", path: slotsPath, token: secret}
	hold := call{method: "POST", path: holdsPath, body: `{"slotId":"` + freeSlot + `"}`, token: secret}
	release := call{method: "DELETE", path: "/v1/holds/" + heldSlot, token: secret}
	other := func(c call, path string) call { c.path = path; return c }
	sends := func(body string) call { c := hold; c.body = body; return c }
	none := &service.NoSlotError{Why: "it is too soon"}
	for name, test := range map[string]struct {
		call   call
		err    error
		status int
		kind   string
		wrong  string
	}{
		"listed":                      {list, nil, 200, "", ""},
		"listed for a while":          {other(list, slotsPath+"?from=2026-03-05T00:00:00%2B01:00&to=2026-03-06T00:00:00Z&timeZone=Europe/Paris"), nil, 200, "", ""},
		"held":                        {hold, nil, 201, "", ""},
		"held anew":                   {sends(`{"slotId":"` + heldSlot + `"}`), nil, 201, "", ""},
		"released":                    {release, nil, 204, "", ""},
		"list, no token":              {as(list, ""), nil, 401, "unauthorized", ""},
		"hold, no token":              {as(hold, ""), nil, 401, "unauthorized", ""},
		"release, no token":           {as(release, ""), nil, 401, "unauthorized", ""},
		"list, the customer":          {as(list, stranger), nil, 403, "forbidden", ""},
		"hold, the customer":          {as(hold, stranger), nil, 403, "forbidden", ""},
		"release, the customer":       {as(release, stranger), nil, 403, "forbidden", ""},
		"list of no queue":            {other(list, "/v1/queues/"+elsewhere+"/slots"), nil, 404, "not-found", ""},
		"hold of no queue":            {call{method: "POST", path: "/v1/queues/" + elsewhere + "/holds", body: `{"slotId":"` + otherSlot + `"}`, token: secret}, nil, 404, "not-found", ""},
		"release what is free":        {other(release, "/v1/holds/"+freeSlot), nil, 404, "not-found", ""},
		"release what is nothing":     {other(release, "/v1/holds/x"), nil, 404, "not-found", ""},
		"list, not offered":           {list, fmt.Errorf("slots: %w: the queue is paused", adapter.ErrNotOffered), 409, "not-offered", ""},
		"hold, not offered":           {hold, fmt.Errorf("hold: %w: the queue is paused", adapter.ErrNotOffered), 409, "not-offered", ""},
		"full":                        {hold, full(nineOClock()), 409, "slot-full", ""},
		"from nothing":                {other(list, slotsPath+"?from=today"), nil, 422, "invalid-request", "from"},
		"to before from":              {other(list, slotsPath+"?from=2026-03-05T00:00:00Z&to=2026-03-05T00:00:00Z"), nil, 422, "invalid-request", "to"},
		"no time zone":                {other(list, slotsPath+"?timeZone=Paris&to=x"), nil, 422, "invalid-request", "to timeZone"},
		"slot of another queue":       {sends(`{"slotId":"` + otherSlot + `"}`), nil, 422, "invalid-request", "slotId"},
		"no slot":                     {sends(`{"slotId":"tomorrow"}`), nil, 422, "invalid-request", "slotId"},
		"no slot that can be booked":  {hold, none, 422, "invalid-request", "slotId"},
		"slot as number":              {sends(`{"slotId":1}`), nil, 422, "invalid-request", "slotId"},
		"nothing":                     {sends(`{}`), nil, 422, "invalid-request", "slotId"},
		"no object":                   {sends(`[]`), nil, 422, "invalid-request", ""},
		"more":                        {sends(`{"slotId":"` + freeSlot + `","for":"me"}`), nil, 422, "invalid-request", "for"},
		"release with a parameter":    {other(release, release.path+"?now=1"), nil, 422, "invalid-request", "now"},
		"no JSON":                     {sends(`{`), nil, 400, "malformed-json", ""},
		"a body that ends early":      {call{method: "POST", path: holdsPath, body: "{", token: secret, cut: true}, nil, 400, "unreadable-body", ""},
		"65 KiB":                      {sends(`{"slotId":"` + strings.Repeat("x", 65<<10) + `"}`), nil, 413, "body-too-large", ""},
		"text":                        {with(hold, "Content-Type", "text/plain"), nil, 415, "unsupported-media-type", ""},
		"list, nobody expected it":    {list, errors.New("disk on fire"), 500, "internal", ""},
		"hold, nobody expected it":    {hold, errors.New("disk on fire"), 500, "internal", ""},
		"release, nobody expected it": {release, errors.New("disk on fire"), 500, "internal", ""},
		"list, the store is away":     {list, errClosed, 503, "unavailable", ""},
		"hold, the store is away":     {hold, errClosed, 503, "unavailable", ""},
		"release, the store is away":  {release, errClosed, 503, "unavailable", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := exemplary()
			b.slotErr = test.err
			o := options(b)
			o.Unavailable = func(err error) bool { return errors.Is(err, errClosed) }
			got := test.call.to(t, handler(t, o)).wants(t, test.status)
			if test.kind != "" && got.problem(t) != test.kind {
				t.Errorf("problem %s, want %s", got.problem(t), test.kind)
			}
			if wrong := strings.Join(got.wrong(), " "); wrong != test.wrong {
				t.Errorf("complains about %q, want %q: %s", wrong, test.wrong, got.Body)
			}
		})
	}
}

func TestSlotsAreShownInTheCustomersTime(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	b := exemplary()
	b.free = service.FreeSlots{Zone: paris, Slots: []adapter.Window{eight(), nineOClock()}}
	got := call{method: "GET", path: slotsPath + "?from=2026-03-05T00:00:00%2B01:00&timeZone=Europe/Paris", token: secret}.to(t, handler(t, options(b))).wants(t, http.StatusOK)
	want := map[string]any{"queueId": queue, "timeZone": "Europe/Paris", "items": []any{
		map[string]any{"slotId": freeSlot, "start": "2026-03-05T09:00:00+01:00", "end": "2026-03-05T09:30:00+01:00"},
		map[string]any{"slotId": nextSlot, "start": "2026-03-05T10:00:00+01:00", "end": "2026-03-05T10:30:00+01:00"},
	}}
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Error(diff)
	}
	if sought := (service.SlotQuery{Queue: queue, From: time.Date(2026, 3, 4, 23, 0, 0, 0, time.UTC), TimeZone: "Europe/Paris"}); b.sought != sought {
		t.Errorf("sought %+v", b.sought)
	}
}

func TestAHeldSlotHasAnIDThatNobodyCanGuess(t *testing.T) {
	t.Parallel()
	b := exemplary()
	h := handler(t, options(b))
	hold := call{method: "POST", path: holdsPath, body: `{"slotId":"` + freeSlot + `"}`, token: secret}
	first, second := hold.to(t, h).wants(t, http.StatusCreated), hold.to(t, h).wants(t, http.StatusCreated)
	if first.text("slotId") == second.text("slotId") || !strings.HasPrefix(first.text("slotId"), freeSlot+".") || first.text("until") != "2026-03-04T12:02:00Z" || first.text("start") != "2026-03-05T08:00:00Z" || first.text("end") != "2026-03-05T08:30:00Z" {
		t.Errorf("%s\n%s", first.Body, second.Body)
	}
	again := call{method: "POST", path: holdsPath, body: `{"slotId":"` + first.text("slotId") + `"}`, token: secret}.to(t, h).wants(t, http.StatusCreated)
	call{method: "DELETE", path: "/v1/holds/" + first.text("slotId"), token: secret}.to(t, h).wants(t, http.StatusNoContent)
	if again.text("slotId") != first.text("slotId") || len(b.held) != 4 || b.held[0].ID == b.held[1].ID || b.held[2].ID != b.held[0].ID || b.held[3].ID != b.held[0].ID || b.held[3].Slot != (adapter.Slot{Queue: queue, Window: eight()}) {
		t.Errorf("%s\n%+v", again.Body, b.held)
	}
}

func TestWhoFindsASlotFullIsToldTheNext(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		next adapter.Window
		want any
	}{
		"free":    {nineOClock(), map[string]any{"slotId": nextSlot, "start": "2026-03-05T09:00:00Z", "end": "2026-03-05T09:30:00Z"}},
		"nothing": {adapter.Window{}, nil},
	} {
		b := exemplary()
		b.slotErr, b.change = full(test.next), full(test.next)
		b.request = func(service.Request) (service.Receipt, error) { return service.Receipt{}, full(test.next) }
		h := handler(t, options(b))
		for _, c := range []call{
			{method: "POST", path: holdsPath, body: `{"slotId":"` + freeSlot + `"}`, token: secret},
			post(order(inSlot(freeSlot))),
			with(call{method: "PATCH", path: "/v1/callbacks/c", body: `{"when":{"slotId":"` + freeSlot + `"},"timeZone":"Europe/Paris"}`, token: secret}, "If-Match", "*"),
		} {
			got := c.to(t, h).wants(t, http.StatusConflict)
			if got.problem(t) != "slot-full" || cmp.Diff(test.want, got.body["nextAvailable"]) != "" {
				t.Errorf("%s, %s %s: %s", name, c.method, c.path, got.Body)
			}
		}
	}
}

func inSlot(id string) map[string]any {
	return map[string]any{"when": map[string]any{"slotId": id}, "timeZone": "Europe/Paris"}
}

func TestASlotIsAskedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		members map[string]any
		err     error // of the service
		wrong   string
		hold    adapter.HoldID
	}{
		"free":                    {inSlot(freeSlot), nil, "", ""},
		"held":                    {inSlot(heldSlot), nil, "", "MFRGGZDFMZTWQ2LKNNWG23TPOA"},
		"of another queue":        {inSlot(otherSlot), nil, "when.slotId", ""},
		"without a time zone":     {map[string]any{"when": map[string]any{"slotId": freeSlot}}, nil, "timeZone", ""},
		"and a window":            {map[string]any{"when": map[string]any{"slotId": freeSlot, "start": "2026-03-05T08:00:00Z"}, "timeZone": "Europe/Paris"}, nil, "when.start", ""},
		"of a number":             {map[string]any{"when": map[string]any{"slotId": 7}, "timeZone": "Europe/Paris"}, nil, "when.slotId", ""},
		"that is none":            {inSlot("slot_x"), nil, "when.slotId", ""},
		"that is over":            {inSlot(freeSlot), service.ErrWindowOver, "when.slotId", ""},
		"that cannot be booked":   {inSlot(freeSlot), &service.NoSlotError{Why: "it is too soon"}, "when.slotId", ""},
		"at a time that is quiet": {map[string]any{"when": map[string]any{"start": "2026-03-05T08:00:00Z", "end": "2026-03-05T09:00:00Z"}, "timeZone": "Europe/Paris"}, &service.QuietError{Why: "it is quiet then"}, "when", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := exemplary()
			var asked service.Request
			b.request = func(q service.Request) (service.Receipt, error) {
				asked = q
				return taken(q), test.err
			}
			b.change = test.err
			h := handler(t, options(b))
			made := post(order(test.members)).to(t, h)
			changes := with(call{method: "PATCH", path: "/v1/callbacks/c", body: only(test.members), token: secret}, "If-Match", "*").to(t, h)
			if test.wrong != "" {
				for _, got := range []answer{made.wants(t, 422), changes.wants(t, 422)} {
					if wrong := strings.Join(got.wrong(), " "); wrong != test.wrong {
						t.Errorf("complains about %q, want %q: %s", wrong, test.wrong, got.Body)
					}
				}
				return
			}
			made.wants(t, http.StatusCreated)
			changes.wants(t, http.StatusOK)
			if asked.Callback.Window != eight() || !asked.Callback.Booked || asked.Hold != test.hold {
				t.Errorf("asked %+v", asked)
			}
			if b.asked.When == nil || *b.asked.When != eight() || !b.asked.Booked || b.asked.Hold != test.hold {
				t.Errorf("changed %+v", b.asked)
			}
		})
	}
}

// only is a body of these members.
func only(members map[string]any) string {
	all := map[string]any{"phone": nil, "queueId": nil, "consent": nil, "when": nil}
	maps.Copy(all, members)
	return order(all)
}

func TestATopicNamesTheQueue(t *testing.T) {
	t.Parallel()
	var asked service.Request
	b := &backend{request: func(q service.Request) (service.Receipt, error) {
		asked = q
		return taken(q), nil
	}}
	h := handler(t, options(b))
	post(order(map[string]any{"queueId": nil, "topic": "cards"})).to(t, h).wants(t, http.StatusCreated)
	if asked.Callback.Queue != queue {
		t.Errorf("queue %s", asked.Callback.Queue)
	}
	first := asked.Payload
	post(order(nil)).to(t, h)
	if asked.Payload != first {
		t.Error("the same queue by its id is another request")
	}
	for want, members := range map[string]map[string]any{
		"topic":   {"topic": "cards"},
		"topic ":  {"queueId": nil, "topic": "pensions"},
		"topic  ": {"queueId": nil, "topic": 1},
		"queueId": {"queueId": nil},
	} {
		got := post(order(members)).to(t, h).wants(t, 422)
		if wrong := strings.Join(got.wrong(), " "); wrong != strings.TrimSpace(want) {
			t.Errorf("%v: complains about %q: %s", members, wrong, got.Body)
		}
	}
	b.request = func(service.Request) (service.Receipt, error) { return service.Receipt{}, adapter.ErrNotFound }
	got := post(order(map[string]any{"queueId": nil, "topic": "cards"})).to(t, h).wants(t, 422)
	if !slices.Equal(got.wrong(), []string{"topic"}) {
		t.Errorf("a topic of no queue: %s", got.Body)
	}
}

// The whole way, with the real service and store: look, hold, lose, book, move, cancel.
func TestSlotsOfTheService(t *testing.T) {
	t.Parallel()
	h := build(t)
	list := func() []any {
		got := call{method: "GET", path: slotsPath, token: secret}.to(t, h).wants(t, http.StatusOK)
		items, _ := got.body["items"].([]any)
		return items
	}
	id := func(item any) string { return item.(map[string]any)["slotId"].(string) }
	hold := func(slot string) answer {
		return call{method: "POST", path: holdsPath, body: `{"slotId":"` + slot + `"}`, token: secret}.to(t, h)
	}
	book := func(n int, slot string) answer {
		members := inSlot(slot)
		members["phone"] = fmt.Sprintf("+331555012%02d", n)
		return keyed(fmt.Sprint("k", n), members).to(t, h)
	}
	before := list()
	if len(before) != 7*48-2 {
		t.Fatalf("%d slots", len(before))
	}
	slot, next := id(before[0]), id(before[1])
	for n := range 4 {
		book(n, slot).wants(t, http.StatusCreated)
	}
	mine := hold(slot).wants(t, http.StatusCreated).text("slotId")
	if after := list(); len(after) != len(before)-1 || id(after[0]) != next {
		t.Errorf("a full slot is listed: %v", after[0])
	}
	for _, refused := range []answer{hold(slot), book(4, slot)} {
		if refused.wants(t, http.StatusConflict); id(refused.body["nextAvailable"]) != next {
			t.Errorf("%s", refused.Body)
		}
	}
	made := book(4, mine).wants(t, http.StatusCreated)
	if book(4, mine).wants(t, http.StatusCreated).Header().Get("Idempotent-Replayed") != "true" {
		t.Error("a repeat is not answered like the first time")
	}
	window, _ := made.body["window"].(map[string]any)
	if made.text("state") != "scheduled" || window["start"] != before[0].(map[string]any)["start"] {
		t.Errorf("%s", made.Body)
	}
	moved := with(call{method: "PATCH", path: made.Header().Get("Location"), body: `{"when":{"slotId":"` + next + `"}}`, token: made.text("manageToken")}, "If-Match", "*").to(t, h).wants(t, http.StatusOK)
	if window, _ := moved.body["window"].(map[string]any); window["start"] != before[1].(map[string]any)["start"] {
		t.Errorf("%s", moved.Body)
	}
	held := hold(slot).wants(t, http.StatusCreated).text("slotId")
	call{method: "DELETE", path: "/v1/holds/" + held, token: secret}.to(t, h).wants(t, http.StatusNoContent)
	call{method: "DELETE", path: "/v1/holds/" + held, token: secret}.to(t, h).wants(t, http.StatusNoContent)
	book(5, slot).wants(t, http.StatusCreated)
	at("DELETE", made, made.text("manageToken")).to(t, h).wants(t, http.StatusNoContent)
	if after := list(); len(after) != len(before)-1 || id(after[0]) != next {
		t.Errorf("%d slots, %v", len(after), after[0])
	}
}

// 64 clients want the last seats of a slot at once: as many as there are succeed, and
// the others are told where there is another one.
func TestOf64ClientsTheFirstGetTheSeats(t *testing.T) {
	t.Parallel()
	h := build(t)
	free := call{method: "GET", path: slotsPath, token: secret}.to(t, h).wants(t, http.StatusOK).body["items"].([]any)
	slot, next := free[0].(map[string]any)["slotId"], free[1].(map[string]any)["slotId"]
	const clients, seats = 64, 5 // of the default
	answers := make([]answer, clients)
	var group sync.WaitGroup
	for i := range clients {
		members := map[string]any{"phone": fmt.Sprintf("+331555012%02d", i), "when": map[string]any{"slotId": slot}, "timeZone": "Europe/Paris"}
		group.Go(func() { answers[i] = keyed(fmt.Sprint("client-", i), members).to(t, h) })
	}
	group.Wait()
	booked := 0
	for _, a := range answers {
		if a.Code == http.StatusCreated {
			booked++
			continue
		}
		told, _ := a.wants(t, http.StatusConflict).body["nextAvailable"].(map[string]any)
		if a.problem(t) != "slot-full" || told["slotId"] != next {
			t.Errorf("%s", a.Body)
		}
	}
	if booked != seats {
		t.Errorf("%d have one of %d seats", booked, seats)
	}
}

// Who travels, and says only that, is told that it is night there when the callback comes.
func TestAnotherTimeZoneMayNeedAnotherTime(t *testing.T) {
	t.Parallel()
	for _, err := range []error{&service.QuietError{Why: "it is quiet then"}, &service.NoSlotError{Why: "it touches the quiet hours"}} {
		b := exemplary()
		b.change = fmt.Errorf("change callback: %w", err)
		got := with(call{method: "PATCH", path: "/v1/callbacks/c", body: `{"timeZone":"America/New_York"}`, token: secret}, "If-Match", "*").to(t, handler(t, options(b))).wants(t, 422)
		if !slices.Equal(got.wrong(), []string{"timeZone"}) {
			t.Errorf("%v: %s", err, got.Body)
		}
	}
}
