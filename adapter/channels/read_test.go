package channels_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/channels"
)

const (
	retail    = "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"
	mortgages = "5c1e0b77-2f0a-4f8e-8a55-0d1c9e6b3a20"
)

// all is a file that says all there is to say.
const all = `# what the portal cannot say
topics:
  cards: {queue: ` + retail + `}
  home-loans:
    queue: "{5C1E0B77-2F0A-4F8E-8A55-0D1C9E6B3A20}"
queues:
  ` + mortgages + `: {slots: {length: 1h, capacity: 10}}
slots: {length: 20m, capacity: 3, leadTime: 90m, daysAhead: 14}
countries: [GB, FR, NO]
quietHours: {from: 21:00, to: "08:30"}
doNotPhone: ignore
limits: {perNumber: 3/12h, perAddress: off, perKey: 10/30s}
`

func TestAFileSaysAllThereIsToSay(t *testing.T) {
	t.Parallel()
	got, err := channels.Read([]byte(all))
	if err != nil {
		t.Fatal(err)
	}
	common := channels.Slots{Length: 20 * time.Minute, Capacity: 3, LeadTime: 90 * time.Minute, DaysAhead: 14}
	loans := channels.Slots{Length: time.Hour, Capacity: 10, LeadTime: 90 * time.Minute, DaysAhead: 14}
	want := channels.Channels{
		Topics:     map[channels.Topic]adapter.QueueID{"cards": retail, "home-loans": mortgages},
		Slots:      common,
		Queues:     map[adapter.QueueID]channels.Slots{mortgages: loans},
		Countries:  []channels.Country{"FR", "GB", "NO"},
		QuietHours: channels.QuietHours{From: 21 * 60, To: 8*60 + 30},
		DoNotPhone: channels.Ignore,
		Limits:     channels.Limits{PerNumber: channels.Rate{N: 3, Per: 12 * time.Hour}, PerKey: channels.Rate{N: 10, Per: 30 * time.Second}},
		Named: []channels.Named{
			{Queue: retail, Place: channels.Place{Line: 3, Column: 18, Path: "topics.cards.queue"}},
			{Queue: mortgages, Place: channels.Place{Line: 5, Column: 12, Path: "topics.home-loans.queue"}},
			{Queue: mortgages, Place: channels.Place{Line: 7, Column: 3, Path: "queues." + mortgages}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.SlotsOf(mortgages) != loans || got.SlotsOf(retail) != common {
		t.Errorf("slots %+v and %+v", got.SlotsOf(mortgages), got.SlotsOf(retail))
	}
}

func TestWhatIsNotSaidIsAsWithoutAFile(t *testing.T) {
	t.Parallel()
	got, err := channels.Read([]byte("doNotPhone: honour"))
	if diff := cmp.Diff(channels.Default(), got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	part, err := channels.Read([]byte("limits: {perKey: 1/1m}\nslots: {capacity: 0}"))
	want := channels.Default()
	want.Limits.PerKey, want.Slots.Capacity = channels.Rate{N: 1, Per: time.Minute}, 0
	if diff := cmp.Diff(want, part); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestMistakesNameLineColumnAndRemedy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		want []string // one a mistake: where it is, and a piece of what is said
	}{
		"unknown name":           {"slotz: {}", []string{"1:1: slotz: is not known here; known are topics, slots, queues"}},
		"unknown name inside":    {"slots:\n  length: 30m\n  colour: red", []string{"3:3: slots.colour: is not known here; known are length, capacity"}},
		"twice":                  {"slots: {capacity: 1}\nslots: {capacity: 2}", []string{"2:1: slots: came before, in line 1"}},
		"twice inside":           {"slots:\n  capacity: 1\n  capacity: 2", []string{"3:3: slots.capacity: came before, in line 2"}},
		"one queue, two ways":    {"queues:\n  " + retail + ": {}\n  '{" + strings.ToUpper(retail) + "}': {}", []string{"3:3: queues.{" + strings.ToUpper(retail) + "}: came before, in line 2"}},
		"not a mapping":          {"- topics", []string{"1:1: must be a mapping of names and values, not a list"}},
		"only a word":            {"slots", []string{"1:1: must be a mapping of names and values, not a single value"}},
		"nothing":                {"", []string{"1:1: the file says nothing"}},
		"only a comment":         {"# later\n", []string{"1:1: the file says nothing"}},
		"an empty part":          {"topics:\nslots: {}", []string{"1:1: topics: must be a mapping of names and values, not nothing"}},
		"two documents":          {"slots: {}\n---\nslots: {}", []string{"second document"}},
		"no YAML":                {"slots: {capacity: 1", []string{"this is not YAML"}},
		"a tab":                  {"slots:\n\tcapacity: 1", []string{"this is not YAML"}},
		"an alias":               {"slots: &s {capacity: 1}\nqueues: {" + retail + ": {slots: *s}}", []string{"1:8: slots: must be a mapping of names and values, not an anchor", "queues." + retail + ".slots: must be"}},
		"merge":                  {"slots:\n  <<: {capacity: 1}", []string{"slots.<<: is not known here"}},
		"a tag":                  {"slots: {capacity: !!int 1}", []string{"slots.capacity: must be a whole number from 0 to 10000"}},
		"no GUID":                {"topics: {cards: {queue: retail}}", []string{"1:25: topics.cards.queue: must be the id of a queue"}},
		"no GUID among queues":   {"queues: {retail: {slots: {}}}", []string{"1:10: queues.retail: must be the id of a queue"}},
		"a topic without queue":  {"topics:\n  cards: {}", []string{"2:3: topics.cards: queue is missing"}},
		"a topic of capitals":    {"topics: {Cards: {queue: " + retail + "}}", []string{"1:10: topics.Cards: a topic is a name of 1 to 64 small letters"}},
		"length divides no day":  {"slots: {length: 50m}", []string{"1:17: slots.length: a day must be a whole number of slots"}},
		"length of 0":            {"slots: {length: 0m}", []string{"1:17: slots.length: must be a length of time from 5m0s to 24h0m0s"}},
		"length without unit":    {"slots: {length: 30}", []string{"1:17: slots.length: must be a length of time"}},
		"negative capacity":      {"slots: {capacity: -1}", []string{"1:19: slots.capacity: must be a whole number from 0"}},
		"half a seat":            {"slots: {capacity: 1.5}", []string{"1:19: slots.capacity: must be a whole number"}},
		"a capacity of words":    {"slots: {capacity: [1]}", []string{"1:19: slots.capacity: must be a whole number"}},
		"no day ahead":           {"slots: {daysAhead: 0}", []string{"slots.daysAhead: must be a whole number from 1 to 30"}},
		"lead over all days":     {"slots: {daysAhead: 1, leadTime: 24h}", []string{"slots: no slot could ever be booked"}},
		"lead over a queue's":    {"slots: {leadTime: 48h}\nqueues: {" + retail + ": {slots: {daysAhead: 1}}}", []string{"queues." + retail + ".slots: no slot could ever be booked"}},
		"a country that is none": {"countries: [FR, UK, fr]", []string{"1:17: countries[1]: must be a country", "1:21: countries[2]: must be a country"}},
		"a country twice":        {"countries: [FR, FR]", []string{"1:17: countries[1]: FR came before"}},
		"no countries":           {"countries: []", []string{"1:12: countries: must be a list of countries"}},
		"quiet without end":      {"quietHours: {from: 21:00}", []string{"quietHours: from and to are both needed"}},
		"quiet for no time":      {"quietHours: {from: 21:00, to: 21:00}", []string{"quietHours: from and to are the same time"}},
		"quiet at no time":       {"quietHours: {from: 9pm, to: 24:00}", []string{"1:20: quietHours.from: must be a time of day", "1:29: quietHours.to: must be a time of day"}},
		"quiet, one digit":       {"quietHours: {from: 21:00, to: 8:00}", []string{"quietHours.to: must be a time of day"}},
		"do not phone, perhaps":  {"doNotPhone: maybe", []string{"1:13: doNotPhone: must be one of [honour ignore]"}},
		"rates that are none":    {"limits: {perNumber: 0/1h, perAddress: 5, perKey: 5/1d}", []string{"1:21: limits.perNumber: must be how many in how long", "limits.perAddress:", "limits.perKey:"}},
		"all at once":            {"quietHours: {}\nslots:\n  capacity: many\n  length: 1s\nfoo: 1", []string{"1:", "3:13: slots.capacity", "4:11: slots.length", "5:1: foo"}},
		"too deep":               {strings.Repeat("[", 17), []string{"nested deeper than 16"}},
		"too long":               {strings.Repeat("#", 1<<20+1), []string{"more than 1048576 bytes"}},
	} {
		got, err := channels.Read([]byte(test.file))
		mistakes, is := err.(channels.Mistakes) //nolint:errorlint // the very type is promised
		if !is {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		told := strings.Split(mistakes.Error(), "\n")
		if len(told) != len(test.want) {
			t.Errorf("%s: %d mistakes, want %d: %s", name, len(told), len(test.want), mistakes)
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(told[i], want) {
				t.Errorf("%s: %q, want %q", name, told[i], want)
			}
		}
	}
}

// 5,000 queues are as many as the product is planned for.
func TestAFileOfManyQueuesIsRead(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("queues:\n")
	for i := range 5_000 {
		_, _ = fmt.Fprintf(&file, "  3f2b8d1e-6c47-4a90-9b1d-%012d: {slots: {capacity: %d}}\n", i, i)
	}
	c, err := channels.Read([]byte(file.String()))
	if err != nil || len(c.Queues) != 5_000 || len(c.Named) != 5_000 || c.SlotsOf("3f2b8d1e-6c47-4a90-9b1d-000000004711").Capacity != 4711 {
		t.Errorf("%d queues, %d named, %v", len(c.Queues), len(c.Named), err)
	}
}

func TestRatesArePrintedAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for want, rate := range map[string]channels.Rate{"off": {}, "5/24h0m0s": {N: 5, Per: 24 * time.Hour}} {
		c, err := channels.Read([]byte("limits: {perKey: " + rate.String() + "}"))
		if rate.String() != want || err != nil || c.Limits.PerKey != rate {
			t.Errorf("%v: %q, then %+v, %v", rate, want, c.Limits.PerKey, err)
		}
	}
}

// Whatever stands in a file, it is either read or refused with a place in it.
func FuzzRead(f *testing.F) {
	for _, file := range []string{all, "", "slots: {capacity: [}", "a: &a [*a]", "? [a]\n: b", "countries: [NO, off]", "topics: |\n  text", "queues: {{}: {}}", "- - -\n", "a: b: c", "\xff", "<<: *a"} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := channels.Read(file)
		if err == nil {
			if c.Slots.Length <= 0 || c.Slots.DaysAhead < 1 || (24*time.Hour)%c.Slots.Length != 0 {
				t.Errorf("read %+v", c)
			}
			return
		}
		mistakes, is := err.(channels.Mistakes) //nolint:errorlint // the very type is promised
		if !is || len(mistakes) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		for _, m := range mistakes {
			if m.Line < 1 || m.Column < 1 || m.Message == "" {
				t.Errorf("%+v", m)
			}
		}
	})
}
