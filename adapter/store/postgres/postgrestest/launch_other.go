//go:build !linux

package postgrestest

// instance is nothing here: launch knows only Linux, and elsewhere
// TEST_POSTGRES_URL says where a server is.
type instance struct{}

func launch() (*instance, error) { return nil, errNone }

func (*instance) address() string { return "" }
func (*instance) start() error    { return errNone }
func (*instance) halt() error     { return nil }
func (*instance) remove() error   { return nil }
