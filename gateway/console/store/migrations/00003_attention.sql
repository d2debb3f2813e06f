-- What operators have dealt with, and acts on many messages at once. Times are
-- nanoseconds since 1970 in UTC.

-- +goose Up
CREATE TABLE dealt (
    item     TEXT   NOT NULL PRIMARY KEY, -- what waited
    mark     BIGINT NOT NULL,             -- up to which news of it: later ones bring it back
    at       BIGINT NOT NULL,
    operator TEXT   NOT NULL
);
CREATE INDEX dealt_by_age ON dealt (at);

CREATE TABLE jobs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    state    TEXT    NOT NULL CHECK (state IN ('draft', 'running', 'stopped', 'done')),
    act      TEXT    NOT NULL CHECK (act IN ('retry', 'drop', 'send')),
    text     TEXT    NOT NULL, -- what is sent
    view     TEXT    NOT NULL, -- the address of what was seen
    head     BIGINT  NOT NULL, -- sequence of the newest message when it was frozen
    total    INTEGER NOT NULL, -- messages
    phones   INTEGER NOT NULL,
    segments INTEGER NOT NULL, -- that would be sent
    cost     TEXT    NOT NULL, -- of them, as people read it; "" where it is not known
    operator TEXT    NOT NULL,
    made     BIGINT  NOT NULL,
    began    BIGINT  NOT NULL DEFAULT 0,
    ended    BIGINT  NOT NULL DEFAULT 0,
    told     INTEGER NOT NULL DEFAULT 0 -- 1 when its end is in the audit log
);
CREATE UNIQUE INDEX one_runs ON jobs (state) WHERE state = 'running';

-- The messages of a job, frozen.
CREATE TABLE job_items (
    job    INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq    BIGINT  NOT NULL,
    result TEXT    NOT NULL DEFAULT '', -- '', 'doing', 'done', 'skipped' or 'failed'
    why    TEXT    NOT NULL DEFAULT '', -- of the last two
    at     BIGINT  NOT NULL DEFAULT 0,  -- when it was begun: the time of the notice by which it is known after a crash
    ref    TEXT    NOT NULL DEFAULT '', -- of the notice
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
CREATE INDEX job_items_by_result ON job_items (job, result, seq);
