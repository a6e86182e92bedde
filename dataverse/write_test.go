package dataverse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRequests holds every operation beside the request of its page.
func TestRequests(t *testing.T) {
	t.Parallel()
	const id = string(someID)
	row := To("contacts", someID)
	tests := []struct {
		name string
		do   func(context.Context, *Client) error
		want string // method, URL, headers that matter, body
	}{
		{"create with options", func(ctx context.Context, c *Client) error {
			_, err := c.Create(ctx, "accounts", "accountid", Row{"accountid": someID, "primarycontactid@odata.bind": row},
				&WriteOptions{Return: []string{"name"}, DetectDuplicates: true})
			return err
		}, `POST accounts?$select=name [Prefer=return=representation MSCRM.SuppressDuplicateDetection=false] {"accountid":"` + id + `","primarycontactid@odata.bind":"/contacts(` + id + `)"}`},
		{"update if unchanged", func(ctx context.Context, c *Client) error {
			_, err := c.Update(ctx, "accounts", someID, Row{"name": "x"}, &WriteOptions{IfMatch: `W/"470867"`})
			return err
		}, `PATCH accounts(` + id + `) [If-Match=W/"470867"] {"name":"x"}`},
		{"upsert that only creates", func(ctx context.Context, c *Client) error {
			_, err := c.Upsert(ctx, "accounts", Alternate{{"accountnumber", "A//1"}}, Row{"name": "x"}, &WriteOptions{IfNoneMatch: AnyETag, Return: []string{"*"}})
			return err
		}, `PATCH accounts(accountnumber='A%2F%2F1') [If-None-Match=* Prefer=return=representation] {"name":"x"}`},
		{"upsert that only updates", func(ctx context.Context, c *Client) error {
			_, err := c.Upsert(ctx, "accounts", someID, Row{"name": "x"}, &WriteOptions{IfMatch: AnyETag})
			return err
		}, `PATCH accounts(` + id + `) [If-Match=*] {"name":"x"}`},
		{"delete if unchanged", func(ctx context.Context, c *Client) error {
			return c.Delete(ctx, "accounts", someID, &WriteOptions{IfMatch: `W/"1"`})
		}, `DELETE accounts(` + id + `) [If-Match=W/"1"] `},
		{"get if changed", func(ctx context.Context, c *Client) error {
			_, err := c.Get(ctx, "accounts", Alternate{{"_primarycontactid_value", someID}, {"size", 5}}, &GetOptions{IfNoneMatch: `W/"1"`})
			return err
		}, `GET accounts(_primarycontactid_value=` + id + `,size=5) [If-None-Match=W/"1"] `},
		{"get with everything", func(ctx context.Context, c *Client) error {
			_, err := c.Get(ctx, "accounts", someID, &GetOptions{
				Select: []string{"name"}, Formatted: true, Annotations: []string{"Microsoft.Dynamics.CRM.*"},
				Expand: []Expand{{
					Navigation: "tasks", Select: []string{"subject"}, Filter: Eq("subject", "a;b)c'"), OrderBy: []string{"subject desc"}, Top: 1,
				}},
			})
			return err
		}, `GET accounts(` + id + `)?$select=name&$expand=tasks%28%24select%3Dsubject%3B%24filter%3Dsubject%20eq%20%27a%3Bb%29c%27%27%27%3B%24orderby%3Dsubject%20desc%3B%24top%3D1%29` +
			` [Prefer=odata.include-annotations="OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.*"] `},
		{"property", func(ctx context.Context, c *Client) error {
			_, err := c.Property(ctx, "accounts", someID, "name")
			return err
		}, `GET accounts(` + id + `)/name [] `},
		{"set property", func(ctx context.Context, c *Client) error {
			return c.SetProperty(ctx, "accounts", someID, "name", "<x>")
		}, `PUT accounts(` + id + `)/name [] {"value":"<x>"}`},
		{"clear property", func(ctx context.Context, c *Client) error {
			return c.ClearProperty(ctx, "accounts", someID, "name")
		}, `DELETE accounts(` + id + `)/name [] `},
		{"associate", func(ctx context.Context, c *Client) error {
			return c.Associate(ctx, "accounts", someID, "contact_customer_accounts", row)
		}, `POST accounts(` + id + `)/contact_customer_accounts/$ref [] {"@odata.id":"` + testOrigin + `/api/data/v9.2/contacts(` + id + `)"}`},
		{"disassociate", func(ctx context.Context, c *Client) error {
			return c.Disassociate(ctx, "accounts", someID, "contact_customer_accounts", someID)
		}, `DELETE accounts(` + id + `)/contact_customer_accounts(` + id + `)/$ref [] `},
		{"set lookup", func(ctx context.Context, c *Client) error {
			return c.SetLookup(ctx, "accounts", someID, "primarycontactid", row)
		}, `PUT accounts(` + id + `)/primarycontactid/$ref [] {"@odata.id":"` + testOrigin + `/api/data/v9.2/contacts(` + id + `)"}`},
		{"clear lookup", func(ctx context.Context, c *Client) error {
			return c.ClearLookup(ctx, "accounts", someID, "primarycontactid")
		}, `DELETE accounts(` + id + `)/primarycontactid/$ref [] `},
		{"for somebody else", func(ctx context.Context, c *Client) error {
			other, err := c.As(someID)
			if err != nil {
				return err
			}
			_, err = other.Get(ctx, "accounts", someID, nil)
			return err
		}, `GET accounts(` + id + `) [CallerObjectId=` + id + `] `},
		{"count", func(ctx context.Context, c *Client) error {
			_, err := c.Count(ctx, "accounts", Eq("name", "a b"))
			return ignoreUnavailable(err)
		}, `GET accounts/$count?$filter=name%20eq%20%27a%20b%27 [] `},
		{"function with typed parameters", func(ctx context.Context, c *Client) error {
			_, err := c.Function(ctx, "RetrieveCurrentOrganization", map[string]any{
				"AccessType": Enum{"EndpointAccessType", "Default"}, "Names": []string{"a'", `"`}, "Target": row, "Day": Date{2026, 1, 2},
			})
			return err
		}, `GET RetrieveCurrentOrganization(AccessType=@p1,Day=@p2,Names=@p3,Target=@p4)?@p1=Microsoft.Dynamics.CRM.EndpointAccessType%27Default%27&@p2=2026-01-02` +
			`&@p3=%5B%22a%27%22%2C%22%5C%22%22%5D&@p4=%7B%27%40odata.id%27%3A%27contacts%28` + id + `%29%27%7D [] `},
		{"function of a row", func(ctx context.Context, c *Client) error {
			_, err := c.BoundFunction(ctx, row, "F", nil)
			return err
		}, `GET contacts(` + id + `)/Microsoft.Dynamics.CRM.F() [] `},
		{"action of a table", func(ctx context.Context, c *Client) error {
			_, err := c.BoundAction(ctx, Ref{Set: "contacts"}, "CreateMultiple", map[string]any{"Targets": []Row{}}, Once)
			return err
		}, `POST contacts/Microsoft.Dynamics.CRM.CreateMultiple [] {"Targets":[]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var got string
				b := newBench(t, Options{MaxRetries: -1}, func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					var headers []string
					for _, name := range []string{"If-Match", "If-None-Match", "Prefer", "MSCRM.SuppressDuplicateDetection", "CallerObjectId"} {
						if value := r.Header.Get(name); value != "" {
							headers = append(headers, name+"="+value)
						}
					}
					got = r.Method + " " + strings.TrimPrefix(r.RequestURI, "/api/data/v9.2/") + " [" + strings.Join(headers, " ") + "] " + string(body)
					if r.Method == http.MethodPut || r.Method == http.MethodPatch && r.Header.Get("Prefer") == "" || strings.Contains(r.RequestURI, "$ref") {
						w.WriteHeader(http.StatusNoContent)
						return
					}
					if r.Header.Get("Prefer") == "return=representation" {
						w.WriteHeader(http.StatusCreated)
						_, _ = io.WriteString(w, rowA)
						return
					}
					ok(w, r)
				})
				if err := test.do(t.Context(), b.Client); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func ignoreUnavailable(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return nil
	}
	return err
}

// TestMistakesAreNotSent: what could only be refused, or would mean something
// else, does not leave the machine.
func TestMistakesAreNotSent(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context, *Client) error{
		"a set that is a path": func(ctx context.Context, c *Client) error {
			_, err := c.Get(ctx, "a/b", someID, nil)
			return err
		},
		"no key": func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, "accounts", nil, nil); return err },
		"an alternate key without columns": func(ctx context.Context, c *Client) error {
			return c.Delete(ctx, "accounts", Alternate{}, nil)
		},
		"a key of null": func(ctx context.Context, c *Client) error {
			return c.Delete(ctx, "accounts", Alternate{{"a", nil}}, nil)
		},
		"a key column that is syntax": func(ctx context.Context, c *Client) error {
			return c.Delete(ctx, "accounts", Alternate{{"a=1,b", 1}}, nil)
		},
		"a tag that is a header": func(ctx context.Context, c *Client) error {
			return c.Delete(ctx, "accounts", someID, &WriteOptions{IfMatch: "W/\"1\"\r\nX: y"})
		},
		"a tag that is none": func(ctx context.Context, c *Client) error {
			_, err := c.Get(ctx, "accounts", someID, &GetOptions{IfNoneMatch: "1"})
			return err
		},
		"an update with If-None-Match": func(ctx context.Context, c *Client) error {
			_, err := c.Update(ctx, "accounts", someID, Row{}, &WriteOptions{IfNoneMatch: AnyETag})
			return err
		},
		"an upsert with both": func(ctx context.Context, c *Client) error {
			_, err := c.Upsert(ctx, "accounts", someID, Row{}, &WriteOptions{IfNoneMatch: AnyETag, IfMatch: AnyETag})
			return err
		},
		"a create with a condition": func(ctx context.Context, c *Client) error {
			_, err := c.Create(ctx, "accounts", "accountid", Row{}, &WriteOptions{IfMatch: AnyETag})
			return err
		},
		"a delete with a row back": func(ctx context.Context, c *Client) error {
			return c.Delete(ctx, "accounts", someID, &WriteOptions{Return: []string{"*"}})
		},
		"a value that is no JSON": func(ctx context.Context, c *Client) error {
			_, err := c.Update(ctx, "accounts", someID, Row{"x": func() {}}, nil)
			return err
		},
		"a bind to no GUID": func(ctx context.Context, c *Client) error {
			_, err := c.Update(ctx, "accounts", someID, Row{"x@odata.bind": To("contacts", GUID("5"))}, nil)
			return err
		},
		"an annotation that is a header": func(ctx context.Context, c *Client) error {
			_, err := c.Get(ctx, "accounts", someID, &GetOptions{Annotations: []string{`*",return=minimal`}})
			return err
		},
		"a property that is a path": func(ctx context.Context, c *Client) error {
			return c.ClearProperty(ctx, "accounts", someID, "a/$ref")
		},
		"a navigation that is a path": func(ctx context.Context, c *Client) error {
			return c.ClearLookup(ctx, "accounts", someID, "a(1)")
		},
		"an action that is a path": func(ctx context.Context, c *Client) error {
			_, err := c.Action(ctx, "accounts(1)/X", nil, Once)
			return err
		},
		"a parameter of no type": func(ctx context.Context, c *Client) error {
			_, err := c.Function(ctx, "F", map[string]any{"P": struct{}{}})
			return err
		},
		"somebody who is no GUID": func(_ context.Context, c *Client) error { _, err := c.As("ada"); return err },
		"an operation as a value": func(ctx context.Context, c *Client) error {
			_, err := c.Update(ctx, "accounts", someID, Row{"x@odata.bind": Op(0)}, nil)
			return err
		},
		"a table that is a path": func(ctx context.Context, c *Client) error { _, err := c.Table(ctx, "x')/y('"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, ok)
				if err := do(t.Context(), b.Client); !errors.Is(err, ErrInvalid) {
					t.Errorf("error %v", err)
				}
				if b.calls.Load() != 0 {
					t.Error("it was sent")
				}
			})
		})
	}
}

// TestLostConditions: a condition that fails on a repeat may have been met by the
// attempt whose answer was lost. A row tells whose it is, a version does not.
func TestLostConditions(t *testing.T) {
	t.Parallel()
	mismatch, exists, gone := refuse(412, "0x80060882"), refuse(412, ""), refuse(404, "0x80040217")
	storedAs := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"name":%q,"size":5.0,"open":true,"at":"2026-10-05T12:00:00Z"}`, name)
		}
	}
	noon := time.Date(2026, 10, 5, 14, 0, 0, 5, time.FixedZone("", 7200))
	update := func(values Row) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.Update(ctx, "accounts", someID, values, &WriteOptions{IfMatch: `W/"1"`})
			return err
		}
	}
	values := Row{"name": "X", "size": 5, "open": true, "at": noon}
	whole := update(values)
	createWhole := func(ctx context.Context, c *Client) error {
		_, err := c.Upsert(ctx, "accounts", someID, values, &WriteOptions{IfNoneMatch: AnyETag})
		return err
	}
	create := func(ctx context.Context, c *Client) error {
		_, err := c.Upsert(ctx, "accounts", someID, Row{"name": "x"}, &WriteOptions{IfNoneMatch: AnyETag})
		return err
	}
	createLookup := func(ctx context.Context, c *Client) error {
		_, err := c.Upsert(ctx, "accounts", someID, Row{"name": "x", "o@odata.bind": To("contacts", someID)}, &WriteOptions{IfNoneMatch: AnyETag})
		return err
	}
	remove := func(ctx context.Context, c *Client) error {
		return c.Delete(ctx, "accounts", someID, &WriteOptions{IfMatch: `W/"1"`})
	}
	tests := []struct {
		name    string
		do      func(context.Context, *Client) error
		replies []http.HandlerFunc
		is      []error
		not     error
	}{
		{"update: the row is as we wrote it, or as somebody else did", whole, []http.HandlerFunc{reset, mismatch, storedAs("x")}, []error{ErrPrecondition, ErrAmbiguous}, nil},
		{"update: the row is another", whole, []http.HandlerFunc{reset, mismatch, storedAs("y")}, []error{ErrPrecondition, ErrAmbiguous}, nil},
		{"create: stored in other words", createWhole, []http.HandlerFunc{reset, exists, storedAs("x")}, nil, nil},
		{"create: somebody else's", createWhole, []http.HandlerFunc{reset, exists, storedAs("y")}, []error{ErrPrecondition, ErrAmbiguous}, nil},
		{"create: a lookup cannot be compared", createLookup, []http.HandlerFunc{reset, exists, storedAs("x")}, []error{ErrPrecondition, ErrAmbiguous}, nil},
		{"update: waited first, so nothing was done", whole, []http.HandlerFunc{refuse(429, "", "Retry-After", "1"), mismatch, storedAs("x")}, []error{ErrPrecondition}, ErrAmbiguous},
		{"update: changed meanwhile", whole, []http.HandlerFunc{mismatch, storedAs("x")}, []error{ErrPrecondition}, ErrAmbiguous},
		{"create: the row is ours", create, []http.HandlerFunc{reset, exists, storedAs("x")}, nil, nil},
		{"create: there before", create, []http.HandlerFunc{exists}, []error{ErrPrecondition}, ErrAmbiguous},
		{"delete: gone", remove, []http.HandlerFunc{reset, mismatch, gone}, nil, nil},
		{"delete: still there", remove, []http.HandlerFunc{reset, mismatch, storedAs("x")}, []error{ErrPrecondition}, nil},
		{"delete: gone on the repeat", remove, []http.HandlerFunc{reset, gone}, nil, nil},
		{"delete: waited, then gone by somebody else", remove, []http.HandlerFunc{refuse(429, "", "Retry-After", "1"), gone}, []error{ErrNotFound}, ErrAmbiguous},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, replies(test.replies...))
				err := test.do(t.Context(), b.Client)
				if (err == nil) != (test.is == nil) || test.not != nil && errors.Is(err, test.not) {
					t.Errorf("error %v", err)
				}
				for _, target := range test.is {
					if !errors.Is(err, target) {
						t.Errorf("error %v does not match %q", err, target)
					}
				}
			})
		})
	}
}

func TestNotModified(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
		_, err := b.Get(t.Context(), "accounts", someID, &GetOptions{IfNoneMatch: `W/"1"`})
		if !errors.Is(err, ErrNotModified) || errors.Is(err, ErrInvalid) || b.calls.Load() != 1 {
			t.Errorf("error %v", err)
		}
	})
}

func TestWhatAWriteSays(t *testing.T) {
	t.Parallel()
	head := func(status int, body string, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   Result
	}{
		{"nothing", head(204, ""), Result{}},
		{"its id", head(204, "", "OData-EntityId", testOrigin+"/api/data/v9.2/accounts("+strings.ToUpper(string(someID))+")"), Result{ID: string(someID)}},
		{"a key, which is no id", head(204, "", "OData-EntityId", testOrigin+"/api/data/v9.2/accounts(accountnumber='1')"), Result{}},
		{"made", head(201, `{"@odata.etag":"W/\"7\"","name":"x"}`), Result{Created: true, ETag: `W/"7"`, Row: Row{"@odata.etag": `W/"7"`, "name": "x"}}},
		{"changed", head(200, `{"name":"x"}`, "ETag", `W/"8"`), Result{ETag: `W/"8"`, Row: Row{"name": "x"}}},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Options{}, test.answer)
			got, err := b.Upsert(t.Context(), "accounts", someID, Row{"name": "x"}, &WriteOptions{Return: []string{"name"}})
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(Result{}, page{})); diff != "" || err != nil {
				t.Errorf("%s: %v %s", test.name, err, diff)
			}
		})
	}
}

func TestProperty(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, replies(
			func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"@odata.context":"x#accounts(1)/size","value":5}`)
			},
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		))
		for _, want := range []int{5, 0} {
			row, err := b.Property(t.Context(), "accounts", someID, "size")
			if err != nil {
				t.Fatal(err)
			}
			if size, err := row.Int("size"); size != want || err != nil {
				t.Errorf("%d, %v", size, err)
			}
		}
	})
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	answers := map[string]string{
		"EntityDefinitions(LogicalName='contact')?$select=LogicalName%2CEntitySetName%2CPrimaryIdAttribute%2CPrimaryNameAttribute%2CTableType%2CChangeTrackingEnabled%2CIsOptimisticConcurrencyEnabled": `{"LogicalName":"contact","EntitySetName":"contacts","PrimaryIdAttribute":"contactid","PrimaryNameAttribute":"fullname","TableType":"Standard","ChangeTrackingEnabled":true,"IsOptimisticConcurrencyEnabled":false}`,
		"EntityDefinitions(LogicalName='contact')/Attributes?$select=LogicalName%2CAttributeType%2CIsValidForRead%2CIsValidForCreate%2CIsValidForUpdate":                                                `{"value":[{"LogicalName":"fullname","AttributeType":"String","IsValidForRead":true,"IsValidForCreate":false,"IsValidForUpdate":false,"MetadataId":"x"}]}`,
		"EntityDefinitions(LogicalName='contact')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet%28%24select%3DOptions%29%2CGlobalOptionSet%28%24select%3DOptions%29": `{"value":[` +
			`{"LogicalName":"a","OptionSet":{"Options":[{"Value":1,"Label":{"LocalizedLabels":[{"Label":"Eins","LanguageCode":1031},{"Label":"One (US)","LanguageCode":1033}],"UserLocalizedLabel":{"Label":"One"}}}]},"GlobalOptionSet":null},` +
			`{"LogicalName":"b","OptionSet":null,"GlobalOptionSet":{"Options":[{"Value":2,"Label":{"LocalizedLabels":[{"Label":"Two"}],"UserLocalizedLabel":null}}]}},` +
			`{"LogicalName":"c","OptionSet":{"Options":[]},"GlobalOptionSet":null}]}`,
		"EntityDefinitions(LogicalName='contact')/Attributes/Microsoft.Dynamics.CRM.StateAttributeMetadata?$select=LogicalName&$expand=OptionSet%28%24select%3DOptions%29": `{"value":[]}`,
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			body, known := answers[strings.TrimPrefix(r.RequestURI, "/api/data/v9.2/")]
			if !known {
				t.Errorf("asked %s", r.RequestURI)
			}
			_, _ = io.WriteString(w, body)
		})
		table, err := b.Table(t.Context(), "contact")
		if want := (Table{Name: "contact", Set: "contacts", Key: "contactid", Label: "fullname", ChangeTracking: true}); err != nil || table != want {
			t.Errorf("%+v, %v", table, err)
		}
		columns, err := b.Columns(t.Context(), "contact")
		if diff := cmp.Diff(map[string]Column{"fullname": {Name: "fullname", Type: "String", Readable: true}}, columns); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		choices, err := b.Choices(t.Context(), "contact", Picklist)
		if diff := cmp.Diff(map[string][]Choice{"a": {{1, "One", "One (US)"}}, "b": {{2, "Two", ""}}}, choices); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		if choices, err := b.Choices(t.Context(), "contact", State); len(choices) != 0 || err != nil {
			t.Errorf("%v, %v", choices, err)
		}
	})
}
