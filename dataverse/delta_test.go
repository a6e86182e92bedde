package dataverse

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

const deltaRoot = testOrigin + "/api/data/v9.2/accounts?$select=name&"

// wirePage is a page as the change tracking page prints them.
func wirePage(rows string, links ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"@odata.context":"`+testOrigin+`/api/data/v9.2/$metadata#accounts(name)/$delta"`)
		for i := 0; i < len(links); i += 2 {
			_, _ = fmt.Fprintf(w, `,%q:%q`, "@odata."+links[i], links[i+1])
		}
		_, _ = io.WriteString(w, `,"value":[`+rows+`]}`)
	}
}

const (
	rowA       = `{"@odata.etag":"W/\"1\"","name":"a","accountid":"60c4e274-0d87-e711-80e5-00155db19e6d"}`
	rowB       = `{"@odata.etag":"W/\"2\"","name":"b","accountid":"1dd16e38-0d87-e711-80e5-00155db19e6d"}`
	deletedRow = `{"@odata.context":"` + testOrigin + `/api/data/v9.2/$metadata#accounts/$deletedEntity","id":"2E451703-C3F7-4FD3-B2B5-0E4BB6EBD6B4","reason":"deleted"}`
)

// drain reads a Delta to its end, each change in one word.
func drain(t *testing.T, d *Delta) ([]string, error) {
	t.Helper()
	var all []string
	for change, err := range d.Changes(t.Context()) {
		switch change := change.(type) {
		case Upserted:
			name, err := change.Row.String("name")
			if err != nil {
				t.Error(err)
			}
			all = append(all, "+"+name)
		case Deleted:
			all = append(all, "-"+change.ID)
		default:
			return all, err
		}
	}
	return all, nil
}

func TestDelta(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		serve := replies(
			wirePage(rowA, "nextLink", deltaRoot+"$skiptoken=1"),
			wirePage(rowB, "deltaLink", deltaRoot+"$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44"),
			wirePage(rowB+","+rowB+","+deletedRow, "deltaLink", deltaRoot+"$deltatoken=919058"),
			wirePage("", "deltaLink", deltaRoot+"$deltatoken=919058"),
		)
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, strings.TrimPrefix(r.RequestURI, "/api/data/v9.2/")+" "+r.Header.Get("Prefer"))
			serve(w, r)
		})
		tracked := Tracked{Set: "accounts", Select: []string{"name"}, PageSize: 1}
		var token DeltaToken
		for i, want := range [][]string{{"+a", "+b"}, {"+b", "+b", "-2e451703-c3f7-4fd3-b2b5-0e4bb6ebd6b4"}, nil} {
			d := b.Delta(tracked, token)
			if d.Token() != "" {
				t.Error("a token before the end")
			}
			got, err := drain(t, d)
			if diff := cmp.Diff(want, got); diff != "" || err != nil || d.Token() == "" {
				t.Errorf("read %d: %v %s", i+1, err, diff)
			}
			token = DeltaToken(strings.Clone(string(d.Token()))) // through a store, as text
		}
		want := []string{
			"accounts?$select=name odata.maxpagesize=1,odata.track-changes",
			"accounts?$select=name&$skiptoken=1 odata.maxpagesize=1",
			"accounts?$select=name&$deltatoken=919042%2108%2f22%2f2017%2008%3a10%3a44 odata.maxpagesize=1",
			"accounts?$select=name&$deltatoken=919058 odata.maxpagesize=1",
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDeltaErrors(t *testing.T) {
	t.Parallel()
	mine := Tracked{Set: "accounts", Select: []string{"name"}}
	fresh := func(c *Client) DeltaToken { return c.Delta(mine, "").write(deltaRoot + "$deltatoken=1") }
	none := func(*Client) DeltaToken { return "" }
	other := func(c *Client) DeltaToken {
		return c.Delta(Tracked{Set: "accounts", Select: []string{"x"}}, "").write(deltaRoot)
	}
	tests := []struct {
		name    string
		token   func(*Client) DeltaToken
		replies []http.HandlerFunc
		calls   int32
		is, not error
		says    string
	}{
		{"too old", fresh, []http.HandlerFunc{refuse(400, "0x80044352")}, 1, ErrDeltaExpired, ErrForbidden, ""},
		{"too old, in words of another release", fresh, []http.HandlerFunc{refuse(410, "")}, 1, ErrDeltaExpired, ErrForbidden, ""},
		{"too old in the middle", fresh, []http.HandlerFunc{wirePage(rowA, "nextLink", deltaRoot+"$skiptoken=1"), refuse(400, "")}, 2, ErrDeltaExpired, ErrForbidden, "page 2"},
		{"of other columns", other, nil, 0, ErrDeltaExpired, ErrForbidden, "columns"},
		{"of another organization", func(c *Client) DeltaToken { return c.Delta(mine, "").write("https://other.example/x") }, nil, 0, ErrDeltaExpired, ErrForbidden, "organization"},
		{"garbage", func(*Client) DeltaToken { return "garbage" }, nil, 0, ErrDeltaExpired, ErrForbidden, ""},
		{"forbidden", fresh, []http.HandlerFunc{refuse(403, "0x80040220")}, 1, ErrForbidden, ErrDeltaExpired, ""},
		{"unavailable", fresh, []http.HandlerFunc{refuse(503, "")}, 5, ErrUnavailable, ErrDeltaExpired, ""},
		{"a bad column at first", none, []http.HandlerFunc{refuse(400, "")}, 1, ErrInvalid, ErrDeltaExpired, ""},
		{"not tracked", none, []http.HandlerFunc{refuse(400, "0x80072491")}, 1, ErrNotTracked, ErrDeltaExpired, ""},
		{"not tracked any more", fresh, []http.HandlerFunc{refuse(400, "0x80072491")}, 1, ErrNotTracked, ErrDeltaExpired, ""},
		{"tracked and not told", none, []http.HandlerFunc{wirePage(rowA)}, 1, ErrNotTracked, ErrDeltaExpired, "delta link"},
		{"a page elsewhere", none, []http.HandlerFunc{wirePage(rowA, "nextLink", "https://other.example/x")}, 1, ErrInvalid, ErrDeltaExpired, "another address"},
		{"a page that leads to itself", fresh, []http.HandlerFunc{wirePage(rowA, "nextLink", deltaRoot+"$deltatoken=1")}, 1, ErrUnavailable, ErrDeltaExpired, "same page"},
		{"a deleted row without an id", none, []http.HandlerFunc{wirePage(strings.Replace(deletedRow, "2E451703", "x", 1), "deltaLink", deltaRoot)}, 1, nil, ErrDeltaExpired, "column id"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, replies(append(test.replies, ok)...))
				if len(test.replies) > 0 {
					b = newBench(t, Options{}, replies(test.replies...))
				}
				d := b.Delta(mine, test.token(b.Client))
				_, err := drain(t, d)
				if err == nil || test.is != nil && !errors.Is(err, test.is) || errors.Is(err, test.not) || !strings.Contains(err.Error(), test.says) {
					t.Errorf("error %v", err)
				}
				if d.Token() != "" {
					t.Error("a token in spite of the error")
				}
				if calls := b.calls.Load(); calls != test.calls {
					t.Errorf("asked %d times", calls)
				}
			})
		})
	}
}

// TestWhoStopsHalfwayStartsThereAgain: without the end there is no token.
func TestWhoStopsHalfwayStartsThereAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, wirePage(rowA+","+rowB, "deltaLink", deltaRoot+"$deltatoken=1"))
		d := b.Delta(Tracked{Set: "accounts"}, "")
		for range d.Changes(t.Context()) {
			break
		}
		if d.Token() != "" {
			t.Errorf("token %q", d.Token())
		}
	})
}

func TestCountChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if want := "/api/data/v9.2/accounts/$count?$deltatoken=919042%2108"; r.RequestURI != want {
				t.Errorf("asked %s", r.RequestURI)
			}
			_, _ = io.WriteString(w, "\uFEFF17")
		})
		tracked := Tracked{Set: "accounts", Select: []string{"name"}}
		token := b.Delta(tracked, "").write(deltaRoot + "$deltatoken=919042%2108")
		if n, err := b.CountChanges(t.Context(), tracked, token); n != 17 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if _, err := b.CountChanges(t.Context(), tracked, ""); !errors.Is(err, ErrDeltaExpired) {
			t.Errorf("without a token: %v", err)
		}
	})
}

func FuzzDeltaPage(f *testing.F) {
	for _, seed := range []string{
		`{"value":[` + rowA + `,` + deletedRow + `],"@odata.deltaLink":"` + deltaRoot + `$deltatoken=1"}`,
		`{"value":[{"@odata.context":"x/$deletedEntity"}]}`, `{"value":[null]}`, `{"value":null}`, `{}`, `[]`, ``, `{"value":[{"@odata.context":5}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r Result
		if readPage(answer{status: 200, body: body}, &r) != nil {
			return
		}
		for _, row := range r.page.Value {
			change, err := readChange(row)
			if deleted, ok := change.(Deleted); ok && err == nil && len(deleted.ID) != 36 {
				t.Errorf("deleted %q", deleted.ID)
			}
		}
	})
}

// FuzzDeltaToken: whatever was stored, the client asks its own organization or nobody.
func FuzzDeltaToken(f *testing.F) {
	client, err := New(testOrigin, &credential{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	tracked := Tracked{Set: "accounts"}
	print := client.Delta(tracked, "").fingerprint()
	for _, seed := range []string{"", "x", testOrigin, testOrigin + "@evil.example/", "http://u@127.0.0.1:8080/", "//127.0.0.1:8080", deltaRoot} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, link string) {
		address, err := client.Delta(tracked, DeltaToken(print+" "+link)).start()
		if err == nil && !strings.HasPrefix(strings.ToLower(address), testOrigin) {
			t.Errorf("asks %q", address)
		}
	})
}
