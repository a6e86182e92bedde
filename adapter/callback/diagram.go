package callback

import (
	"fmt"
	"strings"
)

// Diagram draws [Table] as a Mermaid state diagram, one line a transition.
func Diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, t := range Table() {
		fmt.Fprintf(&b, "  %s --> %s: %s", t.From, t.To, t.On)
		if t.Effect != "" {
			fmt.Fprintf(&b, " / %s", t.Effect)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
