package dataverse

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 10, 5, 14, 0, 0, 0, time.FixedZone("", 2*3600))
	tests := []struct {
		filter Filter
		want   string // "" = an error
	}{
		{Eq("name", "O'Brien"), "name eq 'O''Brien'"},
		{Eq("_owner_value", GUID("{"+strings.ToUpper(string(someID))+"}")), "_owner_value eq " + string(someID)},
		{Ne("statecode", 0), "statecode ne 0"},
		{Eq("x", nil), "x eq null"},
		{Eq("x", true), "x eq true"},
		{Ge("createdon", noon), "createdon ge 2026-10-05T12:00:00Z"},
		{Lt("size", int64(5)), "size lt 5"},
		{Contains("name", "50%_[x]"), "contains(name,'50[%][_][[]x]')"},
		{In("a", 1, 2), "a eq 1 or a eq 2"},
		{And(In("a", 1, 2), Eq("b", 3)), "(a eq 1 or a eq 2) and b eq 3"},
		{And(Filter{}, Eq("b", 3)), "b eq 3"},
		{Or(And(Eq("a", 1), Eq("b", 2)), Raw("c eq 3")), "(a eq 1 and b eq 2) or (c eq 3)"},
		{Eq("primarycontactid/fullname", "x"), "primarycontactid/fullname eq 'x'"},
		{Eq("name eq 'x' or name", "x"), ""},
		{Eq("x", GUID("1 or 1 eq 1")), ""},
		{Eq("x", 1.5), "x eq 1.5"},
		{Gt("x", 1e21), "x gt 1000000000000000000000"},
		{Le("x", -5), "x le -5"},
		{Eq("x", Date{2026, 10, 5}), "x eq 2026-10-05"},
		{Eq("x", Date{2026, 2, 30}), ""},
		{Eq("x", math.NaN()), ""},
		{Eq("x", Enum{"OwnershipTypes", "UserOwned"}), "x eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned'"},
		{Eq("x", Enum{"OwnershipTypes", "User' or 1"}), ""},
		{Eq("x", []int{1}), ""},
		{Same("a", "b/c"), "a eq b/c"},
		{Same("a", "b c"), ""},
		{StartsWith("a", "5%"), "startswith(a,'5[%]')"},
		{EndsWith("a", "x"), "endswith(a,'x')"},
		{Not(Or(Eq("a", 1), Eq("b", 2))), "not (a eq 1 or b eq 2)"},
		{Not(Filter{}), ""},
		{And(Not(Eq("a", 1)), Eq("b", 2)), "not (a eq 1) and b eq 2"},
		{Dynamics("Today", "createdon"), "Microsoft.Dynamics.CRM.Today(PropertyName='createdon')"},
		{Dynamics("LastXHours", "createdon", 12), "Microsoft.Dynamics.CRM.LastXHours(PropertyName='createdon',PropertyValue=12)"},
		{Dynamics("In", "name", "O'Brian"), `Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["O'Brian"])`},
		{Dynamics("Between", "size", 5, 2000), `Microsoft.Dynamics.CRM.Between(PropertyName='size',PropertyValues=["5","2000"])`},
		{Dynamics("In", "name", `"]) or (["`), `Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["\"]) or ([\""])`},
		{Dynamics("In(", "name", 1), ""},
		{Dynamics("In", "name", "\xff"), ""},
		{Any("contacts", "c", Eq("c/name", "x")), "contacts/any(c:c/name eq 'x')"},
		{Any("contacts", "", Filter{}), ""},
		{Any("contacts", "c", Filter{}), "contacts/any()"},
		{All("contacts", "c", Ne("c/x", 1)), "contacts/all(c:c/x ne 1)"},
		{All("contacts", "c", Filter{}), ""},
		{Any("contacts/x y", "c", Filter{}), ""},
		{Eq("x", "\xff"), ""},
		{In[string]("x"), ""},
		{Or(Eq("a", 1), Filter{}), ""},
		{And(Eq("a", 1), In[int]("x")), ""},
	}
	for _, test := range tests {
		if (test.want == "") != (test.filter.err != nil) || test.filter.text != test.want {
			t.Errorf("got %q, %v, want %q", test.filter.text, test.filter.err, test.want)
		}
	}
}

// TestStringsRoundTrip: whatever the text, a server that splits the query string
// and undoubles quotes reads exactly the text, and nothing beside it.
func TestStringsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		address, err := Query{Set: "contacts", Filter: And(Eq("a", text), Eq("b", 1))}.url(testOrigin + "/")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.ParseRequestURI(address)
		if err != nil {
			t.Fatal(err)
		}
		pairs := strings.Split(u.RawQuery, "&")
		if len(pairs) != 1 || u.Fragment != "" {
			t.Fatalf("query %q", u.RawQuery)
		}
		filter, err := url.QueryUnescape(strings.TrimPrefix(pairs[0], "$filter="))
		if err != nil {
			t.Fatal(err)
		}
		literal, found := strings.CutPrefix(filter, "a eq ")
		literal, more := strings.CutSuffix(literal, " and b eq 1")
		if !found || !more || len(literal) < 2 || strings.Contains(strings.ReplaceAll(literal[1:len(literal)-1], "''", ""), "'") {
			t.Fatalf("filter %q", filter)
		}
		if got := strings.ReplaceAll(literal[1:len(literal)-1], "''", "'"); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestQueryURL(t *testing.T) {
	t.Parallel()
	q := Query{
		Set: "queues", Select: []string{"name", "_x_value"}, Filter: Eq("name", "a+b"), OrderBy: []string{"createdon desc", "name"},
		Top: 3, Expand: []Expand{{Navigation: "owner", Select: []string{"a", "b"}}}, PageSize: 10, Formatted: true,
	}
	address, err := q.url("")
	if want := "queues?$select=name%2C_x_value&$filter=name%20eq%20%27a%2Bb%27&$orderby=createdon%20desc%2Cname" +
		"&$expand=owner%28%24select%3Da%2Cb%29&$top=3"; err != nil || address != want {
		t.Errorf("%s, %v", address, err)
	}
	if got := q.preferences(); len(got) != 1 || !strings.HasPrefix(got[0], "odata.include-annotations=") {
		t.Errorf("a page size beside Top: %v", got)
	}
	for _, bad := range []Query{
		{},
		{Set: "queues?$top=1"},
		{Set: "queues", Select: []string{"a,b"}},
		{Set: "queues", OrderBy: []string{"a;b"}},
		{Set: "queues", Expand: []Expand{{Navigation: "x"}}},
		{Set: "queues", Expand: []Expand{{Navigation: "x", Select: []string{"a)"}}}},
		{Set: "queues", Filter: Eq("a b", 1)},
	} {
		if _, err := bad.url(""); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// pages serves rows one by one, by $skiptoken.
func pages(rows ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := 0
		if _, token, ok := strings.Cut(r.RequestURI, "$skiptoken="); ok {
			_, _ = fmt.Sscan(token, &n)
		}
		next := ""
		if n+1 < len(rows) {
			next = fmt.Sprintf(`,"@odata.nextLink":"%s/api/data/v9.2/accounts?$skiptoken=%d"`, testOrigin, n+1)
		}
		_, _ = fmt.Fprintf(w, `{"value":[{"name":%q}]%s}`, rows[n], next)
	}
}

func names(t *testing.T, rows []Row) []string {
	t.Helper()
	var all []string
	for _, row := range rows {
		name, err := row.String("name")
		if err != nil {
			t.Error(err)
		}
		all = append(all, name)
	}
	return all
}

func TestPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var prefer []string
		serve := pages("a", "b", "c")
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			prefer = append(prefer, r.Header.Get("Prefer"))
			serve(w, r)
		})
		rows, err := b.All(t.Context(), Query{Set: "accounts", PageSize: 1})
		if diff := cmp.Diff([]string{"a", "b", "c"}, names(t, rows)); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		if want := "odata.maxpagesize=1"; !slices.Equal(prefer, []string{want, want, want}) {
			t.Errorf("Prefer %q", prefer)
		}
		rows, err = b.All(t.Context(), Query{Set: "accounts", Top: 2})
		if got := names(t, rows); len(got) != 2 || err != nil {
			t.Errorf("top 2: %q, %v", got, err)
		}
		for range b.Query(t.Context(), Query{Set: "accounts"}) {
			break
		}
		if calls := b.calls.Load(); calls != 6 {
			t.Errorf("asked %d times, want 3 + 2 + 1", calls)
		}
	})
}

func TestNextPageElsewhereIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"http://127.0.0.1:9/api/data/v9.2/accounts", "https://127.0.0.1:8080/x", "/api/data/v9.2/accounts", "::"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"value": []any{}, "@odata.nextLink": link})
			})
			if _, err := b.All(t.Context(), Query{Set: "accounts"}); !errors.Is(err, ErrInvalid) || b.calls.Load() != 1 {
				t.Errorf("%s: %v", link, err)
			}
		})
	}
}

func TestAPageThatLeadsToItselfIsNotFollowedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
			link := testOrigin + "/api/data/v9.2/accounts?$skiptoken=1"
			_ = json.NewEncoder(w).Encode(map[string]any{"value": []any{}, "@odata.nextLink": link})
		})
		rows, err := b.All(t.Context(), Query{Set: "accounts"})
		if rows != nil || !errors.Is(err, ErrUnavailable) || b.calls.Load() != 2 {
			t.Errorf("%v, %v after %d calls", rows, err, b.calls.Load())
		}
	})
}

func TestAFailureInTheMiddleNamesThePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, replies(pages("a", "b"), refuse(403, "")))
		rows, err := b.All(t.Context(), Query{Set: "accounts"})
		if rows != nil || !errors.Is(err, ErrForbidden) || !strings.HasPrefix(err.Error(), "page 2: ") {
			t.Errorf("%v, %v", rows, err)
		}
	})
}

func TestUnknownColumnsAreDroppedAndTold(t *testing.T) {
	t.Parallel()
	lacks := func(texts ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for _, column := range texts {
				if strings.Contains(r.RequestURI, column) {
					w.WriteHeader(http.StatusBadRequest)
					_, _ = fmt.Fprintf(w, `{"error":{"code":"0x0","message":"Could not find a property named '%s' on type 'Microsoft.Dynamics.CRM.account'."}}`, column)
					return
				}
			}
			ok(w, r)
		}
	}
	tests := []struct {
		name    string
		query   Query
		lacks   []string
		allow   bool
		dropped []string
		fails   bool
	}{
		{"two of them", Query{Select: []string{"a", "new_b", "new_c"}}, []string{"new_b", "new_c"}, true, []string{"new_b", "new_c"}, false},
		{"a lookup, named without its dress", Query{Select: []string{"a", "_owner_value"}}, []string{"owner"}, true, []string{"_owner_value"}, false},
		{"not allowed", Query{Select: []string{"a", "new_b"}}, []string{"new_b"}, false, nil, true},
		{"in the filter", Query{Select: []string{"a"}, Filter: Eq("new_b", 1)}, []string{"new_b"}, true, nil, true},
		{"the only one", Query{Select: []string{"new_b"}}, []string{"new_b"}, true, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, lacks(test.lacks...))
				var dropped []string
				test.query.Set = "accounts"
				if test.allow {
					test.query.Dropped = func(column string) { dropped = append(dropped, column) }
				}
				before := slices.Clone(test.query.Select)
				_, err := b.All(t.Context(), test.query)
				if (err != nil) != test.fails {
					t.Errorf("error %v", err)
				}
				if diff := cmp.Diff(test.dropped, dropped); diff != "" {
					t.Error(diff)
				}
				if !slices.Equal(before, test.query.Select) {
					t.Error("the caller's columns were changed")
				}
			})
		})
	}
}

func TestAQueryTooLongIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, ok)
		_, err := b.All(t.Context(), Query{Set: "accounts", Filter: Eq("name", strings.Repeat("x", maxBatchURL))})
		if !errors.Is(err, ErrInvalid) || b.calls.Load() != 0 {
			t.Errorf("error %v", err)
		}
	})
}
