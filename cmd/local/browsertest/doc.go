// Package browsertest walks through the pages that cmd/local serves, with Debian's
// Chromium: the widget on the demo page by keyboard alone, what it says when things go
// wrong, how all of it looks, and what axe-core finds in it.
//
// It has tests only. They want chromium on the path and axe-core beside them:
//
//	apt-get install chromium && npm ci --prefix cmd/local/browsertest
//	go test ./cmd/local/browsertest -artifacts -outputdir /tmp/shots
//
// With -artifacts the screenshots are kept. Without Chromium or axe-core the tests say
// so and are skipped; with CI_REQUIRE_BROWSER set they fail.
package browsertest
