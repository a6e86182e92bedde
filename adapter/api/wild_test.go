package api_test

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// wild asks what the contract names, with all that its schemas allow and with much that
// they do not, of the real service on a real store. It uses what it was answered: ids,
// tokens, entity tags. Every answer must be one of the contract, and none a 5xx.
type wild struct {
	testing.TB
	dice    dice
	house   *house
	learned map[string][]string // from answers, by the name of the member
	asked   map[string]int      // by operation and status
}

// FuzzContract lets the fuzzer choose.
//
//	go test ./adapter/api -run - -fuzz FuzzContract
func FuzzContract(f *testing.F) {
	h := wildHouse(f)
	for seed := range byte(8) {
		f.Add(throws(uint64(seed)))
	}
	f.Fuzz(func(t *testing.T, throws []byte) { newWild(t, h, throws).play() })
}

func TestAnythingIsAnsweredAsTheContractSays(t *testing.T) {
	t.Parallel()
	h, asked := wildHouse(t), map[string]int{}
	for seed := range uint64(1500) {
		w := newWild(t, h, throws(seed))
		w.asked = asked
		if w.play(); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	// What is never granted is not tested by what is refused.
	for _, o := range wildOperations() {
		granted := 0
		for status, n := range asked {
			if strings.HasPrefix(status, o.OperationId+" 2") {
				granted += n
			}
		}
		if granted == 0 {
			t.Errorf("%s is never granted: %v", o.OperationId, asked)
		}
	}
}

func newWild(tb testing.TB, h *house, throws []byte) *wild {
	tb.Helper()
	return &wild{tb, dice{throws}, h, map[string][]string{}, map[string]int{}}
}

// dice are throws that were made before. When none is left all fall on 0.
type dice struct{ throws []byte }

// of is a number below n.
func (d *dice) of(n int) int {
	if len(d.throws) < 2 {
		d.throws = nil
		return 0
	}
	thrown := int(binary.LittleEndian.Uint16(d.throws))
	d.throws = d.throws[2:]
	return thrown % n
}

func one[T any](d *dice, of []T) T { return of[d.of(len(of))] }

// throws are those of a seed.
func throws(seed uint64) []byte {
	all := make([]byte, 4_000)
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	_, _ = rand.NewChaCha8(key).Read(all) // never fails
	return all
}

func wildHouse(tb testing.TB) *house {
	tb.Helper()
	h := build(tb)
	over := make(chan struct{})
	tb.Cleanup(func() { close(over) })
	go func() { // nobody watches the steps
		for {
			select {
			case <-h.steps:
			case <-over:
				return
			}
		}
	}()
	return h
}

// play asks a number of times.
func (w *wild) play() {
	operations := wildOperations()
	begin := slices.IndexFunc(operations, func(o wildOperation) bool { return o.OperationId == "requestCallback" })
	w.ask(operations[begin])
	for range w.dice.of(12) {
		w.ask(one(&w.dice, operations))
		if w.chance(5) {
			w.house.clock.advance(10 * time.Minute)
		}
	}
}

// wildOperation is one of the contract.
type wildOperation struct {
	method, path string
	*v3.Operation
	parameters []*v3.Parameter
}

func wildOperations() []wildOperation {
	var all []wildOperation
	for path, item := range theContract().model.Paths.PathItems.FromOldest() {
		for method, of := range item.GetOperations().FromOldest() {
			all = append(all, wildOperation{strings.ToUpper(method), path, of, slices.Concat(item.Parameters, of.Parameters)})
		}
	}
	slices.SortFunc(all, func(a, b wildOperation) int { return cmp.Compare(a.OperationId, b.OperationId) })
	return all
}

func (w *wild) ask(o wildOperation) {
	path, query, header := o.path, url.Values{}, http.Header{}
	for _, p := range o.parameters {
		required := p.In == "path" || p.Required != nil && *p.Required
		if !required && w.chance(50) || required && p.In != "path" && w.chance(5) {
			continue
		}
		switch value := w.parameter(p, o.path); p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case "query":
			query.Add(p.Name, value)
		case "header":
			header.Set(p.Name, strings.Map(visibleOnly, value))
		}
	}
	if w.chance(3) {
		query.Set(w.text(), "1")
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	body := ""
	if o.RequestBody != nil {
		media, _ := o.RequestBody.Content.Get("application/json")
		body = w.body(media)
	}
	w.send(o, path, header, body)
}

func visibleOnly(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// send asks, and judges the answer.
func (w *wild) send(o wildOperation, path string, header http.Header, body string) {
	r := httptest.NewRequestWithContext(w.Context(), o.method, "http://api.example"+path, strings.NewReader(body))
	r.Header = header
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token := w.token(); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer := httptest.NewRecorder()
	w.house.ServeHTTP(answer, r)
	w.asked[fmt.Sprint(o.OperationId, " ", answer.Code)]++
	if answer.Code >= http.StatusInternalServerError {
		w.Errorf("%s %s %v\n%s\nis answered %d %s", o.method, path, header, body, answer.Code, answer.Body)
	}
	if err := theContract().check(r, answer); err != nil {
		w.Errorf("%s %s\n%s\n%v", o.method, path, body, err)
	}
	w.learn("ETag", answer.Header().Get("ETag"))
	w.learn("callback", strings.TrimPrefix(answer.Header().Get("Location"), "/v1/callbacks/"))
	var told any
	if json.Unmarshal(answer.Body.Bytes(), &told) == nil {
		w.read(told)
	}
}

// read keeps what can be asked with later.
func (w *wild) read(told any) {
	switch told := told.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(told)) {
			if text, is := told[name].(string); is {
				w.learn(name, text)
			}
			w.read(told[name])
		}
	case []any:
		for _, one := range told {
			w.read(one)
		}
	}
}

func (w *wild) learn(name, value string) {
	if value != "" && !slices.Contains(w.learned[name], value) {
		w.learned[name] = append(w.learned[name], value)
	}
}

func (w *wild) token() string {
	of := append(slices.Repeat([]string{secret}, 15), "", "nonsense", managedByNobody)
	return one(&w.dice, append(of, w.learned["manageToken"]...))
}

// managedByNobody has the form of a manage token.
const managedByNobody = "dcm_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// parameter is a value for one: what was learned, its example, what its schema allows,
// or anything.
func (w *wild) parameter(p *v3.Parameter, path string) string {
	choices := w.learned[learnedAs(p, path)]
	switch {
	case p.In == "path" && strings.HasPrefix(path, "/v1/queues"):
		choices = []string{queue, queue, queue, unconfigured}
	case p.Name == "queueId":
		choices = []string{queue, unconfigured}
	case p.Name == "Idempotency-Key":
		choices = []string{fmt.Sprint("key-", w.dice.of(1<<16)), "key-1"}
	case len(choices) == 0 && p.Example != nil:
		choices = []string{p.Example.Value}
	}
	if len(choices) > 0 && w.chance(85) {
		return one(&w.dice, choices)
	}
	if w.chance(70) && p.Schema != nil {
		if value, err := strconv.Unquote(w.value(p.Schema.Schema(), 0)); err == nil && value != "" {
			return value
		}
	}
	return cmp.Or(w.text(), "x")
}

// learnedAs is the name under which answers tell what a parameter takes.
func learnedAs(p *v3.Parameter, path string) string {
	switch {
	case p.Name == "If-Match" || p.Name == "If-None-Match":
		return "ETag"
	case p.Name == "cursor":
		return "next"
	case p.In == "path" && strings.HasPrefix(path, "/v1/callbacks"):
		return "callback"
	default:
		return p.Name
	}
}

// body is one of the contract's examples, one that its schema allows, or something else.
func (w *wild) body(media *v3.MediaType) string {
	if w.chance(30) {
		var examples []string
		for _, example := range media.Examples.FromOldest() {
			examples = append(examples, asJSON(w, example.Value))
		}
		return one(&w.dice, examples)
	}
	if w.chance(5) {
		return one(&w.dice, []string{
			"", "{", "null", "[]", `"text"`, "\xff", "\ufeff{}", strings.Repeat("[", 5_000), `{"a":` + strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 21),
			`{"phone":"` + strings.Repeat("1", 66_000) + `"}`, `{"phone":"+33155501234","phone":"+33155501235"}`, `{"x":1e999}`, `{"\ud800":"\udfff"}`,
		})
	}
	return w.value(media.Schema.Schema(), 0)
}

// value is JSON that a schema allows, most of the time.
func (w *wild) value(s *base.Schema, depth int) string {
	if s == nil || depth > 6 || w.chance(4) {
		return w.anything()
	}
	if all := slices.Concat(s.OneOf, s.AnyOf); len(all) > 0 {
		return w.value(one(&w.dice, all).Schema(), depth+1)
	}
	if s.Const != nil {
		return strconv.Quote(s.Const.Value)
	}
	if len(s.Enum) > 0 {
		return strconv.Quote(one(&w.dice, s.Enum).Value)
	}
	of := ""
	if len(s.Type) > 0 {
		of = one(&w.dice, s.Type)
	}
	switch of {
	case "object":
		return w.object(s, depth)
	case "array":
		return w.list(s, depth)
	case "boolean":
		return one(&w.dice, []string{"true", "true", "true", "false"})
	case "integer":
		return strconv.Itoa(w.dice.of(200) - 1)
	case "number":
		return strconv.FormatFloat(float64(w.dice.of(1<<16))/7-1, 'g', -1, 64)
	case "null":
		return "null"
	default:
		return w.string(s)
	}
}

func (w *wild) object(s *base.Schema, depth int) string {
	var members []string
	add := func(name, value string) { members = append(members, strconv.Quote(name)+":"+value) }
	for name, property := range s.Properties.FromOldest() {
		if required := slices.Contains(s.Required, name); required && w.chance(4) || !required && w.chance(60) {
			continue
		}
		if known := w.known(name); known != "" {
			add(name, known)
			continue
		}
		add(name, w.value(property.Schema(), depth+1))
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.IsA() {
		for range w.dice.of(4) {
			add(w.text(), w.value(s.AdditionalProperties.A.Schema(), depth+1))
		}
	}
	if w.chance(4) {
		add(w.text(), w.anything())
	}
	if len(members) > 0 && w.chance(2) {
		members = append(members, members[0])
	}
	return "{" + strings.Join(members, ",") + "}"
}

// known is a value that the service is likely to take; empty = none of that name.
func (w *wild) known(name string) string {
	if w.chance(15) {
		return ""
	}
	switch name {
	case "queueId":
		return strconv.Quote(one(&w.dice, []string{queue, queue, queue, unconfigured}))
	case "phone":
		return strconv.Quote(fmt.Sprintf("+331555012%02d", w.dice.of(20)))
	case "timeZone":
		return `"Europe/Paris"`
	case "given":
		return "true"
	case "slotId":
		if slots := w.learned[name]; len(slots) > 0 {
			return strconv.Quote(one(&w.dice, slots))
		}
	}
	return ""
}

func (w *wild) list(s *base.Schema, depth int) string {
	var items []string
	for range w.dice.of(4) {
		var of *base.Schema
		if s.Items != nil && s.Items.IsA() {
			of = s.Items.A.Schema()
		}
		items = append(items, w.value(of, depth+1))
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (w *wild) string(s *base.Schema) string {
	switch s.Format {
	case "date-time":
		at := w.house.clock.Now().Add(time.Duration(w.dice.of(60*24*8)-30) * time.Minute)
		return strconv.Quote(at.Format(time.RFC3339))
	case "email":
		return `"somebody@example.com"`
	}
	return w.quoted(w.text())
}

// anything is JSON of any kind.
func (w *wild) anything() string {
	return one(&w.dice, []string{
		"null", "true", "0", "-1", "1e400", "9223372036854775808", `""`, `"x"`, "[]", "{}", `{"a":[{"b":null}]}`, `"asap"`, `" "`, `"\u0000"`, `"` + strings.Repeat("é", 5_000) + `"`,
	})
}

// text is what people and programs send.
func (w *wild) text() string {
	return one(&w.dice, []string{
		"", " ", "x", "Marie", "fr-FR", "Please call me.", "0", "\x00", "\n", "\u202e", "é", "\U0001f4de", "<script>alert(1)</script>", "{{.}}", "' OR 1=1 --", "../..", "%2e%2e",
		strings.Repeat("x", 300), strings.Repeat("\U0001f4de", 1_500), strconv.Itoa(w.dice.of(1 << 16)),
	})
}

func (w *wild) quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		w.Fatal(err)
	}
	return string(text)
}

func (w *wild) chance(percent int) bool { return w.dice.of(100) < percent }
