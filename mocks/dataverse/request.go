package dataverse

import (
	"cmp"
	"context"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// request is one call, taken apart.
type request struct {
	*http.Request
	base     string // scheme and host
	path     string // as sent
	resource string // the path below the service root, as sent
	root     string // service root with the slash
	segments []segment
	options  queryOptions
	prefer   preferences
	body     []byte
	now      time.Time

	application string // of the token; empty for the static one
	user        string // systemuserid of the caller, or of whom the caller impersonates
	onBehalfBy  string // systemuserid of the caller who impersonates; empty: nobody does
	rights      *rights

	upserting bool // an elastic row, wholly

	created map[string]segment // of a part of a batch: rows of the same change set by Content-ID

	twist // by a fault; none, almost always
}

// response is an answer not yet sent.
type response struct {
	status int
	header http.Header
	body   []byte
	row    *segment // the address of the row that was written, below the service root

	wire
}

// wire is what a fault does to an answer on its way.
type wire struct {
	dropped bool          // the connection is closed instead
	cut     bool          // and here, in the middle of the body
	dribble time.Duration // how long the body takes
	skew    time.Duration // of Date
}

func (r *response) set(name, value string) *response {
	// Names keep the documentation's case; Header.Set would turn OData-EntityId into Odata-Entityid.
	r.header[name] = []string{value}
	return r
}

func newResponse(status int, body []byte) *response {
	r := &response{status: status, header: http.Header{}, body: body}
	if body != nil {
		r.set("Content-Type", "application/json; odata.metadata=minimal")
	}
	return r
}

var servicePath = regexp.MustCompile(`^/api/data/v9\.[0-9]+(/|$)`)

// serve lets service protection and the faults have their way with a request, and sends its answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	t := s.trace.begin(r, s.now())
	if resourceOf(r) == "$batch" {
		r = r.WithContext(context.WithValue(r.Context(), tracedKey{}, t))
	}
	answer := s.protected(r, t)
	id := t.requestID(s)
	s.trace.end(t, answer, s.now())
	s.send(w, r, answer, id)
}

// answer turns a request into a response, whatever happens.
func (s *Server) answer(r *http.Request) *response {
	answer, err := s.handle(r)
	switch {
	case err == nil:
		return answer
	case asFailure(err).status == http.StatusUnauthorized:
		return s.challenge(r)
	default:
		return s.refuse(r.Method, r.RequestURI, err)
	}
}

// refuse turns an error into a response.
func (s *Server) refuse(method, target string, err error) *response {
	f := asFailure(err)
	if f.code == codeUnsupported {
		path, _, _ := strings.Cut(target, "?") // a query may hold a phone number
		s.unsupported.add(method + " " + path + ": " + f.message)
	}
	return errorResponse(f).set("REQ_ID", s.newID())
}

// errorResponse is a failure as it is sent.
func errorResponse(f *failure) *response {
	w := &jsonWriter{}
	w.open('{')
	w.name("error")
	w.open('{')
	w.member("code", f.code)
	w.member("message", f.message)
	w.close('}')
	w.close('}')
	answer := newResponse(f.status, w.buf)
	if f.code == codeUnsupported {
		answer.set(headerUnsupported, f.message)
	}
	if f.retryAfter != "" {
		answer.set("Retry-After", f.retryAfter)
	}
	return answer
}

func (s *Server) handle(r *http.Request) (*response, error) {
	rq, err := s.newRequest(r, maxURL)
	if err != nil {
		return nil, err
	}
	if rq.application, err = s.checkToken(rq); err != nil {
		return nil, err
	}
	if rq.Method == http.MethodHead || rq.Method == http.MethodOptions {
		return nil, unsupported("the method %s", rq.Method)
	}
	body, err := rq.readBody()
	if err != nil {
		return nil, err
	}
	if rq.isBatch() {
		rq.body = body
		return s.batch(r.Context(), rq)
	}
	if rq.prefer.continueOnError {
		return nil, unsupported("Prefer: %s outside a batch", preferContinue)
	}
	if err := rq.takeBody(body); err != nil {
		return nil, err
	}
	s.advance()
	return s.perform(rq)
}

// perform runs one request by itself: a read beside other reads, a write alone and wholly or not at all.
func (s *Server) perform(rq *request) (answer *response, err error) {
	if rq.Method == http.MethodGet && rq.lag == 0 {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return s.run(rq)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if rq.lag > 0 {
		s.db.asOf(s.log.recent, rq.now.Add(-rq.lag), func() { answer, err = s.run(rq) })
		return answer, err
	}
	err = s.db.transact(func() (err error) {
		answer, err = s.run(rq)
		return err
	})
	return answer, err
}

// run answers a request with the lock held.
func (s *Server) run(rq *request) (_ *response, err error) {
	if err := s.identify(rq); err != nil {
		return nil, err
	}
	return s.route(rq)
}

// newRequest takes the request apart, but for its body, and refuses what would be half answered otherwise.
func (s *Server) newRequest(r *http.Request, longest int) (*request, error) {
	path, query, err := parseTarget(r.RequestURI, longest)
	if err != nil {
		return nil, err
	}
	rq := &request{Request: r, base: s.base(r), path: path, twist: twistOf(r.Context())}
	rq.now = s.now().Add(rq.skew)
	prefix := servicePath.FindString(path)
	if prefix == "" {
		return nil, unsupported("the path %s: only /api/data/v9.x/ is served", path)
	}
	rq.root = rq.base + strings.TrimSuffix(prefix, "/") + "/"
	rq.resource = path[len(prefix):]
	if rq.segments, err = parsePath(rq.resource); err != nil {
		return nil, err
	}
	if rq.options, err = parseOptions(query); err != nil {
		return nil, err
	}
	if rq.prefer, err = parsePreferences(r.Header); err != nil {
		return nil, err
	}
	if err := rq.checkAccept(); err != nil {
		return nil, err
	}
	return rq, checkHeaders(r.Header)
}

// base is the organisation's root.
func (s *Server) base(r *http.Request) string {
	switch {
	case s.opts.URL != "":
		return s.opts.URL
	case r.TLS != nil:
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}

// maxRequestBody has room for the largest column, a ruleset's definition, many times over.
const maxRequestBody int64 = 32 << 20

// readBody reads no more than is allowed, and nothing at all of what is announced to be longer. Only a caller who
// showed a token gets that far.
func (rq *request) readBody() ([]byte, error) {
	if rq.ContentLength > maxRequestBody {
		return nil, bodyTooLarge()
	}
	data, err := io.ReadAll(io.LimitReader(rq.Body, maxRequestBody+1))
	if err != nil {
		return nil, badRequest(codePayload, "The request body could not be read.")
	}
	if int64(len(data)) > maxRequestBody {
		return nil, bodyTooLarge()
	}
	return data, nil
}

// takeBody checks that a body is what it must be.
func (rq *request) takeBody(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(rq.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return fail(http.StatusUnsupportedMediaType, codeNone, "A body needs the Content-Type application/json.")
	}
	rq.body = data
	return nil
}

func bodyTooLarge() error {
	return fail(http.StatusRequestEntityTooLarge, codeCrmHTTP, "The request body is larger than %d bytes.", maxRequestBody)
}

func (rq *request) view(s *Server) *view {
	return &view{s.db, rq.now, rq.user, rq.root, rq.prefer.annotations, rq.base, cmp.Or(rq.prefer.pageSize, maxPage)}
}
