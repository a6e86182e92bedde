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
	Formatted   bool
	Annotations []string // others, such as "*" or "Microsoft.Dynamics.CRM.*"

	// Dropped, when set, allows the query to go on without a column of Select
	// that the organization does not have, and is told which.
	Dropped func(column string)
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
			p, err = c.nextPage(ctx, q, p.NextLink)
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

// firstPage asks until the organization has all the columns that are left.
func (c *Client) firstPage(ctx context.Context, q *Query) (page, error) {
	for {
		r, err := c.queryRequest(*q)
		if err != nil {
			return page{}, err
		}
		p, err := c.page(ctx, r)
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

func (c *Client) queryRequest(q Query) (request, error) {
	address, err := q.url(c.base)
	return c.pageRequest("query "+q.Set, address, q.preferences()), err
}

// pageRequest asks for a page by its address: one that we wrote, or a link.
func (c *Client) pageRequest(operation, address string, prefer []string) request {
	return request{
		operation: operation, method: http.MethodGet, url: strings.ReplaceAll(address, " ", "%20"), repeat: Repeatable,
		header: c.header(prefer...), read: readPage,
	}
}

// nextPage follows a link, which must lead to where we are.
func (c *Client) nextPage(ctx context.Context, q Query, link string) (page, error) {
	r := c.pageRequest("query "+q.Set, link, q.preferences())
	if err := c.checkLink(link); err != nil {
		return page{}, r.invalid(err)
	}
	return c.page(ctx, r)
}

// checkLink refuses a link that would carry the token elsewhere.
func (c *Client) checkLink(link string) error {
	if u, err := url.Parse(link); err != nil || !sameOrigin(u.Scheme, u.Host, c.origin) || u.User != nil {
		return errors.New("the next page is at another address")
	}
	return nil
}

func (c *Client) page(ctx context.Context, r request) (page, error) {
	o, err := c.do(ctx, r)
	if err == nil && o.page.NextLink == r.url {
		return page{}, &unanswered{r.operation, ErrUnavailable, errors.New("the next page is the same page, without end")}
	}
	return o.page, err
}

// page is one answer to a query.
type page struct {
	Value     []Row  `json:"value"`
	NextLink  string `json:"@odata.nextLink"`
	DeltaLink string `json:"@odata.deltaLink"`
}

func readPage(a answer, r *Result) error {
	if err := decodeJSON(a.body, &r.page); err != nil {
		return err
	}
	if r.page.Value == nil {
		return errors.New("no rows, not even none")
	}
	r.Rows, r.More = r.page.Value, r.page.NextLink != ""
	return nil
}

// preferences must be the same for every page.
func (q Query) preferences() []string {
	var prefer []string
	if q.PageSize > 0 && q.Top == 0 {
		prefer = append(prefer, "odata.maxpagesize="+strconv.Itoa(q.PageSize))
	}
	return append(prefer, annotations(q.Formatted, q.Annotations)...)
}

// Count is how many rows the filter lets through; Dataverse counts to 5,000.
func (c *Client) Count(ctx context.Context, set string, filter Filter) (int, error) {
	if filter.err != nil {
		return 0, fmt.Errorf("count %s: %w: %w", set, ErrInvalid, filter.err)
	}
	var o urlOptions
	o.add("$filter", filter.text)
	return c.count(ctx, set, o.String())
}

func (c *Client) count(ctx context.Context, set, options string) (int, error) {
	count := 0
	r := request{
		operation: "count " + set, method: http.MethodGet, url: c.base + set + "/$count" + options, header: c.header(), repeat: Repeatable,
		read: func(a answer, _ *Result) (err error) {
			count, err = strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(string(a.body), "\uFEFF")))
			return err
		},
	}
	r.header.Set("Accept", "text/plain, application/json") // it is a bare number; a refusal is JSON
	if !setPattern.MatchString(set) {
		return 0, r.invalid(errors.New("not an entity set"))
	}
	_, err := c.do(ctx, r)
	return count, err
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
	if err := errors.Join(checkColumns(q.Select), checkOrder(q.OrderBy), checkAnnotations(q.Annotations)); err != nil {
		return fail(err.Error())
	}
	o.add("$select", strings.Join(q.Select, ","))
	o.add("$filter", q.Filter.text)
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

func checkOrder(orders []string) error {
	for _, order := range orders {
		if !orderPattern.MatchString(order) {
			return fmt.Errorf("%q is not an order", order)
		}
	}
	return nil
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
	o.b.WriteString(name + "=" + escape(value))
}

// escape leaves nothing that means something in a URL.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

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
