package event_test

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"directcallback/adapter/event"
)

// message is one message of the document.
type message struct {
	name     string
	command  bool
	payload  schema
	data     schema // its own part of the payload
	examples []map[string]any
}

// asyncAPI reads the document.
func asyncAPI(t *testing.T) (document, []message) {
	t.Helper()
	body, err := os.ReadFile("asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	d := document{t, jsonOf(t, body)}
	commands := d.at("#/channels/callCommands/messages")
	var all []message
	for key, value := range d.at("#/components/messages") {
		m := value.(map[string]any)
		_, command := commands[key]
		one := message{
			name: m["name"].(string), command: command, payload: m["payload"].(map[string]any), data: d.at("#/components/schemas/" + key),
		}
		for _, e := range m["examples"].([]any) {
			one.examples = append(one.examples, e.(map[string]any)["payload"].(map[string]any))
		}
		all = append(all, one)
	}
	return d, all
}

// accepts tells whether the code reads a payload, and what it has against it.
func (m message) accepts(t *testing.T, payload map[string]any) error {
	t.Helper()
	var err error
	if m.command {
		_, err = event.DecodeCommand(marshal(t, payload))
	} else {
		_, err = event.Decode(event.Envelope{Body: marshal(t, payload), ContentType: event.ContentType})
	}
	return err
}

// again reads a payload and writes it.
func (m message) again(t *testing.T, payload map[string]any) map[string]any {
	t.Helper()
	var body []byte
	if m.command {
		decoded, err := event.DecodeCommand(marshal(t, payload))
		if err != nil {
			t.Fatal(err)
		}
		if body, err = event.EncodeCommand(decoded, payload["source"].(string)); err != nil {
			t.Fatal(err)
		}
	} else {
		decoded, err := event.Decode(event.Envelope{Body: marshal(t, payload), ContentType: event.ContentType})
		if err != nil {
			t.Fatal(err)
		}
		if body, err = event.Encode(decoded); err != nil {
			t.Fatal(err)
		}
	}
	return jsonOf(t, body)
}

// fields lists the JSON names that a struct writes.
func fields(of reflect.Type) []string {
	var names []string
	for field := range of.Fields() {
		if field.Anonymous {
			names = append(names, fields(field.Type)...)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func properties(s schema) map[string]any { return s["properties"].(map[string]any) }

func sameNames(t *testing.T, what string, want, got []string) {
	t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-code +document):\n%s", what, diff)
	}
}

func TestDocumentHasTheTypesAndFieldsOfTheCode(t *testing.T) {
	t.Parallel()
	d, messages := asyncAPI(t)
	events, commands, envelope := event.Written()
	sameNames(t, "events", slices.Collect(maps.Keys(events)), event.Types())
	sameNames(t, "envelope", fields(reflect.TypeOf(envelope)), slices.Collect(maps.Keys(properties(d.at("#/components/schemas/cloudEvent")))))

	var names []string
	ofCommands := map[string]any{}
	for _, m := range messages {
		names = append(names, m.name)
		if m.command {
			maps.Copy(ofCommands, properties(m.data))
			continue
		}
		sameNames(t, m.name, fields(reflect.TypeOf(events[m.name])), slices.Collect(maps.Keys(properties(m.data))))
	}
	maps.Copy(events, commands)
	sameNames(t, "types", slices.Collect(maps.Keys(events)), names)
	for _, c := range commands {
		sameNames(t, "commands", fields(reflect.TypeOf(c)), slices.Collect(maps.Keys(ofCommands)))
	}
}

func TestDocumentIsWhole(t *testing.T) {
	t.Parallel()
	d, _ := asyncAPI(t)
	used := map[string]bool{}
	var follow func(any)
	follow = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			for key, value := range node {
				if reference, is := value.(string); is && key == "$ref" {
					d.at(reference)
					used[reference] = true
				}
				follow(value)
			}
		case []any:
			for _, value := range node {
				follow(value)
			}
		}
	}
	follow(d.root)
	for _, part := range []string{"schemas", "messages"} {
		for name := range d.at("#/components/" + part) {
			if reference := "#/components/" + part + "/" + name; !used[reference] {
				t.Errorf("nothing uses %s", reference)
			}
		}
	}
	if d.root["asyncapi"] != "3.0.0" {
		t.Errorf("AsyncAPI %v", d.root["asyncapi"])
	}
}

// Each example can be read, comes back as it was, and all of them together show
// every field.
func TestExamplesAreReadAndWrittenAsTheyStand(t *testing.T) {
	t.Parallel()
	d, messages := asyncAPI(t)
	for _, m := range messages {
		shown := map[string]bool{}
		for _, example := range m.examples {
			if err := d.check(m.payload, example); err != nil {
				t.Errorf("%s: %v", m.name, err)
			}
			data := example["data"].(map[string]any)
			for name := range data {
				shown[name] = true
			}
			got := m.again(t, example)
			if !m.command {
				delete(data, "callId") // read, and written as the subject
			}
			if diff := cmp.Diff(example, got); diff != "" {
				t.Errorf("%s came back different (-document +code):\n%s", m.name, diff)
			}
		}
		sameNames(t, m.name, slices.Collect(maps.Keys(properties(m.data))), slices.Collect(maps.Keys(shown)))
	}
}

// gone stands for a member that is left out.
type gone struct{}

// variations are values at the edges of what a property may be, and beyond.
func variations(property schema) map[string]any {
	all := map[string]any{"lack": gone{}}
	for keyword, limit := range property {
		number, _ := limit.(float64)
		switch keyword {
		case "enum":
			for _, one := range limit.([]any) {
				all[one.(string)] = one
			}
			all["another value"] = "nonsense"
		case "const":
			all["another value"] = "nonsense"
		case "minLength":
			all["emptiness"] = ""
		case "maxLength":
			all["longest"], all["longer than longest"] = strings.Repeat("x", int(number)), strings.Repeat("x", int(number)+1)
		case "minimum":
			all["least"], all["less than least"] = number, number-1
		case "maximum":
			all["most"], all["more than most"] = number, number+1
		case "format":
			all["no time"] = "yesterday"
		case "type":
			if limit == "object" {
				all["a text"] = "x"
			}
		}
	}
	return all
}

// unjudged are the members of which the code takes more than the document asks
// for: one of the two places of a call's id is enough, and some are not looked at.
func (m message) unjudged(path string) bool {
	switch path {
	case "/subject", "data/callId", "/datacontenttype":
		return true
	case "/sequence":
		return m.command // commands have their own, in data
	default:
		return false
	}
}

// What is left out, too long, too large or not in the list is refused by the
// schema and by the code alike; what is just within its limits by neither.
func TestSchemaAndCodeRefuseTheSame(t *testing.T) {
	t.Parallel()
	d, messages := asyncAPI(t)
	envelope := properties(d.at("#/components/schemas/cloudEvent"))
	tried := 0
	for _, m := range messages {
		for _, example := range m.examples {
			for where, names := range map[string]map[string]any{"": envelope, "data": properties(m.data)} {
				for name, property := range names {
					if m.unjudged(where + "/" + name) {
						continue
					}
					for what, value := range variations(property.(map[string]any)) {
						if what == "emptiness" && !has(example, where, name) {
							continue // to the code that is the same as nothing
						}
						payload := vary(t, example, where, name, value)
						bySchema, byCode := d.check(m.payload, payload), m.accepts(t, payload)
						if (bySchema == nil) != (byCode == nil) {
							t.Errorf("%s, %s of %s: the schema says %v, the code %v", m.name, what, name, bySchema, byCode)
						}
						tried++
					}
				}
			}
		}
	}
	if tried < 400 {
		t.Errorf("only %d variations were tried", tried)
	}
}

func has(payload map[string]any, where, name string) bool {
	if where != "" {
		payload = payload[where].(map[string]any)
	}
	return payload[name] != nil
}

// vary is a copy of a payload with another value in one place.
func vary(t *testing.T, example map[string]any, where, name string, value any) map[string]any {
	t.Helper()
	payload := jsonOf(t, marshal(t, example))
	object := payload
	if where != "" {
		object = payload[where].(map[string]any)
	}
	if _, leaveOut := value.(gone); leaveOut {
		delete(object, name)
	} else {
		object[name] = value
	}
	return payload
}

// The lists that the code names in its rejections are those of the document.
func TestDocumentHasTheListsOfTheCode(t *testing.T) {
	t.Parallel()
	_, messages := asyncAPI(t)
	lists := 0
	for _, m := range messages {
		for name, value := range properties(m.data) {
			enum, ok := value.(map[string]any)["enum"].([]any)
			if !ok {
				continue
			}
			lists++
			var words []string
			for _, word := range enum {
				words = append(words, word.(string))
			}
			payload := jsonOf(t, marshal(t, m.examples[0]))
			payload["data"].(map[string]any)[name] = "nonsense"
			want := "data." + name + ": not one of " + strings.Join(words, ", ")
			if err := m.accepts(t, payload); err == nil || !strings.Contains(err.Error()+";", want+";") {
				t.Errorf("%s: %v, want %s", m.name, err, want)
			}
		}
	}
	if lists < 8 {
		t.Errorf("only %d lists were found", lists)
	}
}

func TestWhatIsWrittenIsAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	d, messages := asyncAPI(t)
	byName := map[string]message{}
	for _, m := range messages {
		byName[m.name] = m
	}
	rapid.Check(t, func(rt *rapid.T) {
		var (
			body []byte
			err  error
		)
		if rapid.Bool().Draw(rt, "a command") {
			body, err = event.EncodeCommand(anyCommand(rt), "directcallback")
		} else {
			body, err = event.Encode(anyEvent(rt))
		}
		if err != nil {
			rt.Fatal(err)
		}
		payload := jsonOf(t, body)
		if err := d.check(byName[payload["type"].(string)].payload, payload); err != nil {
			rt.Fatalf("%v in %s", err, body)
		}
	})
}
