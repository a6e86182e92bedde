package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/bus"
	"directcallback/cmd/mocks/world"
	"directcallback/mocks/phone"
)

// welcome says what runs where, and how to ask for a callback.
func (h *house) welcome(traffic phone.Traffic) error {
	site := "http://" + h.listener.Addr().String()
	api := site + "/v1/callbacks"
	callers := fmt.Sprintf("a day of a bank's call center from %s, %d still to call", time.Time{}.Add(traffic.Start).Format("15:04"), len(traffic.Arrivals))
	if o := h.options; o.load > 0 {
		callers = fmt.Sprintf("%g a second for %v, %d in all", o.load, o.stopAfter, len(traffic.Arrivals))
	}
	var applications strings.Builder
	for _, a := range world.Applications() {
		fmt.Fprintf(&applications, "  %s  %s\n", a.ClientID, a.Role)
	}
	_, err := fmt.Fprintf(h.stdout, `Direct callback, everything on this machine.

  Entra        %s   (fake)
  Dataverse    %s   (mock)
  Service Bus  %s   (emulator)
  API          %s
  A bank       %s/demo
  Callers      %s, %d representatives on duty, %g times faster than life

Ask for a callback:

  curl -s %s -H 'Authorization: Bearer %s' -H 'Idempotency-Key: try-1' -H 'Content-Type: application/json' \
    -d '{"phone":"+12025550123","queueId":"%s","when":"asap","consent":{"given":true,"at":"%s","text":"Please call me back."}}'

or with the access_token that Entra gives one of these applications for this:

%s  %s

`, h.world.EntraURL, h.world.DataverseURL, h.world.Connection, api, site, callers, traffic.OnDuty(traffic.Start), h.options.speed,
		api, token, h.world.Demo.RetailQueue, time.Now().UTC().Format(time.RFC3339), applications.String(), h.world.TokenLine("ID"))
	if left := count(h.before.Callbacks, isOpen); err == nil && left > 0 {
		_, err = fmt.Fprintf(h.stdout, "%d callbacks are left of an earlier run. Its Dynamics is gone, so what it was asked for then will not ring.\n\n", left)
	}
	return err
}

// count counts the callbacks whose state is of a kind.
func count(callbacks map[adapter.State]int, kind func(adapter.State) bool) int {
	n := 0
	for state, of := range callbacks {
		if kind(state) {
			n += of
		}
	}
	return n
}

func anyState(adapter.State) bool { return true }

func isOpen(s adapter.State) bool { return !s.Ended() }

// sum prints what people lived through beside what the adapter says, writes it
// down if asked, and fails when a promise was broken.
func (h *house) sum(ctx context.Context) error {
	figures, err := h.figures(ctx)
	if err != nil {
		return err
	}
	report := h.world.Phone.Report().With(figures)
	if err := h.print(report); err != nil {
		return err
	}
	if h.options.report != "" {
		body, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		err = os.WriteFile(h.options.report, append(body, '\n'), 0o600) //nolint:gosec // the operator's own path
		if err != nil {
			return fmt.Errorf("-report: %w", err)
		}
	}
	if h.options.load > 0 {
		return h.balance(ctx, report, figures)
	}
	if report.Lost+report.DialledTwice+report.OrderInversions > 0 {
		return fmt.Errorf("promises were broken: %d lost, %d dialled twice, %d out of order", report.Lost, report.DialledTwice, report.OrderInversions)
	}
	return nil
}

// balance closes the books after a load.
func (h *house) balance(ctx context.Context, report phone.Report, figures phone.AdapterFigures) error {
	books, err := h.books(ctx, report, figures)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(h.stdout, books); err != nil {
		return err
	}
	if err := books.check(); err != nil {
		return errors.Join(err, h.showDeadLetters(ctx, books.deadLetters))
	}
	if h.weather == nil && report.OrderInversions > 0 { // who is set aside because a reply was lost is overtaken
		return fmt.Errorf("%d callbacks came before their turn", report.OrderInversions)
	}
	_, err = fmt.Fprintln(h.stdout, "\nThe books balance.")
	return err
}

// shownDeadLetters is how many are told one by one.
const shownDeadLetters = 10

// showDeadLetters tells why events were dead-lettered.
func (h *house) showDeadLetters(ctx context.Context, n int) (err error) {
	if n == 0 {
		return nil
	}
	client, err := bus.Connect(bus.ConnectConfig{ConnectionString: h.world.Connection, NewWebSocketConn: h.world.DialService()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close(ctx)) }()
	letters, err := bus.OpenDeadLetters(client, world.CallEvents)
	if err != nil {
		return err
	}
	list, err := letters.List(ctx, shownDeadLetters)
	for _, d := range list {
		_, _ = fmt.Fprintf(h.stdout, "dead letter: %s %s: %s %s\n", d.Type, d.MessageID, d.Reason, d.Description)
	}
	return err
}

// figures is what the adapter knows and callers do not. They are of this run,
// but for the callbacks in progress, which may be of an earlier one.
func (h *house) figures(ctx context.Context) (phone.AdapterFigures, error) {
	tally, err := h.adapter.Service().Tally(ctx)
	if err != nil {
		return phone.AdapterFigures{}, err
	}
	all, err := h.adapter.CallbacksOfCalls(ctx)
	if err != nil {
		return phone.AdapterFigures{}, err
	}
	f := figuresOf(tally, h.before, all)
	f.DeadLettered = h.adapter.DeadLettered()
	return f, nil
}

func figuresOf(tally, before adapter.Tally, all map[adapter.CallID]adapter.CallbackOfCall) phone.AdapterFigures {
	since := func(state adapter.State) int { return tally.Callbacks[state] - before.Callbacks[state] }
	f := phone.AdapterFigures{
		Overflowed:       tally.Overflowed - before.Overflowed,
		CallbacksCreated: count(tally.Callbacks, anyState) - count(before.Callbacks, anyState),
		Served:           since(adapter.StateServed), Cancelled: since(adapter.StateCancelled), Expired: since(adapter.StateExpired),
		InProgress: count(tally.Callbacks, isOpen), Open: map[string]bool{}, Ended: map[string]phone.CallbackEnd{},
	}
	for call, c := range all {
		switch {
		case c.State.Ended():
			f.Ended[string(call)] = phone.CallbackEnd{State: string(c.State), At: c.Since}
		case c.State != adapter.StateReview:
			f.Open[string(call)] = true
		}
	}
	return f
}

func (h *house) print(r phone.Report) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(cells ...any) {
		for _, c := range cells {
			_, _ = fmt.Fprintf(table, "%v\t", c)
		}
		_, _ = fmt.Fprintln(table)
	}
	row("calls", "queued", r.CallsQueued, "overflowed", r.Overflowed, "served live", r.ServedLive, "abandoned", r.Abandoned)
	row("offers", "played", r.OffersPlayed, "callers offered", r.CallersOffered, "opted in", r.OptedIn, "callbacks", r.CallbacksCreated)
	row("deliveries", "created", r.DeliveriesCreated, "dialled", r.Dialled, "connected", r.Connected, "unanswered", r.Unanswered)
	row("callbacks", "completed", r.Completed, "in progress", r.InProgress, "served", r.Served, "cancelled", r.Cancelled)
	row("", "expired", r.Expired, "dead-lettered", r.DeadLettered)
	row("promises", "lost", r.Lost, "dialled twice", r.DialledTwice, "out of order", r.OrderInversions)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(h.stdout, "\n%s", b.String())
	return err
}
