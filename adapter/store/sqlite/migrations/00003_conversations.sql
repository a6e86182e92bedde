-- +goose Up
-- Calls that are Dynamics' own, as its events tell: counted, never decided by.
-- Each fact has the time at which it became true, because updates carry only what
-- changed and come in any order.
CREATE TABLE conversations (
    id            TEXT    NOT NULL PRIMARY KEY,
    queue_id      TEXT    NOT NULL,
    queue_at      INTEGER NOT NULL,
    status        INTEGER NOT NULL,
    status_reason INTEGER NOT NULL,
    status_at     INTEGER NOT NULL,
    outbound      INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX conversations_by_age ON conversations (seen_at);
