package dataverse

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// position is where a client that tracks changes is: what it has seen, and where among the pages of what it has not.
type position struct {
	since int64     // the last version it knows; 0: it knows nothing
	from  time.Time // when it learned that
	until int64     // the version this answer goes up to, the same on each of its pages
	at    time.Time // when the first page was asked for
	page  int
	size  int
	query uint64 // fingerprint of path and options
	after string // key of the last item given; empty on the first page
}

// tracks says whether a request is about changes.
func (rq *request) tracks() bool {
	_, delta := rq.options.get("$deltatoken")
	page, _ := rq.options.get("$skiptoken")
	return rq.prefer.tracking || delta || strings.HasSuffix(page, trackingCookieEnd)
}

// noTracking refuses the preference where nothing can be tracked.
func (rq *request) noTracking() error {
	if rq.prefer.tracking {
		return unsupported("Prefer: odata.track-changes with %s on %s", rq.Method, rq.resource)
	}
	return nil
}

// track is GET set with Prefer: odata.track-changes, the delta link that it leads to, and their later pages.
func (s *Server) track(rq *request, t *table) (*response, error) {
	if err := rq.mayTrack(t, "$select", "$deltatoken", "$skiptoken"); err != nil {
		return nil, err
	}
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	sel, err := newSelection(s.schema, t, rq.options)
	if err != nil {
		return nil, err
	}
	if err := rq.rights.mayRead(t, sel); err != nil {
		return nil, err
	}
	at, err := s.position(rq)
	if err != nil {
		return nil, err
	}
	items := s.changes(t, at, rq.now)
	items = items[after(items, at.after):]
	page := items[:min(at.size, len(items))]

	w := &jsonWriter{}
	w.open('{')
	context := rq.root + "$metadata#" + t.set + sel.context()
	if at.since > 0 {
		context += "/$delta"
	}
	w.member("@odata.context", context)
	w.name("value")
	w.open('[')
	for _, item := range page {
		rq.writeTracked(w, s, t, item, sel)
	}
	w.close(']')
	if len(page) < len(items) {
		at.page, at.after = at.page+1, page[len(page)-1].key
		w.member("@odata.nextLink", rq.link("$skiptoken", at.cookie(), "$skiptoken"))
	} else {
		w.member("@odata.deltaLink", rq.link("$deltatoken", at.token(), "$skiptoken", "$deltatoken"))
	}
	w.close('}')
	return rq.applied(newResponse(http.StatusOK, w.buf)), nil
}

// countChanges is GET set/$count?$deltatoken=…
func (s *Server) countChanges(rq *request, t *table) (*response, error) {
	if err := rq.mayTrack(t, "$deltatoken"); err != nil {
		return nil, err
	}
	if err := rq.rights.mayRead(t, selection{}); err != nil {
		return nil, err
	}
	at, err := s.position(rq)
	if err != nil {
		return nil, err
	}
	number := strconv.Itoa(len(s.changes(t, at, rq.now)))
	return newResponse(http.StatusOK, []byte(number)).set("Content-Type", "text/plain"), nil
}

// mayTrack refuses tables without the flag, and options that do not go together with it.
func (rq *request) mayTrack(t *table, allowed ...string) error {
	if t.untracked {
		return badRequest(codeTrackingNotEnabled, "Entity %s isn't enabled for change tracking.", t.name)
	}
	for _, name := range []string{"$filter", "$orderby", "$expand", "$top"} {
		if _, given := rq.options.get(name); given {
			return badRequest(codeCrmHTTP, `The "%s" query parameter isn't supported when Change Tracking is enabled.`, name)
		}
	}
	if _, given := rq.options.get("$count"); given {
		return unsupported("the query option $count together with change tracking")
	}
	return rq.options.allow(allowed...)
}

func (s *Server) changes(t *table, at position, now time.Time) []tracked {
	if at.since == 0 {
		return s.db.everything(t, now)
	}
	return s.db.changed(&s.log, t, at, now)
}

// after is the index of the first item behind a key.
func after(items []tracked, key string) int {
	if key == "" {
		return 0
	}
	i, found := slices.BinarySearchFunc(items, key, func(item tracked, key string) int { return cmp.Compare(item.key, key) })
	if found {
		i++
	}
	return i
}

// writeTracked writes a row as it is now, or that it is gone.
func (rq *request) writeTracked(w *jsonWriter, s *Server, t *table, item tracked, sel selection) {
	v := rq.view(s)
	if item.row == nil {
		w.open('{')
		w.member("@odata.context", rq.root+"$metadata#"+t.set+"/$deletedEntity")
		w.member("id", item.gone)
		w.member("reason", "deleted")
		w.close('}')
		return
	}
	v.row(w, t, item.row, sel)
	if _, delta := rq.options.get("$deltatoken"); delta && rq.repeat {
		v.row(w, t, item.row, sel)
	}
}

// position reads the cookie of a later page, or the token of a delta link, or begins.
func (s *Server) position(rq *request) (at position, err error) {
	size := cmp.Or(rq.prefer.pageSize, maxPage)
	query := fingerprint(rq.path + "?" + rq.options.without("$skiptoken"))
	if cookie, ok := rq.options.get("$skiptoken"); ok {
		at, ok := parseTrackingCookie(cookie)
		if !ok || at.query != query {
			return at, badRequest(codeCrmHTTP, "Malformed or foreign paging cookie in $skiptoken.")
		}
		if at.size != size {
			return at, unsupported("another odata.maxpagesize (%d) on a later page than on the first (%d)", size, at.size)
		}
		return at, nil
	}
	at = position{until: s.db.version, at: rq.now, page: 1, size: size, query: query}
	if token, ok := rq.options.get("$deltatoken"); ok {
		if at.since, at.from, ok = parseDeltaToken(token); !ok {
			return at, badRequest(codeCrmHTTP, "Malformed $deltatoken '%s'.", token)
		}
		// A version not given out yet is one from before the organisation was restored.
		if at.since > s.db.version || rq.now.Sub(at.from) > s.log.keep {
			return at, badRequest(codeExpiredVersion, messageExpiredVersion)
		}
	}
	return at, nil
}

// deltaLayout of the time in a token, to the second.
const deltaLayout = "01/02/2006 15:04:05"

// token is what the next delta link carries: 919042!08/22/2017 08:10:44.
func (p position) token() string {
	return strconv.FormatInt(p.until, 10) + "!" + p.at.UTC().Format(deltaLayout)
}

func parseDeltaToken(token string) (version int64, at time.Time, ok bool) {
	number, stamp, _ := strings.Cut(token, "!")
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil || version < firstVersion {
		return 0, at, false
	}
	at, err = time.Parse(deltaLayout, stamp)
	return version, at, err == nil
}

const trackingCookieEnd = `istracking="True" />`

// cookie is the position, opaque and sealed as other paging cookies are.
func (p position) cookie() string {
	state := fmt.Sprintf("%d %d %x %d %d %d %d %s", p.page, p.size, p.query, p.since, p.from.Unix(), p.until, p.at.Unix(), p.after)
	inner := base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%x %s", fingerprint(state), state))
	return `<cookie pagenumber="` + strconv.Itoa(p.page) + `" pagingcookie="` + inner + `" ` + trackingCookieEnd
}

func parseTrackingCookie(token string) (p position, ok bool) {
	_, rest, _ := strings.Cut(token, `pagingcookie="`)
	inner, _, _ := strings.Cut(rest, `"`)
	data, err := base64.URLEncoding.DecodeString(inner)
	if err != nil {
		return p, false
	}
	const numbers = 8 // the seal and those of the state
	fields := strings.SplitN(string(data), " ", numbers+1)
	if len(fields) != numbers+1 {
		return p, false
	}
	var from, at int64
	if _, err := fmt.Sscanf(strings.Join(fields[1:numbers], " "), "%d %d %x %d %d %d %d",
		&p.page, &p.size, &p.query, &p.since, &from, &p.until, &at); err != nil {
		return p, false
	}
	p.from, p.at, p.after = time.Unix(from, 0).UTC(), time.Unix(at, 0).UTC(), fields[numbers]
	return p, p.size > 0 && p.cookie() == token
}

// link is the request's own address with one option in the place of others.
func (rq *request) link(name, value string, without ...string) string {
	var kept []string
	for _, o := range rq.options {
		if !slices.Contains(without, o.name) {
			kept = append(kept, o.raw)
		}
	}
	escaped := strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	if name == "$deltatoken" {
		escaped = strings.ToLower(escaped) // as the documentation prints it
	}
	return rq.base + rq.path + "?" + strings.Join(append(kept, name+"="+escaped), "&")
}
