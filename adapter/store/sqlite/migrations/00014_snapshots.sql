-- +goose Up
-- What the portal said, once a day; the day is its beginning. The body is the service's.
CREATE TABLE snapshots (
    day  INTEGER NOT NULL PRIMARY KEY,
    body BLOB    NOT NULL
);
