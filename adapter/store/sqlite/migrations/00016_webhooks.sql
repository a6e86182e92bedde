-- +goose Up
-- Who is told by HTTP what becomes of callbacks. Types, queues and keys are JSON.
CREATE TABLE webhooks (
    id           TEXT    NOT NULL PRIMARY KEY,
    url          TEXT    NOT NULL,
    types        TEXT    NOT NULL,
    queues       TEXT    NOT NULL,
    keys         TEXT    NOT NULL, -- each a secret and how long it signs
    added_at     INTEGER NOT NULL,
    added_by     TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    disabled_at  INTEGER NOT NULL,
    disabled_why TEXT    NOT NULL,
    missed_from  INTEGER NOT NULL
) WITHOUT ROWID;
-- What was to be told since a time is found without looking at all that ever happened.
CREATE INDEX history_of_states ON history (at, callback_id, version) WHERE from_state <> to_state;
