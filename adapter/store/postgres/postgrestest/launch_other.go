//go:build !linux

package postgrestest

// launch knows only Linux; elsewhere TEST_POSTGRES_URL says where a server is.
func launch() (address string, stop func() error, err error) { return "", nil, errNone }
