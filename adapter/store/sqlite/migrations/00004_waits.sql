-- +goose Up
-- What a queue's estimated wait is made from, in the form of package wait.
CREATE TABLE waits (
    queue_id TEXT NOT NULL PRIMARY KEY,
    body     BLOB NOT NULL
) WITHOUT ROWID;
