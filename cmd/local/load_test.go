package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/mocks/phone"
)

func TestTheBooksBalanceAfterALoad(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"in good weather": {"-load", "20", "-for", "6s", "-speed", "120"},
		"in bad weather":  {"-load", "20", "-for", "6s", "-speed", "120", "-faults", "7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs screen
			if err := run(t.Context(), append(args, anyPorts...), &out, &errs); err != nil {
				t.Fatalf("%v\n%s\n%s", err, &out, &errs)
			}
			for _, want := range []string{"The books balance.", "20 a second for 6s", "on the line"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not shown:\n%s", want, &out)
				}
			}
			if strings.Contains(out.String(), " 0 confirmed") {
				t.Errorf("nobody was promised anything:\n%s", &out)
			}
			if struck := !strings.Contains(out.String(), " 0 faults") && strings.Contains(out.String(), "faults"); struck != strings.Contains(name, "bad") {
				t.Errorf("faults struck: %t\n%s", struck, &out)
			}
		})
	}
}

func TestWhatDoesNotBalanceIsNamed(t *testing.T) {
	t.Parallel()
	const call = "sim-1"
	promised := phone.OptIn{CallID: call, Confirmed: true, Ended: "completed"}
	kept := map[adapter.CallID]adapter.CallbackOfCall{call: {ID: "c", State: adapter.StateCompleted}}
	for name, test := range map[string]struct {
		told    phone.OptIn
		report  phone.Report
		figures phone.AdapterFigures
		all     map[adapter.CallID]adapter.CallbackOfCall
		left    remainder
		want    string // empty: it balances
	}{
		"kept": {told: promised, all: kept},
		"with a person": {
			told: phone.OptIn{CallID: call, Confirmed: true},
			all:  map[adapter.CallID]adapter.CallbackOfCall{call: {State: adapter.StateReview}},
		},
		"joined an earlier one":  {told: phone.OptIn{CallID: call, Confirmed: true, Joined: "sim-0", Ended: "served"}},
		"pressed, not confirmed": {told: phone.OptIn{CallID: call}},
		"nobody knows it":        {told: promised, want: "1 promises were confirmed that the adapter does not know"},
		"lost": {
			told: phone.OptIn{CallID: call, Confirmed: true}, all: map[adapter.CallID]adapter.CallbackOfCall{call: {State: adapter.StateCompleted}},
			want: "1 promises were lost: sim-1",
		},
		"nobody asked": {
			told: promised, want: "1 callbacks were made for calls in which nobody pressed 1: sim-2",
			all: map[adapter.CallID]adapter.CallbackOfCall{call: kept[call], "sim-2": kept[call]},
		},
		"twice":         {told: promised, all: kept, report: phone.Report{DialledTwice: 3}, want: "3 telephones were rung twice"},
		"dead letters":  {told: promised, all: kept, report: phone.Report{DeadLettered: 2}, want: "2 events were dead-lettered"},
		"a call":        {told: promised, all: kept, left: remainder{calls: 1}, want: "1 calls, 0 callbacks, 0 entries"},
		"a callback":    {told: promised, all: kept, left: remainder{callbacks: 1}, want: "0 calls, 1 callbacks"},
		"in the outbox": {told: promised, all: kept, left: remainder{outbox: 4}, want: "4 entries in the outbox"},
		"on the bus":    {told: promised, all: kept, left: remainder{messages: 5}, want: "5 messages on the Service Bus"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := balance(phone.Books{OptIns: []phone.OptIn{test.told}}, test.report, test.figures, test.all, test.left).check()
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestLoadHasDefaultsOfItsOwn(t *testing.T) {
	t.Parallel()
	type chosen struct {
		Speed float64
		For   time.Duration
		Rate  float64 // of simulated seconds
	}
	for line, want := range map[string]chosen{
		"-load 30":                   {60, time.Minute, 0.5},
		"-load 30 -speed 10":         {10, time.Minute, 3},
		"-load 30 -for 5s -speed 30": {30, 5 * time.Second, 1},
	} {
		o, err := parse(strings.Fields(line), &screen{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, chosen{o.speed, o.stopAfter, o.steady().Rate}); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}
