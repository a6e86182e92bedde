package check_test

import (
	"os"
	"strings"
	"testing"

	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/cmd/adapter/internal/check"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m).Run()) }

// TestPostgresIsProbed asks a real server, in each way in which it can be of no use.
func TestPostgresIsProbed(t *testing.T) {
	t.Parallel()
	server := postgrestest.Own(t)
	for _, text := range []string{"CREATE ROLE guest LOGIN PASSWORD 'secret'", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"} {
		postgrestest.Exec(t, server.URL, text)
	}
	with := func(name, value string) string { return server.URL + "&" + name + "=" + value }
	for name, c := range map[string]struct{ url, code, remedy string }{
		"sound":                     {server.URL, "", ""},
		"the user may make nothing": {strings.Replace(server.URL, "user=test", "user=guest", 1), "unwritable.store", "Grant the user CREATE on schema public"},
		"no such user":              {strings.Replace(server.URL, "user=test", "user=nobody", 1), "unreachable.store", "Check user and password"},
		"no such database":          {strings.Replace(server.URL, "/postgres?", "/nowhere?", 1), "unreachable.store", "Create the database"},
		"no such schema":            {with("search_path", "nowhere"), "missing.schema", "Create the schema"},
		"nobody listens":            {"postgres://user:hunter2@127.0.0.1:1/x", "unreachable.store", "that this machine reaches the database"},
		"no URL":                    {"postgres://%zz:hunter2@", "unreachable.store", "Check DIRECTCALLBACK_DATABASE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := check.Postgres(t.Context(), c.url, "postgres://server/database")
			if c.code == "" {
				if len(p.Findings) > 0 {
					t.Errorf("%+v", p.Findings)
				}
				return
			}
			if len(p.Findings) != 1 || p.Findings[0].Code != c.code || !strings.Contains(p.Findings[0].Remedy, c.remedy) {
				t.Errorf("%+v", p.Findings)
			}
			if strings.Contains(p.Findings[0].Reason, "hunter2") {
				t.Error("the password is told")
			}
		})
	}
}
