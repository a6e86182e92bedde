package dataverse

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// crlf writes a wire sample with the line ends that it has on the wire.
func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

// multipartOf answers a batch with hand-written bytes.
func multipartOf(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "multipart/mixed; boundary=batchresponse_f27e")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, crlf(body))
	}
}

const (
	partHead = "--batchresponse_f27e\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n"
	partEnd  = "--batchresponse_f27e--\n"

	written = partHead + "HTTP/1.1 204 No Content\nOData-Version: 4.0\n" +
		"OData-EntityId: https://org/api/data/v9.2/tasks(11111111-2222-3333-4444-555555555555)\n\n\n"
	tooLong = partHead + "HTTP/1.1 400 Bad Request\nREQ_ID: 7e6bd7c6-0000-0000-0000-000000000000\n" +
		"Content-Type: application/json; odata.metadata=minimal\nOData-Version: 4.0\n\n" +
		`{"error":{"code":"0x80044331","message":"too long"}}` + "\n"
	waitPart = partHead + "HTTP/1.1 429 Too Many Requests\nRetry-After: 30\n\n" + `{"error":{"code":"0x80072322","message":"wait"}}` + "\n"
	gateway  = partHead + "HTTP/1.1 503 Service Unavailable\n\n\n"
	gone     = partHead + "HTTP/1.1 404 Not Found\n\n" + `{"error":{"code":"0x80040217","message":"gone"}}` + "\n"
	exists   = partHead + "HTTP/1.1 412 Precondition Failed\n\n" + `{"error":{"code":"0x80040237","message":"there"}}` + "\n"
	changed  = partHead + "HTTP/1.1 412 Precondition Failed\n\n" + `{"error":{"code":"0x80060882","message":"another version"}}` + "\n"
	oneRow   = partHead + "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 3\n\n" + `{"@odata.etag":"W/\"5\"","name":"x"}` + "\n"
	rowPage  = partHead + "HTTP/1.1 200 OK\n\n" + `{"value":[{"name":"x"}],"@odata.nextLink":"http://127.0.0.1:8080/next"}` + "\n"
	setOfTwo = "--batchresponse_f27e\nContent-Type: multipart/mixed; boundary=changesetresponse_64cc\n\n" +
		"--changesetresponse_64cc\nContent-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: 2\n\n" +
		"HTTP/1.1 204 No Content\nOData-Version: 4.0\n\n\n" +
		"--changesetresponse_64cc\nContent-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: 1\n\n" +
		"HTTP/1.1 204 No Content\nOData-EntityId: https://org/api/data/v9.2/tasks(11111111-2222-3333-4444-555555555555)\n\n\n" +
		"--changesetresponse_64cc--\n"
)

// stored is a row as it is read back.
func stored(columns string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{"+columns+"}") }
}

var boundaryPattern = regexp.MustCompile(`(batch|changeset)_[0-9a-f-]{36}`)

// TestBatchOnTheWire holds what is sent beside the page's samples.
func TestBatchOnTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent, kind, prefer string
		answer := multipartOf(200, setOfTwo+rowPage+oneRow+partEnd)
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			sent, kind, prefer = string(body), r.Header.Get("Content-Type"), r.Header.Get("Prefer")
			answer(w, r)
		})
		batch := b.Batch()
		batch.ContinueOnError = true
		set := batch.ChangeSet()
		made := set.Create("tasks", "activityid", Row{"activityid": someID, "subject": "<a>"}, nil)
		bound := set.Update("contacts", someID, Row{"task@odata.bind": made}, &WriteOptions{IfMatch: `W/"5"`})
		query := batch.Query(Query{Set: "contacts", Select: []string{"name"}, Filter: Eq("mobilephone", "+331"), PageSize: 3})
		got := batch.Get("contacts", Alternate{{"emailaddress1", "o'b@x/y"}}, nil)
		results, err := batch.Send(t.Context())
		if err != nil || results.Err() != nil {
			t.Fatal(err, results.Err())
		}
		if !strings.HasPrefix(kind, `multipart/mixed; boundary="batch_`) || prefer != "odata.continue-on-error" {
			t.Errorf("content type %s, prefer %s", kind, prefer)
		}
		want := crlf(`--batch_x
Content-Type: multipart/mixed; boundary="changeset_x"

--changeset_x
Content-ID: 1
Content-Type: application/http
Content-Transfer-Encoding: binary

POST /api/data/v9.2/tasks HTTP/1.1
Accept: application/json
Content-Type: application/json; charset=utf-8
Odata-Maxversion: 4.0
Odata-Version: 4.0

{"activityid":"11111111-2222-3333-4444-555555555555","subject":"<a>"}
--changeset_x
Content-ID: 2
Content-Type: application/http
Content-Transfer-Encoding: binary

PATCH /api/data/v9.2/contacts(11111111-2222-3333-4444-555555555555) HTTP/1.1
Accept: application/json
Content-Type: application/json; charset=utf-8
If-Match: W/"5"
Odata-Maxversion: 4.0
Odata-Version: 4.0

{"task@odata.bind":"$1"}
--changeset_x--
--batch_x
Content-Type: application/http
Content-Transfer-Encoding: binary

GET /api/data/v9.2/contacts?$select=name&$filter=mobilephone%20eq%20%27%2B331%27 HTTP/1.1
Accept: application/json
Odata-Maxversion: 4.0
Odata-Version: 4.0
Prefer: odata.maxpagesize=3


--batch_x
Content-Type: application/http
Content-Transfer-Encoding: binary

GET /api/data/v9.2/contacts(emailaddress1='o''b%40x%2Fy') HTTP/1.1
Accept: application/json
Odata-Maxversion: 4.0
Odata-Version: 4.0


--batch_x--
`)
		if diff := cmp.Diff(want, boundaryPattern.ReplaceAllString(sent, "${1}_x")); diff != "" {
			t.Error(diff)
		}
		if results[made].ID != string(someID) || results[bound].ID != "" {
			t.Errorf("ids %q and %q", results[made].ID, results[bound].ID)
		}
		if len(results[query].Rows) != 1 || !results[query].More {
			t.Errorf("page %v", results[query])
		}
		if name, _ := results[got].Row.String("name"); name != "x" || results[got].ETag != `W/"5"` {
			t.Errorf("row %v of version %s", results[got].Row, results[got].ETag)
		}
	})
}

// TestBatchAnswers: what each operation is told, and how often the whole was sent.
func TestBatchAnswers(t *testing.T) {
	t.Parallel()
	type build func(*Batch)
	create := func(b *Batch) { b.Create("tasks", "activityid", Row{"activityid": someID}, nil) }
	call := func(b *Batch) { b.Action("Do", nil, Once) }
	read := func(b *Batch) { b.Get("tasks", someID, nil) }
	remove := func(b *Batch) { b.Delete("tasks", someID, nil) }
	write := func(b *Batch) { b.Update("tasks", someID, Row{"subject": "x"}, nil) }
	versioned := func(b *Batch) { b.Update("tasks", someID, Row{"subject": "x"}, &WriteOptions{IfMatch: `W/"5"`}) }
	two := func(b *Batch) {
		s := b.ChangeSet()
		s.Create("tasks", "activityid", Row{"activityid": someID}, nil)
		s.Update("tasks", someID, Row{"subject": "x"}, nil)
	}
	on := func(b *Batch) { b.ContinueOnError = true }
	tests := []struct {
		name    string
		build   []build
		replies []http.HandlerFunc
		calls   int32
		fails   error     // of the whole
		is      [][]error // of each operation; none = success
		not     []error   // of any operation
	}{
		{"all done", []build{create, two}, []http.HandlerFunc{multipartOf(200, written+strings.NewReplacer("ID: 1", "ID: 2", "ID: 2", "ID: 3").Replace(setOfTwo)+partEnd)}, 1, nil, [][]error{{}, {}, {}}, nil},
		{"stops at the first that fails", []build{create, create, create}, []http.HandlerFunc{multipartOf(400, written+tooLong+partEnd)}, 1, nil, [][]error{{}, {ErrInvalid}, {ErrSkipped}}, []error{ErrAmbiguous}},
		{"goes on where told", []build{on, create, create, read}, []http.HandlerFunc{multipartOf(200, tooLong+written+oneRow+partEnd)}, 1, nil, [][]error{{ErrInvalid}, {}, {}}, []error{ErrAmbiguous}},
		{"a change set fails as one", []build{on, two, read}, []http.HandlerFunc{multipartOf(200, tooLong+oneRow+partEnd)}, 1, nil, [][]error{{ErrInvalid}, {ErrInvalid}, {}}, []error{ErrAmbiguous}},
		{"a change set fails as one, inside its own part", []build{two}, []http.HandlerFunc{multipartOf(400,
			"--batchresponse_f27e\nContent-Type: multipart/mixed; boundary=changesetresponse_64cc\n\n"+
				strings.ReplaceAll(strings.TrimSuffix(tooLong, "\n"), "batchresponse_f27e", "changesetresponse_64cc")+"\n--changesetresponse_64cc--\n"+partEnd)}, 1, nil, [][]error{{ErrInvalid}, {ErrInvalid}}, nil},

		{"429 for the whole", []build{create, call}, []http.HandlerFunc{refuse(429, "0x80072322", "Retry-After", "5"), multipartOf(200, written+written+partEnd)}, 2, nil, [][]error{{}, {}}, nil},
		{"429 for a part of what may be repeated", []build{write, write}, []http.HandlerFunc{multipartOf(400, written+waitPart+partEnd), multipartOf(200, written+written+partEnd)}, 2, nil, [][]error{{}, {}}, nil},
		{"429 behind what is refused on a repeat", []build{create, create}, []http.HandlerFunc{multipartOf(400, written+waitPart+partEnd)}, 1, nil, [][]error{{}, {ErrThrottled}}, []error{ErrAmbiguous}},
		{"429, and what was done is refused on the repeat", []build{on, create, remove, versioned, create}, []http.HandlerFunc{
			multipartOf(200, written+written+written+waitPart+partEnd), multipartOf(200, exists+gone+changed+written+partEnd),
		}, 2, nil, [][]error{{}, {}, {}, {}}, nil},
		{"429, and a change set that was done is refused on the repeat", []build{on, two, create}, []http.HandlerFunc{
			multipartOf(200, setOfTwo+waitPart+partEnd), multipartOf(200, exists+written+partEnd),
		}, 2, nil, [][]error{{}, {}, {}}, nil},
		{"429, and the repeat is refused as a whole", []build{on, create, create, read}, []http.HandlerFunc{
			multipartOf(200, written+waitPart+oneRow+partEnd), refuse(403, ""),
		}, 2, nil, [][]error{{}, {ErrForbidden}, {ErrForbidden}}, []error{ErrAmbiguous}},
		{"lost, and the repeat stops at what was done", []build{create, create}, []http.HandlerFunc{reset, multipartOf(400, exists+partEnd), stored(`"subject":"x"`)}, 3, nil, [][]error{{}, {ErrSkipped, ErrAmbiguous}}, nil},
		{"429 for a part of what may not", []build{create, call}, []http.HandlerFunc{multipartOf(400, written+waitPart+partEnd)}, 1, nil, [][]error{{}, {ErrThrottled}}, []error{ErrAmbiguous}},
		{"429 before anything was done", []build{call, call}, []http.HandlerFunc{multipartOf(400, waitPart+partEnd), multipartOf(200, written+written+partEnd)}, 2, nil, [][]error{{}, {}}, nil},
		{"503 for an action", []build{call}, []http.HandlerFunc{multipartOf(400, gateway+partEnd)}, 1, nil, [][]error{{ErrAmbiguous, ErrUnavailable}}, nil},
		{"503 for a read", []build{read}, []http.HandlerFunc{multipartOf(400, gateway+partEnd), multipartOf(200, oneRow+partEnd)}, 2, nil, [][]error{{}}, nil},
		{"503 for ever", []build{read}, []http.HandlerFunc{multipartOf(400, gateway+partEnd)}, 5, nil, [][]error{{ErrUnavailable}}, []error{ErrAmbiguous}},

		{"lost, of what may be repeated", []build{create}, []http.HandlerFunc{reset, multipartOf(200, written+partEnd)}, 2, nil, [][]error{{}}, nil},
		{"lost, of what may not", []build{create, call}, []http.HandlerFunc{reset}, 1, ErrAmbiguous, nil, nil},
		{"lost, of reads", []build{read}, []http.HandlerFunc{reset}, 5, ErrUnavailable, nil, nil},
		{"lost, then refused because the row is there: ours", []build{create}, []http.HandlerFunc{reset, multipartOf(400, exists+partEnd), stored(`"subject":"x"`)}, 3, nil, [][]error{{}}, nil},
		{"lost, then refused because the row is there: another's", []build{create}, []http.HandlerFunc{reset, multipartOf(400, exists+partEnd), stored(`"activityid":"0"`)}, 3, nil, [][]error{{ErrDuplicate, ErrAmbiguous}}, nil},
		{"lost, then refused", []build{create}, []http.HandlerFunc{reset, multipartOf(400, tooLong+partEnd)}, 2, nil, [][]error{{ErrInvalid, ErrAmbiguous}}, nil},
		{"lost, then already gone", []build{remove}, []http.HandlerFunc{reset, multipartOf(400, gone+partEnd)}, 2, nil, [][]error{{}}, nil},
		{"gone", []build{remove}, []http.HandlerFunc{multipartOf(400, gone+partEnd)}, 1, nil, [][]error{{ErrNotFound}}, nil},
		{"refused as a whole", []build{create}, []http.HandlerFunc{refuse(400, "0x80048d19")}, 1, ErrInvalid, nil, nil},

		{"cut off", []build{call}, []http.HandlerFunc{multipartOf(200, written)}, 1, ErrAmbiguous, nil, nil},
		{"no multipart", []build{call}, []http.HandlerFunc{ok}, 1, ErrAmbiguous, nil, nil},
		{"answers missing", []build{create, call}, []http.HandlerFunc{multipartOf(200, written+partEnd)}, 1, ErrAmbiguous, nil, nil},
		{"answers missing, which was not allowed", []build{on, call, create}, []http.HandlerFunc{multipartOf(200, tooLong+partEnd)}, 1, ErrAmbiguous, nil, nil},
		{"answers too many", []build{call}, []http.HandlerFunc{multipartOf(200, written+written+partEnd)}, 1, ErrAmbiguous, nil, nil},
		{"success of half a change set", []build{call, two}, []http.HandlerFunc{multipartOf(200, written+written+partEnd)}, 1, ErrAmbiguous, nil, nil},
		{"a change set for one", []build{call, create}, []http.HandlerFunc{multipartOf(200, written+setOfTwo+partEnd)}, 1, ErrAmbiguous, nil, nil},
		{"a change set of another", []build{call, two}, []http.HandlerFunc{multipartOf(200, written+setOfTwo+partEnd)}, 1, ErrAmbiguous, nil, nil}, // its ids are 2 and 1, not 2 and 3
		{"no status line", []build{call}, []http.HandlerFunc{multipartOf(200, partHead+"hello\n"+partEnd)}, 1, ErrAmbiguous, nil, nil},
		{"a row that is none", []build{call, read}, []http.HandlerFunc{multipartOf(200, written+partHead+"HTTP/1.1 200 OK\n\n<html>\n"+partEnd)}, 1, nil, [][]error{{}, {ErrUnavailable}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, replies(test.replies...))
				batch := b.Batch()
				for _, build := range test.build {
					build(batch)
				}
				results, err := batch.Send(t.Context())
				if !errors.Is(err, test.fails) || len(results) != len(test.is) {
					t.Fatalf("%d results, %v", len(results), err)
				}
				if (results.Err() == nil) != !slices.ContainsFunc(test.is, func(of []error) bool { return len(of) > 0 }) {
					t.Errorf("of all: %v", results.Err())
				}
				for i, want := range test.is {
					if (results[i].Err == nil) != (len(want) == 0) {
						t.Errorf("operation %d: %v", i, results[i].Err)
					}
					for _, target := range want {
						if !errors.Is(results[i].Err, target) {
							t.Errorf("operation %d: %v does not match %q", i, results[i].Err, target)
						}
					}
					for _, target := range test.not {
						if errors.Is(results[i].Err, target) {
							t.Errorf("operation %d: %v matches %q", i, results[i].Err, target)
						}
					}
				}
				if calls := b.calls.Load(); calls != test.calls {
					t.Errorf("sent %d times, want %d", calls, test.calls)
				}
			})
		})
	}
}

func TestBatchesThatAreNotSent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, says string
		build      func(*Batch)
	}{
		{"empty", "no operations", func(*Batch) {}},
		{"too many", "takes 1000 operations", func(b *Batch) {
			for range 1001 {
				b.Delete("tasks", someID, nil)
			}
		}},
		{"a mistake in the second", "operation 2: update tasks", func(b *Batch) {
			b.Get("tasks", someID, nil)
			b.Update("tasks", GUID("x"), nil, nil)
		}},
		{"a reference outside a change set", "earlier operation of the same change set", func(b *Batch) {
			made := b.Create("tasks", "activityid", nil, nil)
			b.Update("tasks", made, Row{"subject": "x"}, nil)
		}},
		{"a reference into another change set", "earlier operation of the same change set", func(b *Batch) {
			made := b.ChangeSet().Create("tasks", "activityid", nil, nil)
			b.ChangeSet().Update("tasks", made, Row{"subject": "x"}, nil)
		}},
		{"a reference to a later operation", "earlier operation of the same change set", func(b *Batch) {
			b.ChangeSet().Update("tasks", Op(1), Row{"subject": "x"}, nil)
		}},
		{"a bound reference from outside", "earlier operation of the same change set", func(b *Batch) {
			made := b.ChangeSet().Create("tasks", "activityid", nil, nil)
			b.Create("tasks", "activityid", Row{"parent@odata.bind": made}, nil)
		}},
		{"a torn change set", "must follow one another", func(b *Batch) {
			set := b.ChangeSet()
			set.Delete("tasks", someID, nil)
			b.Get("tasks", someID, nil)
			set.Delete("tasks", someID, nil)
		}},
		{"a filter with a mistake", "not a column", func(b *Batch) { b.Query(Query{Set: "tasks", Filter: Eq("a b", 1)}) }},
		{"a URL too long", "65536", func(b *Batch) {
			b.Query(Query{Set: "tasks", Filter: Eq("a", strings.Repeat("x", maxBatchURL))})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, ok)
				batch := b.Batch()
				test.build(batch)
				results, err := batch.Send(t.Context())
				if results != nil || !errors.Is(err, ErrInvalid) || !strings.Contains(fmt.Sprint(err), test.says) {
					t.Errorf("%v", err)
				}
				if b.calls.Load() != 0 {
					t.Error("it was sent")
				}
			})
		})
	}
	if _, err := new(Client).Get(t.Context(), "tasks", Op(0), nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("an operation as a key outside a batch: %v", err)
	}
}

// TestPartsThatWaitMakeAllWait: "wait" said inside a batch counts for the principal.
func TestPartsThatWaitMakeAllWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, replies(multipartOf(400, written+waitPart+partEnd), ok))
		batch := b.Batch()
		batch.Create("tasks", "activityid", nil, nil)
		batch.Action("Do", nil, Once)
		if _, err := batch.Send(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := reading(t.Context(), b.Client); err != nil || time.Since(start) < 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// TestPrivately: what is asked for is in the body, and the answer counts as if it
// had come bare.
func TestPrivately(t *testing.T) {
	t.Parallel()
	const number = "+33155501234"
	long := strings.Repeat("y", maxURL)
	query := func(value string) func(*testing.T, *Client) error {
		return func(t *testing.T, c *Client) error {
			t.Helper()
			rows, err := c.All(t.Context(), Query{Set: "contacts", Select: []string{"name"}, Filter: Eq("mobilephone", value)})
			if err == nil && len(rows) != 1 {
				t.Errorf("%d rows", len(rows))
			}
			return err
		}
	}
	patch := func(t *testing.T, c *Client) error {
		t.Helper()
		_, err := c.Update(t.Context(), "contacts", Alternate{{"mobilephone", number}}, Row{"name": "x"}, nil)
		return err
	}
	page := partHead + "HTTP/1.1 200 OK\n\n" + `{"value":[{"name":"x"}]}` + "\n" + partEnd
	tests := []struct {
		name    string
		private bool
		do      func(*testing.T, *Client) error
		replies []http.HandlerFunc
		calls   int32
		is      error
	}{
		{"a query", true, query(number), []http.HandlerFunc{multipartOf(200, page)}, 1, nil},
		{"a query too long for a URL", false, query(long), []http.HandlerFunc{multipartOf(200, page)}, 1, nil},
		{"a write by key", true, patch, []http.HandlerFunc{multipartOf(200, written+partEnd)}, 1, nil},
		{"refused", true, query(number), []http.HandlerFunc{multipartOf(400, gone+partEnd)}, 1, ErrNotFound},
		{"401", true, query(number), []http.HandlerFunc{multipartOf(400, partHead+"HTTP/1.1 401 Unauthorized\n\n\n"+partEnd), multipartOf(200, page)}, 2, nil},
		{"429 inside", true, query(number), []http.HandlerFunc{multipartOf(400, waitPart+partEnd), multipartOf(200, page)}, 2, nil},
		{"503 outside", true, query(number), []http.HandlerFunc{refuse(503, ""), multipartOf(200, page)}, 2, nil},
		{"lost", true, query(number), []http.HandlerFunc{reset, multipartOf(200, page)}, 2, nil},
		{"two answers", true, query(number), []http.HandlerFunc{multipartOf(200, oneRow+page)}, 5, ErrUnavailable},
		{"a stranger", true, query(number), []http.HandlerFunc{garbage}, 5, ErrUnavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				serve := replies(test.replies...)
				b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
					if r.RequestURI != "/api/data/v9.2/$batch" || r.Method != http.MethodPost {
						t.Errorf("asked %s %s", r.Method, r.RequestURI)
					}
					serve(w, r)
				})
				client := b.Client
				if test.private {
					client = client.Privately()
				}
				err := test.do(t, client)
				if !errors.Is(err, test.is) || (err != nil && strings.Contains(err.Error(), "155501234")) {
					t.Errorf("error %v", err)
				}
				if calls := b.calls.Load(); calls != test.calls {
					t.Errorf("asked %d times", calls)
				}
			})
		})
	}
}

// TestBatchesCanBeRead: the standard library reads what we write.
func TestBatchesCanBeRead(t *testing.T) {
	t.Parallel()
	c, err := New(testOrigin, &credential{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	batch := c.Batch()
	for range 3 {
		batch.Delete("tasks", someID, nil)
	}
	body, boundary := batch.encode()
	if strings.Count(string(body), "\n") != strings.Count(string(body), "\r\n") || !strings.HasSuffix(string(body), "--\r\n") {
		t.Error("not CRLF throughout")
	}
	_, parameters, err := mime.ParseMediaType(`multipart/mixed; boundary="` + boundary + `"`)
	if err != nil {
		t.Fatal(err)
	}
	reader := multipart.NewReader(strings.NewReader(string(body)), parameters["boundary"])
	parts := 0
	for ; ; parts++ {
		p, err := reader.NextRawPart()
		if err != nil {
			break
		}
		if got := p.Header.Get("Content-Type"); got != "application/http" {
			t.Errorf("part of %s", got)
		}
	}
	if parts != 3 {
		t.Errorf("%d parts", parts)
	}
}

func FuzzBatchAnswer(f *testing.F) {
	for _, seed := range []string{
		written + setOfTwo + partEnd, written + tooLong + partEnd, setOfTwo + partEnd, gateway + waitPart + partEnd, oneRow, partEnd, "", "--",
		"--batchresponse_f27e\nContent-Type: multipart/mixed; boundary=\n\n" + partEnd,
		partHead + "HTTP/1.1 200 OK\n\n" + partEnd, partHead + "HTTP/1.1 999 OK\n: x\n\n" + partEnd,
	} {
		f.Add("multipart/mixed; boundary=batchresponse_f27e", []byte(crlf(seed)))
		f.Add("multipart/mixed; boundary=batch_(x)", []byte(strings.ReplaceAll(crlf(seed), "batchresponse_f27e", "batch_(x)")))
	}
	client, err := New(testOrigin, &credential{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		for _, enclosed := range []bool{false, true} {
			batch := client.Batch()
			batch.Get("tasks", someID, nil)
			if !enclosed {
				set := batch.ChangeSet()
				set.Create("tasks", "activityid", nil, nil)
				set.Delete("tasks", someID, nil)
				batch.Query(Query{Set: "tasks"})
			}
			batch.enclosed = enclosed
			r, err := batch.request("batch")
			if err != nil {
				t.Fatal(err)
			}
			x := &exchange{client: client, request: &r}
			last, err := x.judgeBatch(batch, answer{200, http.Header{"Content-Type": {kind}}, body})
			if last == signalLost {
				if err == nil {
					t.Error("lost, and no error")
				}
				continue
			}
			if !enclosed && len(x.came.results) != len(batch.parts) {
				t.Errorf("%d results of %d operations", len(x.came.results), len(batch.parts))
			}
			for i, result := range x.came.results {
				if result.Err == nil && batch.parts[i].method == http.MethodGet && result.Row == nil && result.Rows == nil {
					t.Errorf("operation %d came to nothing", i)
				}
			}
		}
	})
}

func TestBoundaries(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"multipart/mixed; boundary=batchresponse_f27e": "batchresponse_f27e", `multipart/mixed;boundary="a b"`: "a b",
		"multipart/mixed; boundary=batch_(x); charset=utf-8": "batch_(x)", "multipart/mixed": "", "": "",
	} {
		got, err := boundaryOf(kind)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
}
