package dataverse

import (
	"net/http"
	"regexp"
)

// conditions are If-Match and If-None-Match of one request: empty, an asterisk or one ETag each.
type conditions struct{ match, noneMatch string }

var etagForm = regexp.MustCompile(`^(W/)?"[^"]*"$`)

// conditions reads the two headers. The literal null, which the documentation recommends on every request, means that
// a header is absent.
func (rq *request) conditions() (c conditions, err error) {
	for name, into := range map[string]*string{"If-Match": &c.match, "If-None-Match": &c.noneMatch} {
		values := rq.Header.Values(name)
		switch {
		case len(values) > 1:
			return c, unsupported("several ETags in %s", name)
		case len(values) == 0 || values[0] == "null":
		case values[0] == "*" || etagForm.MatchString(values[0]):
			*into = values[0]
		default:
			return c, badRequest(codeCrmHTTP, "The value '%s' of the header %s is not one ETag.", values[0], name)
		}
	}
	if c.match != "" && c.noneMatch != "" {
		return c, unsupported("If-Match together with If-None-Match")
	}
	return c, nil
}

// noConditions refuses both on what has no version of its own.
func (rq *request) noConditions() error {
	if c, err := rq.conditions(); err != nil || c == (conditions{}) {
		return err
	}
	return unsupported("If-Match or If-None-Match on %s of %s", rq.Method, rq.resource)
}

// onRow refuses a change of a row that is not what the client thinks it is.
func (c conditions) onRow(t *table, r *row) error {
	switch {
	case c.noneMatch != "":
		return unsupported("If-None-Match: %s on a change", c.noneMatch)
	case c.match == "" || c.match == "*":
		return nil
	case t.pessimistic:
		return badRequest(codeNoConcurrency, "Optimistic concurrency isn't enabled for entity type %s.", t.name)
	case c.match != etag(r):
		return fail(http.StatusPreconditionFailed, codeVersionMismatch,
			"The version of the existing record doesn't match the RowVersion property provided.")
	}
	return nil
}

// onUpsert is the matrix of PATCH, in the order of Microsoft's page.
func (c conditions) onUpsert(t *table, a address) error {
	switch {
	case c.noneMatch == "*" && a.row != nil:
		return fail(http.StatusPreconditionFailed, "", "A record with matching key values already exists.")
	case c.noneMatch == "*":
		return nil
	case c.match != "" && a.row == nil:
		return a.missing(t)
	}
	return c.onRow(t, a.row)
}

// unchanged says whether a read is answered 304: only when nothing beside the row itself could have changed.
func (c conditions) unchanged(rq *request, t *table, r *row, sel selection) (bool, error) {
	switch {
	case c.match != "":
		return false, unsupported("If-Match on GET")
	case c.noneMatch == "*":
		return false, unsupported("If-None-Match: * on GET")
	}
	return c.noneMatch == etag(r) && !t.pessimistic && len(sel.expands) == 0 && rq.prefer.annotations == nil, nil
}
