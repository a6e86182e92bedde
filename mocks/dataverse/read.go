package dataverse

import (
	"iter"
	"net/http"
	"slices"
)

// list is GET set.
func (s *Server) list(rq *request, t *table) (*response, error) {
	if rq.tracks() {
		return s.track(rq, t)
	}
	return s.listRows(rq, t, nil)
}

// listRelated is GET set(key)/collection.
func (s *Server) listRelated(rq *request, at resource) (*response, error) {
	r, err := s.existing(rq, at.table)
	if err != nil {
		return nil, err
	}
	far, rows := s.db.related(r, at.collection, rq.now)
	return s.listRows(rq, far, slices.Values(rows))
}

// listRows answers the rows of a table, or of what it is given of them.
func (s *Server) listRows(rq *request, t *table, among iter.Seq[*row]) (*response, error) {
	allowed := append(t.placing(), "$select", "$filter", "$orderby", "$top", "$count", "$expand", "$skiptoken")
	if err := rq.options.allow(allowed...); err != nil {
		return nil, err
	}
	if err := rq.noConditions(); err != nil {
		return nil, err
	}
	q, err := newQuery(s.schema.readBy(rq.rights), t, rq.options, rq.options)
	if err != nil {
		return nil, err
	}
	if err := rq.rights.mayRead(t, q.selection); err != nil {
		return nil, err
	}
	v := rq.view(s)
	if among == nil {
		among = s.db.candidates(t, q, rq.now)
	}
	rows := rq.inPartition(q.apply(v.frame(), among))
	found := len(rows)
	if q.top >= 0 && rq.prefer.pageSize == 0 { // documented: $top is ignored together with odata.maxpagesize
		rows = rows[:min(q.top, len(rows))]
	}
	rows, next, err := rq.pageOf(rows)
	if err != nil {
		return nil, err
	}

	w := &jsonWriter{}
	w.open('{')
	w.member("@odata.context", rq.root+"$metadata#"+t.set+q.context())
	if q.count {
		w.member("@odata.count", min(found, t.countCap()))
	}
	v.totals(w, q, found, t)
	w.name("value")
	w.open('[')
	for _, r := range rows {
		v.row(w, t, r, q.selection)
	}
	w.close(']')
	if next != "" {
		w.member("@odata.nextLink", next)
	}
	w.close('}')
	return rq.applied(newResponse(http.StatusOK, w.buf)), nil
}

// totals are annotations of the whole answer.
func (v *view) totals(w *jsonWriter, q query, found int, t *table) {
	total := -1
	if q.count {
		total = min(found, t.countCap())
	}
	v.annotate(w, "", annotationTotal, total)
	v.annotate(w, "", annotationExceeded, q.count && found > t.countCap())
	v.annotate(w, "", annotationMetadata, "7142342") // any number: it changes with the schema, and this one does not
}

// retrieve is GET set(key).
func (s *Server) retrieve(rq *request, t *table) (*response, error) {
	r, err := s.existing(rq, t)
	if err != nil {
		return nil, err
	}
	return s.single(rq, t, r)
}

// retrieveRelated is GET set(key)/lookup; an empty lookup has no content.
func (s *Server) retrieveRelated(rq *request, at resource) (*response, error) {
	r, err := s.existing(rq, at.table)
	if err != nil {
		return nil, err
	}
	far, target, err := s.behind(rq, at, r)
	if err != nil {
		return nil, err
	}
	if target == nil {
		return newResponse(http.StatusNoContent, nil), nil
	}
	return s.single(rq, far, target)
}

func (s *Server) single(rq *request, t *table, r *row) (*response, error) {
	if err := rq.options.allow(append(t.placing(), "$select", "$expand")...); err != nil {
		return nil, err
	}
	given, err := rq.conditions()
	if err != nil {
		return nil, err
	}
	sel, err := newSelection(s.schema, t, rq.options)
	if err != nil {
		return nil, err
	}
	if err := rq.rights.mayRead(t, sel); err != nil {
		return nil, err
	}
	unchanged, err := given.unchanged(rq, t, r, sel)
	if err != nil {
		return nil, err
	}
	if unchanged {
		return newResponse(http.StatusNotModified, nil).set("ETag", etag(r)), nil
	}
	body := rq.view(s).single(t, r, sel)
	return rq.applied(newResponse(http.StatusOK, body).set("ETag", etag(r))), nil
}
