-- Views that operators saved. A phone in one stands as its token.

-- +goose Up
CREATE TABLE views (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    owner  TEXT    NOT NULL,             -- an operator's name
    name   TEXT    NOT NULL,
    folded TEXT    NOT NULL,             -- the name with its case folded
    query  TEXT    NOT NULL,             -- as it stands in the address; relative times stay relative
    shared INTEGER NOT NULL DEFAULT 0,   -- 1 where all operators see it
    made   BIGINT  NOT NULL,             -- nanoseconds since 1970
    UNIQUE (owner, folded)
);
CREATE INDEX views_shared ON views (shared, folded);

-- What the console opens with, for who wants something else than all messages.
CREATE TABLE homes (
    operator TEXT    NOT NULL PRIMARY KEY,
    view     INTEGER NOT NULL REFERENCES views (id) ON DELETE CASCADE
);
CREATE INDEX homes_of_view ON homes (view);
