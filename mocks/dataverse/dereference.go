package dataverse

import "strings"

// dereference replaces $n in front of a path by the address of the row that the part with that Content-ID wrote.
func (rq *request) dereference(segments []segment) error {
	if len(segments) == 0 || rq.created == nil {
		return nil
	}
	id, ok := strings.CutPrefix(segments[0].name, "$")
	if !ok || segments[0].called {
		return nil
	}
	written, ok := rq.created[id]
	if !ok {
		return badRequest(codeNone, "Content-ID Reference: '$%s' does not exist in the batch context.", id)
	}
	segments[0] = written
	return nil
}
