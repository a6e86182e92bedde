package postgres

import (
	"fmt"
	"strings"
)

// table is how many rows are put into one at once: a statement of an array for each
// column.
type table struct{ name, columns, conflict string } // what is done on a conflict; "" is an error

// rows are put into a table by one statement. Of two with the same key, but for "",
// the later one counts.
type rows struct {
	values [][]any
	at     map[string]int
}

// put puts a row off, together with others of its table: a statement costs more than
// most rows. What else is done to the table meanwhile must call [Tx.settle] before.
func (tx *Tx) put(into table, key string, values ...any) error {
	if tx.err != nil {
		return tx.err
	}
	tx.writes = true
	i, open := tx.bulks[into]
	if !open {
		i = len(tx.waiting)
		tx.waiting = append(tx.waiting, statement{text: into.insert(values), rows: &rows{at: map[string]int{}}})
		if tx.bulks == nil {
			tx.bulks = map[table]int{}
		}
		tx.bulks[into] = i
	}
	tx.waiting[i].rows.put(key, values)
	return nil
}

// settle lets no more rows join those that are put off: what comes now comes after.
func (tx *Tx) settle() { tx.bulks = nil }

func (r *rows) put(key string, values []any) {
	if i, is := r.at[key]; is && key != "" {
		r.values[i] = values
		return
	}
	r.at[key] = len(r.values)
	r.values = append(r.values, values)
}

func (t table) insert(values []any) string {
	arrays := make([]string, len(values))
	for i, value := range values {
		arrays[i] = fmt.Sprintf("$%d::%s[]", i+1, typeOf(value))
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM unnest(%s)", t.name, t.columns, strings.Join(arrays, ", "))
	if t.conflict == "" {
		return text
	}
	return text + " ON CONFLICT " + t.conflict
}

func typeOf(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "boolean"
	case []byte:
		return "bytea"
	default:
		return "bigint"
	}
}

// columns are the values column by column, as arrays.
func (r *rows) columns() []any {
	columns := make([]any, len(r.values[0]))
	for c, value := range r.values[0] {
		switch value.(type) {
		case string:
			columns[c] = column(r.values, c, func(v any) string { return picture(v.(string)) })
		case bool:
			columns[c] = column(r.values, c, func(v any) bool { return v.(bool) })
		case []byte:
			columns[c] = column(r.values, c, func(v any) []byte { return v.([]byte) })
		case int:
			columns[c] = column(r.values, c, func(v any) int64 { return int64(v.(int)) })
		default:
			columns[c] = column(r.values, c, func(v any) int64 { return v.(int64) })
		}
	}
	return columns
}

func column[T any](rows [][]any, c int, of func(any) T) []T {
	values := make([]T, len(rows))
	for i, row := range rows {
		values[i] = of(row[c])
	}
	return values
}
