package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"directcallback/adapter"
	"directcallback/mocks/phone"
)

// remainder is what is left to do.
type remainder struct {
	calls     int // not over
	callbacks int // that the adapter works on by itself
	outbox    int // entries
	messages  int // on the Service Bus
}

func (h *house) left(ctx context.Context) (remainder, error) {
	tally, err := h.adapter.Service().Tally(ctx)
	if err != nil {
		return remainder{}, err
	}
	left := remainder{
		calls: h.world.Phone.Report().OnCall, outbox: tally.Leaving,
		callbacks: count(tally.Callbacks, isWorkedOn) - count(h.before.Callbacks, isWorkedOn),
	}
	for _, entity := range entities() {
		counts, err := h.world.ServiceBus.Counts(entity)
		if err != nil {
			return left, err
		}
		left.messages += counts.Active + counts.Locked
	}
	return left, nil
}

// isWorkedOn tells whether the adapter goes on by itself with a callback in that state.
func isWorkedOn(s adapter.State) bool { return isOpen(s) && s != adapter.StateReview }

// books hold what callers were promised against what the adapter has written
// down, when nothing should be under way any more.
type books struct {
	confirmed, joined, own int                   // promises: those that joined an earlier one, and those with a callback of their own
	made                   map[adapter.State]int // callbacks, by how they ended
	rung, twice            int                   // telephones
	lost                   []string              // promises, by call
	unasked                []string              // callbacks of calls in which nobody pressed 1
	left                   remainder
	deadLetters            int
}

func (h *house) books(ctx context.Context, r phone.Report, figures phone.AdapterFigures) (books, error) {
	all, err := h.adapter.CallbacksOfCalls(ctx)
	if err != nil {
		return books{}, err
	}
	left, err := h.left(ctx)
	if err != nil {
		return books{}, err
	}
	return balance(h.world.Phone.Books(), r, figures, all, left), nil
}

// balance makes the books. A callback that a person must decide is not lost.
func balance(told phone.Books, r phone.Report, figures phone.AdapterFigures, all map[adapter.CallID]adapter.CallbackOfCall, left remainder) books {
	b := books{made: map[adapter.State]int{}, rung: r.Dialled, twice: r.DialledTwice, left: left, deadLetters: r.DeadLettered}
	pressed := map[adapter.CallID]bool{}
	for _, o := range told.OptIns {
		call := adapter.CallID(o.CallID)
		pressed[call] = true
		_, own := all[call]
		if !o.Confirmed {
			continue
		}
		b.confirmed++
		switch {
		case own:
			b.own++
		case o.Joined != "":
			b.joined++
		}
	}
	for call, c := range all {
		if !pressed[call] {
			b.unasked = append(b.unasked, string(call))
			continue
		}
		b.made[c.State]++
	}
	b.lost = slices.DeleteFunc(told.Lost(figures), func(call string) bool {
		return all[adapter.CallID(call)].State == adapter.StateReview
	})
	return b
}

// check says what does not balance.
func (b books) check() error {
	var errs []error
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	unknown := b.confirmed - b.own - b.joined
	wrong(unknown != 0, "%d promises were confirmed that the adapter does not know", unknown)
	wrong(len(b.lost) > 0, "%d promises were lost: %s", len(b.lost), some(b.lost))
	wrong(len(b.unasked) > 0, "%d callbacks were made for calls in which nobody pressed 1: %s", len(b.unasked), some(b.unasked))
	wrong(b.twice > 0, "%d telephones were rung twice for one promise", b.twice)
	wrong(b.left != remainder{}, "not everything came to its end: %s", b.left)
	wrong(b.deadLetters > 0, "%d events were dead-lettered", b.deadLetters)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("the books do not balance:\n%w", err)
	}
	return nil
}

// some are the first few of many.
func some(of []string) string {
	const few = 5
	slices.Sort(of)
	if len(of) > few {
		return strings.Join(of[:few], ", ") + ", …"
	}
	return strings.Join(of, ", ")
}

// String says what is left.
func (r remainder) String() string {
	return fmt.Sprintf("%d calls, %d callbacks, %d entries in the outbox, %d messages on the Service Bus", r.calls, r.callbacks, r.outbox, r.messages)
}

// String is the books for a person.
func (b books) String() string {
	var ends []string
	total := 0
	for _, state := range adapter.States() {
		n := b.made[state]
		total += n
		if n > 0 {
			ends = append(ends, fmt.Sprintf("%d %s", n, state))
		}
	}
	if ends == nil {
		ends = []string{"0"}
	}
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\n  promises\t%d confirmed = %d with a callback of their own + %d that joined an earlier one\n", b.confirmed, b.own, b.joined)
	_, _ = fmt.Fprintf(table, "  callbacks\t%d made = %s\n", total, strings.Join(ends, " + "))
	_, _ = fmt.Fprintf(table, "  telephones\t%d rung, %d twice for one promise; %d promises lost\n", b.rung, b.twice, len(b.lost))
	_, _ = fmt.Fprintf(table, "  left\t%s; %d dead letters\n", b.left, b.deadLetters)
	_ = table.Flush() // into memory
	return text.String()
}
