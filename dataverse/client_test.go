package dataverse

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

func TestNewRefusesWhatWouldLeakTheToken(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "contoso.crm.dynamics.com", "http://contoso.crm.dynamics.com", "ftp://127.0.0.1", "http://127.0.0.1.example.org",
		"https://contoso.crm.dynamics.com/api/data", "https://user:pass@contoso.crm.dynamics.com", "https://contoso.crm.dynamics.com?x=1",
	} {
		if _, err := New(address, &credential{}, nil); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
	for _, address := range []string{"https://contoso.api.crm4.dynamics.com/", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"} {
		if _, err := New(address, &credential{}, nil); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := New("https://contoso.crm.dynamics.com", nil, nil); err == nil {
		t.Error("no credential was accepted")
	}
	if _, err := New("https://contoso.crm.dynamics.com", &credential{}, &Options{APIVersion: "v9.2/../x"}); err == nil {
		t.Error("a path was accepted as a version")
	}
}

func TestOneIsToldToWaitAndAllWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Duration
		start := time.Now()
		first := true
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			at = append(at, time.Since(start))
			told := first
			first = false
			mu.Unlock()
			if told {
				refuse(429, "0x80072321", "Retry-After", "60")(w, r)
				return
			}
			ok(w, r)
		})
		var all sync.WaitGroup
		ask := func() {
			if err := reading(t.Context(), b.Client); err != nil {
				t.Error(err)
			}
		}
		all.Go(ask)
		synctest.Wait()
		for range 7 {
			all.Go(ask)
		}
		all.Wait()
		for _, when := range at[1:] {
			if when < 60*time.Second || when > 75*time.Second {
				t.Errorf("asked after %v", when)
			}
		}
		if len(at) != 9 {
			t.Errorf("asked %d times", len(at))
		}
	})
}

func TestTheImpatientDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, refuse(429, "0x80072322", "Retry-After", "60"))
		impatient := b.WithMaxWait(5 * time.Second)
		for i, calls := range []int32{1, 1} { // the second is not even sent
			err := calling(t.Context(), impatient)
			throttled, ok := errors.AsType[*Error](err)
			if !ok || !errors.Is(err, ErrThrottled) || throttled.RetryAfter < time.Minute || errors.Is(err, ErrAmbiguous) {
				t.Errorf("call %d: %v", i, err)
			}
			if b.calls.Load() != calls {
				t.Errorf("call %d was sent", i)
			}
		}
		if b.limits.wait != 0 {
			t.Error("the patient one changed")
		}
	})
}

func TestAnErrorSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*Error{
		"query contacts: 429, told to wait 5s":                                      {Status: 429, RetryAfter: 5 * time.Second},
		"query contacts: 429 0x80072322: too many, told to wait 1m0.5s (request r)": {Status: 429, Code: "0x80072322", Message: "too many", RequestID: "r", RetryAfter: 60500 * time.Millisecond},
		"query contacts: 503: away, told to wait 1ms":                               {Status: 503, Message: "away", RetryAfter: time.Nanosecond},
		"query contacts: 429 0x80072322: too many":                                  {Status: 429, Code: "0x80072322", Message: "too many"},
	} {
		if err.Operation = "query contacts"; err.Error() != want {
			t.Errorf("%q, want %q", err.Error(), want)
		}
	}
}

func TestNoServerIsObeyedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, replies(refuse(503, "", "Retry-After", "99999999999"), ok))
		start := time.Now()
		if err := reading(t.Context(), b.Client); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < maxWait || took > maxWait*5/4 {
			t.Errorf("took %v", took)
		}
	})
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{MaxConcurrent: 2}, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Second):
			case <-r.Context().Done():
			}
			ok(w, r)
		})
		var all sync.WaitGroup
		start := time.Now()
		for range 6 {
			all.Go(func() { _ = reading(t.Context(), b.Client) })
		}
		all.Wait()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("six requests, two at a time, took %v", took)
		}
	})
}

func TestUnauthorized(t *testing.T) {
	t.Parallel()
	const claims = `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`
	challenge := `Bearer authorization_uri="https://login.example/authorize", error="insufficient_claims", claims="` +
		base64.StdEncoding.EncodeToString([]byte(claims)) + `"`
	plain := "Bearer authorization_uri=https://login.example/authorize, resource_id=https://org.example"

	t.Run("a claims challenge is passed on decoded", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Options{}, replies(refuse(401, "", "WWW-Authenticate", challenge), ok))
			if err := calling(t.Context(), b.Client); err != nil {
				t.Fatal(err)
			}
			if len(b.creds.asked) != 2 || b.creds.asked[1].Claims != claims || !b.creds.asked[1].EnableCAE || b.creds.asked[0].EnableCAE {
				t.Errorf("asked for tokens with %+v", b.creds.asked)
			}
		})
	})
	t.Run("a plain 401 builds the credential anew, once for all", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			built := 0
			b := newBench(t, Options{NewCredential: func() (azcore.TokenCredential, error) {
				built++
				return &credential{name: "fresh"}, nil
			}}, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer fresh-1" {
					refuse(401, "", "WWW-Authenticate", plain)(w, r)
					return
				}
				ok(w, r)
			})
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() {
					if err := calling(t.Context(), b.Client); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if built != 1 || len(b.creds.asked) != 1 {
				t.Errorf("built %d credentials, asked the first %d times", built, len(b.creds.asked))
			}
		})
	})
}

func TestToken(t *testing.T) {
	t.Parallel()
	t.Run("is asked for once and renewed before it ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Options{}, ok)
			for _, step := range []struct {
				pass time.Duration
				want int
			}{{0, 1}, {54 * time.Minute, 1}, {2 * time.Minute, 2}} {
				<-time.After(step.pass)
				if err := reading(t.Context(), b.Client); err != nil {
					t.Fatal(err)
				}
				if len(b.creds.asked) != step.want {
					t.Errorf("after %v more: %d tokens, want %d", step.pass, len(b.creds.asked), step.want)
				}
			}
			if scope := b.creds.asked[0].Scopes; len(scope) != 1 || scope[0] != testOrigin+"/.default" {
				t.Errorf("scope %v", scope)
			}
		})
	})
	t.Run("that cannot be renewed yet serves to its end", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Options{}, ok)
			_ = reading(t.Context(), b.Client)
			b.creds.err = errors.New("Entra is down")
			<-time.After(56 * time.Minute)
			for range 3 {
				if err := reading(t.Context(), b.Client); err != nil {
					t.Fatal(err)
				}
			}
			if len(b.creds.asked) != 2 {
				t.Errorf("asked %d times", len(b.creds.asked))
			}
			<-time.After(4 * time.Minute)
			if err := calling(t.Context(), b.Client); !errors.Is(err, ErrNotSent) {
				t.Errorf("error %v", err)
			}
		})
	})
	t.Run("is fetched anew before a repeat after a long wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var seen []string
			b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
				seen = append(seen, r.Header.Get("Authorization"))
				if len(seen) == 1 {
					refuse(429, "", "Retry-After", "500")(w, r)
					return
				}
				ok(w, r)
			})
			b.creds.life = 5 * time.Minute
			if err := calling(t.Context(), b.Client); err != nil {
				t.Fatal(err)
			}
			if len(seen) != 2 || seen[1] != "Bearer token-2" {
				t.Errorf("signed with %q", seen)
			}
		})
	})
	t.Run("that another waits for does not hold up a context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Options{}, ok)
			b.tokens.gate <- struct{}{}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := calling(ctx, b.Client); !errors.Is(err, ErrNotSent) {
				t.Errorf("error %v", err)
			}
		})
	})
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:9999/stranger", http.StatusTemporaryRedirect)
	}
	within := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/api/data/v9.2/accounts", http.StatusTemporaryRedirect)
	}
	tests := []struct {
		name    string
		do      func(context.Context, *Client) error
		replies []http.HandlerFunc
		calls   int32
		fails   bool
	}{
		{"to another host is not followed", reading, []http.HandlerFunc{elsewhere, ok}, 1, true},
		{"of a write is not followed", calling, []http.HandlerFunc{within, ok}, 1, true},
		{"of a read within the organization is followed", reading, []http.HandlerFunc{within, ok}, 2, false},
		{"without end is not followed for ever", reading, []http.HandlerFunc{within}, 4, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, replies(test.replies...))
				err := test.do(t.Context(), b.Client)
				if (err != nil) != test.fails || errors.Is(err, ErrAmbiguous) {
					t.Errorf("error %v", err)
				}
				if b.calls.Load() != test.calls {
					t.Errorf("asked %d times", b.calls.Load())
				}
			})
		})
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{MaxBody: 1000}, replies(
			func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`{"x":"` + strings.Repeat("a", 2000) + `"}`))
			},
			func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = fmt.Fprintf(w, `no JSON %s`, strings.Repeat("a", 1<<20))
			},
		))
		if err := calling(t.Context(), b.Client); !errors.Is(err, ErrAmbiguous) || b.calls.Load() != 1 {
			t.Errorf("too large: %v after %d calls", err, b.calls.Load())
		}
		err := calling(t.Context(), b.Client)
		refused, ok := errors.AsType[*Error](err)
		if !ok || len(refused.Message) > maxErrorBody || len(err.Error()) > 1000 {
			t.Errorf("a long refusal: %d bytes", len(err.Error()))
		}
	})
}

func TestCreateTwiceMakesOneRow(t *testing.T) {
	t.Parallel()
	duplicate := refuse(412, "0x80040237")
	stored := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"accountid":"%s","name":%q,"revenue":5.0000}`, someID, name)
		}
	}
	tests := []struct {
		name    string
		replies []http.HandlerFunc
		is      error
	}{
		{"created", []http.HandlerFunc{refuse(204, "")}, nil},
		{"the answer was lost, the row is ours", []http.HandlerFunc{reset, duplicate, stored("X")}, nil},
		{"the answer was lost, the row is another's", []http.HandlerFunc{reset, duplicate, stored("y")}, ErrDuplicate},
		{"there before", []http.HandlerFunc{duplicate}, ErrDuplicate},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, replies(test.replies...))
				made, err := b.Create(t.Context(), "accounts", "accountid", Row{"accountid": "{" + strings.ToUpper(string(someID)) + "}", "name": "x", "revenue": 5}, nil)
				if !errors.Is(err, test.is) || (err == nil && made.ID != string(someID)) {
					t.Errorf("%q, %v", made.ID, err)
				}
			})
		})
	}
}

func TestCreateMakesAnID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, refuse(204, ""))
		values := Row{"name": "x"}
		made, err := b.Create(t.Context(), "accounts", "accountid", values, nil)
		if err != nil || len(made.ID) != 36 {
			t.Errorf("%q, %v", made.ID, err)
		}
		if len(values) != 1 {
			t.Error("the caller's row was changed")
		}
	})
}

func TestDeleteTwiceIsDeletedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{}, replies(reset, refuse(404, "0x80040217")))
		if err := b.Delete(t.Context(), "accounts", someID, nil); err != nil {
			t.Errorf("repeat: %v", err)
		}
		if err := b.Delete(t.Context(), "accounts", someID, nil); !errors.Is(err, ErrNotFound) {
			t.Errorf("first time: %v", err)
		}
	})
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got []string
		b := newBench(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("OData-Version") != "4.0" || r.Header.Get("Accept") != "application/json" || r.Header.Get("Idempotency-Key") != "" {
				t.Errorf("headers %v", r.Header)
			}
			got = append(got, r.Method+" "+r.RequestURI+" "+r.Header.Get("If-Match"))
			ok(w, r)
		})
		ctx, c := t.Context(), b.Client
		for _, do := range []func() error{
			func() error {
				_, err := c.Get(ctx, "accounts", GUID("{"+strings.ToUpper(string(someID))+"}"), &GetOptions{Select: []string{"name"}})
				return err
			},
			func() error { _, err := c.Update(ctx, "accounts", someID, Row{"name": "x"}, nil); return err },
			func() error { _, err := c.Upsert(ctx, "accounts", someID, Row{"name": "x"}, nil); return err },
			func() error { return c.Delete(ctx, "accounts", someID, nil) },
			func() error { _, err := c.Function(ctx, "WhoAmI", nil); return err },
			func() error {
				_, err := c.Function(ctx, "F", map[string]any{"B": 1, "A": "O'Brien + co"})
				return err
			},
			func() error {
				_, err := c.BoundAction(ctx, To("accounts", someID), "X", nil, Once)
				return err
			},
		} {
			if err := do(); err != nil {
				t.Error(err)
			}
		}
		const root = "/api/data/v9.2/"
		want := []string{
			"GET " + root + "accounts(" + string(someID) + ")?$select=name ",
			"PATCH " + root + "accounts(" + string(someID) + ") *",
			"PATCH " + root + "accounts(" + string(someID) + ") ",
			"DELETE " + root + "accounts(" + string(someID) + ") ",
			"GET " + root + "WhoAmI() ",
			"GET " + root + "F(A=@p1,B=@p2)?@p1=%27O%27%27Brien%20%2B%20co%27&@p2=1 ",
			"POST " + root + "accounts(" + string(someID) + ")/Microsoft.Dynamics.CRM.X ",
		}
		for i := range want {
			if i >= len(got) || got[i] != want[i] {
				t.Errorf("request %d: %q, want %q", i, got, want[i])
			}
		}
	})
}

// TestCanary sends one number, one address and one token everywhere, has them
// echoed, and looks for them in every error and log line.
func TestCanary(t *testing.T) {
	t.Parallel()
	const number, address = "+33155501234", "ada@example.org"
	echo := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Ms-Service-Request-Id", number)
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"error":{"code":%q,"message":"bad %s, 33155501234, 0033 1 55 50 12 34, %%2B33155501234 of %s with %s at %s"}}`,
				number, number, address, r.Header.Get("Authorization"), r.RequestURI)
		}
	}
	handlers := map[string]http.HandlerFunc{
		"400": echo(400), "401": echo(401), "403": echo(403), "404": echo(404), "412": echo(412), "429": echo(429),
		"500": echo(500), "503": echo(503), "307": echo(307), "reset": reset, "cut": cut,
		"stranger": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(number + " " + r.Header.Get("Authorization")))
		},
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Options{}, handler)
				b.creds.name = "canary"
				ctx, row := t.Context(), Row{"mobilephone": number, "emailaddress1": address}
				_, queried := b.All(ctx, Query{Set: "contacts", Select: []string{"contactid"}, Filter: Eq("mobilephone", number)})
				_, created := b.Create(ctx, "contacts", "contactid", row, nil)
				_, updated := b.Update(ctx, "contacts", someID, row, nil)
				_, got := b.Privately().Get(ctx, "contacts", Alternate{{"mobilephone", number}}, nil)
				_, called := b.Action(ctx, "CCaaS_Do", row, Once)
				_, asked := b.Function(ctx, "F", map[string]any{"Number": number})
				text := new(strings.Builder)
				text.WriteString(b.log.String())
				for i, err := range []error{queried, created, updated, got, called, asked} {
					if err == nil {
						t.Errorf("operation %d succeeded", i)
						continue
					}
					fmt.Fprintf(text, "%v %+v\n", err, err)
					if refused, ok := errors.AsType[*Error](err); ok {
						fmt.Fprint(text, refused.Message, refused.Code, refused.RequestID)
					}
				}
				fmt.Fprintf(text, "%v %+v %#v %s", row, row, row, row)
				shown := text.String()
				for _, secret := range []string{"155501234", "55 50 12", "canary-", address} {
					if at := strings.Index(shown, secret); at >= 0 {
						t.Errorf("%q shows: %s", secret, shown[max(0, at-200):min(len(shown), at+100)])
					}
				}
			})
		})
	}
}
