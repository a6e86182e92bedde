package api

import (
	_ "embed"
	"net/http"

	"directcallback/adapter/api/docs"
	"directcallback/adapter/api/page"
	"directcallback/adapter/api/widget"
)

// openAPI is the contract.
//
//go:embed openapi.yaml
var openAPI []byte

// pages are what browsers are served besides the API, by path. They are the same for
// everybody, and for GET alone.
func (a *api) pages() map[string]handler {
	pages := map[string]handler{
		"/widget.js":          fixed(widget.Script()),
		"/openapi.json":       a.document(func(p docs.Pages) page.Page { return p.JSON }),
		"/docs":               a.document(func(p docs.Pages) page.Page { return p.Reference }),
		"/docs/reference.css": a.document(func(p docs.Pages) page.Page { return p.Style }),
	}
	for path, demo := range a.o.Demo {
		pages[path] = fixed(demo)
	}
	return pages
}

func fixed(page http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		page.ServeHTTP(w, r)
		return nil
	}
}

// document serves what is made of the contract.
func (a *api) document(which func(docs.Pages) page.Page) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		pages, err := a.docs()
		if err != nil {
			return err
		}
		which(pages).ServeHTTP(w, r)
		return nil
	}
}
