package postgres_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"directcallback/adapter"
	"directcallback/adapter/service"
	"directcallback/adapter/store/postgres"
	"directcallback/adapter/store/postgres/postgrestest"
	"directcallback/adapter/store/storetest"
)

// What the programs after this one may do to the schema.
const (
	expand = `-- +goose Up
CREATE TABLE later (id TEXT NOT NULL PRIMARY KEY);
ALTER TABLE callbacks ADD COLUMN later BIGINT NOT NULL DEFAULT 7;
ALTER TABLE calls ADD COLUMN later TEXT;
ALTER TABLE outbox ADD COLUMN later BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE attempts ADD COLUMN later TEXT NOT NULL DEFAULT '';
ALTER TABLE leases ADD COLUMN later TEXT NOT NULL DEFAULT '';
CREATE INDEX callbacks_later ON callbacks (later);
`
	contract = `-- +goose Up
ALTER TABLE callbacks DROP COLUMN attributes;
UPDATE compatible SET since = 100001;
`
)

// later are the migrations of this program, and more.
func later(t *testing.T, more ...string) fs.FS {
	t.Helper()
	all := fstest.MapFS{}
	names, err := fs.Glob(postgres.Migrations(), "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		body, err := fs.ReadFile(postgres.Migrations(), name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = &fstest.MapFile{Data: body}
	}
	for i, text := range more {
		all[fmt.Sprintf("migrations/%d_later.sql", 100_000+i)] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

// upgrade is a program of a later release that starts.
func upgrade(t *testing.T, url string, more ...string) {
	t.Helper()
	store, err := postgres.Open(t.Context(), url, postgres.Options{Connections: 1}.Later(later(t, more...)))
	if err == nil {
		err = store.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The whole contract, as the program before the one that the schema is of.
func TestContractOnTheNextSchema(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) service.Update {
		t.Helper()
		url := postgrestest.Open(t)
		upgrade(t, url, expand)
		return updates(open(t, url))
	})
}

func TestAReplicaWorksOnWhileTheNextProgramStarts(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	store := open(t, url)
	upgraded := make(chan struct{})
	var before, after int
	var work errgroup.Group
	work.Go(func() error {
		for n := 0; ; n++ {
			if err := promise(t, store, n); err != nil {
				return fmt.Errorf("promise %d: %w", n, err)
			}
			select {
			case <-upgraded:
				if after++; after == 100 {
					return nil
				}
			default:
				before++
			}
		}
	})
	upgrade(t, url, expand)
	close(upgraded)
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	update(t, store, func(tx *postgres.Tx) error {
		all, err := tx.List(adapter.CallbackQuery{Limit: before + after + 1})
		if len(all) != before+after {
			t.Errorf("%d promises of %d", len(all), before+after)
		}
		return err
	})
}

// A migration and a function that wait for each other's tables.
func TestAMigrationInTheWayOfAReplicaIsTriedAgain(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	store := open(t, url)
	upgraded := make(chan error, 1)
	var once sync.Once
	update(t, store, func(tx *postgres.Tx) error {
		if _, err := tx.Call("1"); !errors.Is(err, adapter.ErrNotFound) {
			return err
		}
		once.Do(func() {
			go func() {
				later, err := postgres.Open(t.Context(), url, postgres.Options{Connections: 1}.Later(later(t, expand)))
				if err == nil {
					err = later.Close()
				}
				upgraded <- err
			}()
			waitsForATable(t, url) // and has another
		})
		_, err := tx.List(adapter.CallbackQuery{Limit: 1})
		return err
	})
	if err := <-upgraded; err != nil {
		t.Error(err)
	}
}

// waitsForATable waits until a migration does.
func waitsForATable(t *testing.T, url string) {
	t.Helper()
	for range 1000 {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Error(err)
			return
		}
		var waits bool
		asked := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'calls'::regclass)").Scan(&waits)
		if err := errors.Join(asked, conn.Close(t.Context())); err != nil || waits {
			if err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Error("no migration waits")
}

// promise writes what the opt-in of a call does.
func promise(t *testing.T, store *postgres.Store, n int) error {
	t.Helper()
	id := strconv.Itoa(n)
	phone, err := adapter.StoredPhone(fmt.Sprintf("+1202555%04d", n%10_000))
	if err != nil {
		return err
	}
	queue := adapter.QueueID(fmt.Sprint("q", n/10_000))
	return store.Update(t.Context(), func(tx *postgres.Tx) error {
		_, seen := tx.FirstTime("pbx", id, at)
		call := adapter.Call{ID: adapter.CallID(id), Source: "pbx", Queue: queue, State: adapter.CallWaiting, QueuedAt: at}
		_, saved := tx.SaveCallback(adapter.Callback{ID: adapter.CallbackID(id), Phone: phone, Queue: queue, State: adapter.StateWaiting, QueuedAt: at, ExpiresAt: at, Call: call.ID}, adapter.History{})
		_, read := tx.Front(queue, 1, at)
		return errors.Join(seen, tx.SaveCall(call), saved, tx.Send(adapter.Outgoing{ID: id, Kind: adapter.OutgoingCommand, Key: string(queue)}), read)
	})
}

func TestASchemaThatDoesNotSuitThisProgramAnyMoreIsRefused(t *testing.T) {
	t.Parallel()
	url := postgrestest.Open(t)
	upgrade(t, url, expand)
	open(t, url)
	upgrade(t, url, expand, contract)
	store, err := postgres.Open(t.Context(), url, postgres.Options{})
	if err == nil {
		t.Fatal(errors.Join(errors.New("it was opened"), store.Close()))
	}
	if !strings.Contains(err.Error(), "for programs that know version 100001") || !strings.Contains(err.Error(), "use the newer program") {
		t.Errorf("error %v", err)
	}
}

// What a migration may do without telling the program before.
func TestMigrationsThatTakeAwaySaySo(t *testing.T) {
	t.Parallel()
	if takesAway(expand) || !takesAway(contract) {
		t.Fatal("they are not told apart")
	}
	names, err := fs.Glob(postgres.Migrations(), "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if path.Base(name) <= "00004_compatible.sql" {
			continue // no release was made before
		}
		body, err := fs.ReadFile(postgres.Migrations(), name)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(body); takesAway(text) && !strings.Contains(text, "UPDATE compatible SET since = ") {
			t.Errorf("%s takes something away that the program before may need: do it a release later, and set compatible.since", name)
		}
	}
}

func takesAway(migration string) bool {
	for line := range strings.Lines(migration) {
		line, _, _ = strings.Cut(line, "--")
		needed := regexp.MustCompile(`(?i)\bADD COLUMN\b.*\bNOT NULL\b`).MatchString(line) && !regexp.MustCompile(`(?i)\bDEFAULT\b`).MatchString(line)
		if needed || regexp.MustCompile(`(?i)\b(DROP|RENAME|TRUNCATE|ADD CONSTRAINT|CREATE UNIQUE INDEX)\b|\bSET NOT NULL\b|\bALTER COLUMN\b.*\bTYPE\b`).MatchString(line) {
			return true
		}
	}
	return false
}
