-- +goose Up
-- The task that Dynamics makes of a request to its newer operation, and what the network answered.
ALTER TABLE attempts ADD COLUMN task_id TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN sip     TEXT NOT NULL DEFAULT '';
