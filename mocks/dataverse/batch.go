package dataverse

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
)

func (rq *request) isBatch() bool {
	return len(rq.segments) == 1 && rq.segments[0] == segment{name: "$batch"}
}

// batch is POST $batch: every item by itself and in order, until one fails or, when the client asked for that, to the
// end. Other requests may come in between two items.
func (s *Server) batch(ctx context.Context, rq *request) (*response, error) {
	if rq.Method != http.MethodPost {
		return nil, noMethod(rq.base + rq.path)
	}
	if err := rq.checkOuter(); err != nil {
		return nil, err
	}
	items, err := parseBatch(rq.Header.Get("Content-Type"), rq.body)
	if err != nil {
		return nil, err
	}
	w := &batchWriter{boundary: "batchresponse_" + s.newID()}
	status := http.StatusOK
	for _, item := range items {
		failed := s.runItem(ctx, rq, item, w)
		if w.full() {
			return nil, unsupported("a batch whose answer is longer than %d bytes", maxBatchAnswer)
		}
		if failed && !rq.prefer.continueOnError {
			status = http.StatusBadRequest
			break
		}
	}
	answer := newResponse(status, w.end()).set("Content-Type", "multipart/mixed; boundary="+w.boundary)
	return rq.applied(answer), nil
}

// checkOuter refuses what nobody documents of the request around a batch.
func (rq *request) checkOuter() error {
	if err := rq.options.allow(); err != nil {
		return err
	}
	if err := rq.noConditions(); err != nil {
		return err
	}
	for _, name := range []string{"CallerObjectId", "MSCRMCallerID"} {
		if rq.Header.Get(name) != "" {
			return unsupported("the header %s on a batch: set it on the requests inside", name)
		}
	}
	for _, token := range rq.prefer.applied {
		if !strings.HasPrefix(token, preferContinue) {
			return unsupported("Prefer: %s on a batch: set it on the requests inside", token)
		}
	}
	return nil
}

// runItem runs one item and writes its answer: that of a change set in a multipart of its own, unless it failed.
func (s *Server) runItem(ctx context.Context, rq *request, item batchItem, w *batchWriter) (failed bool) {
	s.advance()
	if !item.changeSet {
		one := item.requests[0]
		answer := s.runAlone(ctx, rq, one)
		w.answer(answer, one.contentID)
		return answer.status >= http.StatusBadRequest
	}
	answers, refused := s.runChangeSet(ctx, rq, item.requests)
	if refused != nil {
		w.answer(refused, "")
		return true
	}
	inner := &batchWriter{boundary: "changesetresponse_" + s.newID()}
	for i, answer := range answers {
		inner.answer(answer, item.requests[i].contentID)
	}
	w.changeSet(inner)
	return false
}

// runAlone runs a request that belongs to no change set.
func (s *Server) runAlone(ctx context.Context, outer *request, one subrequest) *response {
	rq, err := s.inside(ctx, outer, one, map[string]segment{})
	var answer *response
	if err == nil {
		answer, err = s.perform(rq)
	}
	if err != nil {
		return s.refuse(one.method, one.target, err)
	}
	return answer
}

// runChangeSet runs the requests of a change set at one instant and in one transaction. The first that fails fails all.
func (s *Server) runChangeSet(ctx context.Context, outer *request, all []subrequest) (answers []*response, refused *response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, created := s.now().Add(outer.skew), map[string]segment{}
	_ = s.db.transact(func() error {
		for _, one := range all {
			rq, err := s.inside(ctx, outer, one, created)
			var answer *response
			if err == nil {
				rq.now = now
				answer, err = s.run(rq)
			}
			if err != nil {
				refused = s.refuse(one.method, one.target, err)
				return errRolledBack
			}
			if answer.row != nil {
				created[one.contentID] = *answer.row
			}
			answers = append(answers, answer)
		}
		return nil
	})
	return answers, refused
}

var errRolledBack = errors.New("change set failed")

// maxInnerURL is how long an address inside a batch may be: a batch of one is the way around the shorter limit outside.
const maxInnerURL = 65_536

// inside makes a request of a part: the outer one's connection and token, its own everything else.
func (s *Server) inside(ctx context.Context, outer *request, one subrequest, created map[string]segment) (*request, error) {
	target := one.target
	switch {
	case strings.HasPrefix(target, "$"):
		target = strings.TrimPrefix(outer.root, outer.base) + target
	case strings.HasPrefix(target, outer.base+"/"), strings.HasPrefix(target, "/"):
	default:
		path, _, _ := strings.Cut(target, "?")
		return nil, unsupported("the address %s in a batch: neither on %s nor beginning with a slash", path, outer.base)
	}
	r := outer.WithContext(ctx) // a copy
	r.Method, r.RequestURI, r.Header, r.Body = one.method, target, one.header, http.NoBody
	rq, err := s.newRequest(r, maxInnerURL)
	switch {
	case err != nil:
		return nil, err
	case rq.isBatch():
		return nil, malformed("A batch cannot stand inside another.")
	case rq.prefer.continueOnError:
		return nil, unsupported("Prefer: %s inside a batch", preferContinue)
	}
	rq.application, rq.created = outer.application, created
	if err := rq.dereference(rq.segments); err != nil {
		return nil, err
	}
	if err := rq.takeBody(one.body); err != nil {
		return nil, err
	}
	rq.lag = max(rq.lag, s.faults.lagOfPart(s, rq.Request))
	return rq, s.faults.ofPart(s, rq.Request)
}

// dereference replaces $n in front of a path by the row that the part with that Content-ID wrote.
func (rq *request) dereference(segments []segment) error {
	if rq.created == nil || len(segments) == 0 || segments[0].called {
		return nil
	}
	id, ok := strings.CutPrefix(segments[0].name, "$")
	if !ok || slices.Contains([]string{"metadata", "batch", "all", "entity", "crossjoin"}, id) {
		return nil
	}
	written, ok := rq.created[id]
	if !ok {
		return badRequest(codeCrmHTTP, "Content-ID Reference: '$%s' does not exist in the batch context.", id)
	}
	segments[0] = written
	return nil
}
