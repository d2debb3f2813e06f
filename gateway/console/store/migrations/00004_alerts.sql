-- +goose Up
-- What admins have changed of the rules; what is not here is as haat has it.
CREATE TABLE alert_rules (
    kind         TEXT    NOT NULL PRIMARY KEY,
    is_on        INTEGER NOT NULL,
    share        REAL    NOT NULL, -- the limit
    window_s     BIGINT  NOT NULL,
    from_minute  INTEGER NOT NULL, -- of the day; the same as until: all day
    until_minute INTEGER NOT NULL,
    silent_until BIGINT  NOT NULL
);

CREATE TABLE alerts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    value    REAL    NOT NULL,
    share    REAL    NOT NULL,            -- the limit when it fired
    window_s BIGINT  NOT NULL,
    fired    BIGINT  NOT NULL,
    ended    BIGINT  NOT NULL DEFAULT 0,  -- 0 while it lasts
    acked    BIGINT  NOT NULL DEFAULT 0,
    acked_by TEXT    NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX alerts_lasting ON alerts (kind, subject) WHERE ended = 0;

-- What is told of alerts, to whom. Numbers of phones are not here.
CREATE TABLE alert_news (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    alert    INTEGER NOT NULL,            -- 0 for a test
    event    TEXT    NOT NULL CHECK (event IN ('fired', 'ended', 'test')),
    route    TEXT    NOT NULL,            -- webhook, or sms/ and the place in the configuration
    made     BIGINT  NOT NULL,
    next     BIGINT  NOT NULL,            -- the next attempt is not before
    attempts INTEGER NOT NULL DEFAULT 0,
    state    TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    why      TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX alert_news_waiting ON alert_news (next) WHERE state = 'waiting';
