package dataverse_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"directcallback/mocks/dataverse"
)

const batchType = "Content-Type: multipart/mixed; boundary=b"

// single is a part with one request; lines are its head, then a blank line, then its body, if any.
func single(lines ...string) string {
	return "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n" + strings.Join(lines, "\r\n") + "\r\n"
}

// write is a request of a change set.
func write(contentID, line, body string) string {
	return "Content-ID: " + contentID + "\r\n" + single(line+" HTTP/1.1", "Content-Type: application/json", "", body)
}

func multi(boundary string, parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("--" + boundary + "\r\n" + part + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func changeSet(parts ...string) string {
	return "Content-Type: multipart/mixed; boundary=c\r\n\r\n" + multi("c", parts...)
}

func (o *org) batch(body string, headers ...string) *answer {
	o.tb.Helper()
	return o.call(http.MethodPost, "$batch", body, append([]string{batchType}, headers...)...)
}

// part is one answer inside another.
type part struct {
	*answer
	contentID string
}

// parts reads a batch's answer; those of a change set come between two marks.
func (a *answer) parts() []part {
	a.tb.Helper()
	return readParts(a.tb, a.one("Content-Type"), a.body)
}

func readParts(tb testing.TB, contentType string, body []byte) (all []part) {
	tb.Helper()
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || !bytes.HasPrefix(body, []byte("--"+parameters["boundary"]+"\r\n")) || !bytes.HasSuffix(body, []byte("--\r\n")) {
		tb.Fatalf("%v: %s in %q", err, contentType, body)
	}
	reader := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	for {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			tb.Fatal(err)
		}
		if kind := p.Header.Get("Content-Type"); kind != "application/http" {
			if !strings.HasPrefix(kind, "multipart/mixed; boundary=changesetresponse_") {
				tb.Fatalf("part of type %s", kind)
			}
			all = append(all, readParts(tb, kind, append(content, "\r\n"...))...)
			continue
		}
		if p.Header.Get("Content-Transfer-Encoding") != "binary" {
			tb.Fatalf("part headers %v", p.Header)
		}
		all = append(all, part{readResponse(tb, content), p.Header.Get("Content-ID")})
	}
}

func readResponse(tb testing.TB, content []byte) *answer {
	tb.Helper()
	head, body, ok := bytes.Cut(content, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	status := regexp.MustCompile(`^HTTP/1\.1 ([0-9]{3}) [A-Z][A-Za-z -]+$`).FindStringSubmatch(lines[0])
	if !ok || status == nil {
		tb.Fatalf("no response: %q", content)
	}
	a := &answer{tb: tb, header: http.Header{}, body: body}
	a.status, _ = strconv.Atoi(status[1])
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			tb.Fatalf("no header: %q", line)
		}
		a.header[name] = append(a.header[name], value)
	}
	return a
}

func statuses(parts []part) (all []int) {
	for _, p := range parts {
		all = append(all, p.status)
	}
	return all
}

func TestBatchRunsItsPartsInOrder(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.batch(multi("b",
		single("POST /api/data/v9.2/contacts?$select=lastname HTTP/1.1", "Content-Type: application/json", "Prefer: return=representation", "Content-Length: 7", "",
			"{\n  \"contactid\":\""+chosen+"\",\n  \"lastname\":\"A\"\n}"),
		single("GET "+root+"contacts("+chosen+")?$select=lastname HTTP/1.1", "Accept: application/json"),
		single("GET /api/data/v9.2/contacts?$select=lastname&$filter=lastname eq 'A' and firstname eq null HTTP/1.1", `Prefer: odata.include-annotations="*"`),
		single("PATCH /api/data/v9.2/contacts("+chosen+") HTTP/1.1", "Content-Type:application/json", "", `{"lastname":"B"}`),
		single("PUT /api/data/v9.2/contacts("+chosen+")/firstname HTTP/1.1", "Content-Type: application/json; charset=utf-8", "", `{"value":"C"}`),
		single("DELETE /api/data/v9.2/contacts("+chosen+") HTTP/1.1"),
		single("GET /api/data/v9.2/contacts/$count HTTP/1.1"),
		single("GET /api/data/v9.2/WhoAmI() HTTP/1.1"),
	)).want(200)
	if a.one("OData-Version") != "4.0" || !strings.HasPrefix(a.one("Content-Type"), "multipart/mixed; boundary=batchresponse_") {
		t.Errorf("headers %v", a.header)
	}
	parts := a.parts()
	if got := statuses(parts); !slices.Equal(got, []int{201, 200, 200, 204, 204, 204, 200, 200}) {
		t.Fatalf("statuses %v in %s", got, a.body)
	}
	if parts[0].one("Preference-Applied") != "return=representation" || parts[0].one("OData-EntityId") != "" || parts[0].one("ETag") == "" {
		t.Errorf("headers %v", parts[0].header)
	}
	if got := parts[1].object()["lastname"]; got != "A" {
		t.Errorf("lastname %v", got)
	}
	if got := parts[2].rows(); len(got) != 1 {
		t.Errorf("rows %v", got)
	}
	if parts[3].one("OData-EntityId") != root+"contacts("+chosen+")" || parts[3].one("OData-Version") != "4.0" || len(parts[3].body) != 0 {
		t.Errorf("headers %v, body %q", parts[3].header, parts[3].body)
	}
}

// TestBatchAnswerIsExact holds the bytes against the layout that clients parse by hand.
func TestBatchAnswerIsExact(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.batch(multi("b", changeSet(write("1", "PATCH "+root+"contacts("+chosen+")", `{"lastname":"x"}`)), single("GET "+root+"nothing HTTP/1.1"))).want(400)
	want := regexp.MustCompile(`^--(batchresponse_[0-9a-f-]{36})\r
Content-Type: multipart/mixed; boundary=(changesetresponse_[0-9a-f-]{36})\r
\r
--changesetresponse_[0-9a-f-]{36}\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
Content-ID: 1\r
\r
HTTP/1\.1 204 No Content\r
Location: ` + regexp.QuoteMeta(root+"contacts("+chosen+")") + `\r
OData-EntityId: ` + regexp.QuoteMeta(root+"contacts("+chosen+")") + `\r
OData-Version: 4\.0\r
\r
\r
--changesetresponse_[0-9a-f-]{36}--\r
--batchresponse_[0-9a-f-]{36}\r
Content-Type: application/http\r
Content-Transfer-Encoding: binary\r
\r
HTTP/1\.1 404 Not Found\r
Content-Type: application/json; odata\.metadata=minimal\r
OData-Version: 4\.0\r
REQ_ID: [0-9a-f-]{36}\r
\r
\{"error":\{"code":"0x8006088a","message":"Resource not found for the segment 'nothing'\."\}\}\r
--batchresponse_[0-9a-f-]{36}--\r
$`)
	if !want.Match(a.body) {
		t.Errorf("%s", a.body)
	}
}

func TestBatchStopsAtTheFirstErrorUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for prefer, tc := range map[string]struct {
		status int
		parts  []int
		exists int
	}{
		"":                                     {400, []int{204, 404}, 404},
		"Prefer: odata.continue-on-error":      {200, []int{204, 404, 204, 412}, 200},
		"Prefer: odata.continue-on-error=true": {200, []int{204, 404, 204, 412}, 200},
	} {
		t.Run(prefer, func(t *testing.T) {
			t.Parallel()
			o := newOrg(t, nil)
			headers := []string{}
			if prefer != "" {
				headers = append(headers, prefer)
			}
			a := o.batch(multi("b",
				single("PATCH "+root+"contacts("+o.demo.Contacts[0]+") HTTP/1.1", "Content-Type: application/json", "", `{}`),
				single("GET "+root+"contacts("+missing+") HTTP/1.1"),
				changeSet(write("1", "POST "+root+"contacts", `{"contactid":"`+chosen+`"}`)),
				changeSet(write("1", "POST "+root+"contacts", `{"lastname":"lost"}`), write("2", "POST "+root+"contacts", `{"contactid":"`+chosen+`"}`)),
			), headers...).want(tc.status)
			if got := statuses(a.parts()); !slices.Equal(got, tc.parts) {
				t.Errorf("statuses %v, want %v", got, tc.parts)
			}
			o.get("contacts(" + chosen + ")").want(tc.exists)
			if got := o.get("contacts?$filter=lastname eq 'lost'").rows(); len(got) > 0 {
				t.Errorf("left behind: %v", got)
			}
			if want := strings.TrimPrefix(prefer, "Prefer: "); a.one("Preference-Applied") != want {
				t.Errorf("applied %q", a.one("Preference-Applied"))
			}
		})
	}
}

func TestChangeSetsReferToTheirOwnRows(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	a := o.batch(multi("b", changeSet(
		write("ruleset", "POST "+root+"msdyn_decisionrulesets", `{"msdyn_name":"first"}`),
		write("2", "POST "+root+"queues", `{"name":"second","msdyn_decisionrulesetid@odata.bind":"$ruleset"}`),
		write("3", "PUT $2/name", `{"value":"renamed"}`),
		write("4", "PUT $2/msdyn_inqueueoverflowrulesetid/$ref", `{"@odata.id":"$ruleset"}`),
		write("5", "PATCH "+root+"$ruleset", `{"msdyn_name":"changed"}`),
		write("6", "POST $2/queuemembership_association/$ref", `{"@odata.id":"`+root+`systemusers(`+o.demo.Representatives[0]+`)"}`),
		write("7", "POST /api/data/v9.2/queues", `{"name":"third","msdyn_decisionrulesetid@odata.bind":"/$ruleset"}`),
		write("8", "DELETE $7", ""),
	))).want(200)
	parts := a.parts()
	for i, p := range parts {
		if want := []string{"ruleset", "2", "3", "4", "5", "6", "7", "8"}[i]; p.status != 204 || p.contentID != want {
			t.Errorf("part %s: %d %s", p.contentID, p.status, p.body)
		}
	}
	row := o.get(parts[1].one("OData-EntityId") + "?$expand=msdyn_decisionrulesetid($select=msdyn_name),queuemembership_association($select=lastname)").want(200).object()
	inner, _ := row["msdyn_decisionrulesetid"].(map[string]any)
	members, _ := row["queuemembership_association"].([]any)
	if row["name"] != "renamed" || inner["msdyn_name"] != "changed" || len(members) != 1 || row["_msdyn_inqueueoverflowrulesetid_value"] != inner["msdyn_decisionrulesetid"] {
		t.Errorf("row %v", row)
	}
	if parts[4].one("OData-EntityId") != parts[0].one("OData-EntityId") {
		t.Errorf("patched %s", parts[4].one("OData-EntityId"))
	}
	o.get(parts[6].one("OData-EntityId")).want(404)
}

func TestReferencesThatDoNotExist(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const text = "Content-ID Reference: '$1' does not exist in the batch context."
	queue := write("2", "POST "+root+"queues", `{"msdyn_decisionrulesetid@odata.bind":"$1"}`)
	first := write("1", "POST "+root+"msdyn_decisionrulesets", `{"msdyn_name":"first"}`)
	for name, body := range map[string]string{
		"not yet seen":     changeSet(queue, first),
		"in the address":   changeSet(write("2", "PATCH $1", `{}`)),
		"outside":          single("GET $1 HTTP/1.1"),
		"of a deleted row": changeSet(write("1", "DELETE "+root+"contacts("+o.demo.Contacts[1]+")", ""), write("2", "PATCH $1", `{}`)),
	} {
		parts := o.batch(multi("b", body)).want(400).parts()
		if got := parts[0].wantError(400, "0x80060888"); len(parts) != 1 || parts[0].contentID != "" || got != text {
			t.Errorf("%s: %d parts, %q", name, len(parts), got)
		}
	}
	parts := o.batch(multi("b", changeSet(first), changeSet(queue))).want(400).parts()
	if got := parts[1].wantError(400, "0x80060888"); got != text { // another change set's
		t.Error(got)
	}
}

// TestAFailedChangeSetLeavesNothing: no rows, no delta entries, no deliveries, no events.
func TestAFailedChangeSetLeavesNothing(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.mock.OnDeliveryCreated(func(d dataverse.Delivery) { t.Errorf("told of %v", d) })
	before, deliveries := o.census(), len(o.mock.Deliveries())
	delta, _ := o.get("contacts?$select=lastname", "Prefer: odata.track-changes").want(200).object()["@odata.deltaLink"].(string)
	contact := o.get("contacts(" + o.demo.Contacts[0] + ")")
	parts := o.batch(multi("b", changeSet(
		write("1", "POST "+root+"contacts", `{"lastname":"x"}`),
		write("2", "PATCH "+root+"contacts("+o.demo.Contacts[0]+")", `{"lastname":"changed"}`),
		write("3", "DELETE "+root+"queues("+o.demo.RetailQueue+")", ""),
		write("4", "POST "+root+createDelivery, o.deliveryBody()),
		write("5", "PATCH "+root+"contacts("+o.demo.Contacts[1]+")", `{"lastname":5}`),
	))).want(400).parts()
	if len(parts) != 1 {
		t.Fatalf("%d parts", len(parts))
	}
	parts[0].wantError(400, "0x80048d19")
	if after := o.census(); after != before {
		t.Errorf("%s, were %s", after, before)
	}
	if again := o.get("contacts(" + o.demo.Contacts[0] + ")"); !bytes.Equal(again.body, contact.body) {
		t.Errorf("%s, was %s", again.body, contact.body)
	}
	if got := o.get(delta).rows(); len(got) > 0 {
		t.Errorf("changes %v", got)
	}
	if got := o.get("queues(" + o.demo.RetailQueue + ")/queuemembership_association").rows(); len(got) != 3 {
		t.Errorf("%d members", len(got))
	}
	if got := len(o.mock.Deliveries()); got != deliveries {
		t.Errorf("%d deliveries, were %d", got, deliveries)
	}
}

func TestElasticRowsInAChangeSetStand(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.batch(multi("b", changeSet(
		write("1", "PATCH "+root+"msdyn_proactive_delivery_attributes("+chosen+")", `{"msdyn_keyword":"x"}`),
		write("2", "POST "+root+"contacts", `{"contactid":"`+chosen+`"}`),
		write("3", "POST "+root+"contacts", `{"contactid":"`+chosen+`"}`),
	))).want(400)
	o.get("msdyn_proactive_delivery_attributes(" + chosen + ")").want(200)
	o.get("contacts(" + chosen + ")").want(404)
}

func TestConditionsInsideABatch(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	row := root + "contacts(" + o.demo.Contacts[0] + ")"
	tag := o.get(row).one("ETag")
	parts := o.batch(multi("b",
		single("GET "+row+" HTTP/1.1", "If-None-Match: "+tag),
		single("PATCH "+row+" HTTP/1.1", "If-Match: "+tag, "If-None-Match: null", "Content-Type: application/json", "", `{"lastname":"x"}`),
		single("PATCH "+row+" HTTP/1.1", "If-Match: "+tag, "Content-Type: application/json", "", `{"lastname":"y"}`),
	)).want(400).parts()
	if got := statuses(parts); !slices.Equal(got, []int{304, 204, 412}) {
		t.Errorf("statuses %v", got)
	}
}

func TestBoundariesInEveryForm(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	get := single("GET " + root + "WhoAmI HTTP/1.1")
	for contentType, boundary := range map[string]string{
		`multipart/mixed; boundary=batch_x`: "batch_x", `multipart/mixed;boundary=batch_x`: "batch_x", `multipart/mixed; boundary="batch_x"`: "batch_x",
		`multipart/mixed;boundary="batch x"`: "batch x", `Multipart/Mixed; Boundary=b`: "b", `multipart/mixed; boundary=batch_(x)`: "batch_(x)",
		`multipart/mixed;boundary=batch_(x);charset=utf-8`: "batch_(x)", `multipart/mixed; boundary=` + strings.Repeat("x", 70): strings.Repeat("x", 70),
	} {
		o.call(http.MethodPost, "$batch", multi(boundary, get), "Content-Type: "+contentType).want(200)
		inner := "Content-Type: " + contentType + "\r\n\r\n" + multi(boundary, write("1", "PATCH "+root+"contacts("+chosen+")", `{}`))
		o.batch(multi("outer", inner), "Content-Type: multipart/mixed; boundary=outer").want(200)
	}
	// A boundary that begins like the other one's, and one that is part of a body.
	o.batch(multi("b", "Content-Type: multipart/mixed; boundary=b2\r\n\r\n"+multi("b2", write("1", "POST "+root+"contacts", `{"lastname":"--b"}`)))).want(200)
}

func TestMalformedBatches(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	get := single("GET " + root + "WhoAmI HTTP/1.1")
	post := write("1", "POST "+root+"contacts", `{"lastname":"x"}`)
	good := multi("b", get)
	many := func(n int) string { return multi("b", slices.Repeat([]string{get}, n)...) }
	before := o.census()
	for name, tc := range map[string]struct {
		body, contentType string
		status            int
		text              string
	}{
		"line feeds only":         {strings.ReplaceAll(good, "\r\n", "\n"), "", 400, "Stream was not readable."},
		"a line feed in a header": {strings.Replace(good, "binary\r\n", "binary\n", 1), "", 400, "Stream was not readable."},
		"before a delimiter":      {strings.Replace(good, "\r\n--b--", "\n--b--", 1), "", 400, "Stream was not readable."},
		"no CRLF at the end":      {strings.TrimSuffix(good, "\r\n"), "", 400, "Stream was not readable."},
		"no end":                  {strings.TrimSuffix(good, "--b--\r\n"), "", 400, "last delimiter"},
		"nothing":                 {"", "", 400, "does not begin"},
		"no part":                 {"--b--\r\n", "", 400, "empty"},
		"empty part":              {"--b\r\n--b--\r\n", "", 400, "is missing"},
		"another boundary":        {multi("x", get), "", 400, "does not begin"},
		"preamble":                {"hello\r\n" + good, "", 501, "before the first"},
		"epilogue":                {good + "hello", "", 501, "after the last"},
		"not multipart":           {good, "application/json", 400, "multipart/mixed"},
		"no boundary":             {good, "multipart/mixed", 400, "no boundary"},
		"long boundary":           {good, "multipart/mixed; boundary=" + strings.Repeat("x", 71), 400, "no boundary"},
		"no transfer encoding":    {strings.Replace(good, "Content-Transfer-Encoding: binary\r\n", "", 1), "", 400, "Content-Transfer-Encoding"},
		"no part type":            {strings.Replace(good, "application/http", "text/plain", 1), "", 400, "text/plain"},
		"no version":              {strings.Replace(good, " HTTP/1.1", "", 1), "", 400, "HTTP/1.1"},
		"bad method":              {strings.Replace(good, "GET", "HEAD", 1), "", 400, "HEAD"},
		"bad header":              {multi("b", single("GET "+root+"WhoAmI HTTP/1.1", "hello")), "", 400, "'hello' is not a header"},
		"many headers":            {multi("b", single(slices.Concat([]string{"GET / HTTP/1.1"}, slices.Repeat([]string{"a: b"}, 101))...)), "", 400, "headers"},
		"GET in a change set":     {multi("b", changeSet(get)), "", 400, "'GET'"},
		"no Content-ID":           {multi("b", changeSet(strings.TrimPrefix(post, "Content-ID: 1\r\n"))), "", 400, "Content-ID"},
		"Content-ID twice":        {multi("b", changeSet(post, post)), "", 400, "more than once"},
		"nested change set":       {multi("b", "Content-Type: multipart/mixed; boundary=d\r\n\r\n"+multi("d", changeSet(post))), "", 400, "inside another"},
		"empty change set":        {multi("b", "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n"), "", 400, "empty"},
		"1001 parts":              {many(1001), "", 400, "more than 1000"},
		"1001 in a change set":    {multi("b", changeSet(numbered(1001)...)), "", 400, "more than 1000"},
		"1001 over two sets":      {multi("b", get, changeSet(numbered(1000)...)), "", 400, "more than 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			o := o.in(t)
			headers := []string{}
			if tc.contentType != "" {
				headers = append(headers, "Content-Type: "+tc.contentType)
			}
			code := "0x80048d19"
			if tc.status == 501 {
				code = "MockUnsupported"
			} else if strings.HasPrefix(name, "1001") {
				code = "0x80060888"
			}
			if got := o.batch(tc.body, headers...).wantError(tc.status, code); !strings.Contains(got, tc.text) {
				t.Errorf("%q lacks %q", got, tc.text)
			}
		})
	}
	if after := o.census(); after != before {
		t.Errorf("%s, were %s", after, before)
	}
	o.batch(many(1000)).want(200)
}

func numbered(n int) (parts []string) {
	for i := range n {
		parts = append(parts, write(strconv.Itoa(i), "POST "+root+"contacts", `{"lastname":"x"}`))
	}
	return parts
}

func TestPartsAreRefusedOneByOne(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	for name, tc := range map[string]struct {
		part   string
		status int
		code   string
	}{
		"nested batch":        {single("POST "+root+"$batch HTTP/1.1", "Content-Type: multipart/mixed; boundary=x", "", multi("x", single("GET "+root+"WhoAmI HTTP/1.1"))), 400, "0x80048d19"},
		"another host":        {single("GET https://elsewhere.example/api/data/v9.2/contacts HTTP/1.1"), 501, "MockUnsupported"},
		"a relative address":  {single("GET contacts HTTP/1.1"), 501, "MockUnsupported"},
		"another path":        {single("GET /contacts HTTP/1.1"), 501, "MockUnsupported"},
		"no JSON":             {single("POST "+root+"contacts HTTP/1.1", "Content-Type: text/plain", "", `{}`), 415, "0x0"},
		"no body":             {single("POST "+root+"contacts HTTP/1.1", "Content-Type: application/json"), 400, "0x80048d19"},
		"continue-on-error":   {single("GET "+root+"contacts HTTP/1.1", "Prefer: odata.continue-on-error"), 501, "MockUnsupported"},
		"65,537 characters":   {single("GET " + root + "queues?$filter=name eq '" + strings.Repeat("x", 65_537) + "' HTTP/1.1"), 414, "0x80060888"},
		"an unknown property": {single("GET " + root + "queues?$select=Name HTTP/1.1"), 400, "0x0"},
	} {
		parts := o.batch(multi("b", tc.part, single("GET "+root+"WhoAmI HTTP/1.1")), "Prefer: odata.continue-on-error").want(200).parts()
		if got := statuses(parts); !slices.Equal(got, []int{tc.status, 200}) {
			t.Errorf("%s: statuses %v", name, got)
			continue
		}
		parts[0].wantError(tc.status, tc.code)
	}
	long := root + "queues?$filter=name eq '" + strings.Repeat("x", 60_000) + "'"
	o.batch(multi("b", single("GET "+long+" HTTP/1.1"))).want(200)
	o.get(long).want(http.StatusRequestURITooLong)
}

func good() string { return multi("b", single("GET "+root+"WhoAmI HTTP/1.1")) }

func TestTheRequestAroundABatch(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	o.batch(good(), "OData-Version: 4.0", "If-None-Match: null", "Accept: application/json").want(200)
	for _, header := range []string{
		"Prefer: return=representation", `Prefer: odata.include-annotations="*"`, "Prefer: odata.continue-on-error=no", "If-Match: *",
		"CallerObjectId: " + chosen, "MSCRMCallerID: " + chosen,
	} {
		o.batch(good(), header).wantError(501, "MockUnsupported")
	}
	o.call(http.MethodPost, "$batch?$top=1", good(), batchType).want(400)
	o.get("$batch").want(404)
	o.batch(good(), "Authorization: Bearer wrong").want(401)
}

// TestHeadersOfAPartStayInTheirLine: what a client sent comes back in a header of the answer, line ends or not.
func TestHeadersOfAPartStayInTheirLine(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	parts := o.batch(multi("b", single("GET "+root+"queues?x%0D%0AX-Evil:%201=2 HTTP/1.1"))).want(400).parts()
	parts[0].want(501)
	if parts[0].one("X-Evil") != "" || !strings.Contains(parts[0].one("X-Mock-Unsupported"), "X-Evil") {
		t.Errorf("headers %v", parts[0].header)
	}
	if got := o.mock.Unsupported(); len(got) != 1 || !strings.HasPrefix(got[0], "GET "+root+"queues: ") {
		t.Errorf("remembered %q", got)
	}
}

// endless is a body that never ends and counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestALongBodyIsNotRead(t *testing.T) {
	t.Parallel()
	o := newOrg(t, nil)
	const megabytes = 1 << 20
	for _, tc := range []struct {
		announced int64
		token     string
		status    int
		most      int
	}{
		{200 * megabytes, token, http.StatusRequestEntityTooLarge, 0},
		{-1, token, http.StatusRequestEntityTooLarge, 33 * megabytes},
		{-1, "wrong", http.StatusUnauthorized, 0},
	} {
		body := &endless{}
		status := o.send("$batch", body, tc.announced, tc.token)
		if status != tc.status || body.read > tc.most {
			t.Errorf("announced %d: %d after %d bytes", tc.announced, status, body.read)
		}
	}
}

func (o *org) send(resource string, body io.Reader, announced int64, token string) (status int) {
	o.tb.Helper()
	req, rec := httptest.NewRequestWithContext(o.tb.Context(), http.MethodPost, "/", body), httptest.NewRecorder()
	req.RequestURI = "/api/data/v9.2/" + resource
	req.ContentLength = announced
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	o.mock.Handler().ServeHTTP(rec, req)
	return rec.Code
}

func BenchmarkBatchOf1000Reads(b *testing.B) {
	o := newOrg(b, nil)
	body := multi("b", slices.Repeat([]string{single(fmt.Sprintf("GET %squeues(%s)?$select=name HTTP/1.1", root, o.demo.RetailQueue))}, 1000)...)
	b.ReportAllocs()
	for b.Loop() {
		o.batch(body).want(200)
	}
}
