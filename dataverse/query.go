package dataverse

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Query asks for the rows of a table.
type Query struct {
	Set     string   // the entity set: "contacts"
	Select  []string // columns; none means all
	Filter  Filter
	OrderBy []string // "createdon", "createdon desc"
	Top     int      // at most so many rows; 0 = all
	Expand  []Expand

	// PageSize is how many rows to ask for at once; 0 leaves it to Dataverse
	// (5,000). Not sent with Top, which Dataverse would then ignore.
	PageSize int

	// Formatted asks for what the portal shows; see [Row.Formatted].
	Formatted bool

	// Dropped, when set, allows the query to go on without a column of Select
	// that the organization does not have, and is told which.
	Dropped func(column string)
}

// Expand asks for the columns of rows that the found ones point to.
type Expand struct {
	Navigation string
	Select     []string
}

// Query gives the rows, page by page as they are taken. After an error there are
// no more.
func (c *Client) Query(ctx context.Context, q Query) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		q.Select = slices.Clone(q.Select)
		count := 0
		p, err := c.firstPage(ctx, &q)
		for number := 1; ; number++ {
			if err != nil {
				yield(nil, pageError(number, err))
				return
			}
			for _, row := range p.Value {
				if !yield(row, nil) {
					return
				}
				if count++; count == q.Top {
					return
				}
			}
			if p.NextLink == "" {
				return
			}
			p, err = c.page(ctx, q, p.NextLink)
		}
	}
}

// All gives all rows at once.
func (c *Client) All(ctx context.Context, q Query) ([]Row, error) {
	var rows []Row
	for row, err := range c.Query(ctx, q) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func pageError(number int, err error) error {
	if number == 1 {
		return err
	}
	return fmt.Errorf("page %d: %w", number, err)
}

type page struct {
	Value    []Row  `json:"value"`
	NextLink string `json:"@odata.nextLink"`
}

// firstPage asks until the organization has all the columns that are left.
func (c *Client) firstPage(ctx context.Context, q *Query) (page, error) {
	for {
		address, err := q.url(c.base)
		if err != nil {
			return page{}, err
		}
		p, err := c.page(ctx, *q, address)
		if err == nil || q.Dropped == nil {
			return p, err
		}
		column, ok := unknownColumn(err, q.Select)
		if !ok || len(q.Select) == 1 {
			return page{}, err
		}
		q.Select = slices.DeleteFunc(q.Select, func(s string) bool { return s == column })
		q.Dropped(column)
	}
}

func (c *Client) page(ctx context.Context, q Query, address string) (page, error) {
	if u, err := url.Parse(address); err != nil || !sameOrigin(u.Scheme, u.Host, c.origin) {
		return page{}, fmt.Errorf("query %s: %w: the next page is at another address", q.Set, ErrInvalid)
	}
	if len(address) > maxURL {
		return page{}, fmt.Errorf("query %s: %w: a URL of %d characters; Dataverse takes %d", q.Set, ErrInvalid, len(address), maxURL)
	}
	var p page
	_, err := c.do(ctx, request{
		operation: "query " + q.Set, method: http.MethodGet, url: address, repeat: Repeatable,
		header: header(q.preferences()...),
		decode: func(body []byte) error {
			p = page{}
			return decodeJSON(body, &p)
		},
	})
	return p, err
}

// maxURL is the documented limit.
const maxURL = 32768

// preferences must be the same for every page.
func (q Query) preferences() []string {
	var prefer []string
	if q.PageSize > 0 && q.Top == 0 {
		prefer = append(prefer, "odata.maxpagesize="+strconv.Itoa(q.PageSize))
	}
	if q.Formatted {
		prefer = append(prefer, `odata.include-annotations="`+formattedValue+`"`)
	}
	return prefer
}

// url writes the query. All mistakes of its parts come out here.
func (q Query) url(base string) (string, error) {
	fail := func(reason string) (string, error) {
		return "", fmt.Errorf("query %s: %w: %s", q.Set, ErrInvalid, reason)
	}
	if !setPattern.MatchString(q.Set) {
		return "", fmt.Errorf("query: %w: %q is not an entity set", ErrInvalid, q.Set)
	}
	if q.Filter.err != nil {
		return fail(q.Filter.err.Error())
	}
	var o urlOptions
	if err := checkColumns(q.Select); err != nil {
		return fail(err.Error())
	}
	o.add("$select", strings.Join(q.Select, ","))
	o.add("$filter", q.Filter.text)
	for _, order := range q.OrderBy {
		if !orderPattern.MatchString(order) {
			return fail(fmt.Sprintf("%q is not an order", order))
		}
	}
	o.add("$orderby", strings.Join(q.OrderBy, ","))
	expand, err := expansions(q.Expand)
	if err != nil {
		return fail(err.Error())
	}
	o.add("$expand", expand)
	if q.Top > 0 {
		o.add("$top", strconv.Itoa(q.Top))
	}
	return base + q.Set + o.String(), nil
}

var (
	setPattern   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	orderPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_/]*( asc| desc)?$`)
)

func checkColumns(columns []string) error {
	for _, column := range columns {
		if !columnPattern.MatchString(column) {
			return fmt.Errorf("%q is not a column", column)
		}
	}
	return nil
}

func expansions(all []Expand) (string, error) {
	parts := make([]string, len(all))
	for i, e := range all {
		if !columnPattern.MatchString(e.Navigation) || len(e.Select) == 0 {
			return "", errors.New("an Expand needs a navigation and columns")
		}
		if err := checkColumns(e.Select); err != nil {
			return "", err
		}
		parts[i] = e.Navigation + "($select=" + strings.Join(e.Select, ",") + ")"
	}
	return strings.Join(parts, ","), nil
}

// urlOptions writes query options. A space becomes %20 and a plus %2B: a plus in
// the query string is a space, which would make nonsense of a telephone number.
type urlOptions struct{ b strings.Builder }

func (o *urlOptions) add(name, value string) {
	if value == "" {
		return
	}
	if o.b.Len() == 0 {
		o.b.WriteByte('?')
	} else {
		o.b.WriteByte('&')
	}
	o.b.WriteString(name + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20"))
}

func (o *urlOptions) String() string { return o.b.String() }

// unknownColumnPattern reads the two texts in which Dataverse names a column
// that it does not have. Their code is 0x0, so there is nothing better to read.
var unknownColumnPattern = regexp.MustCompile(`(?:Could not find a property named|Invalid property) '([^']+)'`)

func unknownColumn(err error, columns []string) (string, bool) {
	refused, ok := errors.AsType[*Error](err)
	if !ok || refused.Status != http.StatusBadRequest {
		return "", false
	}
	found := unknownColumnPattern.FindStringSubmatch(refused.Message)
	if found == nil {
		return "", false
	}
	for _, name := range []string{found[1], LookupColumn(found[1])} {
		if slices.Contains(columns, name) {
			return name, true
		}
	}
	return "", false
}

// header has what Microsoft asks of every request.
func header(prefer ...string) http.Header {
	h := http.Header{
		"Accept":           {"application/json"},
		"Odata-Version":    {"4.0"},
		"Odata-Maxversion": {"4.0"},
		"User-Agent":       {"directcallback"},
	}
	if len(prefer) > 0 {
		h.Set("Prefer", strings.Join(prefer, ","))
	}
	return h
}
