-- +goose Up
-- Slots: who has a seat is counted without looking at the others. The columns follow
-- what a program before this one knows: it frees a seat with the callback's end.
ALTER TABLE callbacks ADD COLUMN booked     BOOLEAN NOT NULL DEFAULT false; -- its window is a slot
ALTER TABLE callbacks ADD COLUMN wish_start BIGINT  NOT NULL DEFAULT 0;     -- of a slot that it is about to be moved to
ALTER TABLE callbacks ADD COLUMN wish_end   BIGINT  NOT NULL DEFAULT 0;
CREATE INDEX callbacks_booked ON callbacks (queue_id, window_start, window_end) WHERE booked AND NOT ended;
CREATE INDEX callbacks_to_move ON callbacks (queue_id, wish_start, wish_end) WHERE wish_start > 0 AND NOT ended;
-- Seats that are kept for customers who have not decided.
CREATE TABLE holds (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    queue_id   TEXT COLLATE "C" NOT NULL,
    slot_start BIGINT NOT NULL,
    slot_end   BIGINT NOT NULL,
    until      BIGINT NOT NULL
);
CREATE INDEX holds_of_queue ON holds (queue_id, until);
CREATE INDEX holds_by_age ON holds (until);
