package overflow

import "directcallback/adapter"

// CompileAnew is Compile that takes no plan over, only the last good rules of
// broken rulesets.
func CompileAnew(s adapter.Settings, previous *Set) *Set {
	anew := *previous
	anew.inputs = nil
	return Compile(s, &anew)
}
