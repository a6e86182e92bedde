package overflow

import "time"

// attribute is the left side of a condition.
type attribute uint8

const (
	estimatedWait attribute = iota
	queueSize
	withinHours
	elapsedWait
	opaque // whatever this product cannot read; always Unknown
	attributeCount
)

// kind says which values an attribute has, hence which operators and operands
// make sense.
type kind uint8

const (
	duration kind = iota // compared in nanoseconds
	count
	boolean // compared as 0 and 1
)

// attributeFacts is one row of the table below.
type attributeFacts struct {
	name   string // as in <lhs>
	label  string // what the portal calls the condition
	moment Moment
	kind   kind
	unit   time.Duration // native unit of a duration

	// The range that the portal lets an admin enter for a voice queue. Other
	// numbers have been seen in stored rulesets; they are evaluated as they stand.
	least, most float64

	// What classic Dynamics offers for this condition in a voice queue.
	offers actionSet
}

// facts is the attribute's row. The actions are those of the detail text of
// "Manage overflow of work items in queues"; the page's summary adds "Assign to
// queue anyway" to all of them, which is honoured because letting a caller wait
// as configured harms nobody.
func (a attribute) facts() attributeFacts {
	switch a {
	case estimatedWait:
		return attributeFacts{
			name: "queue_prequeue.estimatedwaittimeinminutes", label: "Average wait time",
			moment: PreQueue, kind: duration, unit: time.Minute,
			least: float64(30 * time.Second), most: float64(time.Hour),
			offers: doCallback | doEnd | doQueue | doPhone | doVoicemail | doStay,
		}
	case queueSize:
		return attributeFacts{
			name: "queue_prequeue.currentqueuesize", label: "Work item limit",
			moment: PreQueue, kind: count,
			least: 1, most: 100,
			offers: doCallback | doEnd | doQueue | doPhone | doVoicemail | doStay,
		}
	case withinHours:
		return attributeFacts{
			name: "queue_prequeue.iswithinoperatinghour", label: "Out of operation hours",
			moment: PreQueue, kind: boolean,
			least: 0, most: 1,
			offers: doEnd | doQueue | doPhone | doVoicemail | doStay,
		}
	case elapsedWait:
		return attributeFacts{
			name: "queue_inqueue.lapsedwaittime", label: "Waiting time in queue",
			moment: InQueue, kind: duration, unit: time.Second,
			least: float64(time.Minute), most: float64(time.Hour),
			offers: doCallback | doQueue | doPhone | doVoicemail | doStay,
		}
	default:
		return attributeFacts{label: "Unknown condition"}
	}
}

// attributeNamed finds an attribute by its stored name.
func attributeNamed(name string) (attribute, bool) {
	for a := range opaque {
		if a.facts().name == name {
			return a, true
		}
	}
	return opaque, false
}

// attributeSet is the set of attributes that a rule reads.
type attributeSet uint8

func (s *attributeSet) add(a attribute)     { *s |= 1 << a }
func (s attributeSet) has(a attribute) bool { return s&(1<<a) != 0 }
