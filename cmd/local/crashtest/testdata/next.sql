-- +goose Up
-- What a version after this one may do to the schema while this one works on it.
CREATE TABLE next (id TEXT NOT NULL PRIMARY KEY);
ALTER TABLE callbacks ADD COLUMN next BIGINT NOT NULL DEFAULT 7;
ALTER TABLE calls ADD COLUMN next TEXT;
ALTER TABLE outbox ADD COLUMN next BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX callbacks_next ON callbacks (next);
