package dataverse

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// maxBatchAnswer bounds what a batch of many lists can make the mock hold.
const maxBatchAnswer = 128 << 20

// batchWriter writes a multipart answer: the delimiter first, every line ended by CRLF.
type batchWriter struct {
	boundary string
	buf      []byte
}

func (w *batchWriter) line(format string, args ...any) {
	w.buf = append(fmt.Appendf(w.buf, format, args...), "\r\n"...)
}

// answer adds one response.
func (w *batchWriter) answer(r *response, contentID string) {
	w.line("--%s", w.boundary)
	w.line("Content-Type: application/http")
	w.line("Content-Transfer-Encoding: binary")
	if contentID != "" {
		w.line("Content-ID: %s", contentID)
	}
	w.line("")
	w.line("HTTP/1.1 %d %s", r.status, http.StatusText(r.status))
	header := maps.Clone(r.header)
	header["OData-Version"] = []string{"4.0"}
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			w.line("%s: %s", name, oneLine(value))
		}
	}
	w.line("")
	w.buf = append(w.buf, r.body...)
	w.line("")
}

// oneLine keeps a value from beginning another header; net/http does the same outside a batch.
func oneLine(value string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(value) }

// changeSet adds the answers of a change set.
func (w *batchWriter) changeSet(inner *batchWriter) {
	w.line("--%s", w.boundary)
	w.line("Content-Type: multipart/mixed; boundary=%s", inner.boundary)
	w.line("")
	w.buf = append(w.buf, inner.end()...)
}

// end closes the multipart.
func (w *batchWriter) end() []byte {
	w.line("--%s--", w.boundary)
	return w.buf
}

func (w *batchWriter) full() bool { return len(w.buf) > maxBatchAnswer }
