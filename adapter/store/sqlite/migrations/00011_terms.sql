-- +goose Up
-- Under whose terms a callback was promised, and what of them stays when the settings change.
ALTER TABLE callbacks ADD COLUMN action_id   TEXT    NOT NULL DEFAULT '';
ALTER TABLE callbacks ADD COLUMN retry_delay INTEGER NOT NULL DEFAULT 0; -- nanoseconds
ALTER TABLE callbacks ADD COLUMN throttled   INTEGER NOT NULL DEFAULT 0;
CREATE INDEX callbacks_open ON callbacks (queue_id) WHERE ended = 0;
-- How long representatives took is averaged over a while.
CREATE INDEX attempts_accepted ON attempts (accepted_at) WHERE accepted_at > 0;
-- When a line is looked at without any event: its queue opens.
ALTER TABLE queues ADD COLUMN look_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX queues_to_look ON queues (look_at) WHERE look_at > 0;
-- Queues and engagement configurations whose callbacks do not go out now.
CREATE TABLE pauses (
    queue_id      TEXT    NOT NULL,
    configuration TEXT    NOT NULL,
    since         INTEGER NOT NULL,
    until         INTEGER NOT NULL, -- 0 = until somebody ends it
    decided_by    TEXT    NOT NULL, -- the person, if one did
    reason        TEXT    NOT NULL,
    PRIMARY KEY (queue_id, configuration)
) WITHOUT ROWID;
