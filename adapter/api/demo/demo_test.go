package demo_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"directcallback/adapter/api/demo"
)

const queue = "3f2b8d1e-6c47-4a90-9b1d-7e5a0c2f4d61"

func pages(t *testing.T) map[string]http.Handler {
	t.Helper()
	p, err := demo.New(demo.Options{Queue: queue, Key: "dck_example"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func get(t *testing.T, path string, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", accept)
	w := httptest.NewRecorder()
	pages(t)[r.URL.Path].ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d", path, w.Code)
	}
	return w
}

func TestThePageSpeaksTheLanguageOfItsReader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, accept, want string }{
		{"/demo", "", "en"},
		{"/demo", "fr-CA,fr;q=0.9,en;q=0.8", "fr"},
		{"/demo", "de-DE,de;q=0.9", "en"},
		{"/demo", "de, FR;q=0.5", "fr"},
		{"/demo?lang=fr", "en-GB", "fr"},
		{"/demo?lang=en", "fr", "en"},
		{"/demo?lang=xx", "fr", "fr"},
	} {
		w := get(t, c.path, c.accept)
		if got := w.Header().Get("Content-Language"); got != c.want || !strings.Contains(w.Body.String(), `<html lang="`+c.want) {
			t.Errorf("%s for %q: %s, want %s", c.path, c.accept, got, c.want)
		}
	}
}

func TestThePageNamesQueueAndKeyAndHoldsNoText(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "fr"} {
		body := get(t, "/demo?lang="+lang, "").Body.String()
		if !strings.Contains(body, `<direct-callback queue="`+queue+`" key="dck_example"`) {
			t.Errorf("%s: no widget", lang)
		}
		if empty := regexp.MustCompile(`<(h1|h2|p|a|dt|dd)[^>]*></`).FindString(body); empty != "" {
			t.Errorf("%s: a text is missing: %s", lang, empty)
		}
		for _, link := range regexp.MustCompile(` (?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(body, -1) {
			path, _, _ := strings.Cut(link[1], "?")
			if pages(t)[path] == nil && path != "/widget.js" && path != "/docs" {
				t.Errorf("%s: %s is not served", lang, path)
			}
		}
	}
}

func TestWithoutQueueOrKeyThereIsNoPage(t *testing.T) {
	t.Parallel()
	for _, o := range []demo.Options{{}, {Queue: queue}, {Key: "dck_x"}, {Queue: "retail", Key: "dck_x"}, {Queue: queue, Key: "the backend's token"}} {
		if _, err := demo.New(o); err == nil {
			t.Errorf("%+v: no error", o)
		} else if o.Key != "" && strings.Contains(err.Error(), o.Key) {
			t.Errorf("the key is in the error: %v", err)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	p, err := demo.New(demo.Options{Queue: queue, Key: "dck_example"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][2]string{{"fr", ""}, {"", "fr-CA,fr;q=0.9"}, {"-", ";;,,-"}, {"FR_fr", "*"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, asked, accepts string) {
		r := httptest.NewRequest(http.MethodGet, "/demo?"+url.Values{"lang": {asked}}.Encode(), nil)
		r.Header.Set("Accept-Language", accepts)
		w := httptest.NewRecorder()
		p["/demo"].ServeHTTP(w, r)
		if got := w.Header().Get("Content-Language"); w.Code != http.StatusOK || got != "en" && got != "fr" {
			t.Errorf("%q, %q: status %d, %s", asked, accepts, w.Code, got)
		}
	})
}
