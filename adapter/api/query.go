package api

import (
	"net/http"
	"net/url"
	"slices"
)

// parameter is one row of the table of what a query may hold.
type parameter[T any] struct {
	name    string
	repeats bool
	read    func(*T, string) error // its error text is for the client and quotes nothing
}

// readQuery reads a query by its table, and refuses what is not in it: a filter with a
// mistake in its name would answer with everything. All errors are told at once.
func readQuery[T any](r *http.Request, into *T, table []parameter[T]) error {
	sent, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return invalid(fieldErrors{{Field: "", Message: "the query cannot be read: encode its values as a form does"}})
	}
	var errs fieldErrors
	for _, p := range table {
		values := sent[p.name]
		delete(sent, p.name)
		if len(values) > 1 && !p.repeats {
			errs = errs.note(p.name, "must be given once")
			continue
		}
		for _, value := range values {
			errs = errs.add(p.name, p.read(into, value))
		}
	}
	unknown := make([]string, 0, len(sent))
	for name := range sent {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		errs = errs.note(name, "is not known here")
	}
	if len(errs) > 0 {
		return invalid(errs)
	}
	return nil
}

// noQuery refuses every parameter.
func noQuery(r *http.Request) error { return readQuery[struct{}](r, nil, nil) }
