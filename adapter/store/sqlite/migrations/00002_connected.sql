-- +goose Up
-- When a representative took the call: what its caller pressed later is no opt-in.
ALTER TABLE calls ADD COLUMN connected_at INTEGER NOT NULL DEFAULT 0;
