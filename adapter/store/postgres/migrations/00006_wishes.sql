-- +goose Up
-- What a customer wants changed, as JSON, while Dynamics may be phoning.
ALTER TABLE callbacks ADD COLUMN wish TEXT NOT NULL DEFAULT '';
