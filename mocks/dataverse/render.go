package dataverse

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// view is what rendering needs to know of the request.
type view struct {
	db          *store
	now         time.Time
	user        string
	root        string // service root, with the slash
	annotations annotations
	base        string // scheme and host
	pageSize    int    // of collections inside collections
}

func (v *view) frame() frame { return frame{db: v.db, now: v.now, user: v.user} }

func etag(r *row) string { return `W/"` + strconv.FormatInt(r.version, 10) + `"` }

// segment is a row's place below the service root.
func (t *table) segment(r *row) *segment {
	arguments := r.id
	if t.elastic && r.partition != r.id {
		arguments = t.key().name + "=" + r.id + ",partitionid='" + strings.ReplaceAll(r.partition, "'", "''") + "'"
	}
	return &segment{name: t.set, arguments: arguments, called: true}
}

// address of a row.
func (v *view) address(t *table, r *row) string {
	place := t.segment(r)
	return v.root + place.name + "(" + place.arguments + ")"
}

// members writes a row's columns and expansions into an object already open.
func (v *view) members(w *jsonWriter, t *table, r *row, sel selection) {
	for i, c := range t.columns {
		// The primary key comes always, whatever was selected.
		if c.absent {
			continue
		}
		if sel.columns == nil || i == 0 || slices.Contains(sel.columns, i) {
			v.column(w, c, r.cells[i])
		}
	}
	for _, e := range sel.expands {
		if e.collection != nil {
			v.expandRows(w, t, r, e)
		} else {
			v.expandRow(w, r, e)
		}
	}
}

// column writes the annotations, then the property.
func (v *view) column(w *jsonWriter, c *column, cell any) {
	if c.secret {
		cell = nil
	}
	property := c.property()
	if target, ok := cell.(ref); ok {
		t, r := v.db.follow(target, v.now)
		if r != nil && t.primaryName != "" {
			if name, ok := r.cells[t.at(t.primaryName)].(string); ok {
				v.annotate(w, property, annotationFormatted, name)
			}
		}
		v.annotate(w, property, annotationNavigation, c.nav(target.table))
		v.annotate(w, property, annotationLookupName, target.table)
	} else if display, ok := c.formatted(cell); ok {
		v.annotate(w, property, annotationFormatted, display)
	}
	w.member(property, c.wire(cell))
}

func (v *view) annotate(w *jsonWriter, property, annotation string, value any) {
	if v.annotations.want(annotation) {
		w.member(property+"@"+annotation, value)
	}
}

// nav is the navigation property that leads to a table.
func (c *column) nav(table string) string {
	for _, t := range c.targets {
		if t.table == table {
			return t.nav
		}
	}
	return c.name
}

// expandRow writes a lookup's row: without an ETag, as newer organisations do, or null. A lookup with several targets
// has a navigation property for each, and all but one of them are null.
func (v *view) expandRow(w *jsonWriter, r *row, e *expansion) {
	t, target := v.db.follow(r.cells[e.lookup], v.now)
	w.name(e.nav)
	if target == nil || !e.anyTarget && t != e.table {
		w.value(nil)
		return
	}
	w.open('{')
	switch {
	case e.reference:
		w.member("@odata.id", v.address(t, target))
	default:
		v.members(w, t, target, e.selection)
		if t.isPrincipal() {
			w.member("ownerid", target.id) // users and teams are principals: they carry their key under both names
		}
	}
	w.close('}')
}

// expandRows writes a collection: rows with ETag and the lookup that leads back, then the collection's own address.
func (v *view) expandRows(w *jsonWriter, t *table, r *row, e *expansion) {
	far, rows := v.db.related(r, *e.collection, v.now)
	rows = e.apply(v.frame(), slices.Values(rows))
	if e.top >= 0 {
		rows = rows[:min(e.top, len(rows))]
	}
	size := maxPage
	if e.paged {
		size = v.pageSize
	}
	page := rows[:min(size, len(rows))]
	sel := e.selection
	if sel.columns != nil && e.collection.far == "" {
		sel.columns = append(slices.Clip(sel.columns), far.at(e.collection.column))
	}
	w.name(e.nav)
	w.open('[')
	for _, row := range page {
		v.row(w, far, row, sel)
	}
	w.close(']')
	link := v.address(t, r) + "/" + e.nav
	switch {
	case e.paged && len(page) < len(rows):
		path, kept := strings.TrimPrefix(link, v.base), e.options.escaped()
		following := cookie{2, len(page), page[len(page)-1].mark(), size, fingerprint(path + "?" + kept)}
		w.member(e.nav+"@odata.nextLink", following.link(link, kept))
	case e.paged:
	case len(e.options) > 0:
		w.member(e.nav+"@odata.nextLink", link+"?"+e.options.escaped())
	default:
		w.member(e.nav+"@odata.nextLink", link)
	}
}

// escaped is the options of an expansion as the query string of the collection's own address.
func (q queryOptions) escaped() string {
	var parts []string
	for _, o := range q {
		parts = append(parts, o.name+"="+strings.ReplaceAll(url.QueryEscape(o.value), "+", "%20"))
	}
	return strings.Join(parts, "&")
}

// row writes a row of a set.
func (v *view) row(w *jsonWriter, t *table, r *row, sel selection) {
	w.open('{')
	w.member("@odata.etag", etag(r))
	v.members(w, t, r, sel)
	w.close('}')
}

// single is the body of one row.
func (v *view) single(t *table, r *row, sel selection) []byte {
	w := &jsonWriter{}
	w.open('{')
	w.member("@odata.context", v.root+"$metadata#"+t.set+sel.context()+"/$entity")
	w.member("@odata.etag", etag(r))
	v.members(w, t, r, sel)
	w.close('}')
	return w.buf
}
