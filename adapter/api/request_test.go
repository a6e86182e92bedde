package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// wrong lists the fields that an answer complains about.
func (a answer) wrong() []string {
	var fields []string
	list, _ := a.body["errors"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		field, _ := m["field"].(string)
		fields = append(fields, field)
	}
	return fields
}

func window(start, end time.Duration) map[string]any {
	return map[string]any{"when": map[string]any{
		"start": noon.Add(start).Format(time.RFC3339), "end": noon.Add(end).Format(time.RFC3339),
	}, "timeZone": "Europe/Paris"}
}

func consent(name string, v any) map[string]any {
	c := map[string]any{"given": true, "at": "2026-03-04T11:59:00Z", "text": "Please call me."}
	c[name] = v
	return map[string]any{"consent": c}
}

func attributes(n int) map[string]any {
	all := map[string]any{}
	for i := range n {
		all[fmt.Sprintf("a%d", i)] = "v"
	}
	return map[string]any{"attributes": all}
}

func TestFields(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("é", n) }
	one := func(name string, v any) map[string]any { return map[string]any{name: v} }
	attribute := func(name string, v any) map[string]any { return one("attributes", one(name, v)) }
	const hour, day = time.Hour, 24 * time.Hour

	for name, test := range map[string]struct {
		members map[string]any
		wrong   string // the one field complained about; empty = taken
	}{
		"phone with spaces":          {one("phone", "+33 1 55 50-12.34"), ""},
		"phone without country":      {one("phone", "0155501234"), "phone"},
		"phone not in the plan":      {one("phone", "+33912"), "phone"},
		"phone as number":            {one("phone", 33155501234), "phone"},
		"phone null":                 {map[string]any{"phone": (*string)(nil)}, "phone"},
		"phone with letters":         {one("phone", "+1800FLOWERS"), "phone"},
		"phone with extension":       {one("phone", number+";ext=5"), "phone"},
		"queue in braces":            {one("queueId", "{"+strings.ToUpper(queue)+"}"), ""},
		"queue by name":              {one("queueId", "Billing"), "queueId"},
		"topic":                      {one("topic", "billing"), "topic"},
		"name in another case":       {one("Locale", "fr"), "Locale"},
		"soon":                       {one("when", "soon"), "when"},
		"soon, but not":              {one("when", one("asap", false)), "when.asap"},
		"soon and a slot":            {one("when", map[string]any{"asap": true, "slotId": "s-1"}), "when.slotId"},
		"when as number":             {one("when", 1), "when"},
		"slot":                       {one("when", one("slotId", "s-1")), "when.slotId timeZone"},
		"a window":                   {window(hour, 2*hour), ""},
		"a window that has begun":    {window(-hour, hour), ""},
		"a window of 5 minutes":      {window(hour, hour+5*time.Minute), ""},
		"a window of 24 hours":       {window(hour, hour+day), ""},
		"a window in 7 days":         {window(7*day, 7*day+hour), ""},
		"end at start":               {window(hour, hour), "when.end"},
		"end before start":           {window(hour, 0), "when.end"},
		"a window that is over":      {window(-2*hour, 0), "when.end"},
		"too short":                  {window(hour, hour+time.Minute), "when.end"},
		"too long":                   {window(hour, hour+day+time.Second), "when.end"},
		"too far":                    {window(7*day+time.Second, 8*day), "when.start"},
		"no end":                     {map[string]any{"when": one("start", "2026-03-04T13:00:00Z"), "timeZone": "Europe/Paris"}, "when.end"},
		"no zone":                    {map[string]any{"when": map[string]any{"start": "2026-03-04T13:00:00Z", "end": "2026-03-04T14:00:00Z"}}, "timeZone"},
		"time without offset":        {map[string]any{"when": map[string]any{"start": "2026-03-04T13:00:00", "end": "2026-03-04T14:00:00Z"}, "timeZone": "Europe/Paris"}, "when.start"},
		"year without end":           {map[string]any{"when": map[string]any{"start": "0000-01-01T00:00:00+23:00", "end": "9999-12-31T23:59:59-23:00"}, "timeZone": "UTC"}, "when.end"},
		"unknown zone":               {one("timeZone", "Europe/Atlantis"), "timeZone"},
		"zone of this machine":       {one("timeZone", "Local"), "timeZone"},
		"zone as path":               {one("timeZone", "../../etc/passwd"), "timeZone"},
		"empty zone":                 {one("timeZone", ""), "timeZone"},
		"name of 100":                {one("name", long(100)), ""},
		"name of 101":                {one("name", long(101)), "name"},
		"blank name":                 {one("name", " \n"), "name"},
		"name with control":          {one("name", "A\x00B"), "name"},
		"email":                      {one("email", "a@example.org"), ""},
		"email with name":            {one("email", "A <a@example.org>"), "email"},
		"email without at":           {one("email", "example.org"), "email"},
		"email too long":             {one("email", strings.Repeat("a", 260)+"@example.org"), "email"},
		"contact":                    {one("contactId", queue), ""},
		"contact by name":            {one("contactId", "Ann"), "contactId"},
		"locale":                     {one("locale", "zh-Hant-TW"), ""},
		"locale with underscore":     {one("locale", "fr_FR"), "locale"},
		"locale of one letter":       {one("locale", "f"), "locale"},
		"locale that is long":        {one("locale", "fr"+strings.Repeat("-abcdefgh", 4)), "locale"},
		"notes of 2000":              {one("notes", long(2000)), ""},
		"notes in lines":             {one("notes", "a\nb\tc"), ""},
		"notes of 2001":              {one("notes", long(2001)), "notes"},
		"20 attributes":              {attributes(20), ""},
		"21 attributes":              {attributes(21), "attributes"},
		"no attributes":              {attributes(0), ""},
		"attributes as list":         {one("attributes", []string{"a"}), "attributes"},
		"attribute as number":        {attribute("a", 1), "attributes.a"},
		"attribute empty":            {attribute("a", ""), ""},
		"attribute of 4001":          {attribute("a", long(4001)), "attributes.a"},
		"attribute with a long name": {attribute(long(101), "v"), "attributes." + long(101)},
		"attribute without a name":   {attribute("", "v"), "attributes."},
		"reserved attribute":         {attribute("callbackId", "v"), "attributes.callbackId"},
		"reserved in another case":   {attribute("TYPE", "v"), "attributes.TYPE"},
		"consent not given":          {consent("given", false), "consent.given"},
		"consent as text":            {consent("given", "true"), "consent.given"},
		"consent of tomorrow":        {consent("at", "2026-03-05T11:59:00Z"), "consent.at"},
		"consent in a few seconds":   {consent("at", "2026-03-04T12:00:09Z"), ""},
		"consent of year 0":          {consent("at", "0000-01-01T00:00:00+23:00"), "consent.at"},
		"consent without words":      {consent("text", ""), "consent.text"},
		"consent with more":          {consent("by", "x"), "consent.by"},
		"consent as truth":           {one("consent", true), "consent"},
		"by app":                     {one("channel", "mobile"), ""},
		"by bot":                     {one("channel", "bot"), ""},
		"by representative":          {one("channel", "representative"), ""},
		"by telephone":               {one("channel", "voice"), "channel"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := post(order(test.members)).to(t, handler(t, options(&backend{})))
			if test.wrong == "" {
				got.wants(t, http.StatusCreated)
				return
			}
			got.wants(t, http.StatusUnprocessableEntity)
			if wrong := strings.Join(got.wrong(), " "); wrong != test.wrong {
				t.Errorf("complains about %q, want %q: %s", wrong, test.wrong, got.Body)
			}
		})
	}
}

func TestAllWrongFieldsAtOnce(t *testing.T) {
	t.Parallel()
	body := `{"phone": "1", "name": 5, "consent": {"given": false}, "when": {}, "colour": "red"}`
	got := post(body).to(t, handler(t, options(&backend{}))).wants(t, http.StatusUnprocessableEntity)
	want := []string{"phone", "queueId", "when.start", "when.end", "name", "consent.given", "consent.at", "consent.text", "colour", "timeZone"}
	if diff := cmp.Diff(want, got.wrong()); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownMembersDoNotFloodTheAnswer(t *testing.T) {
	t.Parallel()
	members := map[string]any{}
	for i := range 500 {
		members[fmt.Sprintf("%0100d", i)] = 1
	}
	got := post(order(members)).to(t, handler(t, options(&backend{}))).wants(t, http.StatusUnprocessableEntity)
	if n := len(got.wrong()); n != 64 {
		t.Errorf("%d errors", n)
	}
}

func TestWhatTheServiceIsAsked(t *testing.T) {
	t.Parallel()
	var asked service.Request
	b := &backend{request: func(q service.Request) (service.Receipt, error) { asked = q; return taken(q), nil }}
	o := options(b)
	o.DefaultQueue = "{" + adapter.QueueID(strings.ToUpper(queue)) + "}"
	members := window(time.Hour, 2*time.Hour)
	members["queueId"] = nil
	members["when"] = map[string]any{"start": "2026-03-04T14:00:00+01:00", "end": "2026-03-04T15:00:00+01:00"}
	members["name"], members["email"], members["locale"], members["notes"] = "Ann", "ann@example.org", "fr-FR", "Ring twice."
	members["attributes"] = map[string]string{"order": "4711"}
	members["contactId"] = strings.ToUpper(queue)
	post(order(members)).to(t, handler(t, o)).wants(t, http.StatusCreated)

	phone, err := adapter.ParsePhone(number)
	if err != nil {
		t.Fatal(err)
	}
	if len(asked.Callback.ManageHash) != 64 || len(asked.Payload) != 64 {
		t.Errorf("hashes %q, %q", asked.Callback.ManageHash, asked.Payload)
	}
	asked.Callback.ManageHash, asked.Payload = "", ""
	want := service.Request{Client: "backend", Key: "key-1", Callback: adapter.Callback{
		ID: "c-2", Queue: queue, Phone: phone, Channel: adapter.ChannelWeb,
		Window: adapter.Window{Start: noon.Add(time.Hour), End: noon.Add(2 * time.Hour)},
		Name:   "Ann", Email: "ann@example.org", Contact: queue, Locale: "fr-FR", TimeZone: "Europe/Paris", Notes: "Ring twice.",
		Attributes: map[string]string{"order": "4711"},
		Consent:    adapter.Consent{Given: true, At: noon.Add(-time.Minute), Text: "Please call me."},
	}}
	if diff := cmp.Diff(want, asked, cmp.Comparer(func(a, b adapter.Phone) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestMalformedBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body         string
		line, column int
		says         string
	}{
		"empty":            {"", 1, 1, "not JSON"},
		"cut off":          {"{\n  \"phone\": ", 2, 11, "not JSON"},
		"bare word":        {"{\n  \"phone\": yes}", 2, 12, "not JSON"},
		"two values":       {"{} {}", 1, 4, "not JSON"},
		"not UTF-8":        {"{\"name\": \"é\xff\"}", 1, 12, "not UTF-8"},
		"repeated":         {`{"phone": "1", "phone": "2"}`, 1, 23, "this name came before"},
		"repeated, deep":   {`{"consent": {"at": 1, "at": 2}}`, 1, 27, "this name came before"},
		"nested too deep":  {strings.Repeat(`[`, 9) + strings.Repeat(`]`, 9), 1, 10, "nested deeper than 8"},
		"nested very deep": {strings.Repeat(`[`, 60_000), 1, 0, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := post(test.body).to(t, handler(t, options(&backend{}))).wants(t, http.StatusBadRequest)
			if got.problem(t) != "malformed-json" || !strings.Contains(got.text("detail"), test.says) {
				t.Errorf("got %s", got.Body)
			}
			if test.column > 0 && (got.body["line"] != float64(test.line) || got.body["column"] != float64(test.column)) {
				t.Errorf("at line %v, column %v, want %d, %d", got.body["line"], got.body["column"], test.line, test.column)
			}
		})
	}
	for name, body := range map[string]string{"list": `[{}]`, "text": `"asap"`, "null": `null`, "number": `1`} {
		got := post(body).to(t, handler(t, options(&backend{}))).wants(t, http.StatusUnprocessableEntity)
		if diff := cmp.Diff([]string{""}, got.wrong()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
