package overflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
)

// checkDisabled notes the ids that disable nothing.
func (b *builder) checkDisabled() {
	for _, id := range b.disabled {
		if !slices.ContainsFunc(b.program.rules, func(r rule) bool { return r.id == id }) {
			b.note("unknown.disabledrule", fmt.Sprintf("the disabled rule %q is not one of its rules", id), "Nothing is disabled by it.")
		}
	}
}

// readDisabled reads msdyn_disabledrules: a JSON array, or ids separated by
// commas or spaces. It tells whether that could be read.
func (b *builder) readDisabled() bool {
	text := strings.TrimSpace(b.program.source.DisabledRules)
	var ids []string
	if strings.HasPrefix(text, "[") {
		if json.Unmarshal([]byte(text), &ids) != nil {
			return false
		}
	} else {
		ids = strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",; \t\r\n", c) })
	}
	for i, id := range ids {
		ids[i] = adapter.NormalizeID(strings.Trim(id, `"'`))
		if ids[i] == "" || strings.ContainsAny(ids[i], "[]:") {
			return false
		}
	}
	b.disabled = ids
	return true
}

// arrange puts the enabled rules into the order in which they are asked: those
// about operating hours first, otherwise as written.
func (b *builder) arrange() {
	p := b.program
	for _, first := range []bool{true, false} {
		for i := range p.rules {
			if !p.rules[i].disabled && p.rules[i].reads.has(withinHours) == first {
				p.order = append(p.order, int32(i))
			}
		}
	}
	for _, i := range p.order {
		first, end := p.members(int(i))
		for _, n := range p.nodes[first:end] {
			if n.attribute == elapsedWait && n.op == compare {
				p.turns = append(p.turns, turnsOf(n)...)
			}
		}
	}
	slices.Sort(p.turns)
	p.turns = slices.Compact(p.turns)
}

// turnsOf are the elapsed waits at which a condition changes: its limit, and the
// first instant after it.
func turnsOf(n node) []time.Duration {
	const most = float64(1 << 62)
	if n.limit < 0 || n.limit > most {
		return nil
	}
	at := time.Duration(n.limit)
	var turns []time.Duration
	if (n.holds&less != 0) != (n.holds&equal != 0) {
		turns = append(turns, at)
	}
	if (n.holds&equal != 0) != (n.holds&greater != 0) {
		turns = append(turns, at+1)
	}
	return turns
}
