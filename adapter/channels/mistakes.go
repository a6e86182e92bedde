package channels

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Place is a place in the file.
type Place struct {
	Line, Column int    // both from 1
	Path         string // such as queues.3f2b….slots.capacity; empty = the whole file
}

// Mistake is something in the file that cannot be taken as it is.
type Mistake struct {
	Place
	Message string // what is wrong, and what to do
}

// String begins with where it is, as compilers write it.
func (m Mistake) String() string {
	if m.Path == "" {
		return fmt.Sprintf("%d:%d: %s", m.Line, m.Column, m.Message)
	}
	return fmt.Sprintf("%d:%d: %s: %s", m.Line, m.Column, m.Path, m.Message)
}

// Mistakes are all that is wrong with a file, in its order.
type Mistakes []Mistake //nolint:errname // what they are called

// Error has a line for each mistake.
func (all Mistakes) Error() string {
	lines := make([]string, len(all))
	for i, m := range all {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

func (all Mistakes) inOrder() Mistakes {
	slices.SortStableFunc(all, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return all
}
