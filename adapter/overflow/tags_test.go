package overflow_test

import (
	"strings"
	"testing"

	"directcallback/adapter/overflow"
)

// FuzzTags holds the reader of our own against encoding/xml: what it reads at all
// is the same tree, down to the places of the elements.
func FuzzTags(f *testing.F) {
	for _, seed := range xmlSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, definition string) {
		if _, problem := overflow.ReadTwice(definition); problem != "" {
			t.Error(problem)
		}
	})
}

func xmlSeeds() []string {
	return []string{
		decision(rule(1, callback, and(notNull(hours), condition(hours, "==", "false"))), rule(2, toQueue, atLeast(size, "5"))),
		strings.ReplaceAll(decision(rule(1, callback, condition(size, "&lt;", "5"))), "\n", "\r\n"), "<a b = 'c'/>", "<a b='c' d=\"e'\"/>", "<a b=c/>", "<a b='<'/>",
		"<a>x<b/>y</a>", "<a> x &amp; <b/> \n</a>", "<a>]]></a>", "<a>\u00a0</a>", "<a></a><b/>", " <a/> ", "x<a/>", "<a><!-- c --></a>", "<a:b xmlns:a='c'/>", "<a></b>",
		"<a\n b='c\nd'\t/>", "<a b='1'c='2'/>", "<1/>", "<é/>", "<a/", "<a", "<a b", "<a b='", "</a>", "<a>&lt</a>", "<a>&#65;</a>", "<a>&amp;lt;</a>", "< a/>", "<a>\x01</a>",
		"<a>\v</a>", "<a b='\r\n'/>", "<?xml version='1.0'?><a/>", strings.Repeat("<a>", 64) + strings.Repeat("</a>", 64), strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65),
	}
}

// What the portal writes is read by the reader of our own, or it would be of no use.
func TestRulesetsOfThePortalAreReadByTags(t *testing.T) {
	t.Parallel()
	for _, definition := range []string{xmlSeeds()[0], largest()} {
		if own, problem := overflow.ReadTwice(definition); !own || problem != "" {
			t.Errorf("read by tags: %t %s", own, problem)
		}
	}
}
