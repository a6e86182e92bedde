package check

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5"
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

// Postgres connects and asks for the version.
func Postgres(ctx context.Context, url, shown string) Part {
	p := Part{Name: "store", Summary: shown}
	const remedy = "Check DIRECTCALLBACK_DATABASE, and that this machine reaches the database."
	connection, err := pgx.Connect(ctx, url) // its errors mask the password
	if err != nil {
		p.find(broken("unreachable.store", shown, err.Error(), noStore, remedy))
		return p
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	var version string
	if err := connection.QueryRow(ctx, "SHOW server_version_num").Scan(&version); err != nil {
		p.find(broken("unreachable.store", shown, err.Error(), noStore, remedy))
		return p
	}
	if n, err := strconv.Atoi(version); err != nil || n < leastPostgres {
		p.find(broken("old.store", shown, "PostgreSQL says that its version is "+version, noStore, "Use PostgreSQL 13 or later."))
	}
	return p
}
