-- +goose Up
-- Under whose terms a callback was promised, and what of them stays when the settings change.
ALTER TABLE callbacks ADD COLUMN action_id   TEXT NOT NULL DEFAULT '';
ALTER TABLE callbacks ADD COLUMN retry_delay BIGINT NOT NULL DEFAULT 0; -- nanoseconds
ALTER TABLE callbacks ADD COLUMN throttled   BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX callbacks_open ON callbacks (queue_id) WHERE NOT ended;
-- How long representatives took is averaged over a while.
CREATE INDEX attempts_accepted ON attempts (accepted_at) WHERE accepted_at > 0;
-- When a line is looked at without any event: its queue opens.
ALTER TABLE queues ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX queues_to_look ON queues (look_at) WHERE look_at > 0;
-- Queues and engagement configurations whose callbacks do not go out now.
CREATE TABLE pauses (
    queue_id      TEXT COLLATE "C" NOT NULL,
    configuration TEXT COLLATE "C" NOT NULL,
    since         BIGINT NOT NULL,
    until         BIGINT NOT NULL, -- 0 = until somebody ends it
    decided_by    TEXT NOT NULL, -- the person, if one did
    reason        TEXT NOT NULL,
    PRIMARY KEY (queue_id, configuration)
);
