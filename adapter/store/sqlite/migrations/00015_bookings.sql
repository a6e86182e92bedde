-- +goose Up
-- Slots: who has a seat is counted without looking at the others.
ALTER TABLE callbacks ADD COLUMN booked     INTEGER NOT NULL DEFAULT 0; -- its window is a slot
ALTER TABLE callbacks ADD COLUMN wish_start INTEGER NOT NULL DEFAULT 0; -- of a slot that it is about to be moved to
ALTER TABLE callbacks ADD COLUMN wish_end   INTEGER NOT NULL DEFAULT 0;
CREATE INDEX callbacks_booked ON callbacks (queue_id, window_start, window_end) WHERE booked = 1 AND ended = 0;
CREATE INDEX callbacks_to_move ON callbacks (queue_id, wish_start, wish_end) WHERE wish_start > 0 AND ended = 0;
-- Seats that are kept for customers who have not decided.
CREATE TABLE holds (
    id         TEXT    NOT NULL PRIMARY KEY,
    queue_id   TEXT    NOT NULL,
    slot_start INTEGER NOT NULL,
    slot_end   INTEGER NOT NULL,
    until      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX holds_of_queue ON holds (queue_id, until);
CREATE INDEX holds_by_age ON holds (until);
