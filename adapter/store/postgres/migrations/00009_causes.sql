-- +goose Up
-- What caused a step, as a traceparent; and the dead end of what never can be sent.
ALTER TABLE history ADD COLUMN trace TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN put_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN dead_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_by_key ON outbox (key, seq) WHERE kind = 'notify' AND dead_at = 0;
CREATE INDEX outbox_by_id ON outbox (id);
