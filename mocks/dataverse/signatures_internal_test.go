package dataverse

import "testing"

// TestWhatIsBuiltIsDeclared: every operation that can be called is in $metadata.
func TestWhatIsBuiltIsDeclared(t *testing.T) {
	t.Parallel()
	for name := range newOperations() {
		signatureOf(name) // panics when there is none
	}
	for name := range newBoundFunctions() {
		signatureOf(name)
	}
	for name := range rowActions() {
		signatureOf(name)
	}
	for name := range rowFunctions() {
		signatureOf(name)
	}
}
