package adapter_test

import (
	"strings"
	"testing"

	"directcallback/adapter"
)

func TestOrigins(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]adapter.Origin{
		"https://www.example.com":            "https://www.example.com",
		"HTTPS://WWW.Example.COM":            "https://www.example.com",
		"https://www.example.com:443":        "https://www.example.com",
		"https://www.example.com:8443":       "https://www.example.com:8443",
		"https://xn--bcher-kva.example":      "https://xn--bcher-kva.example",
		"https://192.0.2.7":                  "https://192.0.2.7",
		"http://localhost:8080":              "http://localhost:8080",
		"http://127.0.0.1":                   "http://127.0.0.1",
		"http://127.0.0.1:80":                "http://127.0.0.1",
		"http://[::1]:3000":                  "http://[::1]:3000",
		"https://[::1]":                      "https://[::1]",
		"":                                   "",
		"null":                               "",
		"*":                                  "",
		"www.example.com":                    "",
		"https://":                           "",
		"https://*.example.com":              "",
		"https://www.example.com/":           "",
		"https://www.example.com/page":       "",
		"https://user@www.example.com":       "",
		"https://www.example.com:":           "",
		"https://www.example.com:0":          "",
		"https://www.example.com:080":        "",
		"https://www.example.com:65536":      "",
		"https://www.example.com:+443":       "",
		"https://www..example.com":           "",
		"https://-www.example.com":           "",
		"https://bücher.example":             "",
		"https://[2001:db8::1]":              "",
		"https://www.example.com, https:/":   "",
		"http://www.example.com":             "",
		"http://localhost.example.com":       "",
		"ftp://localhost":                    "",
		"https://" + strings.Repeat("a", 64): "",
	} {
		got, err := adapter.ParseOrigin(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

// FuzzOrigin wants what was read to be read again as the same.
func FuzzOrigin(f *testing.F) {
	for _, text := range []string{"https://www.example.com:8443", "http://localhost", "https://[::1]:1", "null", "https://a:b:c", "://", "https://a."} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, err := adapter.ParseOrigin(text)
		if err != nil {
			return
		}
		if again, err := adapter.ParseOrigin(string(origin)); err != nil || again != origin {
			t.Errorf("%q is %q, and that %q, %v", text, origin, again, err)
		}
		if strings.ContainsAny(string(origin), " ,;*/\\@?#\r\n\x00") && strings.Count(string(origin), "/") != 2 {
			t.Errorf("%q is %q", text, origin)
		}
	})
}

func TestKeysHaveAForm(t *testing.T) {
	t.Parallel()
	text := adapter.NewKey([32]byte{1, 2, 3})
	hash, ok := adapter.HashKey(text)
	if !ok || len(hash) != 64 || strings.Contains(text, hash) || len(text) != 47 {
		t.Errorf("%q, %q, %v", text, hash, ok)
	}
	other, _ := adapter.HashKey(adapter.NewKey([32]byte{1, 2, 4}))
	if other == hash {
		t.Error("two keys have one hash")
	}
	for _, none := range []string{"", "dck_", "dcm_" + text[4:], text + "A", text[:46], text[:46] + "=", text[4:], "dck_" + strings.Repeat("!", 43)} {
		if _, ok := adapter.HashKey(none); ok {
			t.Errorf("%q is a key", none)
		}
	}
}
