// Package postgrestest gives tests a PostgreSQL: the server of TEST_POSTGRES_URL,
// or one of their own, made of the installed binaries in a temporary folder, which
// ends with the test binary. It listens on a socket in that folder only.
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(postgrestest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		url := postgrestest.Open(t) // an empty schema of the test's own
//		…
//	}
//
// Where there is neither a server nor binaries, tests that need one are skipped,
// and each says so; with CI_REQUIRE_POSTGRES=1 they fail.
package postgrestest
