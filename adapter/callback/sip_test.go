package callback_test

import (
	"strings"
	"testing"

	"directcallback/adapter/callback"
)

func TestNetworkAnswer(t *testing.T) {
	t.Parallel()
	const strange = "the network's answer is in an unknown form"
	for text, want := range map[string]string{
		"":  "",
		" ": "",
		`{"sipCode":486,"sipReason":"Busy Here","q850Cause":17}`: "SIP 486 busy here, Q.850 17",
		`{"SipResponseCode":"603"}`:                              "SIP 603 decline",
		`{"details":[{"sip_code":699}],"Cause":"21"}`:            "SIP 699, Q.850 21",
		`{"q850Cause":16}`:                                       "Q.850 16",
		`{"code":486}`:                                           strange,
		`{"sipCode":4.5}`:                                        strange,
		`{"sipCode":1e300,"cause":-1}`:                           strange,
		`486`:                                                    strange,
		`not JSON +33155501234`:                                  strange,
		`{"sipReason":"+33155501234 is busy","sipCode":486}`:     "SIP 486 busy here",
	} {
		if got := callback.NetworkAnswer(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzNetworkAnswer(f *testing.F) {
	for _, seed := range []string{"", `{"sipCode":486,"q850Cause":17}`, `[[[{"sip":"600"}]]]`, `{"sipReason":"+33155501234"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := callback.NetworkAnswer(text)
		if got == "" != (strings.TrimSpace(text) == "") {
			t.Errorf("%q: %q", text, got)
		}
		for _, word := range strings.FieldsFunc(got, func(r rune) bool { return r < '0' || r > '9' }) {
			if len(word) > 3 {
				t.Errorf("%q shows %q", text, got)
			}
		}
	})
}
