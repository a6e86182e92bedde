package page_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"directcallback/adapter/api/page"
)

var content = strings.Repeat("body { color: green }\n", 50)

func get(p page.Page, method string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/style.css", nil)
	r.Header = header
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "no-store")
	p.ServeHTTP(w, r)
	return w
}

func TestAPageIsAnsweredWithItsOwnHeader(t *testing.T) {
	t.Parallel()
	p := page.New("text/css; charset=utf-8", []byte(content))
	w := get(p.With("Cache-Control", "max-age=600"), http.MethodGet, nil)
	if w.Code != http.StatusOK || w.Body.String() != content {
		t.Errorf("status %d, body %q", w.Code, w.Body)
	}
	for name, want := range map[string]string{"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=600", "Vary": "Accept-Encoding"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := get(p, http.MethodGet, nil).Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("With changed the page that it copies: %q", got)
	}
	if w := get(p, http.MethodHead, nil); w.Body.Len() > 0 || w.Header().Get("Content-Length") != "1100" {
		t.Errorf("HEAD: %d bytes, length %s", w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

func TestWhoReadsGzipGetsIt(t *testing.T) {
	t.Parallel()
	p := page.New("text/css; charset=utf-8", []byte(content))
	for accept, zipped := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "gzip; q=0": false, "gzip;q=0.000": false, "br": false, "": false, "gzipped": false,
	} {
		w := get(p, http.MethodGet, http.Header{"Accept-Encoding": {accept}})
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != zipped {
			t.Errorf("%q: zipped %v, want %v", accept, got, zipped)
			continue
		}
		if !zipped {
			continue
		}
		reader, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(reader); err != nil || string(got) != content {
			t.Errorf("%q: %v, %d bytes", accept, err, len(got))
		}
	}
}

func TestWhoHasItIsToldSo(t *testing.T) {
	t.Parallel()
	p := page.New("text/css; charset=utf-8", []byte(content))
	plain := get(p, http.MethodGet, nil).Header().Get("ETag")
	zipped := get(p, http.MethodGet, http.Header{"Accept-Encoding": {"gzip"}}).Header().Get("ETag")
	if plain == zipped {
		t.Errorf("one tag for different bytes: %s", plain)
	}
	if other := get(page.New("text/css", []byte("a {}")), http.MethodGet, nil).Header().Get("ETag"); other == plain {
		t.Errorf("one tag for different content: %s", plain)
	}
	for has, status := range map[string]int{
		plain: http.StatusNotModified, `"x", W/` + plain: http.StatusNotModified, "*": http.StatusNotModified,
		zipped: http.StatusOK, `"x"`: http.StatusOK, "": http.StatusOK,
	} {
		w := get(p, http.MethodGet, http.Header{"If-None-Match": {has}})
		if w.Code != status || (status == http.StatusNotModified && (w.Body.Len() > 0 || w.Header().Get("ETag") != plain)) {
			t.Errorf("If-None-Match %s: status %d, want %d; %d bytes", has, w.Code, status, w.Body.Len())
		}
	}
}

// Whatever a client says that it takes and has, it gets the content or is told that it
// has it.
func FuzzHeader(f *testing.F) {
	p := page.New("text/css; charset=utf-8", []byte(content))
	for _, seed := range [][2]string{{"gzip", ""}, {"gzip;q=0, *", "*"}, {"br;q=1.0,gzip ; q=0.1", `W/"x", "y"`}, {";q=", ","}, {"gzip;q=x", `W/`}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, takes, has string) {
		w := get(p, http.MethodGet, http.Header{"Accept-Encoding": {takes}, "If-None-Match": {has}})
		switch w.Code {
		case http.StatusNotModified:
			if w.Body.Len() > 0 || !strings.Contains(has, w.Header().Get("ETag")) && !strings.Contains(has, "*") {
				t.Errorf("%q has not %s", has, w.Header().Get("ETag"))
			}
		case http.StatusOK:
			if length := w.Header().Get("Content-Length"); length != strconv.Itoa(w.Body.Len()) {
				t.Errorf("%d bytes, said to be %s", w.Body.Len(), length)
			}
		default:
			t.Errorf("status %d", w.Code)
		}
	})
}
