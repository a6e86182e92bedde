package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"directcallback/adapter"
	"directcallback/adapter/service"
)

// Crowd is a store as large as one gets: callbacks that are over, callbacks and
// live calls that wait, side by side in the lines of some queues.
type Crowd struct {
	Finished, Waiting, Calls int
	Queues                   int // that they are spread over
}

// Database is an open database with the schema of a store, for statements that
// only a test may make.
type Database struct {
	*sql.DB
	columns string // names the columns of table ?
	numbers string // the rows 1 to %d
	line    string // joins the rows %s to the line
	settle  string // what it does by itself, after some time
}

// SQLite is a file of package sqlite.
func SQLite(db *sql.DB) Database {
	return Database{
		DB: db, columns: `SELECT name FROM pragma_table_info(?)`,
		numbers: `(WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < %d) SELECT i FROM series)`,
		line:    `INSERT INTO line (queue_id, rank, queued_at, item_id, is_callback, in_line_from) %s`,
		settle:  `PRAGMA wal_checkpoint(TRUNCATE)`,
	}
}

// Postgres is a schema of package postgres, whose trigger takes one at a time.
func Postgres(db *sql.DB) Database {
	return Database{
		DB: db, columns: `SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = current_schema()`,
		numbers: `(SELECT generate_series(1::bigint, %d) AS i)`,
		line: `DO $$ DECLARE one RECORD; BEGIN FOR one IN %s LOOP
			INSERT INTO line (queue_id, rank, queued_at, item_id, is_callback, in_line_from)
				VALUES (one.queue_id, one.rank, one.queued_at, one.id, one.is_callback, one.in_line_from);
			END LOOP; END $$`,
		settle: `VACUUM ANALYZE`,
	}
}

// The models that the crowd is made after, which stand in a queue of their own.
const (
	modelQueue    = adapter.QueueID("3f2b8d1e-6c47-4a90-9b1d-000000000000")
	modelFinished = adapter.CallbackID("0193a000-0000-7000-8000-000000000001")
	modelWaiting  = adapter.CallbackID("0193a000-0000-7000-8000-000000000002")
	modelCall     = adapter.CallID("0193a000-0000-7000-8000-000000000003")
)

// CrowdBegan is when the first of a crowd came; one came every two seconds.
func CrowdBegan() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// Ends is when the last of the finished had come, and the others begin to.
func (c Crowd) Ends() time.Time { return CrowdBegan().Add(time.Duration(c.Finished) * 2 * time.Second) }

// Now is when all of them are there.
func (c Crowd) Now() time.Time { return c.Ends().Add(time.Duration(c.Waiting+1) * 2 * time.Second) }

// FinishedID names one of the finished, counted from 1.
func (c Crowd) FinishedID(i int) adapter.CallbackID { return crowdID("1", i) }

// WaitingID names one of those who wait, counted from 1.
func (c Crowd) WaitingID(i int) adapter.CallbackID { return crowdID("2", i) }

// Queue names one of the queues, counted from 0.
func (c Crowd) Queue(i int) adapter.QueueID {
	return adapter.QueueID(fmt.Sprint("3f2b8d1e-6c47-4a90-9b1d-", 100000000000+i))
}

func crowdID(kind string, i int) adapter.CallbackID {
	return adapter.CallbackID(fmt.Sprint("0193a000-0000-7000-800", kind, "-", 100000000000+i))
}

// Opener opens a store that lies where it always does.
type Opener func(context.Context) (service.Update, io.Closer, error)

// Site is where a store lies: how to open it, and, while it is closed, how to fill it.
type Site struct {
	Open     Opener
	Database func(context.Context) (Database, error) // to be closed
	Joining  string                                  // what a migration does to count who stands in line already
}

// Fill makes the crowd in an empty store that nobody has open: one of each kind
// through the store, as models, and the others as copies of their rows, inside the
// database.
func (c Crowd) Fill(ctx context.Context, site Site) error {
	update, store, err := site.Open(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(update(ctx, c.models), store.Close()); err != nil {
		return fmt.Errorf("models: %w", err)
	}
	db, err := site.Database(ctx)
	if err != nil {
		return err
	}
	return errors.Join(c.copies(ctx, db), db.Close())
}

func (c Crowd) copies(ctx context.Context, db Database) error {
	later := fmt.Sprint(c.Ends().UnixMicro(), " + i * 2000000")
	finished, waiting := `'0193a000-0000-7000-8001-' || (100000000000 + i)`, `'0193a000-0000-7000-8002-' || (100000000000 + i)`
	for _, kind := range []struct {
		table, model string
		n            int
		set          set
	}{
		{"callbacks", "id = '" + string(modelFinished) + "'", c.Finished, set{
			"id": finished, "queue_id": c.queueOf("i"), "phone": `'+1202' || (2000000 + i % 400000)`,
			"state":      "CASE WHEN i % 10 = 0 THEN 'unanswered' ELSE state END",
			"created_at": c.madeAt(), "queued_at": c.madeAt(), "since": c.madeAt() + " + 600000000",
		}},
		{"history", "callback_id = '" + string(modelFinished) + "'", c.Finished, set{"callback_id": finished}},
		{"attempts", "callback_id = '" + string(modelFinished) + "'", c.Finished, set{"callback_id": finished, "delivery_id": finished}},
		{"callbacks", "id = '" + string(modelWaiting) + "'", c.Waiting, set{
			"id": waiting, "queue_id": c.queueOf("i"), "phone": `'+1202' || (3000000 + i)`, "queued_at": later, "created_at": later, "since": later,
		}},
		{"history", "callback_id = '" + string(modelWaiting) + "'", c.Waiting, set{"callback_id": waiting}},
		{"calls", "id = '" + string(modelCall) + "'", c.Calls, set{
			"id": `'0193a000-0000-7000-8003-' || (100000000000 + i)`, "queue_id": c.queueOf("i"), "phone": `'+1203' || (2000000 + i)`,
			"queued_at": fmt.Sprint(c.Ends().UnixMicro()+1, " + i * ", 2000000*c.Waiting/max(c.Calls, 1)),
		}},
	} {
		if err := db.copies(ctx, kind.table, kind.model, kind.n, kind.set); err != nil {
			return fmt.Errorf("%d rows of %s: %w", kind.n, kind.table, err)
		}
	}
	if err := c.line(ctx, db); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, db.settle)
	return err
}

// models puts one of each kind into the store.
func (c Crowd) models(tx service.Tx) error {
	number, err := adapter.StoredPhone("+12025550100")
	if err != nil {
		return err
	}
	at := CrowdBegan()
	keep := func(k adapter.Callback) (adapter.Callback, error) {
		return tx.SaveCallback(k, adapter.History{At: at, Event: "model", To: k.State, Reason: "a model"})
	}
	model := adapter.Callback{
		ID: modelFinished, Queue: modelQueue, Phone: number, Channel: adapter.ChannelWeb, State: adapter.StateWaiting, Since: at, QueuedAt: at, CreatedAt: at,
		ExpiresAt: c.Now().Add(7 * 24 * time.Hour), MaxAttempts: 3, Name: "A customer", Locale: "en-US", Attributes: map[string]string{"topic": "cards"},
		Consent: adapter.Consent{Given: true, At: at, Text: "Please call me back."},
	}
	finished, err := keep(model)
	if err == nil {
		finished.State, finished.Attempts = adapter.StateCompleted, 1
		_, err = keep(finished)
	}
	model.ID = modelWaiting
	_, failed := keep(model)
	return errors.Join(err, failed,
		tx.SaveAttempt(adapter.Attempt{Callback: modelFinished, Number: 1, RequestID: "model", Delivery: "model", Status: "Complete", Result: "CallEnded", SentAt: at, EndedAt: at}),
		tx.SaveCall(adapter.Call{
			ID: modelCall, Source: "/pbx", Queue: modelQueue, From: number, State: adapter.CallWaiting, QueuedAt: at, ChangedAt: at, Callback: "",
			Locale: "en-US", Entry: adapter.EntryRoute, Bot: adapter.BotNone, CallsWaiting: -1, EstimatedWait: -1, Attributes: map[string]string{"tier": "gold"},
		}))
}

// set says, column by column, in what the i-th copy differs from its model.
type set map[string]string

func (c Crowd) queueOf(i string) string {
	return fmt.Sprintf(`'3f2b8d1e-6c47-4a90-9b1d-' || (100000000000 + %s %% %d)`, i, c.Queues)
}

func (c Crowd) madeAt() string { return fmt.Sprint(CrowdBegan().UnixMicro(), " + i * 2000000") }

// line puts who waits into line, as the rows of calls and callbacks say.
func (c Crowd) line(ctx context.Context, db Database) error {
	who := func(table, isCallback string) string {
		return fmt.Sprintf(`SELECT queue_id, 0 AS rank, queued_at, id, %s AS is_callback, 0 AS in_line_from FROM %s WHERE state = 'waiting' AND queue_id <> '%s'`, isCallback, table, modelQueue)
	}
	all := `SELECT * FROM (` + who("callbacks", "true") + ` UNION ALL ` + who("calls", "false") + `) AS item ORDER BY queued_at`
	if _, err := db.ExecContext(ctx, fmt.Sprintf(db.line, all)); err != nil {
		return fmt.Errorf("line: %w", err)
	}
	return nil
}

// copies makes n copies of each row that is a model.
func (db Database) copies(ctx context.Context, table, model string, n int, differ set) error {
	columns, err := db.columnsOf(ctx, table)
	if err != nil {
		return err
	}
	values := slices.Clone(columns)
	for i, column := range columns {
		if value, is := differ[column]; is {
			values[i] = value
		}
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM %s AS series CROSS JOIN %s AS model WHERE model.%s`,
		table, strings.Join(columns, ", "), strings.Join(values, ", "), fmt.Sprintf(db.numbers, n), table, model))
	return err
}

func (db Database) columnsOf(ctx context.Context, table string) ([]string, error) {
	rows, err := db.QueryContext(ctx, db.columns, table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var columns []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			return nil, err
		}
		columns = append(columns, column)
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("no table %s", table)
	}
	return columns, rows.Err()
}
