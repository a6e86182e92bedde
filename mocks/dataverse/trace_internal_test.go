package dataverse

import "testing"

func TestMask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/queues(11111111-2222-4333-8444-555555555555)":     "/queues(11111111-2222-4333-8444-555555555555)",
		"mobilephone eq '%2B33155500001'":                   "mobilephone eq '%2B***01'",
		"+33 1 55 50 00 01":                                 "+***01",
		"+1%20(555)%20000-0199 x":                           "+***99 x",
		"createdon gt 2026-10-01T12:34:56Z":                 "createdon gt 2026-10-01T12:34:56Z",
		"$deltatoken=998000!10/01/2026":                     "$deltatoken=998000!10/01/2026",
		`{"saskey":"a\"b","name":"n"}`:                      `{"saskey":"***","name":"n"}`,
		`{"ClientSecret" : "x"}`:                            `{"ClientSecret" : "***"}`,
		"Endpoint=sb://x;SharedAccessKey=abc=;EntityPath=q": "Endpoint=sb://x;SharedAccessKey=***;EntityPath=q",
		"/hook?sig=abc&x=1":                                 "/hook?sig=***&x=1",
		`{"connectionstring":"Endpoint=sb://a;SharedAccess`: `{"connectionstring":"***`,
		"123456": "123456",
	} {
		if got := mask(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
