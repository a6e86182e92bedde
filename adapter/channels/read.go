package channels

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"directcallback/adapter"
)

// The bounds of what the file says.
const (
	maxTopic     = 64 // characters
	minLength    = 5 * time.Minute
	maxLength    = 24 * time.Hour
	maxCapacity  = 10_000
	maxDaysAhead = 30
	maxRate      = 1_000_000
	minPer       = time.Second
	maxPer       = 30 * 24 * time.Hour
)

// Read reads the file. Its errors are [Mistakes].
func Read(file []byte) (Channels, error) {
	c := Default()
	root, mistake := parse(file)
	if mistake != nil {
		return Channels{}, Mistakes{*mistake}
	}
	r := &reader{}
	readMapping(r, &c, root, theFile())
	if len(r.mistakes) > 0 {
		return Channels{}, r.mistakes.inOrder()
	}
	return c, nil
}

// reader gathers mistakes, so that all of them are told at once.
type reader struct{ mistakes Mistakes }

func (r *reader) wrong(at Place, format string, args ...any) {
	r.mistakes = append(r.mistakes, Mistake{at, fmt.Sprintf(format, args...)})
}

// field is one row of the table of what a mapping may hold.
type field[T any] struct {
	name string
	read func(*reader, *T, node)
}

// theFile is the table of the whole. The queues come after the slots that they are
// completed with, wherever they stand.
func theFile() []field[Channels] {
	return []field[Channels]{
		{"topics", readTopics},
		{"slots", func(r *reader, c *Channels, n node) { readSlots(r, &c.Slots, n) }},
		{"queues", readQueues},
		{"countries", readCountries},
		{"quietHours", readQuietHours},
		{"doNotPhone", choice(func(c *Channels) *Handling { return &c.DoNotPhone }, Honour, Ignore)},
		{"limits", func(r *reader, c *Channels, n node) { readMapping(r, &c.Limits, n, limits()) }},
	}
}

func slotFields() []field[Slots] {
	return []field[Slots]{
		{"length", func(r *reader, s *Slots, n node) { readLength(r, &s.Length, n) }},
		{"capacity", whole(func(s *Slots) *int { return &s.Capacity }, 0, maxCapacity)},
		{"leadTime", duration(func(s *Slots) *time.Duration { return &s.LeadTime }, 0, maxDaysAhead*24*time.Hour)},
		{"daysAhead", whole(func(s *Slots) *int { return &s.DaysAhead }, 1, maxDaysAhead)},
	}
}

func limits() []field[Limits] {
	return []field[Limits]{
		{"perNumber", func(r *reader, l *Limits, n node) { readRate(r, &l.PerNumber, n) }},
		{"perAddress", func(r *reader, l *Limits, n node) { readRate(r, &l.PerAddress, n) }},
		{"perKey", func(r *reader, l *Limits, n node) { readRate(r, &l.PerKey, n) }},
	}
}

// readMapping reads a mapping by its table, in the table's order.
func readMapping[T any](r *reader, into *T, n node, table []field[T]) {
	entries := r.entries(n, func(name string) string { return name })
	for _, f := range table {
		for _, e := range entries {
			if e.name == f.name {
				f.read(r, into, e.value)
			}
		}
	}
	names := make([]string, len(table))
	for i, f := range table {
		names[i] = f.name
	}
	for _, e := range entries {
		if !slices.Contains(names, e.name) {
			r.wrong(e.at, "is not known here; known are %s", strings.Join(names, ", "))
		}
	}
}

// entries are what a mapping holds, each name once. same brings the spellings of one
// name together.
func (r *reader) entries(n node, same func(string) string) []entry {
	all, is := n.entries()
	if !is {
		r.wrong(n.place, "must be a mapping of names and values, not %s", n.what())
		return nil
	}
	first := map[string]Place{}
	return slices.DeleteFunc(all, func(e entry) bool {
		before, repeated := first[same(e.name)]
		if repeated {
			r.wrong(e.at, "came before, in line %d: remove one of them", before.Line)
			return true
		}
		first[same(e.name)] = e.at
		return false
	})
}

func readTopics(r *reader, c *Channels, n node) {
	c.Topics = map[Topic]adapter.QueueID{}
	for _, e := range r.entries(n, strings.ToLower) {
		if !isTopic(e.name) {
			r.wrong(e.at, "a topic is a name of 1 to %d small letters, digits and hyphens", maxTopic)
			continue
		}
		var queue adapter.QueueID
		before := len(r.mistakes)
		readMapping(r, &queue, e.value, []field[adapter.QueueID]{{"queue", func(r *reader, id *adapter.QueueID, n node) { readQueueID(r, c, id, n) }}})
		if queue == "" && len(r.mistakes) == before {
			r.wrong(e.at, "queue is missing: write {queue: …} with the id of a voice queue")
		}
		c.Topics[Topic(e.name)] = queue
	}
}

func isTopic(name string) bool {
	return name != "" && len(name) <= maxTopic && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func readQueueID(r *reader, c *Channels, into *adapter.QueueID, n node) {
	text, plain := n.text()
	id := adapter.NormalizeID(text)
	if !plain || !adapter.IsGUID(id) {
		r.wrong(n.place, "must be the id of a queue in Dynamics, such as 3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61")
		return
	}
	*into = adapter.QueueID(id)
	c.Named = append(c.Named, Named{*into, n.place})
}

// readQueues completes what differs for a queue with what is said of all.
func readQueues(r *reader, c *Channels, n node) {
	c.Queues = map[adapter.QueueID]Slots{}
	for _, e := range r.entries(n, adapter.NormalizeID) {
		id := adapter.NormalizeID(e.name)
		if !adapter.IsGUID(id) {
			r.wrong(e.at, "must be the id of a queue in Dynamics, such as 3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61")
			continue
		}
		slots := c.Slots
		readMapping(r, &slots, e.value, []field[Slots]{{"slots", readSlots}})
		c.Queues[adapter.QueueID(id)] = slots
		c.Named = append(c.Named, Named{adapter.QueueID(id), e.at})
	}
}

// readSlots reads what is said of slots; what is not said stays.
func readSlots(r *reader, s *Slots, n node) {
	before := len(r.mistakes)
	readMapping(r, s, n, slotFields())
	if ahead := time.Duration(s.DaysAhead) * 24 * time.Hour; len(r.mistakes) == before && s.LeadTime+s.Length > ahead {
		r.wrong(n.place, "no slot could ever be booked: a lead time of %v and a slot of %v do not fit into %d days; make leadTime shorter or daysAhead more", s.LeadTime, s.Length, s.DaysAhead)
	}
}

// readLength wants a day to be a whole number of slots: they would begin at other
// times every day, and one would lie across midnight and over the next.
func readLength(r *reader, into *time.Duration, n node) {
	before := len(r.mistakes)
	duration(func(d *time.Duration) *time.Duration { return d }, minLength, maxLength)(r, into, n)
	if len(r.mistakes) == before && (24*time.Hour)%*into != 0 {
		r.wrong(n.place, "a day must be a whole number of slots: write 15m, 20m, 30m, 1h or 2h, for example")
	}
}

func readCountries(r *reader, c *Channels, n node) {
	items, is := n.items()
	if !is || len(items) == 0 {
		r.wrong(n.place, "must be a list of countries such as [FR, GB]; leave it out to say nothing")
		return
	}
	all := phonenumbers.GetSupportedRegions()
	for _, item := range items {
		text, _ := item.text()
		country := Country(text)
		switch {
		case !all[text]:
			r.wrong(item.place, "must be a country by its two capital letters of ISO 3166, such as FR or GB")
		case slices.Contains(c.Countries, country):
			r.wrong(item.place, "%s came before: remove one of them", country)
		default:
			c.Countries = append(c.Countries, country)
		}
	}
	slices.Sort(c.Countries)
}

func readQuietHours(r *reader, c *Channels, n node) {
	before := len(r.mistakes)
	read := map[string]bool{}
	at := func(name string, of func(*QuietHours) *TimeOfDay) field[QuietHours] {
		return field[QuietHours]{name, func(r *reader, q *QuietHours, n node) { read[name] = true; readTimeOfDay(r, of(q), n) }}
	}
	readMapping(r, &c.QuietHours, n, []field[QuietHours]{
		at("from", func(q *QuietHours) *TimeOfDay { return &q.From }),
		at("to", func(q *QuietHours) *TimeOfDay { return &q.To }),
	})
	switch {
	case len(r.mistakes) > before:
	case len(read) < 2:
		r.wrong(n.place, `from and to are both needed, such as {from: "21:00", to: "08:00"}`)
	case c.QuietHours.From == c.QuietHours.To:
		r.wrong(n.place, "from and to are the same time: leave quietHours out to have none")
	}
}

func readTimeOfDay(r *reader, into *TimeOfDay, n node) {
	text, _ := n.text()
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		r.wrong(n.place, `must be a time of day such as "21:00", in quotes`)
		return
	}
	*into = TimeOfDay(at.Hour()*60 + at.Minute())
}

// readRate reads "5/24h" or "off".
func readRate(r *reader, into *Rate, n node) {
	text, _ := n.text()
	if text == off {
		*into = Rate{}
		return
	}
	count, per, _ := strings.Cut(text, "/")
	many, err := strconv.Atoi(count)
	long, err2 := time.ParseDuration(per)
	if err != nil || err2 != nil || many < 1 || many > maxRate || long < minPer || long > maxPer {
		r.wrong(n.place, "must be how many in how long, such as 5/24h: 1 to %d, in 1s to %v; or off", maxRate, maxPer)
		return
	}
	*into = Rate{many, long}
}

// choice makes the reader of a field that holds one of a few words.
func choice[T any, W ~string](of func(*T) *W, words ...W) func(*reader, *T, node) {
	return func(r *reader, into *T, n node) {
		text, _ := n.text()
		if !slices.Contains(words, W(text)) {
			r.wrong(n.place, "must be one of %v", words)
			return
		}
		*of(into) = W(text)
	}
}

// whole makes the reader of a field that holds a whole number.
func whole[T any](of func(*T) *int, least, most int) func(*reader, *T, node) {
	return func(r *reader, into *T, n node) {
		text, _ := n.text()
		number, err := strconv.Atoi(text)
		if err != nil || number < least || number > most {
			r.wrong(n.place, "must be a whole number from %d to %d", least, most)
			return
		}
		*of(into) = number
	}
}

// duration makes the reader of a field that holds a length of time.
func duration[T any](of func(*T) *time.Duration, least, most time.Duration) func(*reader, *T, node) {
	return func(r *reader, into *T, n node) {
		text, _ := n.text()
		long, err := time.ParseDuration(text)
		if err != nil || long < least || long > most || long%time.Minute != 0 {
			r.wrong(n.place, "must be a length of time from %v to %v in whole minutes, such as 30m or 1h", least, most)
			return
		}
		*of(into) = long
	}
}
