package proactive

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"directcallback/adapter"
	mock "directcallback/mocks/dataverse"
)

const address = "ada@example.com"

// TestContacts is each policy beside what it finds. who tells the contact that is to
// be named; empty: the customer is refused.
func TestContacts(t *testing.T) {
	t.Parallel()
	ours := func(_ *org, r *adapter.DeliveryRequest) string { return contactID(origin, r.Phone) }
	bare := func(_ *org, r *adapter.DeliveryRequest) string { return bareID(origin, r.Phone) }
	nobody := func(*org, *adapter.DeliveryRequest) string { return "" }
	with := func(values map[string]any) func(*org, *adapter.DeliveryRequest) string {
		return func(o *org, _ *adapter.DeliveryRequest) string { return o.insert(values) }
	}
	mobile := map[string]any{"lastname": "x", "mobilephone": number}
	mail := map[string]any{"lastname": "x", "emailaddress1": address}
	inactive := map[string]any{"mobilephone": number, "statecode": 1, "statuscode": 2}
	after := func(values map[string]any, then func(*org, *adapter.DeliveryRequest) string) func(*org, *adapter.DeliveryRequest) string {
		return func(o *org, r *adapter.DeliveryRequest) string {
			with(values)(o, r)
			return then(o, r)
		}
	}
	key := func(column string) []mock.Key {
		return []mock.Key{{Table: "contact", Name: "Ours", Columns: []string{column}}}
	}
	tests := []struct {
		name    string
		options Options
		keys    []mock.Key
		who     func(*org, *adapter.DeliveryRequest) string
		makes   int // POST contacts
	}{
		{"given", Options{}, nil, given, 0},
		{"given, and nobody else is looked for", Options{Contacts: ContactGiven}, nil, given, 0},
		{"not given, and nobody else is looked for", Options{Contacts: ContactGiven}, nil, after(mobile, nobody), 0},

		{"found by mobile number", Options{}, nil, with(mobile), 0},
		{"found by business number", Options{}, nil, with(map[string]any{"lastname": "x", "telephone1": number}), 0},
		{"found by address", Options{}, nil, with(mail), 0},
		{"the number goes before the address", Options{}, nil, func(o *org, r *adapter.DeliveryRequest) string {
			with(mail)(o, r)
			return with(mobile)(o, r)
		}, 0},
		{"the older of two", Options{}, nil, func(o *org, r *adapter.DeliveryRequest) string {
			first := with(mobile)(o, r)
			<-time.After(time.Second)
			with(mobile)(o, r)
			return first
		}, 0},
		{"two are refused", Options{Ambiguous: AmbiguousRefuse}, nil, after(mobile, after(mobile, nobody)), 0},
		{"one is not ambiguous", Options{Ambiguous: AmbiguousRefuse}, nil, with(mobile), 0},

		{"only found", Options{Contacts: ContactFind}, nil, with(mobile), 0},
		{"only found, and nobody is", Options{Contacts: ContactFind}, nil, nobody, 0},
		{"only found, and the one is inactive", Options{Contacts: ContactFind}, nil, after(inactive, nobody), 0},

		{"made", Options{}, nil, ours, 1},
		{"an inactive one is not taken", Options{}, nil, after(inactive, ours), 1},
		{"made, and the answer lost", Options{}, nil, func(o *org, r *adapter.DeliveryRequest) string {
			o.mock.Inject(mock.Fault{Method: "POST", Path: "contacts", When: mock.AfterApplying, Drop: true})
			return ours(o, r)
		}, 2},
		{"made by another just now", Options{}, nil, func(o *org, r *adapter.DeliveryRequest) string {
			return o.insert(map[string]any{"contactid": contactID(origin, r.Phone), "lastname": "x"})
		}, 1},

		{"made without looking", Options{Contacts: ContactCreate}, nil, after(mobile, ours), 1},
		{"made without looking, once", Options{Contacts: ContactCreate}, nil, func(o *org, r *adapter.DeliveryRequest) string {
			return o.insert(map[string]any{"contactid": contactID(origin, r.Phone), "lastname": "x"})
		}, 1},

		// The customer asked to be called: a row's rules do not break the promise.
		{"the number is an inactive one's alone", Options{}, key("mobilephone"), after(inactive, bare), 2},
		{
			"the address is an inactive one's alone",
			Options{},
			key("emailaddress1"),
			after(map[string]any{"emailaddress1": address, "statecode": 1, "statuscode": 2}, bare), 2,
		},
		{"the number is another's alone, and nobody looked", Options{Contacts: ContactCreate}, key("mobilephone"), after(mobile, bare), 2},
		{"ours was deactivated", Options{}, nil, func(o *org, r *adapter.DeliveryRequest) string {
			o.insert(map[string]any{"contactid": contactID(origin, r.Phone), "statecode": 1, "statuscode": 2})
			return bare(o, r)
		}, 2},
		{"both of ours were deactivated", Options{}, nil, func(o *org, r *adapter.DeliveryRequest) string {
			o.insert(map[string]any{"contactid": contactID(origin, r.Phone), "statecode": 1, "statuscode": 2})
			o.insert(map[string]any{"contactid": bareID(origin, r.Phone), "statecode": 1, "statuscode": 2})
			return ""
		}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOrg(t, &test.options, test.keys...)
				r := o.request(t)
				r.Email = address
				want := test.who(o, &r)
				_, err := o.Deliver(t.Context(), r)
				all := o.mock.Deliveries()
				if want == "" {
					wantOutcome(t, err, adapter.OutcomeRefused)
					if len(all) != 0 {
						t.Errorf("delivered %v", all)
					}
				} else if err != nil || len(all) != 1 || all[0].ContactID != want {
					t.Errorf("delivered %v, %v; want contact %s", all, err, want)
				}
				if n := o.count("POST contacts"); n != test.makes {
					t.Errorf("%d contacts made, want %d", n, test.makes)
				}
				if text := o.log.String(); strings.Contains(text, "155501234") || strings.Contains(text, address) {
					t.Errorf("logged %s", text)
				}
			})
		})
	}
}

func given(o *org, r *adapter.DeliveryRequest) string {
	r.Contact = adapter.ContactID("{" + strings.ToUpper(o.demo.Contacts[1]) + "}")
	return o.demo.Contacts[1]
}

// An alternate key over what every contact has is for an admin to mend.
func TestAContactThatCannotBeMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil, mock.Key{Table: "contact", Name: "Ours", Columns: []string{"firstname", "lastname"}})
		o.insert(map[string]any{"firstname": "Ada King", "lastname": "Lovelace"})
		_, err := o.Deliver(t.Context(), o.request(t))
		wantOutcome(t, err, adapter.OutcomeBlocked)
		if !strings.Contains(err.Error(), "alternate key") || o.count("POST "+createAction) != 0 {
			t.Errorf("%v does not name the cause", err)
		}
	})
}

func TestOptionsThatDoNotExist(t *testing.T) {
	t.Parallel()
	_, err := New(nil, &Options{API: "sms", Encoding: "xml", Contacts: "guess", Ambiguous: "newest"})
	for _, word := range []string{"sms", "xml", "guess", "newest", "find-or-create", "voice"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not name %q", err, word)
		}
	}
}

func (o *org) insert(contact map[string]any) string {
	o.t.Helper()
	id, err := o.mock.Insert("contact", contact)
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]string{
		"": {"", "Callback customer"}, " ": {"", "Callback customer"}, "Ada": {"", "Ada"}, "Ada King  Lovelace": {"Ada King", "Lovelace"},
	} {
		if first, last := splitName(name); first != want[0] || last != want[1] {
			t.Errorf("%q: %q, %q", name, first, last)
		}
	}
}

// A contact's wish not to be phoned is honoured where that is asked for, however the
// contact came to be the one.
func TestAContactThatAsksNotToBePhoned(t *testing.T) {
	t.Parallel()
	silent := func(values map[string]any) map[string]any {
		values["donotphone"] = true
		return values
	}
	for name, bring := range map[string]func(*org, *adapter.DeliveryRequest){
		"given": func(o *org, r *adapter.DeliveryRequest) {
			r.Contact = adapter.ContactID(o.insert(silent(map[string]any{"lastname": "x"})))
		},
		"found by number": func(o *org, _ *adapter.DeliveryRequest) {
			o.insert(silent(map[string]any{"lastname": "x", "mobilephone": number}))
		},
		"found by address": func(o *org, _ *adapter.DeliveryRequest) {
			o.insert(silent(map[string]any{"lastname": "x", "emailaddress1": address}))
		},
		"made by us": func(o *org, r *adapter.DeliveryRequest) {
			o.insert(silent(map[string]any{"contactid": contactID(origin, r.Phone), "lastname": "x"}))
		},
	} {
		for _, api := range []API{APIVoice, APITask} {
			t.Run(name+", "+string(api), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					o := newOrg(t, &Options{API: api})
					r := o.request(t)
					r.Email, r.DoNotPhone = address, true
					bring(o, &r)
					_, err := o.Deliver(t.Context(), r)
					if failed := wantOutcome(t, err, adapter.OutcomeRefused); failed.Err.Error() != "the contact asks not to be phoned" {
						t.Errorf("reason %q", failed.Err)
					}
					if all := o.mock.Deliveries(); len(all) != 0 {
						t.Errorf("delivered %v", all)
					}
					r.DoNotPhone = false
					if _, err := o.Deliver(t.Context(), r); err != nil || len(o.mock.Deliveries()) != 1 {
						t.Errorf("ignored: %v, %v", o.mock.Deliveries(), err)
					}
				})
			})
		}
	}
}

// To honour it costs one question more, and nothing where nobody asks for it.
func TestWhoMayBePhonedIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOrg(t, nil)
		r := o.request(t)
		given(o, &r)
		for asked, honour := range map[int]bool{1: true, 0: false} {
			before := o.count("GET contacts(" + o.demo.Contacts[1] + ")")
			r.RequestID += "1"
			r.DoNotPhone = honour
			if _, err := o.Deliver(t.Context(), r); err != nil {
				t.Error(err)
			}
			if n := o.count("GET contacts("+o.demo.Contacts[1]+")") - before; n != asked {
				t.Errorf("honoured %v: asked %d times\n%s", honour, n, strings.Join(o.sent, "\n"))
			}
		}
	})
}
