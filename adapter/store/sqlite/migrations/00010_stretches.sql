-- +goose Up
-- A line in stretches of some hundred, and how many stand in each, so that nobody is
-- counted one by one. A stretch reaches from its place to that of the next one; the
-- first of each queue begins before everybody and stays. Triggers keep them.
CREATE TABLE stretches (
    queue_id  TEXT    NOT NULL,
    rank      INTEGER NOT NULL,
    queued_at INTEGER NOT NULL,
    item_id   TEXT    NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (queue_id, rank, queued_at, item_id)
) WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER line_joined AFTER INSERT ON line BEGIN
    INSERT INTO stretches SELECT NEW.queue_id, -9223372036854775808, -9223372036854775808, '', 0
        WHERE NOT EXISTS (SELECT 1 FROM stretches WHERE queue_id = NEW.queue_id);
    UPDATE stretches SET n = n + 1 WHERE (queue_id, rank, queued_at, item_id) = (SELECT queue_id, rank, queued_at, item_id FROM stretches
        WHERE queue_id = NEW.queue_id AND (rank, queued_at, item_id) <= (NEW.rank, NEW.queued_at, NEW.item_id)
        ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER line_left AFTER DELETE ON line BEGIN
    UPDATE stretches SET n = n - 1 WHERE (queue_id, rank, queued_at, item_id) = (SELECT queue_id, rank, queued_at, item_id FROM stretches
        WHERE queue_id = OLD.queue_id AND (rank, queued_at, item_id) <= (OLD.rank, OLD.queued_at, OLD.item_id)
        ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER line_moved AFTER UPDATE OF queue_id, rank, queued_at, item_id ON line BEGIN
    UPDATE stretches SET n = n - 1 WHERE (queue_id, rank, queued_at, item_id) = (SELECT queue_id, rank, queued_at, item_id FROM stretches
        WHERE queue_id = OLD.queue_id AND (rank, queued_at, item_id) <= (OLD.rank, OLD.queued_at, OLD.item_id)
        ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1);
    INSERT INTO stretches SELECT NEW.queue_id, -9223372036854775808, -9223372036854775808, '', 0
        WHERE NOT EXISTS (SELECT 1 FROM stretches WHERE queue_id = NEW.queue_id);
    UPDATE stretches SET n = n + 1 WHERE (queue_id, rank, queued_at, item_id) = (SELECT queue_id, rank, queued_at, item_id FROM stretches
        WHERE queue_id = NEW.queue_id AND (rank, queued_at, item_id) <= (NEW.rank, NEW.queued_at, NEW.item_id)
        ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER stretch_too_long AFTER UPDATE OF n ON stretches WHEN NEW.n > 512 BEGIN
    INSERT INTO stretches SELECT queue_id, rank, queued_at, item_id, NEW.n - 256 FROM line
        WHERE queue_id = NEW.queue_id AND (rank, queued_at, item_id) >= (NEW.rank, NEW.queued_at, NEW.item_id)
        ORDER BY rank, queued_at, item_id LIMIT 1 OFFSET 256;
    UPDATE stretches SET n = 256
        WHERE queue_id = NEW.queue_id AND rank = NEW.rank AND queued_at = NEW.queued_at AND item_id = NEW.item_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER stretch_empty AFTER UPDATE OF n ON stretches WHEN NEW.n = 0 AND NEW.item_id <> '' BEGIN
    DELETE FROM stretches WHERE queue_id = NEW.queue_id AND rank = NEW.rank AND queued_at = NEW.queued_at AND item_id = NEW.item_id;
END;
-- +goose StatementEnd

-- Who stands in line joins it once more.
CREATE TEMPORARY TABLE standing AS SELECT * FROM line;
DELETE FROM line;
INSERT INTO line SELECT * FROM standing;
DROP TABLE standing;

-- Who holds no place yet is not counted, and found without looking at the others.
CREATE INDEX line_later ON line (queue_id, in_line_from) WHERE in_line_from > 0;

-- A page of the callbacks of one queue in one state.
CREATE INDEX callbacks_by_queue_and_state ON callbacks (queue_id, state, created_at, id);
