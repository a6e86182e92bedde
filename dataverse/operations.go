package dataverse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// GetOptions has what a Get may ask for. Nil is every column.
type GetOptions struct {
	Select      []string // columns; none means all
	Expand      []Expand
	Formatted   bool     // what the portal shows; see [Row.Formatted]
	Annotations []string // others, such as "*" or "Microsoft.Dynamics.CRM.*"
	// IfNoneMatch: a row that still has this version is [ErrNotModified]. Dataverse
	// looks at it on tables with optimistic concurrency, and not with Expand or annotations.
	IfNoneMatch ETag
}

// Get reads one row.
func (c *Client) Get(ctx context.Context, set string, key Key, options *GetOptions) (Row, error) {
	r, err := c.getRequest(set, key, options)
	if err != nil {
		return nil, err
	}
	o, err := c.do(ctx, r)
	return o.Row, err
}

func (c *Client) getRequest(set string, key Key, options *GetOptions) (request, error) {
	if options == nil {
		options = new(GetOptions)
	}
	r := request{
		operation: "get " + set, method: http.MethodGet, repeat: Repeatable, read: readRow,
		header: c.header(annotations(options.Formatted, options.Annotations)...),
	}
	expand, err := expansions(options.Expand)
	if err := errors.Join(err, checkColumns(options.Select), checkAnnotations(options.Annotations), options.IfNoneMatch.check()); err != nil {
		return r, r.invalid(err)
	}
	var o urlOptions
	o.add("$select", strings.Join(options.Select, ","))
	o.add("$expand", expand)
	if options.IfNoneMatch != "" {
		r.header.Set("If-None-Match", string(options.IfNoneMatch))
	}
	return r, r.at(c, set, key, o.String())
}

// WriteOptions has what a write may ask for. Nil is nothing of it.
type WriteOptions struct {
	// IfMatch: only this version of the row is written, another one is
	// [ErrPrecondition]. With [ErrAmbiguous] beside it, an answer was lost, and it
	// may have been this write that changed the version: only a mark of your own
	// in the row can tell. [AnyETag] keeps an upsert from making a row: what is
	// not there is [ErrNotFound].
	IfMatch ETag
	// IfNoneMatch can be [AnyETag] only, of an upsert only, and keeps it from
	// changing a row: what is there is [ErrPrecondition].
	IfNoneMatch ETag
	// Return asks for these columns of the row as it is then; "*" is all of them.
	Return []string
	// DetectDuplicates switches on the organization's duplicate detection rules,
	// which are off for the Web API; a duplicate is [ErrDuplicate].
	DetectDuplicates bool
}

// Create makes a row. Its id is what values has in the column idColumn (the
// table's primary key), else a new one; it is ours so that a repeat after a
// lost answer cannot make a second row. A row that was there before is
// [ErrDuplicate].
func (c *Client) Create(ctx context.Context, set, idColumn string, values Row, options *WriteOptions) (Result, error) {
	r, values, id, err := c.createRequest(set, idColumn, values, options)
	if err != nil {
		return Result{}, err
	}
	o, err := c.do(ctx, r)
	if o.doubt && errors.Is(err, ErrDuplicate) {
		err = c.readBack(ctx, set, GUID(id), values, incomparable, err)
	}
	if err != nil {
		return Result{}, err
	}
	o.ID = id
	return o.Result, nil
}

func (c *Client) createRequest(set, idColumn string, values Row, options *WriteOptions) (request, Row, string, error) {
	values = maps.Clone(values)
	if values == nil {
		values = Row{}
	}
	if values[idColumn] == nil {
		values[idColumn] = uuid.NewString()
	}
	r, err := c.write("create", http.MethodPost, set, values, options)
	if err != nil {
		return r, nil, "", err
	}
	id, err := values.ID(idColumn)
	if err != nil || id == "" || !setPattern.MatchString(set) || !namePattern.MatchString(idColumn) {
		return r, nil, "", r.invalid(fmt.Errorf("key %s must be a GUID", idColumn))
	}
	if options != nil && options.IfMatch+options.IfNoneMatch != "" {
		return r, nil, "", r.invalid(errors.New("a create has no condition"))
	}
	r.url = c.base + set + r.url
	return r, values, id, nil
}

// Update changes the columns in values of a row that must be there.
func (c *Client) Update(ctx context.Context, set string, key Key, values Row, options *WriteOptions) (Result, error) {
	r, err := c.updateRequest(set, key, values, options)
	if err != nil {
		return Result{}, err
	}
	return c.patch(ctx, r, set, key, values)
}

func (c *Client) updateRequest(set string, key Key, values Row, options *WriteOptions) (request, error) {
	r, err := c.write("update", http.MethodPatch, set, values, options)
	if err != nil {
		return r, err
	}
	if r.header.Get("If-None-Match") != "" {
		return r, r.invalid(errors.New("an update has no If-None-Match"))
	}
	if r.header.Get("If-Match") == "" {
		r.header.Set("If-Match", string(AnyETag))
	}
	return r, r.at(c, set, key, r.url)
}

// Upsert changes a row or makes it, with this key. Without
// [WriteOptions.Return] the answer does not tell which of the two.
func (c *Client) Upsert(ctx context.Context, set string, key Key, values Row, options *WriteOptions) (Result, error) {
	r, err := c.upsertRequest(set, key, values, options)
	if err != nil {
		return Result{}, err
	}
	return c.patch(ctx, r, set, key, values)
}

func (c *Client) upsertRequest(set string, key Key, values Row, options *WriteOptions) (request, error) {
	r, err := c.write("upsert", http.MethodPatch, set, values, options)
	if err != nil {
		return r, err
	}
	if tag := r.header.Get("If-None-Match"); tag != "" && (tag != string(AnyETag) || r.header.Get("If-Match") != "") {
		return r, r.invalid(errors.New("the only If-None-Match of an upsert is AnyETag, alone"))
	}
	return r, r.at(c, set, key, r.url)
}

// patch sends. A row that is in the way of a repeat may be an earlier attempt's,
// whose answer was lost: the row tells. Of a version that is another by now it
// cannot tell: whoever else read that version may have written the same.
func (c *Client) patch(ctx context.Context, r request, set string, key Key, values Row) (Result, error) {
	o, err := c.do(ctx, r)
	versioned := r.header.Get("If-Match") != "" && r.header.Get("If-Match") != string(AnyETag)
	if o.doubt && !versioned && (errors.Is(err, ErrPrecondition) || errors.Is(err, ErrDuplicate)) {
		err = c.readBack(ctx, set, key, values, same, err)
	}
	if err != nil {
		return Result{}, err
	}
	return o.Result, nil
}

// write is what creates, updates and upserts have in common. The URL is that of
// the options alone.
func (c *Client) write(verb, method, set string, values Row, options *WriteOptions) (request, error) {
	if options == nil {
		options = new(WriteOptions)
	}
	var prefer []string
	if options.Return != nil {
		prefer = []string{"return=representation"}
	}
	r := request{
		operation: verb + " " + set, method: method, header: c.header(prefer...), repeat: Repeatable, read: readWritten,
	}
	if err := errors.Join(options.IfMatch.check(), options.IfNoneMatch.check()); err != nil {
		return r, r.invalid(err)
	}
	if len(options.Return) > 0 && (len(options.Return) != 1 || options.Return[0] != "*") {
		if err := checkColumns(options.Return); err != nil {
			return r, r.invalid(err)
		}
		var o urlOptions
		o.add("$select", strings.Join(options.Return, ","))
		r.url = o.String()
	}
	for name, value := range map[string]ETag{"If-Match": options.IfMatch, "If-None-Match": options.IfNoneMatch} {
		if value != "" {
			r.header.Set(name, string(value))
		}
	}
	for _, value := range values {
		if op, inside := value.(Op); inside {
			r.bound = append(r.bound, op)
		}
	}
	if options.DetectDuplicates {
		r.header.Set("MSCRM.SuppressDuplicateDetection", "false")
	}
	return r, r.withJSON(map[string]any(values))
}

// Delete removes a row. One that was not there is [ErrNotFound], except on a
// repeat, when it was this request's earlier attempt that removed it. Of the
// options only IfMatch counts.
func (c *Client) Delete(ctx context.Context, set string, key Key, options *WriteOptions) error {
	r, err := c.deleteRequest(set, key, options)
	if err != nil {
		return err
	}
	o, err := c.do(ctx, r)
	switch {
	case !o.doubt:
	case errors.Is(err, ErrNotFound):
		return nil
	case errors.Is(err, ErrPrecondition): // some answer so for a row that is gone
		if _, there := c.Get(ctx, set, key, nil); errors.Is(there, ErrNotFound) {
			return nil
		}
	}
	return err
}

func (c *Client) deleteRequest(set string, key Key, options *WriteOptions) (request, error) {
	r := request{operation: "delete " + set, method: http.MethodDelete, header: c.header(), repeat: Repeatable, read: readDone}
	if options != nil {
		if err := options.IfMatch.check(); err != nil {
			return r, r.invalid(err)
		}
		if options.IfNoneMatch != "" || options.Return != nil || options.DetectDuplicates {
			return r, r.invalid(errors.New("a delete has no option but IfMatch"))
		}
		if options.IfMatch != "" {
			r.header.Set("If-Match", string(options.IfMatch))
		}
	}
	return r, r.at(c, set, key, "")
}
