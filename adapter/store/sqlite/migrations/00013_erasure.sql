-- +goose Up
-- A person's data is found without looking at the rest, and goes with the end.
ALTER TABLE callbacks ADD COLUMN erase INTEGER NOT NULL DEFAULT 0;
CREATE INDEX callbacks_by_contact ON callbacks (contact_id) WHERE contact_id <> '';
CREATE INDEX calls_of_phone ON calls (phone) WHERE phone <> '';
