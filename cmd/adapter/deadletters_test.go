package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"

	"directcallback/mocks/servicebus"
)

// rejected is a namespace in whose call-events queue two messages were rejected,
// and the environment that leads there.
func rejected(t *testing.T) (server *servicebus.Server, environ []string) {
	t.Helper()
	server, err := servicebus.New(servicebus.Config{Queues: []servicebus.QueueConfig{{Name: "call-events", RequiresSession: true}}})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	connection := server.ConnectionString(listener.Addr().String())
	client, err := azservicebus.NewClientFromConnectionString(connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close(t.Context()) }()
	reject(t, client)
	return server, []string{"DIRECTCALLBACK_SERVICEBUS_CONNECTION=" + connection}
}

func reject(t *testing.T, client *azservicebus.Client) {
	t.Helper()
	sender, err := client.NewSender("call-events", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		body := []byte(`{"type":"directcallback.call.queued.v1","subject":"c-1","data":{"from":"+12025550123"}}`)
		if err := sender.SendMessage(t.Context(), &azservicebus.Message{Body: body, SessionID: new("line")}, nil); err != nil {
			t.Fatal(err)
		}
	}
	session, err := client.AcceptSessionForQueue(t.Context(), "call-events", "line", nil)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := session.ReceiveMessages(t.Context(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		why := &azservicebus.DeadLetterOptions{Reason: new("BadEvent"), ErrorDescription: new("caller +12025550123\nis odd")}
		if err := session.DeadLetterMessage(t.Context(), m, why); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestDeadLettersAreListedShownResubmittedAndDeleted(t *testing.T) {
	t.Parallel()
	server, environ := rejected(t)
	ask := func(want string, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if err := run(t.Context(), append([]string{"deadletters"}, args...), environ, &out, &errs); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%v: no %s in\n%s", args, want, &out)
		}
		if strings.Contains(out.String(), "2025550") {
			t.Errorf("%v shows a number:\n%s", args, &out)
		}
		return out.String()
	}
	var list []struct {
		Sequence                             json.Number
		Reason, Description, Type, SessionID string
	}
	if err := json.Unmarshal([]byte(ask("", "list", "-json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Reason != "BadEvent" || list[0].SessionID != "line" || list[0].Type != "directcallback.call.queued.v1" {
		t.Errorf("list: %+v", list)
	}
	ask(`(?m)^SEQ +ENQUEUED +REASON[^\n]*\n\d+ +20\S+Z +BadEvent +directcallback.call.queued.v1 +c-1 +\d+ +caller \+\*+23\\nis odd$`, "list", "-n", "1")
	first, second := list[0].Sequence.String(), list[1].Sequence.String()
	ask(`^\{"type".*"from":"\+\*+23"\}\}\n$`, "show", first)
	ask(`^deleted `+first+`\ndeleted: 1\n$`, "delete", "-queue", "call-events", first)
	ask(`^resubmitted `+second+`\nresubmitted: 1\n$`, "resubmit", "-all")
	ask(`^\[\]\n$`, "list", "-json")
	if counts, err := server.Counts("call-events"); err != nil || counts != (servicebus.Counts{Active: 1}) {
		t.Errorf("%+v, %v", counts, err)
	}

	var out bytes.Buffer
	err := run(t.Context(), []string{"deadletters", "show", first}, environ, &out, &out)
	if err == nil || isUsage(err) || !strings.Contains(err.Error(), first) {
		t.Errorf("a number that is not there: %v", err)
	}
}

func TestMistakesWithDeadLettersAreNamed(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"lst":                "lst",
		"list 3":             "no sequence numbers",
		"list -n 0":          "-n",
		"list -all":          "-all",
		"show":               "one sequence number",
		"show 1 2":           "one sequence number",
		"show one":           `"one"`,
		"resubmit":           "-all",
		"resubmit -all 3":    "not both",
		"delete":             "sequence numbers",
		"delete -all":        "-all",
		"delete 3 -queue x":  `"-queue"`,
		"list -queue":        "-queue",
		"resubmit 3 4 5 six": `"six"`,
	} {
		var out bytes.Buffer
		err := run(t.Context(), append([]string{"deadletters"}, strings.Fields(line)...), nil, &out, &out)
		if !isUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
	for name, test := range map[string]struct {
		environ []string
		want    string
	}{
		"nothing set":          {nil, "DIRECTCALLBACK_SERVICEBUS_CONNECTION"},
		"misspelt variable":    {[]string{"DIRECTCALLBACK_SERVICEBUS_CONECTION=x"}, "did you mean"},
		"no connection string": {[]string{"DIRECTCALLBACK_SERVICEBUS_CONNECTION=secret-text"}, "connection string"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), []string{"deadletters", "list"}, test.environ, &out, &out)
		if err == nil || isUsage(err) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret-text") {
			t.Errorf("%s: %v", name, err)
		}
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"deadletters"}, nil, &out, &out); err != nil || !strings.Contains(out.String(), "resubmit") {
		t.Errorf("help: %v, %s", err, &out)
	}
}

func isUsage(err error) bool {
	_, is := errors.AsType[*usageError](err)
	return is
}
