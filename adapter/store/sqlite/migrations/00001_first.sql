-- +goose Up
-- Times are UTC microseconds, 0 = none. Empty text = none.

CREATE TABLE inbox (
    source  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (source, id)
) WITHOUT ROWID;
CREATE INDEX inbox_by_age ON inbox (seen_at);

CREATE TABLE calls (
    id             TEXT    NOT NULL PRIMARY KEY,
    source         TEXT    NOT NULL,
    sequence       INTEGER NOT NULL, -- the watermark: what is not newer is dropped
    queue_id       TEXT    NOT NULL,
    workstream     TEXT    NOT NULL,
    routing_rule   TEXT    NOT NULL,
    phone          TEXT    NOT NULL,
    priority       INTEGER NOT NULL,
    queued_at      INTEGER NOT NULL,
    locale         TEXT    NOT NULL,
    entry          TEXT    NOT NULL,
    bot            TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    changed_at     INTEGER NOT NULL,
    calls_waiting  INTEGER NOT NULL,
    estimated_wait INTEGER NOT NULL,
    overflow       INTEGER NOT NULL,
    overflow_at    INTEGER NOT NULL,
    action_id      TEXT    NOT NULL,
    check_at       INTEGER NOT NULL,
    offers         INTEGER NOT NULL,
    first_offer    INTEGER NOT NULL,
    last_offer     INTEGER NOT NULL,
    next_offer     INTEGER NOT NULL,
    callback_id    TEXT    NOT NULL,
    confirmed_at   INTEGER NOT NULL,
    attributes     TEXT    NOT NULL,
    next_look      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX calls_to_look ON calls (next_look) WHERE next_look > 0;
CREATE INDEX calls_by_phone ON calls (phone) WHERE state = 'waiting' AND phone <> '';

-- Why a call was treated as it was: one row a decision.
CREATE TABLE decisions (
    call_id TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    moment  TEXT    NOT NULL,
    verdict TEXT    NOT NULL,
    trace   TEXT    NOT NULL, -- JSON
    PRIMARY KEY (call_id, at, moment)
) WITHOUT ROWID;

CREATE TABLE callbacks (
    id            TEXT    NOT NULL PRIMARY KEY,
    version       INTEGER NOT NULL,
    queue_id      TEXT    NOT NULL,
    phone         TEXT    NOT NULL,
    channel       TEXT    NOT NULL,
    call_id       TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    since         INTEGER NOT NULL,
    priority      INTEGER NOT NULL,
    queued_at     INTEGER NOT NULL,
    release_from  INTEGER NOT NULL,
    in_line_from  INTEGER NOT NULL,
    held_by       TEXT    NOT NULL,
    place_freed   INTEGER NOT NULL,
    free_place_at INTEGER NOT NULL,
    after_cancel  TEXT    NOT NULL,
    window_start  INTEGER NOT NULL,
    window_end    INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    max_attempts  INTEGER NOT NULL,
    rings         INTEGER NOT NULL,
    contact_id    TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    locale        TEXT    NOT NULL,
    time_zone     TEXT    NOT NULL,
    notes         TEXT    NOT NULL,
    attributes    TEXT    NOT NULL,
    consent       TEXT    NOT NULL,
    manage_hash   TEXT    NOT NULL,
    next_look     INTEGER NOT NULL,
    ended         INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX callbacks_to_look ON callbacks (next_look) WHERE next_look > 0;
-- One pending callback a number and queue, over all channels.
CREATE UNIQUE INDEX callbacks_pending ON callbacks (phone, queue_id) WHERE ended = 0;
CREATE INDEX callbacks_by_call ON callbacks (call_id) WHERE call_id <> '';
CREATE INDEX callbacks_held ON callbacks (held_by) WHERE held_by <> '';

CREATE TABLE history (
    callback_id TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    from_state  TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    to_state    TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    PRIMARY KEY (callback_id, version)
) WITHOUT ROWID;

CREATE TABLE attempts (
    callback_id   TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    request_id    TEXT    NOT NULL,
    configuration TEXT    NOT NULL,
    window_start  INTEGER NOT NULL,
    window_end    INTEGER NOT NULL,
    delivery_id   TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    result        TEXT    NOT NULL,
    sent_at       INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL,
    accepted_at   INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    next_poll     INTEGER NOT NULL,
    PRIMARY KEY (callback_id, number)
) WITHOUT ROWID;
CREATE UNIQUE INDEX attempts_by_delivery ON attempts (delivery_id) WHERE delivery_id <> '';
CREATE INDEX attempts_to_poll ON attempts (next_poll) WHERE next_poll > 0;

-- Who stands in line, in order: live calls and callbacks alike. Derived from
-- calls and callbacks, and written with them.
CREATE TABLE line (
    queue_id     TEXT    NOT NULL,
    rank         INTEGER NOT NULL, -- -priority: higher priority first
    queued_at    INTEGER NOT NULL,
    item_id      TEXT    NOT NULL,
    is_callback  INTEGER NOT NULL,
    in_line_from INTEGER NOT NULL,
    PRIMARY KEY (queue_id, rank, queued_at, item_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX line_by_item ON line (item_id);

CREATE TABLE queues (
    id        TEXT    NOT NULL PRIMARY KEY,
    available INTEGER NOT NULL
) WITHOUT ROWID;

-- What must leave. seq is the order within a key.
CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    not_before INTEGER NOT NULL,
    claimed_by TEXT    NOT NULL,
    tries      INTEGER NOT NULL
);
CREATE INDEX outbox_by_kind ON outbox (kind, claimed_by, not_before);

-- Events that name a call or queue not known yet.
CREATE TABLE parked (
    source    TEXT    NOT NULL,
    id        TEXT    NOT NULL,
    waits_for TEXT    NOT NULL,
    sequence  INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    event     BLOB    NOT NULL,
    PRIMARY KEY (source, id)
) WITHOUT ROWID;
CREATE INDEX parked_by_wait ON parked (waits_for, sequence);
CREATE INDEX parked_by_age ON parked (until);

CREATE TABLE idempotency (
    client  TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    request TEXT    NOT NULL, -- SHA-256 of the payload
    answer  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (client, key)
) WITHOUT ROWID;

CREATE TABLE settings (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    read_at INTEGER NOT NULL,
    body    TEXT    NOT NULL
);
