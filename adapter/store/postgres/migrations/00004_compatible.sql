-- +goose Up
-- The oldest program that can work on this schema, named by the newest version that
-- it knows. A migration that takes away what older programs need sets this to the
-- first version whose program does without; one that only adds leaves it.
CREATE TABLE compatible (since BIGINT NOT NULL);
INSERT INTO compatible VALUES (4);
