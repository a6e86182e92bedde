package main

import (
	"strings"
	"testing"
	"time"
)

func TestCommandsThatAreAskedForWrongly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"unknown command":     {[]string{"callbacks", "lsit"}, `unknown command "lsit"; see adapter callbacks help`},
		"list with an id":     {[]string{"callbacks", "list", "x"}, "it takes no ID"},
		"list of none":        {[]string{"callbacks", "list", "-n", "0"}, "-n must be at least 1"},
		"show without id":     {[]string{"callbacks", "show"}, "it takes one ID"},
		"flag behind the id":  {[]string{"callbacks", "cancel", "id", "-reason", "x"}, "it takes one ID, behind the flags"},
		"cancel unexplained":  {[]string{"callbacks", "cancel", "id"}, "-reason is missing"},
		"resolve how":         {[]string{"callbacks", "resolve", "-reason", "x", "id"}, `one of ["reached" "again" "give-up"]`},
		"resolve in no way":   {[]string{"callbacks", "resolve", "-reason", "x", "id", "maybe"}, `"maybe" is none of`},
		"move when":           {[]string{"callbacks", "move", "-reason", "x", "id"}, "want either -at or -asap"},
		"move when twice":     {[]string{"callbacks", "move", "-reason", "x", "-asap", "-at", "a/b", "id"}, "want either -at or -asap"},
		"move unexplained":    {[]string{"callbacks", "move", "-asap", "id"}, "-reason is missing"},
		"correct to what":     {[]string{"callbacks", "correct", "-reason", "x", "id"}, "-phone-file is missing"},
		"correct by argument": {[]string{"callbacks", "correct", "-reason", "x", "-phone-file", "-", "id", "+12025550123"}, "it takes one ID"},
		"unknown flag":        {[]string{"callbacks", "retry", "-force", "id"}, "-force"},
		"queues how":          {[]string{"queues", "stop"}, `unknown command "stop"; see adapter queues help`},
		"queues of which":     {[]string{"queues", "pause", "-reason", "x"}, "it takes one ID"},
		"queues unexplained":  {[]string{"queues", "resume", "id"}, "-reason is missing"},
		"queues list of one":  {[]string{"queues", "list", "id"}, "it takes no ID"},
		"explain what":        {[]string{"explain", "billing"}, `unexpected argument "billing"`},
		"explain nobody":      {[]string{"explain", "-waiting", "-1"}, "-waiting: must not be negative"},
		"explain where":       {[]string{"explain", "-waiting", "Billing=many"}, `"many" is not a number`},
		"explain both":        {[]string{"explain", "-queue", "a", "-workstream", "b"}, "-queue or -workstream, not both"},
		"explain like what":   {[]string{"explain", "-queue", "a", "-with", "Language=FR"}, "-with is for a -workstream"},
		"explain like":        {[]string{"explain", "-workstream", "a", "-with", "FR"}, "want NAME=VALUE"},
		"explain waiting":     {[]string{"explain", "-workstream", "a", "-in-queue", "1m"}, "-in-queue is asked of a -queue"},
		"explain when":        {[]string{"explain", "-at", "noon"}, "-at"},
		"explain in Latin":    {[]string{"explain", "-locale", "la"}, `-locale "la": want en or fr`},
		"explain how":         {[]string{"explain", "-entry", "door"}, `-entry "door": want one of`},
		"settings what":       {[]string{"settings", "edit"}, `unknown command "edit"; see adapter settings help`},
		"settings of two":     {[]string{"settings", "diff", "a", "b"}, `unexpected argument "b"`},
		"settings in two":     {[]string{"settings", "show", "-json", "-yaml"}, "-json or -yaml, not both"},
		"settings since":      {[]string{"settings", "diff", "-since", "monday"}, `"monday" is neither yesterday nor a date`},
		"settings of then":    {[]string{"settings", "diff", "-since", "2999-01-01"}, "2999-01-01 is yet to come"},
		"settings of both":    {[]string{"settings", "diff", "-since", "today", "a"}, "-since or a FILE, not both"},
		"check what":          {[]string{"check", "queue"}, `unexpected argument "queue"`},
		"register what":       {[]string{"register", "all"}, `unexpected argument "all"`},
		"outbox how":          {[]string{"outbox", "clear"}, `unknown command "clear"; see adapter outbox help`},
		"outbox of none":      {[]string{"outbox", "list", "-n", "0"}, "-n must be at least 1"},
		"outbox unexplained":  {[]string{"outbox", "drop", "id"}, "-reason is missing"},
		"outbox of which":     {[]string{"outbox", "retry", "-reason", "x"}, "it takes one ID"},
		"erase by argument":   {[]string{"erase", "-reason", "x", "number"}, "a number is read from -phone-file"},
		"erase whom":          {[]string{"erase", "-reason", "x"}, "want either -phone-file or -contact"},
		"erase both":          {[]string{"erase", "-reason", "x", "-phone-file", "-", "-contact", "c"}, "want either -phone-file or -contact"},
		"erase unexplained":   {[]string{"erase", "-contact", "c"}, "-reason is missing"},
		"backup without file": {[]string{"backup"}, "it takes one FILE"},
		"backup of two":       {[]string{"backup", "a", "b"}, "it takes one FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := command(t, nil, test.args...)
			if !isUsage(err) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestHelpOfCommands(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"callbacks", "queues", "outbox", "erase", "backup", "deadletters", "explain", "register", "check", "settings"} {
		out, err := command(t, nil, name, "-h")
		if err != nil || !strings.HasPrefix(out, "usage: adapter "+name) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestWindowOfAMove(t *testing.T) {
	t.Parallel()
	w, err := parseWindow("2026-11-23T14:00:00+01:00/2026-11-23T14:30:00Z")
	if err != nil || w.Start.Format(time.RFC3339) != "2026-11-23T13:00:00Z" || w.End.Format(time.RFC3339) != "2026-11-23T14:30:00Z" {
		t.Errorf("%v, %v", w, err)
	}
	for text, want := range map[string]string{
		"":                      "want START/END",
		"noon/later":            `"noon" is no time`,
		"2026-11-23T14:00:00Z/": `"" is no time`,
		"2026-11-23T14:00:00Z/2026-11-23T14:00:00Z": "END must be after START",
	} {
		if _, err := parseWindow(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzWindow(f *testing.F) {
	f.Add("2026-11-23T14:00:00+01:00/2026-11-23T14:30:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		if w, err := parseWindow(text); err == nil && !w.End.After(w.Start) {
			t.Errorf("%q: %v", text, w)
		}
	})
}
