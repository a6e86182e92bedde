package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/hours"
	"directcallback/adapter/overflow"
	"directcallback/adapter/service"
)

// waiting is how many others wait: in each queue, but for those of which more is said.
type waiting struct {
	each int
	in   map[string]int // by a queue's name or id, in lower case
}

// set reads "14", or "Retail banking=14".
func (w *waiting) set(text string) error {
	queue, number, named := cutLast(text, "=")
	if !named {
		number = text
	}
	n, err := strconv.Atoi(strings.TrimSpace(number))
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a number", number)
	case n < 0:
		return errors.New("must not be negative")
	case !named:
		w.each = n
		return nil
	}
	if w.in == nil {
		w.in = map[string]int{}
	}
	w.in[strings.ToLower(strings.TrimSpace(queue))] = n
	return nil
}

// of is how many wait in a queue.
func (w *waiting) of(q adapter.Queue) int {
	for _, name := range []string{q.Name, string(q.ID)} {
		if n, said := w.in[strings.ToLower(name)]; said {
			return n
		}
	}
	return w.each
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// with reads "PreferredLanguage=FR"; nothing behind the sign is an attribute that the
// call does not have.
func with(item overflow.Item) func(string) error {
	return func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return fmt.Errorf("%q: want NAME=VALUE", text)
		}
		item[name] = value
		return nil
	}
}

// workstreamNamed is the voice work stream with that id or name.
func workstreamNamed(set *overflow.Set, name string) (adapter.Workstream, error) {
	var found []adapter.Workstream
	var names []string
	for _, w := range set.Workstreams() {
		if w.ID == adapter.NormalizeID(name) {
			return w, nil
		}
		if strings.EqualFold(w.Name, name) {
			found = append(found, w)
		}
		names = append(names, w.Name)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return adapter.Workstream{}, fmt.Errorf("explain: no voice work stream is called %q; there are %q", name, names)
	default:
		return adapter.Workstream{}, fmt.Errorf("explain: %d work streams are called %q: give the id of one", len(found), name)
	}
}

// route says where a work stream leads a call, and what becomes of it there.
func (e explain) route(set *overflow.Set, schedules *hours.Set, stdout io.Writer) error {
	w, err := workstreamNamed(set, e.workstream)
	if err != nil {
		return err
	}
	routing := set.Route(w, e.item, func(p *overflow.Plan) (overflow.Snapshot, time.Time) {
		s := e.snapshot
		s.Size, s.Hours = e.waiting.of(p.Queue()), service.Openness(schedules, p.Queue(), e.at)
		opens, is := schedules.Of(p.Queue()).NextOpening(e.at)
		if is == hours.Closed || s.Hours != overflow.Closed {
			opens = time.Time{}
		}
		return s, opens
	}, e.at)
	if e.asJSON {
		return printJSON(stdout, routingJSON(routing, e))
	}
	if err := printWrapped(stdout, "", fmt.Sprintf("%s, %s, %s", w.Name, headings(e.language).comesIn, e.at.Format(minutes))); err != nil {
		return err
	}
	for _, text := range routing.Explain(e.language) {
		if err := errors.Join(printLine(stdout, ""), printWrapped(stdout, "", plain(text))); err != nil {
			return err
		}
	}
	return printRules(stdout, routing.Told(e.language))
}

// routingJSON is a routing for programs.
func routingJSON(r overflow.Routing, e explain) any {
	type queue struct {
		Queue    adapter.QueueID   `json:"queueId"`
		Name     string            `json:"queueName,omitempty"`
		Opens    time.Time         `json:"opens,omitzero"`
		Decision *overflow.Account `json:"decision"` // null = the queue was not read
	}
	type outcome struct {
		Percent  float64 `json:"percent"`
		Queues   []queue `json:"queues"`
		Chosen   int     `json:"chosen"` // place in queues; -1 = none
		Fallback bool    `json:"fallback,omitempty"`
	}
	type share struct {
		Queue   adapter.QueueID `json:"queueId"`
		Percent float64         `json:"percent"`
	}
	type rule struct {
		Number     int                    `json:"number"`
		ID         string                 `json:"id,omitempty"`
		Name       string                 `json:"name,omitempty"`
		Result     string                 `json:"result"`
		Queues     []share                `json:"queues"`
		Conditions []overflow.Observation `json:"conditions,omitempty"`
	}
	answer := struct {
		Workstream  string    `json:"workstreamId"`
		Name        string    `json:"workstreamName"`
		At          time.Time `json:"at"`
		Explanation []string  `json:"explanation"`
		Unsaid      []string  `json:"unsaid,omitempty"`
		Rules       []rule    `json:"rules"`
		Outcomes    []outcome `json:"outcomes"`
	}{Workstream: r.Workstream.ID, Name: r.Workstream.Name, At: e.at, Explanation: r.Explain(e.language), Unsaid: r.Unsaid, Rules: []rule{}}
	for _, one := range r.Rules {
		shares := []share{}
		for _, s := range one.Shares {
			shares = append(shares, share{s.Queue, s.Percent})
		}
		answer.Rules = append(answer.Rules, rule{one.Number, one.ID, one.Name, one.Result, shares, one.Conditions})
	}
	for _, o := range r.Outcomes {
		queues := []queue{}
		for _, c := range o.Queues {
			q := queue{Queue: c.Queue, Name: c.Name, Opens: c.Opens}
			if c.Read {
				account := c.Decision.Account()
				account.Explanation = account.Explain(e.language)
				q.Decision = &account
			}
			queues = append(queues, q)
		}
		answer.Outcomes = append(answer.Outcomes, outcome{o.Percent, queues, o.Chosen, o.Fallback})
	}
	return answer
}

// listWorkstreams lists what -workstream can name.
func listWorkstreams(set *overflow.Set, stdout io.Writer) error {
	all := set.Workstreams()
	if len(all) == 0 {
		return nil
	}
	rules := map[string]int{}
	for _, r := range set.Routes() {
		rules[r.Workstream]++
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nWORK STREAM\tNAME\tRULES") // Flush tells
	for _, w := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\n", w.ID, cell(w.Name), rules[w.ID])
	}
	return table.Flush()
}
