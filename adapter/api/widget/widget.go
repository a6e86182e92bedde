// Package widget is <direct-callback>, the custom element with which a web page lets
// its visitors ask for callbacks: one script, widget.js, without a dependency or a
// build step. How a page uses it stands at the script's top.
//
// The script is an ES module for browsers since 2024. It works under a policy of
// script-src, connect-src and nothing else, on pages of other origins too. What it may
// ask of the service is the business of package api, and of the key that the page has.
//
//	mux.Handle("GET /widget.js", widget.Script())
package widget

import (
	_ "embed"

	"directcallback/adapter/api/page"
)

//go:embed widget.js
var script []byte

// Script is the answer to /widget.js. Any page may use it. A browser asks after ten
// minutes whether it changed, and meanwhile uses what it has, for a day at most.
func Script() page.Page {
	return page.New("text/javascript; charset=utf-8", script).
		With("Access-Control-Allow-Origin", "*").
		With("Cross-Origin-Resource-Policy", "cross-origin").
		With("Cache-Control", "public, max-age=600, stale-while-revalidate=86400")
}
