package dataverse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Tracked is a table whose changes are followed: these columns of all its rows.
// Dataverse filters, sorts and expands nothing here. The table needs change
// tracking ([Table.ChangeTracking]), the application organization-wide read.
type Tracked struct {
	Set       string
	Select    []string // none means all
	PageSize  int      // see [Query.PageSize]
	Formatted bool     // see [Row.Formatted]
}

// DeltaToken is a point in a table's history: text that can be stored. Dataverse
// keeps a week of history unless an admin said otherwise.
type DeltaToken string

// Change is [Upserted] or [Deleted].
type Change interface{ change() }

// Upserted is a row that is new or changed, with all its selected columns. The
// same row may come more than once; the last one counts.
type Upserted struct{ Row Row }

// Deleted is a row that is gone. It may be one that was never seen.
type Deleted struct{ ID string }

func (Upserted) change() {}
func (Deleted) change()  {}

// Delta reads what changed since a token, once.
type Delta struct {
	client  *Client
	tracked Tracked
	since   DeltaToken
	token   DeltaToken
}

// Delta starts reading what changed since then; since the empty token, all rows.
//
// An error that matches [ErrDeltaExpired] means: start again with the empty
// token, and forget what does not come. It is what becomes of a token that is too
// old, of another organization or of other columns.
func (c *Client) Delta(tracked Tracked, since DeltaToken) *Delta {
	tracked.Select = slices.Clone(tracked.Select)
	return &Delta{client: c, tracked: tracked, since: since}
}

// Token is where the next Delta starts. It is empty until [Delta.Changes] has
// come to its end without an error: who stores it has seen everything before it.
func (d *Delta) Token() DeltaToken { return d.token }

// Changes gives what changed, page by page as it is taken: first the upserts,
// then the deletes. After an error there is no more.
func (d *Delta) Changes(ctx context.Context) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		d.token = ""
		link, err := d.start()
		for number := 1; ; number++ {
			var p page
			if err == nil {
				p, err = d.page(ctx, link, number)
			}
			if err != nil {
				yield(nil, pageError(number, err))
				return
			}
			for _, row := range p.Value {
				change, err := readChange(row)
				if err != nil {
					yield(nil, pageError(number, d.wrap(err)))
					return
				}
				if !yield(change, nil) {
					return
				}
			}
			switch {
			case p.NextLink != "":
				link = p.NextLink
			case p.DeltaLink == "":
				yield(nil, d.wrap(fmt.Errorf("%w: the answer has no delta link", ErrNotTracked)))
				return
			default:
				d.token = d.write(p.DeltaLink)
				return
			}
		}
	}
}

func (d *Delta) wrap(err error) error { return fmt.Errorf("changes of %s: %w", d.tracked.Set, err) }

// start is the address of the first page.
func (d *Delta) start() (string, error) {
	address, err := d.query().url(d.client.base)
	if err != nil || d.since == "" {
		return address, err
	}
	print, link, found := strings.Cut(string(d.since), " ")
	if !found || print != d.fingerprint() || d.client.checkLink(link) != nil {
		return "", d.wrap(fmt.Errorf("%w: the token is not of this organization, table and columns", ErrDeltaExpired))
	}
	return link, nil
}

func (d *Delta) query() Query {
	t := d.tracked
	return Query{Set: t.Set, Select: t.Select, PageSize: t.PageSize, Formatted: t.Formatted}
}

// fingerprint is what a token is good for, so that a program which asks for other
// columns than its predecessor does not go on with the old ones.
func (d *Delta) fingerprint() string {
	address, _ := d.query().url(d.client.base) // start has looked at the error
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %t", address, d.tracked.Formatted))
	return hex.EncodeToString(sum[:8])
}

func (d *Delta) write(link string) DeltaToken {
	return DeltaToken(d.fingerprint() + " " + strings.ReplaceAll(link, " ", "%20"))
}

// page reads one. Any refusal of a delta link that is not about the application
// means that the link is of no use any more.
func (d *Delta) page(ctx context.Context, link string, number int) (page, error) {
	prefer := d.query().preferences()
	if d.since == "" && number == 1 {
		prefer = append(prefer, "odata.track-changes")
	}
	r := d.client.pageRequest("changes of "+d.tracked.Set, link, prefer)
	if err := d.client.checkLink(link); err != nil {
		return page{}, r.invalid(err)
	}
	p, err := d.client.page(ctx, r)
	if d.since != "" && useless(err) {
		return page{}, fmt.Errorf("%w: %w", ErrDeltaExpired, err)
	}
	return p, err
}

func useless(err error) bool {
	refused, ok := errors.AsType[*Error](err)
	if !ok || errors.Is(err, ErrNotTracked) {
		return false
	}
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false
	}
	return refused.Status >= 400 && refused.Status < 500
}

// readChange tells a deleted row by its context; its other fields could be columns.
func readChange(row Row) (Change, error) {
	context, _ := row["@odata.context"].(string)
	if !strings.HasSuffix(context, "/$deletedEntity") {
		return Upserted{row}, nil
	}
	id, err := row.ID("id")
	if err == nil && id == "" {
		err = &ColumnError{"id", "a GUID"}
	}
	return Deleted{id}, err
}

// CountChanges is how many changes a [Delta] since the token would give.
func (c *Client) CountChanges(ctx context.Context, tracked Tracked, since DeltaToken) (int, error) {
	d := c.Delta(tracked, since)
	link, err := d.start()
	if err != nil {
		return 0, err
	}
	_, query, _ := strings.Cut(link, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err == nil && name == "$deltatoken" {
			return c.count(ctx, tracked.Set, "?"+pair)
		}
	}
	return 0, d.wrap(fmt.Errorf("%w: a token without a $deltatoken", ErrDeltaExpired))
}
