package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/uuid"

	"directcallback/dataverse"
)

const root = "/api/data/v9.2/"

// session is one check under way.
type session struct {
	*testing.T
	target  Target
	client  *dataverse.Client
	http    *http.Client
	me      string // the systemuser who asks
	tag     string // in the name of each row of this check
	check   Check
	unbuilt bool // 501 is expected
	refused bool // and came
}

func newSession(t *testing.T, target Target, client *dataverse.Client, me string) *session {
	t.Helper()
	s := &session{T: t, target: target, client: client, me: me, tag: "contract " + uuid.NewString()}
	s.http = &http.Client{
		Transport: target.HTTPClient.Transport, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// reply is an answer in bytes, and as JSON where it is that.
type reply struct {
	s      *session
	asked  string
	status int
	header http.Header
	body   []byte
	json   dataverse.Row
}

// get asks; {me} in the path is the user who asks. headers come in pairs.
func (s *session) get(path string, headers ...string) reply {
	s.Helper()
	return s.send(http.MethodGet, path, nil, headers...)
}

// send asks in bytes: neither path nor headers are changed on the way.
func (s *session) send(method, path string, body any, headers ...string) reply {
	s.Helper()
	return s.ask(method, path, body, s.token(), headers...)
}

func (s *session) token() string {
	s.Helper()
	token, err := s.target.Credential.GetToken(s.Context(), policy.TokenRequestOptions{Scopes: []string{strings.TrimRight(s.target.URL, "/") + "/.default"}})
	if err != nil {
		s.Fatal(err)
	}
	return token.Token
}

func (s *session) ask(method, path string, body any, token string, headers ...string) reply {
	s.Helper()
	path = strings.ReplaceAll(path, "{me}", s.me)
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "http") {
		path = root + path
	}
	if strings.HasPrefix(path, "/") {
		path = strings.TrimRight(s.target.URL, "/") + path
	}
	data, kind := encode(s, body)
	request, err := http.NewRequestWithContext(s.Context(), method, path, bytes.NewReader(data))
	if err != nil {
		s.Fatal(err)
	}
	request.Header.Set("Accept", "application/json")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	answer, err := s.http.Do(request) //nolint:bodyclose // read closes it
	if err != nil {
		s.Fatal(err)
	}
	return s.read(method+" "+path, answer)
}

// multipart is a body that is sent as it stands, with its Content-Type.
type multipart struct{ kind, body string }

func encode(s *session, body any) (data []byte, kind string) {
	s.Helper()
	switch body := body.(type) {
	case nil:
		return nil, ""
	case multipart:
		return []byte(body.body), body.kind
	case string:
		return []byte(body), "application/json"
	}
	data, err := json.Marshal(body)
	if err != nil {
		s.Fatal(err)
	}
	return data, "application/json"
}

func (s *session) read(asked string, answer *http.Response) reply {
	s.Helper()
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 16<<20))
	if err != nil {
		s.Fatal(err)
	}
	r := reply{s: s, asked: asked, status: answer.StatusCode, header: answer.Header, body: body}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	_ = decoder.Decode(&r.json) // not everything is an object
	s.notBuilt(r.status, string(body))
	return r
}

// notBuilt ends the check when a mock says that it cannot do what was asked.
func (s *session) notBuilt(status int, text string) {
	s.Helper()
	if status != http.StatusNotImplemented && !strings.Contains(text, "MockUnsupported") {
		return
	}
	s.refused = true
	if s.unbuilt {
		s.SkipNow()
	}
	s.Fatalf("not built: %s", shorten(text))
}

func shorten(text string) string { return text[:min(len(text), 500)] }

// fail tells what was asked and answered, and where it is written otherwise.
func (r reply) fail(want string) {
	r.s.Helper()
	r.s.Fatalf("%s (page %q)\nasked %s\nanswered %d %s", want, r.s.check.Page, r.asked, r.status, shorten(string(r.body)))
}

// is asserts the status: one of them.
func (r reply) is(status ...int) reply {
	r.s.Helper()
	if !slices.Contains(status, r.status) {
		r.fail("another status")
	}
	return r
}

// code asserts the code of an error: one of them. "" is an error without one.
func (r reply) code(codes ...string) {
	r.s.Helper()
	refusal, ok := r.json["error"].(map[string]any)
	if !ok {
		r.fail("not an error of Dataverse")
	}
	got, _ := refusal["code"].(string)
	if !slices.ContainsFunc(codes, func(want string) bool { return strings.EqualFold(got, want) }) {
		r.fail("another code")
	}
	if message, _ := refusal["message"].(string); message == "" {
		r.fail("an error without a message")
	}
}

// says asserts that the answer has a text.
func (r reply) says(text string) reply {
	r.s.Helper()
	if !strings.Contains(string(r.body), text) {
		r.fail("does not say " + text)
	}
	return r
}

// head asserts a header; "…" is anything.
func (r reply) head(name, want string) {
	r.s.Helper()
	if got := r.header.Get(name); got != want && (want != "…" || got == "") {
		r.fail("header " + name + " is " + got + ", not " + want)
	}
}

// rows are those of a collection.
func (r reply) rows() []dataverse.Row {
	r.s.Helper()
	all, ok := r.json["value"].([]any)
	if !ok {
		r.fail("not a collection")
	}
	rows := make([]dataverse.Row, len(all))
	for i, one := range all {
		row, ok := one.(map[string]any)
		if !ok {
			r.fail("a row that is no object")
		}
		rows[i] = row
	}
	return rows
}

// count asserts how many rows there are.
func (r reply) count(want int) []dataverse.Row {
	r.s.Helper()
	rows := r.rows()
	if len(rows) != want {
		r.fail("another number of rows")
	}
	return rows
}

// has asserts a value of the object.
func (r reply) has(name string, want any) reply {
	r.s.Helper()
	if number, ok := r.json[name].(json.Number); ok {
		if text, ok := want.(string); !ok || number.String() != text {
			r.fail("another " + name)
		}
		return r
	}
	if got, there := r.json[name]; !there || got != want {
		r.fail("another " + name)
	}
	return r
}

// made is a row of this check.
type made struct{ set, key, id string }

func (m made) path() string { return m.set + "(" + m.id + ")" }

// contact makes one, and deletes it at the end.
func (s *session) contact(columns dataverse.Row) made {
	s.Helper()
	return s.make("contacts", "contactid", "lastname", columns)
}

// account makes one, and deletes it at the end.
func (s *session) account(columns dataverse.Row) made {
	s.Helper()
	return s.make("accounts", "accountid", "name", columns)
}

func (s *session) make(set, key, label string, columns dataverse.Row) made {
	s.Helper()
	values := dataverse.Row{label: s.tag}
	maps.Copy(values, columns)
	m := made{set: set, key: key, id: uuid.NewString()}
	values[key] = m.id
	s.forget(m)
	if _, err := s.client.Create(s.Context(), set, key, values, nil); err != nil {
		s.Fatal(err)
	}
	return m
}

// fresh is a row that is not there yet, and is deleted at the end.
func (s *session) fresh(set, key string) made {
	m := made{set: set, key: key, id: uuid.NewString()}
	s.forget(m)
	return m
}

func (s *session) forget(m made) {
	if s.check.Kind != Writes {
		s.Fatal("a check that makes a row and does not say that it writes")
	}
	s.Cleanup(func() {
		// The test's own context has ended by now.
		_ = s.client.Delete(context.WithoutCancel(s.Context()), m.set, dataverse.GUID(m.id), nil)
	})
}

// escaped writes a query option's value.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~$(),=;/@:'", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(string([]byte{"0123456789abcdef"[c>>4], "0123456789abcdef"[c&15]})))
	}
	return b.String()
}
