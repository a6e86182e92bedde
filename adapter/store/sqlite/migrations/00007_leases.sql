-- +goose Up
-- The processes that live. What they claimed is under the epoch of their lease.
CREATE TABLE leases (
    owner TEXT    NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL,
    beat  INTEGER NOT NULL
) WITHOUT ROWID;
ALTER TABLE outbox ADD COLUMN claim_epoch INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_claimed_by_key ON outbox (key) WHERE claimed_by <> '';
