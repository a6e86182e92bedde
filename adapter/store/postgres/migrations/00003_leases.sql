-- +goose Up
-- The processes that live. What they claimed is under the epoch of their lease.
CREATE TABLE leases (
    owner TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    beat  BIGINT NOT NULL
);
ALTER TABLE outbox ADD COLUMN claim_epoch BIGINT NOT NULL DEFAULT 0;
CREATE INDEX outbox_claimed_by_key ON outbox (key) WHERE claimed_by <> '';
