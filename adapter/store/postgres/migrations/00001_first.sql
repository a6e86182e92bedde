-- +goose Up
-- The words of the SQLite schema. Text that is compared or ordered is so by its bytes.
-- Times are UTC microseconds, 0 = none. Empty text = none.

CREATE TABLE inbox (
    source  TEXT COLLATE "C" NOT NULL,
    id      TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX inbox_by_age ON inbox (seen_at);

CREATE TABLE calls (
    id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    source         TEXT COLLATE "C" NOT NULL,
    sequence       BIGINT NOT NULL, -- the watermark: what is not newer is dropped
    queue_id       TEXT COLLATE "C" NOT NULL,
    workstream     TEXT NOT NULL,
    routing_rule   TEXT NOT NULL,
    phone          TEXT COLLATE "C" NOT NULL,
    priority       BIGINT NOT NULL,
    queued_at      BIGINT NOT NULL,
    locale         TEXT NOT NULL,
    entry          TEXT NOT NULL,
    bot            TEXT NOT NULL,
    state          TEXT NOT NULL,
    changed_at     BIGINT NOT NULL,
    calls_waiting  BIGINT NOT NULL,
    estimated_wait BIGINT NOT NULL,
    overflow       BIGINT NOT NULL,
    overflow_at    BIGINT NOT NULL,
    action_id      TEXT NOT NULL,
    check_at       BIGINT NOT NULL,
    offers         BIGINT NOT NULL,
    first_offer    BIGINT NOT NULL,
    last_offer     BIGINT NOT NULL,
    next_offer     BIGINT NOT NULL,
    callback_id    TEXT COLLATE "C" NOT NULL,
    confirmed_at   BIGINT NOT NULL,
    attributes     TEXT NOT NULL,
    connected_at   BIGINT NOT NULL, -- what its caller pressed later is no opt-in
    next_look      BIGINT NOT NULL
);
CREATE INDEX calls_to_look ON calls (next_look) WHERE next_look > 0;
CREATE INDEX calls_by_phone ON calls (phone) WHERE state = 'waiting' AND phone <> '';

-- Why a call was treated as it was: one row a decision.
CREATE TABLE decisions (
    call_id TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    moment  TEXT NOT NULL,
    verdict TEXT NOT NULL,
    trace   TEXT NOT NULL, -- JSON
    PRIMARY KEY (call_id, at, moment)
);

CREATE TABLE callbacks (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version       BIGINT NOT NULL,
    queue_id      TEXT COLLATE "C" NOT NULL,
    phone         TEXT COLLATE "C" NOT NULL,
    channel       TEXT NOT NULL,
    call_id       TEXT COLLATE "C" NOT NULL,
    state         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    since         BIGINT NOT NULL,
    priority      BIGINT NOT NULL,
    queued_at     BIGINT NOT NULL,
    release_from  BIGINT NOT NULL,
    in_line_from  BIGINT NOT NULL,
    held_by       TEXT COLLATE "C" NOT NULL,
    place_freed   BOOLEAN NOT NULL,
    free_place_at BIGINT NOT NULL,
    after_cancel  TEXT NOT NULL,
    window_start  BIGINT NOT NULL,
    window_end    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    max_attempts  BIGINT NOT NULL,
    rings         BIGINT NOT NULL,
    contact_id    TEXT NOT NULL,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    locale        TEXT NOT NULL,
    time_zone     TEXT NOT NULL,
    notes         TEXT NOT NULL,
    attributes    TEXT NOT NULL,
    consent       TEXT NOT NULL,
    manage_hash   TEXT NOT NULL,
    next_look     BIGINT NOT NULL,
    ended         BOOLEAN NOT NULL
);
CREATE INDEX callbacks_to_look ON callbacks (next_look) WHERE next_look > 0;
CREATE INDEX callbacks_by_age ON callbacks (created_at, id);
CREATE INDEX callbacks_by_state ON callbacks (state, created_at, id);
CREATE INDEX callbacks_by_phone ON callbacks (phone, created_at, id);
CREATE INDEX callbacks_by_queue ON callbacks (queue_id, created_at, id);
-- One pending callback a number and queue, over all channels.
CREATE UNIQUE INDEX callbacks_pending ON callbacks (phone, queue_id) WHERE NOT ended;
CREATE INDEX callbacks_by_call ON callbacks (call_id) WHERE call_id <> '';
CREATE INDEX callbacks_held ON callbacks (held_by) WHERE held_by <> '';

CREATE TABLE history (
    callback_id TEXT COLLATE "C" NOT NULL,
    version     BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    from_state  TEXT NOT NULL,
    event       TEXT NOT NULL,
    to_state    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    decided_by  TEXT NOT NULL, -- the person, if one did
    PRIMARY KEY (callback_id, version)
);

CREATE TABLE attempts (
    callback_id   TEXT COLLATE "C" NOT NULL,
    number        BIGINT NOT NULL,
    request_id    TEXT NOT NULL,
    configuration TEXT NOT NULL,
    window_start  BIGINT NOT NULL,
    window_end    BIGINT NOT NULL,
    delivery_id   TEXT COLLATE "C" NOT NULL,
    status        TEXT NOT NULL,
    result        TEXT NOT NULL,
    sent_at       BIGINT NOT NULL,
    seen_at       BIGINT NOT NULL,
    accepted_at   BIGINT NOT NULL,
    ended_at      BIGINT NOT NULL,
    next_poll     BIGINT NOT NULL,
    PRIMARY KEY (callback_id, number)
);
CREATE UNIQUE INDEX attempts_by_delivery ON attempts (delivery_id) WHERE delivery_id <> '';
CREATE INDEX attempts_to_poll ON attempts (next_poll) WHERE next_poll > 0;

-- Who stands in line, in order: live calls and callbacks alike. Derived from
-- calls and callbacks, and written with them.
CREATE TABLE line (
    queue_id     TEXT COLLATE "C" NOT NULL,
    rank         BIGINT NOT NULL, -- -priority: higher priority first
    queued_at    BIGINT NOT NULL,
    item_id      TEXT COLLATE "C" NOT NULL,
    is_callback  BOOLEAN NOT NULL,
    in_line_from BIGINT NOT NULL,
    PRIMARY KEY (queue_id, rank, queued_at, item_id)
);
CREATE UNIQUE INDEX line_by_item ON line (item_id);

CREATE TABLE queues (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    available BIGINT NOT NULL
);

-- What must leave. seq is the order within a key.
CREATE TABLE outbox (
    seq        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL,
    kind       TEXT NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    payload    TEXT NOT NULL,
    not_before BIGINT NOT NULL,
    claimed_by TEXT COLLATE "C" NOT NULL,
    tries      BIGINT NOT NULL
);
CREATE INDEX outbox_by_kind ON outbox (kind, claimed_by, not_before);
CREATE INDEX outbox_by_order ON outbox (kind, seq) WHERE claimed_by = '';

-- Events that name a call or queue not known yet.
CREATE TABLE parked (
    source    TEXT COLLATE "C" NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    waits_for TEXT COLLATE "C" NOT NULL,
    sequence  BIGINT NOT NULL,
    until     BIGINT NOT NULL,
    event     BYTEA NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX parked_by_wait ON parked (waits_for, sequence);
CREATE INDEX parked_by_age ON parked (until);

CREATE TABLE idempotency (
    client  TEXT COLLATE "C" NOT NULL,
    key     TEXT COLLATE "C" NOT NULL,
    request TEXT NOT NULL, -- SHA-256 of the payload
    answer  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (client, key)
);

-- What a queue's estimated wait is made from, in the form of package wait.
CREATE TABLE waits (
    queue_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    body     BYTEA NOT NULL
);

CREATE TABLE settings (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    read_at BIGINT NOT NULL,
    body    TEXT NOT NULL
);

-- Calls that are Dynamics' own, as its events tell: counted, never decided by.
-- Each fact has the time at which it became true, because updates carry only what
-- changed and come in any order.
CREATE TABLE conversations (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    queue_id      TEXT COLLATE "C" NOT NULL,
    queue_at      BIGINT NOT NULL,
    status        BIGINT NOT NULL,
    status_reason BIGINT NOT NULL,
    status_at     BIGINT NOT NULL,
    outbound      BOOLEAN NOT NULL,
    seen_at       BIGINT NOT NULL
);
CREATE INDEX conversations_by_age ON conversations (seen_at);

-- Takes a lock of this transaction or fails, so that what follows in the same
-- round trip is not done without it.
-- +goose StatementBegin
CREATE FUNCTION take_lock(key BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(key) THEN
        RAISE EXCEPTION 'lock % is taken', key USING ERRCODE = 'lock_not_available';
    END IF;
END $$;
-- +goose StatementEnd

-- Rows here live for seconds: what they leave behind must be swept often.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
ALTER TABLE line SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
ALTER TABLE parked SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
