-- +goose Up
-- A line in stretches of some hundred, and how many stand in each, so that nobody is
-- counted one by one. A stretch reaches from its place to that of the next one; the
-- first of each queue begins before everybody and stays. A trigger keeps them, also
-- for replicas that do not know of it yet. The line's lock keeps changes apart; each
-- statement may join or move one only, because a trigger sees all that one did.
CREATE TABLE stretches (
    queue_id  TEXT COLLATE "C" NOT NULL,
    rank      BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    item_id   TEXT COLLATE "C" NOT NULL,
    n         BIGINT NOT NULL,
    PRIMARY KEY (queue_id, rank, queued_at, item_id)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);

-- +goose StatementBegin
CREATE FUNCTION line_moved() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    s stretches;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT * INTO s FROM stretches
            WHERE queue_id = OLD.queue_id AND (rank, queued_at, item_id) <= (OLD.rank, OLD.queued_at, OLD.item_id)
            ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1;
        IF s.n = 1 AND s.item_id <> '' THEN
            DELETE FROM stretches WHERE queue_id = s.queue_id AND rank = s.rank AND queued_at = s.queued_at AND item_id = s.item_id;
        ELSE
            UPDATE stretches SET n = n - 1 WHERE queue_id = s.queue_id AND rank = s.rank AND queued_at = s.queued_at AND item_id = s.item_id;
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN NULL;
    END IF;
    SELECT * INTO s FROM stretches
        WHERE queue_id = NEW.queue_id AND (rank, queued_at, item_id) <= (NEW.rank, NEW.queued_at, NEW.item_id)
        ORDER BY rank DESC, queued_at DESC, item_id DESC LIMIT 1;
    IF NOT FOUND THEN
        INSERT INTO stretches VALUES (NEW.queue_id, -9223372036854775808, -9223372036854775808, '', 1);
        RETURN NULL;
    END IF;
    IF s.n >= 512 THEN
        INSERT INTO stretches SELECT queue_id, rank, queued_at, item_id, s.n + 1 - 256 FROM line
            WHERE queue_id = s.queue_id AND (rank, queued_at, item_id) >= (s.rank, s.queued_at, s.item_id)
            ORDER BY rank, queued_at, item_id LIMIT 1 OFFSET 256;
        s.n := 255;
    END IF;
    UPDATE stretches SET n = s.n + 1 WHERE queue_id = s.queue_id AND rank = s.rank AND queued_at = s.queued_at AND item_id = s.item_id;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER line_joined_or_left AFTER INSERT OR DELETE ON line FOR EACH ROW EXECUTE FUNCTION line_moved();
CREATE TRIGGER line_moved AFTER UPDATE ON line FOR EACH ROW
    WHEN ((OLD.queue_id, OLD.rank, OLD.queued_at, OLD.item_id) IS DISTINCT FROM (NEW.queue_id, NEW.rank, NEW.queued_at, NEW.item_id))
    EXECUTE FUNCTION line_moved();

-- Who stands in line joins it once more.
LOCK TABLE line IN EXCLUSIVE MODE;
-- +goose StatementBegin
DO $$
DECLARE
    one RECORD;
BEGIN
    FOR one IN DELETE FROM line RETURNING * LOOP
        INSERT INTO line (queue_id, rank, queued_at, item_id, is_callback, in_line_from)
            VALUES (one.queue_id, one.rank, one.queued_at, one.item_id, one.is_callback, one.in_line_from);
    END LOOP;
END $$;
-- +goose StatementEnd

-- Who holds no place yet is not counted, and found without looking at the others.
CREATE INDEX line_later ON line (queue_id, in_line_from) WHERE in_line_from > 0;

-- A page of the callbacks of one queue in one state.
CREATE INDEX callbacks_by_queue_and_state ON callbacks (queue_id, state, created_at, id);
