package dataverse

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// cookie says where the next page begins. Clients must treat it as opaque; it is bound to the query and the page size
// it was made for, and one that was changed is refused.
type cookie struct {
	page  int
	seen  int    // rows already given
	after string // key of the last one
	size  int
	query uint64 // fingerprint of path and options
}

func (c cookie) String() string {
	state := fmt.Sprintf("%d %d %d %x %s", c.page, c.seen, c.size, c.query, c.after)
	mark := fingerprint(state)
	inner := base64.URLEncoding.EncodeToString([]byte(fmt.Sprintf("%x %s", mark, state)))
	return `<cookie pagenumber="` + strconv.Itoa(c.page) + `" pagingcookie="` + inner + `" istracking="False" />`
}

func parseCookie(token string) (c cookie, ok bool) {
	_, rest, _ := strings.Cut(token, `pagingcookie="`)
	inner, _, _ := strings.Cut(rest, `"`)
	data, err := base64.URLEncoding.DecodeString(inner)
	if err != nil {
		return cookie{}, false
	}
	var mark uint64
	mac, state, _ := strings.Cut(string(data), " ")
	if _, err := fmt.Sscanf(mac, "%x", &mark); err != nil || mark != fingerprint(state) {
		return cookie{}, false
	}
	if _, err := fmt.Sscanf(state, "%d %d %d %x %s", &c.page, &c.seen, &c.size, &c.query, &c.after); err != nil {
		return cookie{}, false
	}
	return c, c.String() == token
}

func fingerprint(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // a hash never fails
	return h.Sum64()
}

// pageOf cuts one page out of the rows of a query and says what the next link is, if any.
func (rq *request) pageOf(rows []*row) (page []*row, next string, err error) {
	size := cmp.Or(rq.prefer.pageSize, maxPage)
	query := fingerprint(rq.path + "?" + rq.options.without("$skiptoken"))
	at := cookie{page: 1, size: size, query: query}
	if token, ok := rq.options.get("$skiptoken"); ok {
		if at, ok = parseCookie(token); !ok || at.query != query {
			return nil, "", badRequest(codeCrmHTTP, "Malformed or foreign paging cookie in $skiptoken.")
		}
		if at.size != size {
			return nil, "", unsupported("another odata.maxpagesize (%d) on a later page than on the first (%d)", size, at.size)
		}
	}
	// Go on behind the last row given, wherever it is by now; when it was deleted, behind as many as were given.
	start := min(at.seen, len(rows))
	last := func(r *row) bool { return strings.HasPrefix(at.after, r.id) && r.mark() == at.after }
	if i := slices.IndexFunc(rows, last); i >= 0 {
		start = i + 1
	}
	page = rows[start:min(start+size, len(rows))]
	if start+len(page) == len(rows) {
		return page, "", nil
	}
	following := cookie{at.page + 1, at.seen + len(page), page[len(page)-1].mark(), size, query}
	return page, following.link(rq.base+rq.path, rq.options.without("$skiptoken")), nil
}

// link is the address of the page, behind the options the first one had.
func (c cookie) link(address, kept string) string {
	if kept != "" {
		kept += "&"
	}
	return address + "?" + kept + "$skiptoken=" + strings.ReplaceAll(url.QueryEscape(c.String()), "+", "%20")
}

// mark identifies a row inside a cookie; a partition may hold blanks.
func (r *row) mark() string {
	return r.id + "/" + base64.URLEncoding.EncodeToString([]byte(r.partition))
}
