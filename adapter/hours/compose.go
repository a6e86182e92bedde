package hours

// statement is what rules may say of a minute, as a set of possibilities: a rule
// that cannot be read may say anything. One that can be read says one thing.
type statement uint8

// What can be said. Where two rules of one rank speak, the later of these two
// counts; saying open and closed is a conflict.
const (
	silent   statement = 1 << iota // nothing: lower rules show through
	shade                          // nothing, and lower rules do not show through
	says                           // open
	denies                         // closed
	conflict                       // both
)

// anything is what a rule may say of which not even that can be read.
const anything = silent | says | denies

// beside is what two rules of the same rank say together.
func beside(a, b statement) statement {
	var all statement
	for x := silent; x <= conflict; x <<= 1 {
		for y := silent; y <= conflict; y <<= 1 {
			switch {
			case a&x == 0 || b&y == 0:
			case x|y == says|denies:
				all |= conflict
			default:
				all |= max(x, y)
			}
		}
	}
	return all
}

// over is what a higher rank leaves of the lower one.
func over(higher, lower statement) statement {
	if higher&silent == 0 {
		return higher
	}
	return higher&^silent | lower
}

// openness is what follows when nothing else is said.
func (s statement) openness() Openness {
	mayOpen, mayClose := s&(says|conflict) != 0, s&^says != 0
	switch {
	case mayOpen && mayClose:
		return Unknown
	case mayOpen:
		return Open
	default:
		return Closed
	}
}

// pile puts statements upon each other, those of the lowest rank first.
type pile struct {
	rank         int
	group, below statement
}

func newPile() pile { return pile{group: silent, below: silent} }

func (p *pile) add(rank int, s statement) {
	if rank != p.rank {
		p.below = over(p.group, p.below)
		p.group, p.rank = silent, rank
	}
	p.group = beside(p.group, s)
}

func (p *pile) top() statement { return over(p.group, p.below) }
