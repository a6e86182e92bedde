-- +goose Up
-- People list callbacks, and what they decide is kept with their name.
ALTER TABLE history ADD COLUMN decided_by TEXT NOT NULL DEFAULT '';
CREATE INDEX callbacks_by_age ON callbacks (created_at, id);
CREATE INDEX callbacks_by_state ON callbacks (state, created_at, id);
CREATE INDEX callbacks_by_phone ON callbacks (phone, created_at, id);
CREATE INDEX callbacks_by_queue ON callbacks (queue_id, created_at, id);
