package contract

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"directcallback/dataverse"
)

const pageBatch = "Execute batch operations using the Web API"

// crlf writes line ends as a batch has them.
func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// part is one request of a batch.
func part(lines string) string {
	return "--batch_x\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n" + lines + "\n"
}

const (
	quoted   = `multipart/mixed; boundary="batch_x"`
	askMe    = "GET " + root + "WhoAmI HTTP/1.1\nAccept: application/json\n\n"
	askWrong = "GET " + root + "nosuchthings HTTP/1.1\nAccept: application/json\n\n"
	end      = "--batch_x--\n"
)

func (s *session) batch(kind, body string, headers ...string) reply {
	s.Helper()
	body = strings.ReplaceAll(body, "{url}", strings.TrimRight(s.target.URL, "/"))
	return s.send(http.MethodPost, "$batch", multipart{kind, body}, headers...)
}

var statusLine = regexp.MustCompile(`(?m)^HTTP/1\.1 ([0-9]{3}) `)

// statuses are those of the parts, in order.
func (r reply) statuses(want ...string) reply {
	r.s.Helper()
	var got []string
	for _, line := range statusLine.FindAllStringSubmatch(string(r.body), -1) {
		got = append(got, line[1])
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		r.fail(fmt.Sprintf("parts answered %v, not %v", got, want))
	}
	return r
}

func batchChecks() []Check {
	check := func(name string, run func(*session)) Check {
		return Check{Name: name, Page: pageBatch, Kind: Reads, run: run}
	}
	takes := func(name, kind, body string, want ...string) Check {
		return check(name, func(s *session) { s.batch(kind, crlf(body)).is(http.StatusOK).statuses(want...) })
	}
	return []Check{
		takes("a batch of one is answered with one part", quoted, part(askMe)+end, "200"),
		takes("parts are answered in order", quoted, part(askMe)+part("GET "+root+"systemusers?$top=1&$select=fullname HTTP/1.1\n\n")+end, "200", "200"),
		takes("a boundary needs no quotes", "multipart/mixed; boundary=batch_x", part(askMe)+end, "200"),
		takes("a boundary needs no space before it", "multipart/mixed;boundary=batch_x", part(askMe)+end, "200"),
		takes("a part may have an absolute URL", quoted, part("GET {url}"+root+"WhoAmI HTTP/1.1\n\n")+end, "200"),
		takes("a part's headers may stand in any order", quoted, strings.Replace(part(askMe), "Content-Type: application/http\nContent-Transfer-Encoding: binary", "Content-Transfer-Encoding:binary\nContent-Type:application/http", 1)+end, "200"),
		takes("a part's Content-Length is not to be trusted", quoted, strings.Replace(part(askMe), "\n\nGET", "\nContent-Length: 3\n\nGET", 1)+end, "200"),
		takes("a URL inside a batch may have spaces", quoted, part("GET "+root+"systemusers?$select=fullname&$filter=isdisabled eq false&$top=1 HTTP/1.1\n\n")+end, "200"),
		check("an answer begins with its delimiter", func(s *session) {
			r := s.batch(quoted, crlf(part(askMe)+end)).is(http.StatusOK)
			if !strings.HasPrefix(string(r.body), "--batchresponse_") {
				r.fail("a preamble")
			}
		}),
		check("an answer is multipart/mixed", func(s *session) {
			r := s.batch(quoted, crlf(part(askMe)+end)).is(http.StatusOK)
			if kind := r.header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/mixed") || !strings.Contains(kind, "batchresponse_") {
				r.fail("Content-Type " + kind)
			}
		}),
		check("an answer has CRLF throughout", func(s *session) {
			r := s.batch(quoted, crlf(part(askMe)+end)).is(http.StatusOK)
			if body := string(r.body); strings.Count(body, "\n") != strings.Count(body, "\r\n") {
				r.fail("bare line feeds")
			}
		}),
		check("a part may have preferences", func(s *session) {
			s.batch(quoted, crlf(part("GET "+root+"timezonedefinitions?$select=timezonecode HTTP/1.1\nPrefer: odata.maxpagesize=2\n\n")+end)).is(http.StatusOK).statuses("200").says("nextLink")
		}),
		check("a batch stops at the first that fails", func(s *session) {
			s.batch(quoted, crlf(part(askMe)+part(askWrong)+part(askMe)+end)).is(http.StatusBadRequest).statuses("200", "404")
		}),
		check("a batch goes on when told to", func(s *session) {
			s.batch(quoted, crlf(part(askMe)+part(askWrong)+part(askMe)+end), "Prefer", "odata.continue-on-error").is(http.StatusOK).statuses("200", "404", "200")
		}),
		check("a part that failed has the error", func(s *session) {
			s.batch(quoted, crlf(part(askWrong)+end)).is(http.StatusBadRequest).says(`{"error":{"code":"`)
		}),
		check("a batch with bare line feeds is refused", func(s *session) {
			s.batch(quoted, part(askMe)+end).is(http.StatusBadRequest).code("0x80048d19")
		}),
		check("a batch of more than a thousand is refused", func(s *session) {
			s.batch(quoted, crlf(strings.Repeat(part(askMe), 1001)+end)).is(http.StatusBadRequest)
		}),
		check("a read in a change set is refused", func(s *session) {
			s.batch(quoted, crlf("--batch_x\nContent-Type: multipart/mixed; boundary=changeset_y\n\n"+
				"--changeset_y\nContent-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: 1\n\n"+askMe+"\n--changeset_y--\n"+end)).is(http.StatusBadRequest)
		}),
		check("a query too long for a URL goes in a batch", func(s *session) {
			filter := "systemuserid%20eq%20" + s.me + strings.Repeat("%20%20", 6000)
			s.batch(quoted, crlf(part("GET "+root+"systemusers?$select=fullname&$filter="+filter+" HTTP/1.1\n\n")+end)).is(http.StatusOK).statuses("200")
		}),
		check("nobody looks into a batch without a token", func(s *session) {
			challenged(s.ask(http.MethodPost, "$batch", multipart{quoted, crlf(part(askMe) + end)}, ""))
		}),
	}
}

// changeSet is a batch of one change set. The requests are "METHOD path", body,
// "METHOD path", body, and so on.
func changeSet(requests ...string) string {
	var b strings.Builder
	b.WriteString("--batch_x\nContent-Type: multipart/mixed; boundary=changeset_y\n\n")
	number := 0
	for pair := range slices.Chunk(requests, 2) {
		number++
		method, path, _ := strings.Cut(pair[0], " ")
		if !strings.HasPrefix(path, "$") {
			path = root + path
		}
		fmt.Fprintf(&b, "--changeset_y\nContent-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: %d\n\n%s %s HTTP/1.1\nContent-Type: application/json\n\n%s\n",
			number, method, path, pair[len(pair)-1])
	}
	b.WriteString("--changeset_y--\n")
	return b.String()
}

func changeSetChecks() []Check {
	check := func(name string, run func(*session)) Check { return write(name, pageBatch, run) }
	contact := func(s *session, m made) string { return `{"contactid":"` + m.id + `","lastname":"` + s.tag + `"}` }
	spoilt := func(m made) string { return `{"contactid":"` + m.id + `","lastname":"x","nosuchcolumn":1}` }
	fresh := func(s *session) made { return s.fresh("contacts", "contactid") }
	return []Check{
		check("a change set is carried out", func(s *session) {
			m, n := fresh(s), fresh(s)
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, m), "POST contacts", contact(s, n))+end)).is(http.StatusOK).statuses("204", "204")
			s.get(m.path()).is(http.StatusOK)
			s.get(n.path()).is(http.StatusOK)
		}),
		check("a change set is answered with a part of its own", func(s *session) {
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, fresh(s)))+end)).is(http.StatusOK).says("boundary=changesetresponse_")
		}),
		check("an answer in a change set names its operation", func(s *session) {
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, fresh(s)), "POST contacts", contact(s, fresh(s)))+end)).is(http.StatusOK).says("Content-ID: 1").says("Content-ID: 2")
		}),
		check("a change set that fails leaves nothing", func(s *session) {
			m, n := fresh(s), fresh(s)
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, m), "POST contacts", spoilt(n))+end)).is(http.StatusBadRequest)
			s.get(m.path()).is(http.StatusNotFound)
		}),
		check("a change set that fails is answered once", func(s *session) {
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, fresh(s)), "POST contacts", spoilt(fresh(s)))+end)).is(http.StatusBadRequest).statuses("400")
		}),
		check("a batch goes on after a change set that failed", func(s *session) {
			s.batch(quoted, crlf(changeSet("POST contacts", spoilt(fresh(s)))+part(askMe)+end), "Prefer", "odata.continue-on-error").is(http.StatusOK).statuses("400", "200")
		}),
		check("what stands before a change set that fails stays", func(s *session) {
			m := fresh(s)
			s.batch(quoted, crlf(part("POST "+root+"contacts HTTP/1.1\nContent-Type: application/json\n\n"+contact(s, m))+changeSet("POST contacts", spoilt(fresh(s)))+end)).is(http.StatusBadRequest)
			s.get(m.path()).is(http.StatusOK)
		}),
		check("$1 in a URL is the row of the first", func(s *session) {
			m := fresh(s)
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, m), "PATCH $1", `{"jobtitle":"y"}`)+end)).is(http.StatusOK).statuses("204", "204")
			s.get(m.path()+"?$select=jobtitle").has("jobtitle", "y")
		}),
		check("$1 in a bind is the row of the first", func(s *session) {
			m, a := fresh(s), s.fresh("accounts", "accountid")
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, m),
				"POST accounts", `{"accountid":"`+a.id+`","name":"`+s.tag+`","primarycontactid@odata.bind":"$1"}`)+end)).is(http.StatusOK)
			s.get(a.path()+"?$select=_primarycontactid_value").has("_primarycontactid_value", m.id)
		}),
		check("$1 in a reference is the row of the first", func(s *session) {
			m, a := fresh(s), s.account(nil)
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, m), "PUT "+a.path()+"/primarycontactid/$ref", `{"@odata.id":"$1"}`)+end)).is(http.StatusOK)
			s.get(a.path()+"?$select=_primarycontactid_value").has("_primarycontactid_value", m.id)
		}),
		check("a Content-ID that nobody has is refused", func(s *session) {
			s.batch(quoted, crlf(changeSet("POST contacts", contact(s, fresh(s)), "PATCH $7", `{"jobtitle":"y"}`)+end)).is(http.StatusBadRequest).says("$7")
		}),
		check("a part of a change set may have a condition", func(s *session) {
			m := s.contact(nil)
			body := strings.Replace(changeSet("PATCH "+m.path(), `{"jobtitle":"y"}`), "HTTP/1.1\n", "HTTP/1.1\nIf-Match: W/\"1\"\n", 1)
			s.batch(quoted, crlf(body+end)).is(http.StatusBadRequest).statuses("412")
		}),
		check("the client's batch is carried out", func(s *session) {
			m, a := fresh(s), s.fresh("accounts", "accountid")
			b := s.client.Batch()
			set := b.ChangeSet()
			first := set.Create("contacts", "contactid", dataverse.Row{"contactid": m.id, "lastname": s.tag}, nil)
			set.Create("accounts", "accountid", dataverse.Row{"accountid": a.id, "name": s.tag, "primarycontactid@odata.bind": first}, nil)
			got := b.Get("accounts", dataverse.GUID(a.id), &dataverse.GetOptions{Select: []string{"_primarycontactid_value"}})
			results, err := b.Send(s.Context())
			if err != nil || results.Err() != nil {
				s.Fatal(err, results.Err())
			}
			if id, _ := results[got].Row.Lookup("primarycontactid"); id != m.id {
				s.Errorf("bound to %s", id)
			}
		}),
	}
}
