package dataverse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// maxOperations is what Dataverse takes in one batch.
const maxOperations = 1000

// Batch is several operations in one request, carried out in order. Dataverse
// stops at the first that fails, unless ContinueOnError; what was done before it
// stays done. What must be done whole or not at all goes into a [ChangeSet].
//
// Mistakes in operations are kept and come out of [Batch.Send], which then sends
// nothing. It is for one goroutine, and is sent once.
type Batch struct {
	ContinueOnError bool

	client   *Client
	parts    []part
	enclosed bool // one request of somebody else, to keep its URL in a body
	sets     int  // change sets so far
	err      error
}

// part is an operation and the change set that it is in, 0 for none.
type part struct {
	request
	set int

	// Of a create: where, what, and the id that the row gets.
	table  string
	values Row
	id     string
}

// Batch starts one. It is of the same client: [Client.As] counts for its operations.
func (c *Client) Batch() *Batch { return &Batch{client: c} }

// ChangeSet is a part of a batch that is carried out whole or not at all, except
// for elastic tables, which have no transactions.
type ChangeSet struct {
	batch  *Batch
	number int
}

// ChangeSet starts one. Its operations stand where its first one stands.
func (b *Batch) ChangeSet() *ChangeSet {
	b.sets++
	return &ChangeSet{batch: b, number: b.sets}
}

// Len is how many operations there are.
func (b *Batch) Len() int { return len(b.parts) }

func (b *Batch) add(r request, set int, err error) Op {
	op := Op(len(b.parts))
	if err == nil {
		err = b.checkReferences(op, r, set)
	}
	if err == nil && set > 0 && op > 0 && b.closed(set) {
		err = r.invalid(errors.New("the operations of a change set must follow one another"))
	}
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("operation %d: %w", int(op)+1, err)
	}
	b.parts = append(b.parts, part{request: r, set: set})
	return op
}

// closed tells whether something else was added after the set's last operation.
func (b *Batch) closed(set int) bool {
	if b.parts[len(b.parts)-1].set == set {
		return false
	}
	for _, p := range b.parts {
		if p.set == set {
			return true
		}
	}
	return false
}

// checkReferences refuses an operation that stands for a row and is of another
// change set, or of none, or comes later.
func (b *Batch) checkReferences(op Op, r request, set int) error {
	named := slices.Clone(r.bound)
	if first, ok := referenced(r.url); ok {
		named = append(named, first)
	}
	for _, n := range named {
		if set == 0 || n >= op || n < 0 || b.parts[n].set != set {
			return r.invalid(errors.New("only an earlier operation of the same change set can stand for a row"))
		}
	}
	return nil
}

// Get reads one row; see [Client.Get].
func (b *Batch) Get(set string, key Key, options *GetOptions) Op {
	r, err := b.client.getRequest(set, key, options)
	return b.add(r, 0, err)
}

// Query reads the first page of a query; [Result.More] tells of others. Columns
// are not dropped.
func (b *Batch) Query(q Query) Op {
	r, err := b.client.queryRequest(q)
	return b.add(r, 0, err)
}

// Function calls an unbound function; see [Client.Function].
func (b *Batch) Function(name string, parameters map[string]any) Op {
	r, err := b.client.functionRequest(nil, name, parameters)
	return b.add(r, 0, err)
}

// Create makes a row; see [Client.Create].
func (b *Batch) Create(set, idColumn string, values Row, options *WriteOptions) Op {
	return b.create(0, set, idColumn, values, options)
}

// Update changes a row; see [Client.Update].
func (b *Batch) Update(set string, key Key, values Row, options *WriteOptions) Op {
	r, err := b.client.updateRequest(set, key, values, options)
	return b.add(r, 0, err)
}

// Upsert changes or makes a row; see [Client.Upsert].
func (b *Batch) Upsert(set string, key Key, values Row, options *WriteOptions) Op {
	r, err := b.client.upsertRequest(set, key, values, options)
	return b.add(r, 0, err)
}

// Delete removes a row; see [Client.Delete].
func (b *Batch) Delete(set string, key Key, options *WriteOptions) Op {
	r, err := b.client.deleteRequest(set, key, options)
	return b.add(r, 0, err)
}

// Action calls an action; see [Client.Action].
func (b *Batch) Action(name string, body any, repeat Repeat) Op {
	r, err := b.client.actionRequest(nil, name, body, repeat)
	return b.add(r, 0, err)
}

// Create makes a row; see [Client.Create].
func (s *ChangeSet) Create(set, idColumn string, values Row, options *WriteOptions) Op {
	return s.batch.create(s.number, set, idColumn, values, options)
}

// Update changes a row; see [Client.Update].
func (s *ChangeSet) Update(set string, key Key, values Row, options *WriteOptions) Op {
	r, err := s.batch.client.updateRequest(set, key, values, options)
	return s.batch.add(r, s.number, err)
}

// Upsert changes or makes a row; see [Client.Upsert].
func (s *ChangeSet) Upsert(set string, key Key, values Row, options *WriteOptions) Op {
	r, err := s.batch.client.upsertRequest(set, key, values, options)
	return s.batch.add(r, s.number, err)
}

// Delete removes a row; see [Client.Delete].
func (s *ChangeSet) Delete(set string, key Key, options *WriteOptions) Op {
	r, err := s.batch.client.deleteRequest(set, key, options)
	return s.batch.add(r, s.number, err)
}

// Action calls an action; see [Client.Action].
func (s *ChangeSet) Action(name string, body any, repeat Repeat) Op {
	r, err := s.batch.client.actionRequest(nil, name, body, repeat)
	return s.batch.add(r, s.number, err)
}

// Associate adds a row to a collection of another; see [Client.Associate].
func (s *ChangeSet) Associate(set string, key Key, collection string, other Ref) Op {
	r, err := s.batch.client.associateRequest(set, key, collection, other)
	return s.batch.add(r, s.number, err)
}

// SetLookup points a lookup to a row; see [Client.SetLookup].
func (s *ChangeSet) SetLookup(set string, key Key, navigation string, other Ref) Op {
	r, err := s.batch.client.setLookupRequest(set, key, navigation, other)
	return s.batch.add(r, s.number, err)
}

func (b *Batch) create(number int, set, idColumn string, values Row, options *WriteOptions) Op {
	r, values, id, err := b.client.createRequest(set, idColumn, values, options)
	op := b.add(r, number, err)
	p := &b.parts[op]
	p.table, p.values, p.id = set, values, id
	return op
}

// Results has one [Result] an operation: results[op].
type Results []Result

// Err is the first error of all operations, before that of those that were
// skipped because of it.
func (r Results) Err() error {
	var skipped error
	for i := range r {
		switch err := r[i].Err; {
		case err == nil:
		case !errors.Is(err, ErrSkipped):
			return fmt.Errorf("operation %d: %w", i+1, err)
		case skipped == nil:
			skipped = fmt.Errorf("operation %d: %w", i+1, err)
		}
	}
	return skipped
}

// Send carries the batch out. The error is that of the whole; each operation has
// its own in its [Result], see [Results.Err].
//
// What is repeated goes by the least repeatable operation: with one [Once] in it
// the batch is sent again only when nothing of it was carried out, and so is one
// that would stop at an operation which is done already. When an earlier attempt
// may have been carried out, errors of writes match [ErrAmbiguous] too. An
// operation that any attempt carried out is done, whatever a repeat said of it.
func (b *Batch) Send(ctx context.Context) (Results, error) {
	operation := "batch of " + strconv.Itoa(len(b.parts))
	switch {
	case b.err != nil:
		return nil, fmt.Errorf("%s: %w", operation, b.err)
	case len(b.parts) == 0:
		return nil, fmt.Errorf("%s: %w: no operations", operation, ErrInvalid)
	case len(b.parts) > maxOperations:
		return nil, fmt.Errorf("%s: %w: Dataverse takes %d operations; send several batches", operation, ErrInvalid, maxOperations)
	}
	r, err := b.request(operation)
	if err != nil {
		return nil, err
	}
	c := *b.client
	c.private = false // it is a body already
	o, err := c.do(ctx, r)
	if err != nil && len(o.carried) == 0 {
		return nil, err
	}
	if err != nil {
		return b.unfinished(o.carried, err), nil
	}
	b.finish(ctx, o)
	return o.results, nil
}

// unfinished is a batch that was carried out in part and whose repeat brought
// nothing.
func (b *Batch) unfinished(carried map[int]Result, err error) Results {
	results := make(Results, len(b.parts))
	for i := range results {
		result, known := carried[i]
		if !known {
			result = Result{Err: fmt.Errorf("%s: %w", b.parts[i].operation, err)}
		} else if b.parts[i].id != "" {
			result.ID = b.parts[i].id
		}
		results[i] = result
	}
	return results
}

// request is the batch as one.
func (b *Batch) request(operation string) (request, error) {
	r := request{
		operation: operation, method: http.MethodPost, url: b.client.base + "$batch", header: b.client.header(),
		repeat: Repeatable, reads: true, batch: b,
	}
	for _, p := range b.parts {
		r.repeat = min(r.repeat, p.repeat)
		r.custom = r.custom || p.custom
		r.reads = r.reads && !p.writes()
		if len(p.url) > maxBatchURL {
			return r, p.invalid(fmt.Errorf("a URL of %d characters; Dataverse takes %d", len(p.url), maxBatchURL))
		}
	}
	r.header.Del(callerHeader) // each operation says it for itself
	if b.ContinueOnError {
		r.header.Set("Prefer", "odata.continue-on-error")
	}
	body, boundary := b.encode()
	r.body = body
	r.header.Set("Content-Type", `multipart/mixed; boundary="`+boundary+`"`)
	return r, nil
}

// finish says of each operation what it is known by, and of each that failed
// whether it may have been carried out all the same.
func (b *Batch) finish(ctx context.Context, o outcome) {
	for i := range o.results {
		result, p := &o.results[i], &b.parts[i]
		if result.Err != nil && o.doubt && p.writes() {
			*result = Result{Err: b.reconsider(ctx, p, result.Err)}
		}
		if result.Err == nil && p.id != "" {
			result.ID = p.id
		}
	}
}

// reconsider looks at the refusal of an operation that an earlier attempt may
// have carried out. In a change set only the whole could tell.
func (b *Batch) reconsider(ctx context.Context, p *part, err error) error {
	alone := p.set == 0
	switch {
	case alone && p.method == http.MethodDelete && errors.Is(err, ErrNotFound):
		return nil
	case alone && p.id != "" && errors.Is(err, ErrDuplicate):
		if err = b.client.readBack(ctx, p.table, GUID(p.id), p.values, incomparable, err); err == nil {
			return nil
		}
	}
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.ambiguous = true
		return err
	}
	return fmt.Errorf("%w: %w", ErrAmbiguous, err)
}

// enclose puts one request into a batch of its own, so that its URL is in a body.
// A POST names a table or an action only.
func (c *Client) enclose(r request) (request, error) {
	if r.method == http.MethodPost {
		return r, nil
	}
	b := c.Batch()
	b.enclosed, b.parts = true, []part{{request: r}}
	return b.request(r.operation)
}
