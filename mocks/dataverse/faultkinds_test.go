package dataverse_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"directcallback/mocks/dataverse"
)

// careful makes a request that may be repeated until it is answered: it waits as long as it is told, never for ever,
// and believes no body it could not read to its end.
func (w wired) careful(method, resource, body string, headers ...string) reply {
	w.tb.Helper()
	var r reply
	for range 10 {
		r = w.try(30*time.Second, method, resource, body, headers...)
		whole := r.err == nil && (len(r.body) == 0 || json.Valid(r.body))
		switch {
		case r.status == http.StatusUnauthorized:
			headers = append(headers, "X-Asked-Again: for another token")
		case whole && r.status < 500 && r.status != http.StatusTooManyRequests, r.code() == "0x80040224":
			return r
		}
		w.rest(r)
	}
	return r
}

// rest waits as long as the answer says.
func (w wired) rest(r reply) {
	seconds, err := strconv.Atoi(r.header.Get("Retry-After"))
	if err != nil {
		seconds = 1
	}
	select {
	case <-time.After(time.Duration(seconds) * time.Second):
	case <-w.tb.Context().Done():
	}
}

const ownID = "0f0f0f0f-0000-4000-8000-000000000001"

// carefulCreate gives the row an id of its own, so that a repeat does no harm: one that was applied already is 412.
func (w wired) carefulCreate() string {
	r := w.careful(http.MethodPost, "contacts", `{"lastname":"Once","contactid":"`+ownID+`"}`)
	if !r.ok() && r.code() != "0x80040237" {
		return fmt.Sprint(r.status, r.err)
	}
	return w.created()
}

// naiveCreate tries again when it does not know.
func (w wired) naiveCreate() string {
	for range 3 {
		if r := w.try(0, http.MethodPost, "contacts", `{"lastname":"Once"}`); r.ok() {
			break
		}
	}
	return w.created()
}

// created says what is wrong about the row that was to be made once.
func (w wired) created() string {
	w.mock.ClearFaults()
	p, err := w.try(0, http.MethodGet, "contacts?$filter=lastname eq 'Once'", "").page()
	if err != nil || len(p.Value) != 1 {
		return fmt.Sprintf("%d rows, %v", len(p.Value), err)
	}
	return ""
}

// naiveRead takes the first answer for the only one.
func naiveRead(w wired) string { return w.queues(w.try(0, http.MethodGet, "queues", "")) }

func carefulRead(w wired) string { return w.queues(w.careful(http.MethodGet, "queues", "")) }

func (w wired) queues(r reply) string {
	p, err := r.page()
	if err != nil || len(p.Value) != 3 {
		return fmt.Sprintf("%d queues, %v", len(p.Value), err)
	}
	return ""
}

// streamed decodes item by item, and stops when there is no more to be had.
func streamed(body []byte) (rows int) {
	_, list, _ := bytes.Cut(body, []byte(`"value":[`))
	decoder := json.NewDecoder(bytes.NewReader(list))
	for {
		var row map[string]any
		if decoder.Decode(&row) != nil {
			return rows
		}
		rows++
		_, _ = io.CopyN(io.Discard, decoder.Buffered(), 0)
		list = bytes.TrimPrefix(list[decoder.InputOffset():], []byte(","))
		decoder = json.NewDecoder(bytes.NewReader(list))
	}
}

func streamedRead(w wired) string {
	if rows := streamed(w.try(0, http.MethodGet, "queues", "").body); rows != 3 {
		return fmt.Sprintf("%d queues", rows)
	}
	return ""
}

// stubborn repeats what is refused for good; the harm is what it costs.
func stubborn(w wired) string {
	for range 5 {
		if w.try(0, http.MethodGet, "queues", "").ok() {
			break
		}
	}
	return w.attempts()
}

func givesUp(w wired) string {
	w.careful(http.MethodGet, "queues", "")
	return w.attempts()
}

func (w wired) attempts() string {
	if n := w.mock.Counters().Requests; n != 1 {
		return fmt.Sprintf("%d requests", n)
	}
	return ""
}

// timely says whether a read took less than a minute, whatever came of it.
func (w wired) timely(read func()) string {
	start := time.Now()
	read()
	if took := time.Since(start); took > time.Minute {
		return fmt.Sprintf("it took %s", took)
	}
	return ""
}

// pages reads a table page by page.
func (w wired) pages(get func(resource string) reply) (names []any, err error) {
	for resource := "queues?$select=name"; resource != ""; {
		p, err := get(resource).page()
		if err != nil {
			return names, err
		}
		for _, row := range p.Value {
			names = append(names, row["name"])
		}
		resource = p.Next
	}
	return names, nil
}

const onePage = "Prefer: odata.maxpagesize=1"

// delta reads a table, lets somebody change two rows, and hands over the link.
func (w wired) delta() (link string) {
	p, err := w.careful(http.MethodGet, "contacts?$select=lastname", "", trackChanges).page()
	if err != nil {
		w.tb.Fatal(err)
	}
	contact(w.org, "A")
	contact(w.org, "B")
	return p.Delta
}

// deliver asks for a delivery and waits until its row is there for everybody else.
func (w wired) deliver(r reply) (id string) {
	w.tb.Helper()
	var answer struct{ DeliveryID string }
	if err := json.Unmarshal(r.body, &answer); err != nil || r.status != http.StatusOK {
		w.tb.Fatalf("%d %s", r.status, r.body)
	}
	<-time.After(31 * time.Second) // just visible, at the latest
	return answer.DeliveryID
}

func (w wired) windowFrom(now time.Time) string {
	const layout = "2006-01-02T15:04:05.000Z"
	windows := fmt.Sprintf(`[{\"Start\":\"%s\",\"End\":\"%s\"}]`, now.UTC().Format(layout), now.Add(4*time.Minute).UTC().Format(layout))
	return w.deliveryBody("}", `,"Windows":"`+windows+`","InputAttributes":"{\"mine\":\"r-1\"}","RequestId":"r-1"}`)
}

// found says whether a query has a row.
func (w wired) found(resource string) bool {
	p, err := w.careful(http.MethodGet, resource, "").page()
	if err != nil {
		w.tb.Fatal(err)
	}
	return len(p.Value) > 0
}

var ownIDs = []string{"0f0f0f0f-0000-4000-8000-000000000001", "0f0f0f0f-0000-4000-8000-000000000002"}

// writes are the requests that create contacts with these identifiers.
func writes(ids ...string) (all []string) {
	for i, id := range ids {
		all = append(all, write(strconv.Itoa(i+1), "POST /api/data/v9.2/contacts", `{"lastname":"Once","contactid":"`+id+`"}`))
	}
	return all
}

// batch sends requests, or change sets, of which each is to be done whatever becomes of the others.
func (w wired) batch(parts ...string) reply {
	w.tb.Helper()
	return w.try(0, http.MethodPost, "$batch", multi("b", parts...), batchType, "Prefer: odata.continue-on-error")
}

// batched says what is wrong about the rows of the batch.
func (w wired) batched() string {
	p, err := w.try(0, http.MethodGet, "contacts?$filter=lastname eq 'Once'", "").page()
	if err != nil || len(p.Value) != len(ownIDs) {
		return fmt.Sprintf("%d rows, %v", len(p.Value), err)
	}
	return ""
}

var missingProperty = regexp.MustCompile(`property named '([^']*)'`)

// client does something and says what harm came of it; none is empty.
type client func(w wired) string

// kindTest is a fault, a client with the mistake that it brings to light, and one without.
type kindTest struct {
	fault   dataverse.Fault
	naive   client
	careful client
}

func carefulCreate(w wired) string { return w.carefulCreate() }
func naiveCreate(w wired) string   { return w.naiveCreate() }

func kindTests() map[string]kindTest {
	applied := dataverse.AfterApplying
	return map[string]kindTest{
		"throttle-requests":    {dataverse.Fault{Times: 3, RetryAfter: "7"}, naiveRead, carefulRead},
		"throttle-time":        {dataverse.Fault{Times: 3}, naiveRead, carefulRead},
		"throttle-concurrency": {dataverse.Fault{}, naiveRead, carefulRead},
		"sql-timeout":          {dataverse.Fault{Times: 2}, naiveRead, carefulRead},
		"sql-error":            {dataverse.Fault{When: applied}, naiveCreate, carefulCreate},
		"unexpected":           {dataverse.Fault{When: applied}, naiveCreate, carefulCreate},
		"plugin-error":         {dataverse.Fault{Chance: 1}, stubborn, givesUp},
		"bad-gateway": {dataverse.Fault{}, func(w wired) string {
			var body struct{ Error struct{ Code string } }
			if err := json.Unmarshal(w.try(0, http.MethodGet, "queues", "").body, &body); err != nil {
				return err.Error() // where the status should be told
			}
			return ""
		}, carefulRead},
		"unavailable":     {dataverse.Fault{RetryAfter: "20"}, naiveRead, carefulRead},
		"gateway-timeout": {dataverse.Fault{}, naiveCreate, carefulCreate},
		"reset-before":    {dataverse.Fault{}, naiveRead, carefulRead},
		"reset-after":     {dataverse.Fault{}, naiveCreate, carefulCreate},
		"truncate":        {dataverse.Fault{}, streamedRead, carefulRead},
		"half-json":       {dataverse.Fault{}, streamedRead, carefulRead},
		"slow": {
			dataverse.Fault{Delay: time.Hour},
			func(w wired) string { return w.timely(func() { w.try(0, http.MethodGet, "queues", "") }) },
			func(w wired) string { return w.timely(func() { carefulRead(w) }) + carefulRead(w) },
		},
		"slow-body": {
			dataverse.Fault{Delay: time.Hour},
			func(w wired) string {
				w.client.Transport.(*http.Transport).ResponseHeaderTimeout = 30 * time.Second
				return w.timely(func() { w.try(0, http.MethodGet, "queues", "") })
			},
			func(w wired) string { return w.timely(func() { carefulRead(w) }) + carefulRead(w) },
		},
		"slow-pages": {
			dataverse.Fault{Delay: 20 * time.Second, Chance: 1},
			func(w wired) string {
				end := time.Now().Add(30 * time.Second) // for the whole table
				names, err := w.pages(func(resource string) reply { return w.try(time.Until(end), http.MethodGet, resource, "", onePage) })
				if err != nil {
					return fmt.Sprint(names, err)
				}
				return ""
			},
			carefulPages,
		},
		"stale-etag": {
			dataverse.Fault{Times: 1},
			func(w wired) string {
				tag := w.careful(http.MethodGet, "queues("+w.demo.RetailQueue+")", "").header.Get("ETag")
				for range 5 {
					if w.try(0, http.MethodPatch, "queues("+w.demo.RetailQueue+")", `{"description":"x"}`, "If-Match: "+tag).ok() {
						return ""
					}
				}
				return "not written"
			},
			func(w wired) string {
				for range 5 {
					tag := w.careful(http.MethodGet, "queues("+w.demo.RetailQueue+")", "").header.Get("ETag")
					r := w.try(0, http.MethodPatch, "queues("+w.demo.RetailQueue+")", `{"description":"x"}`, "If-Match: "+tag)
					if r.ok() {
						return ""
					}
					if r.code() != "0x80060882" {
						return r.code()
					}
				}
				return "not written"
			},
		},
		"expired-delta": {
			dataverse.Fault{Chance: 1},
			func(w wired) string {
				link := w.delta()
				for range 5 {
					if w.try(0, http.MethodGet, link, "").ok() {
						return ""
					}
				}
				return "no changes"
			},
			func(w wired) string {
				r := w.careful(http.MethodGet, w.delta(), "")
				if r.status >= 400 && r.status < 500 {
					r = w.careful(http.MethodGet, "contacts?$select=lastname", "", trackChanges)
				}
				if p, err := r.page(); err != nil || len(p.Value) != 4 {
					return fmt.Sprint(p.Value, err)
				}
				return ""
			},
		},
		"expired-page": {
			dataverse.Fault{},
			func(w wired) string {
				names, _ := w.pages(func(resource string) reply { return w.careful(http.MethodGet, resource, "", onePage) })
				if len(names) != 3 {
					return fmt.Sprintf("the table is %v", names)
				}
				return ""
			},
			carefulPages,
		},
		"repeated-rows": {
			dataverse.Fault{Chance: 1},
			func(w wired) string {
				if p, err := w.careful(http.MethodGet, w.delta(), "").page(); err != nil || len(p.Value) != 2 {
					return fmt.Sprintf("%d changes, %v", len(p.Value), err)
				}
				return ""
			},
			func(w wired) string {
				p, err := w.careful(http.MethodGet, w.delta(), "").page()
				byID := map[any]any{}
				for _, row := range p.Value {
					byID[row["contactid"]] = row["lastname"]
				}
				if err != nil || len(byID) != 2 {
					return fmt.Sprintf("%d changes, %v", len(byID), err)
				}
				return ""
			},
		},
		"clock-skew": {
			dataverse.Fault{Chance: 1},
			func(w wired) string {
				if r := w.try(0, http.MethodPost, createDelivery, w.windowFrom(time.Now())); !r.ok() {
					return string(r.body)
				}
				return ""
			},
			func(w wired) string {
				there, err := http.ParseTime(w.careful(http.MethodGet, "WhoAmI", "").header.Get("Date"))
				if err != nil {
					return err.Error()
				}
				if r := w.try(0, http.MethodPost, createDelivery, w.windowFrom(there)); !r.ok() {
					return string(r.body)
				}
				return ""
			},
		},
		"elastic-lag": {
			dataverse.Fault{Chance: 1, Delay: time.Minute},
			func(w wired) string {
				id := w.deliver(w.careful(http.MethodPost, createDelivery, w.windowFrom(time.Now())))
				if !w.found("msdyn_proactive_deliveries?$filter=msdyn_delivery_id eq '" + id + "'") {
					return "not found: to be done again"
				}
				return ""
			},
			func(w wired) string {
				id := w.deliver(w.careful(http.MethodPost, createDelivery, w.windowFrom(time.Now())))
				for range 20 {
					if w.found("msdyn_proactive_deliveries?$filter=msdyn_delivery_id eq '" + id + "'") {
						return ""
					}
					w.rest(reply{header: http.Header{"Retry-After": {"5"}}})
				}
				return "not found: to be done again"
			},
		},
		"forgotten-request-id": {
			dataverse.Fault{},
			func(w wired) string {
				w.deliver(w.careful(http.MethodPost, createDelivery, w.windowFrom(time.Now())))
				if !w.found("msdyn_proactive_deliveries?$filter=msdyn_tracking_id eq 'r-1'") {
					return "not found: to be done again"
				}
				return ""
			},
			func(w wired) string {
				w.deliver(w.careful(http.MethodPost, createDelivery, w.windowFrom(time.Now())))
				if !w.found("msdyn_proactive_delivery_attributes?$filter=msdyn_keyword eq 'mine' and msdyn_value eq 'r-1'") {
					return "not found: to be done again"
				}
				return ""
			},
		},
		"missing-column": {
			dataverse.Fault{Table: "queue", Column: "msdyn_maxqueuesize"},
			func(w wired) string {
				return w.queues(w.careful(http.MethodGet, "queues?$select=name,msdyn_maxqueuesize", ""))
			},
			func(w wired) string {
				columns := []string{"name", "msdyn_maxqueuesize"}
				r := w.careful(http.MethodGet, "queues?$select="+strings.Join(columns, ","), "")
				if m := missingProperty.FindSubmatch(r.body); r.status == http.StatusBadRequest && m != nil {
					r = w.careful(http.MethodGet, "queues?$select="+strings.Replace(strings.Join(columns, ","), ","+string(m[1]), "", 1), "")
				}
				return w.queues(r)
			},
		},
		"part-throttled": {
			dataverse.Fault{},
			func(w wired) string {
				if r := w.batch(writes(ownIDs...)...); r.status != http.StatusOK {
					return strconv.Itoa(r.status)
				}
				return w.batched()
			},
			func(w wired) string {
				for range 5 {
					r := w.batch(writes(ownIDs...)...)
					if !bytes.Contains(r.body, []byte("HTTP/1.1 429")) {
						break
					}
					w.rest(r)
				}
				return w.batched()
			},
		},
		"part-fails": {
			dataverse.Fault{},
			func(w wired) string {
				w.batch(changeSet(writes(ownIDs...)...))
				w.batch(changeSet(writes(ownIDs[:1]...)...)) // the one that failed
				return w.batched()
			},
			func(w wired) string {
				w.batch(changeSet(writes(ownIDs...)...))
				w.batch(changeSet(writes(ownIDs...)...))
				return w.batched()
			},
		},
		"token-refused": {dataverse.Fault{}, naiveRead, carefulRead},
		"claims-challenge": {
			dataverse.Fault{},
			naiveRead,
			func(w wired) string {
				challenge := w.try(0, http.MethodGet, "queues", "").header.Get("WWW-Authenticate")
				_, rest, _ := strings.Cut(challenge, `claims="`)
				text, _, _ := strings.Cut(rest, `"`)
				if claims, err := base64.StdEncoding.DecodeString(text); err != nil || !json.Valid(claims) || len(claims) == 0 {
					return challenge
				}
				return carefulRead(w)
			},
		},
		"no-user": {dataverse.Fault{Chance: 1}, stubborn, givesUp},
	}
}

// carefulPages begins again when a page is lost.
func carefulPages(w wired) string {
	var names []any
	err := errors.New("not tried")
	for attempt := 0; attempt < 3 && err != nil; attempt++ {
		names, err = w.pages(func(resource string) reply { return w.careful(http.MethodGet, resource, "", onePage) })
	}
	if err != nil || len(names) != 3 {
		return fmt.Sprint(names, err)
	}
	return ""
}

// Every kind brings its mistake to light, and spares the client without it.
func TestEachKindCatchesItsMistake(t *testing.T) {
	t.Parallel()
	tests := kindTests()
	for _, kind := range dataverse.FaultKinds() {
		test, ok := tests[kind.Name]
		if !ok {
			t.Errorf("%s: no client shows what it catches", kind.Name)
			continue
		}
		if kind.Does == "" || kind.Catches == "" {
			t.Errorf("%s: says nothing", kind.Name)
		}
		test.fault.Kind = kind.Name
		for name, run := range map[string]client{"naive": test.naive, "careful": test.careful} {
			t.Run(kind.Name+" "+name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, nil, func(w wired) {
					if err := w.mock.Inject(test.fault); err != nil {
						t.Fatal(err)
					}
					harm := run(w)
					if caught := harm != ""; caught != (name == "naive") {
						t.Errorf("harm %q", harm)
					}
					w.mock.ClearFaults()
					if harm := naiveRead(w); harm != "" {
						t.Errorf("after the fault: %s", harm)
					}
				})
			})
		}
	}
	if len(tests) != len(dataverse.FaultKinds()) {
		t.Errorf("%d tests of %d kinds", len(tests), len(dataverse.FaultKinds()))
	}
}

// All at once: a careful client does a day's work exactly once, whatever the seed.
func TestCarefulClientSurvivesEverySeed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(o *dataverse.Options) { o.Seed = seed }, func(w wired) {
				if err := w.mock.Misbehave(0.05); err != nil {
					t.Fatal(err)
				}
				for i := range 20 {
					id := fmt.Sprintf("0f0f0f0f-0000-4000-8000-%012d", i)
					if r := w.careful(http.MethodPost, "contacts", `{"lastname":"Once","contactid":"`+id+`"}`); !r.ok() && r.code() != "0x80040237" {
						t.Errorf("seed %d: row %d: %d %s %v", seed, i, r.status, r.body, r.err)
					}
				}
				struck := w.mock.ClearFaults()
				if p, err := w.try(0, http.MethodGet, "contacts?$filter=lastname eq 'Once'", "").page(); err != nil || len(p.Value) != 20 {
					t.Errorf("seed %d: %d rows, %v", seed, len(p.Value), err)
				}
				if struck == 0 {
					t.Errorf("seed %d: nothing struck", seed)
				}
			})
		})
	}
}

// The story is the seed's: the same requests meet the same faults.
func TestSeedTellsTheStory(t *testing.T) {
	t.Parallel()
	story := func(seed uint64) (told []string) {
		inBubble(t, func(o *dataverse.Options) { o.Seed = 1 }, func(w wired) {
			w.mock.SeedFaults(seed)
			if err := w.mock.Misbehave(0.1); err != nil {
				t.Fatal(err)
			}
			for range 50 {
				w.try(time.Minute, http.MethodGet, "queues?$select=name", "")
				w.try(time.Minute, http.MethodPost, "contacts", `{"lastname":"x"}`)
			}
			for _, e := range w.mock.Trace(0) {
				told = append(told, fmt.Sprint(e.Method, e.Status, e.Faults))
			}
		})
		return told
	}
	one, again, other := strings.Join(story(1), "\n"), strings.Join(story(1), "\n"), strings.Join(story(2), "\n")
	if one != again {
		t.Errorf("%s\nthen\n%s", one, again)
	}
	if one == other {
		t.Error("seeds 1 and 2 tell the same story")
	}
}
