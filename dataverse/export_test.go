package dataverse

// Wire, NewWire and Dialer lend the in-memory network to the tests outside the package.
type Wire = wire

var (
	NewWire = newWire
	Dialer  = (*wire).dial
)
