-- +goose Up
-- Keys for pages in browsers. Origins and queues are JSON.
CREATE TABLE publishable_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    hash       TEXT    NOT NULL UNIQUE, -- SHA-256 of the key; the key itself is kept nowhere
    name       TEXT    NOT NULL,
    origins    TEXT    NOT NULL,
    queues     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    revoked_at INTEGER NOT NULL,
    revoked_by TEXT    NOT NULL
) WITHOUT ROWID;
