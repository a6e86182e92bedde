-- +goose Up
-- What is old enough to be purged is found without looking at the rest.
CREATE INDEX callbacks_personal ON callbacks (since) WHERE ended AND phone <> '';
CREATE INDEX calls_over ON calls (changed_at) WHERE state IN ('ended', 'moved');
