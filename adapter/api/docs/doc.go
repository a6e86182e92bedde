// Package docs makes a page for people of an OpenAPI document, once, at the start: its
// operations by their tags with curl lines and examples, its schemas as tables, and the
// problems that it answers with. The page has no script and asks no other host for
// anything. The same document as JSON is made here too.
//
// It knows as much of OpenAPI 3.1 as our own document uses, and refuses what it would
// show wrongly: a reference that leads nowhere is an error at the start.
//
//	pages, err := docs.New(yaml)
//	mux.Handle("GET /docs", pages.Reference)
//	mux.Handle("GET /openapi.json", pages.JSON)
package docs
