-- +goose Up
-- What the portal said, once a day; the day is its beginning. The body is the service's.
CREATE TABLE snapshots (
    day  BIGINT NOT NULL PRIMARY KEY,
    body BYTEA  NOT NULL
);
