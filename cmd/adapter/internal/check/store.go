package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	noStore       = "The adapter does not start: it keeps no promise that it cannot write down."
	leastPostgres = 130000 // version 13
)

// File looks at the SQLite file at path, or at the folder that it would be made in.
func File(path string) Part {
	p := Part{Name: "store", Summary: "SQLite " + path}
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator's own path; nothing is written
	if err == nil {
		defer func() { _ = file.Close() }()
		head := make([]byte, 16)
		if n, _ := io.ReadFull(file, head); n > 0 && !bytes.Equal(head, []byte("SQLite format 3\x00")) {
			p.find(broken("wrong.store", path, "the file is not a SQLite database", noStore, "Name another file in DIRECTCALLBACK_DATABASE."))
		}
		return p
	}
	if !errors.Is(err, fs.ErrNotExist) {
		p.find(broken("unwritable.store", path, reasonOf(err), noStore, "Let the adapter's user write the file, or name another one in DIRECTCALLBACK_DATABASE."))
		return p
	}
	p.Summary += ", not made yet"
	folder := filepath.Dir(path)
	probe, err := os.CreateTemp(folder, ".adapter-check-*")
	if err != nil {
		p.find(broken("unwritable.store", path, "nothing can be written to its folder "+folder+": "+reasonOf(err), noStore,
			"Make the folder and let the adapter's user write there, or name another file in DIRECTCALLBACK_DATABASE."))
		return p
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		p.find(broken("unwritable.store", path, reasonOf(err), noStore, "Look at the disk of folder "+folder+"."))
	}
	return p
}

// reasonOf leaves out the path, which the finding names.
func reasonOf(err error) string {
	if failed, is := errors.AsType[*fs.PathError](err); is {
		return failed.Err.Error()
	}
	return err.Error()
}

// Postgres connects and asks for the version, and for what the adapter does there
// first: making its tables. Nothing is made.
func Postgres(ctx context.Context, url, shown string) Part {
	p := Part{Name: "store", Summary: shown}
	connection, err := pgx.Connect(ctx, url) // its errors mask the password
	if err != nil {
		p.find(broken("unreachable.store", shown, err.Error(), noStore, remedyOf(err)))
		return p
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	var version int
	var schema *string
	var creates, replica bool
	const ask = `SELECT current_setting('server_version_num')::int, current_schema(),
		coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), pg_is_in_recovery()`
	if err := connection.QueryRow(ctx, ask).Scan(&version, &schema, &creates, &replica); err != nil {
		p.find(broken("unreachable.store", shown, err.Error(), noStore, remedyOf(err)))
		return p
	}
	switch {
	case version < leastPostgres:
		p.find(broken("old.store", shown, fmt.Sprintf("PostgreSQL says that its version is %d", version), noStore, "Use PostgreSQL 13 or later."))
	case replica:
		p.find(broken("unwritable.store", shown, "the server is a replica that nobody can write to", noStore,
			"Name the primary server in DIRECTCALLBACK_DATABASE, or several with target_session_attrs=read-write."))
	case schema == nil:
		p.find(broken("missing.schema", shown, "none of the schemas in the search path exists", noStore,
			"Create the schema, or name another one with search_path in DIRECTCALLBACK_DATABASE."))
	case !creates:
		p.find(broken("unwritable.store", shown, "the user may not make tables in schema "+*schema, noStore,
			"Grant the user CREATE on schema "+*schema+", or give it a schema of its own with search_path in DIRECTCALLBACK_DATABASE."))
	}
	return p
}

// remedyOf is what to do about a database that does not let the adapter in.
func remedyOf(err error) string {
	refused, is := errors.AsType[*pgconn.PgError](err)
	if !is {
		return "Check DIRECTCALLBACK_DATABASE, and that this machine reaches the database."
	}
	switch refused.Code {
	case "28P01", "28000": // the password, the user, or what pg_hba.conf says of it
		return "Check user and password in DIRECTCALLBACK_DATABASE, and that pg_hba.conf lets the user in from this machine."
	case "3D000":
		return "Create the database, or name another one in DIRECTCALLBACK_DATABASE."
	case "53300":
		return "Let the server have more connections (max_connections), or the adapters fewer (DIRECTCALLBACK_DATABASE_CONNECTIONS)."
	default:
		return "Look at the server's log, and check DIRECTCALLBACK_DATABASE."
	}
}
