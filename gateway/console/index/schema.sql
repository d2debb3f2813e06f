-- Up to where the log is in the index, and which log it is.
CREATE TABLE place (
    log  INTEGER NOT NULL, -- when its stream was made, in nanoseconds
    done INTEGER NOT NULL, -- sequence of the last message
    at   INTEGER NOT NULL  -- when that was logged
);
INSERT INTO place (log, done, at) VALUES (0, 0, 0);

CREATE TABLE lines (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL, -- nanoseconds since 1970
    kind      TEXT NOT NULL,
    channel   TEXT NOT NULL,
    mode      TEXT NOT NULL,
    phone     TEXT NOT NULL,
    id        TEXT NOT NULL,
    text_in   TEXT NOT NULL,
    text_out  TEXT NOT NULL,
    order_id  TEXT NOT NULL,
    status    TEXT NOT NULL,
    ref       TEXT NOT NULL,
    attempt   INTEGER NOT NULL,
    code      TEXT NOT NULL,
    reason    TEXT NOT NULL,
    segments  INTEGER NOT NULL,
    cost      TEXT NOT NULL,
    currency  TEXT NOT NULL,
    class     TEXT NOT NULL,
    offer     TEXT NOT NULL, -- JSON, or nothing
    heard     TEXT NOT NULL,
    language  TEXT NOT NULL,
    station   TEXT NOT NULL,
    screen    TEXT NOT NULL,
    state     TEXT NOT NULL,
    state_why TEXT NOT NULL,
    operator  TEXT NOT NULL
);
CREATE INDEX lines_at ON lines (at);

-- Messages that amend a line: statuses of the SMS name them.
CREATE TABLE amendments (
    seq  INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    line INTEGER NOT NULL
);
CREATE INDEX amendments_line ON amendments (line);

-- The terms of the lines. The terms alone are kept: which lines have them, but
-- neither where nor how often, for nothing is ranked.
CREATE VIRTUAL TABLE terms USING fts5 (term, content = '', columnsize = 0, detail = none, tokenize = 'ascii');

-- What may wait for a person: see attention.go.
CREATE TABLE attention (
    seq    INTEGER NOT NULL, -- of the line
    about  INTEGER NOT NULL, -- 0: the SMS to the phone; 1: the text of it
    list   TEXT NOT NULL,
    state  TEXT NOT NULL,
    since  INTEGER NOT NULL, -- when that state began
    latest INTEGER NOT NULL,
    last   INTEGER NOT NULL, -- sequence of what put it there or came to it last
    phone  TEXT NOT NULL,
    n      INTEGER NOT NULL,
    note   TEXT NOT NULL,
    PRIMARY KEY (seq, about)
) WITHOUT ROWID;
CREATE INDEX attention_list ON attention (list, since, seq, about);
CREATE INDEX attention_texts ON attention (phone, latest) WHERE list = 'unknown';
CREATE INDEX attention_reports ON attention (phone) WHERE list = 'report';

-- What was counted in a stretch of time, by channel and label. Stretches of
-- several lengths lie over each other; channel * is all channels together.
CREATE TABLE figures (
    name    TEXT NOT NULL,
    at      INTEGER NOT NULL, -- its beginning, in seconds since 1970
    span    INTEGER NOT NULL, -- its length in seconds
    channel TEXT NOT NULL,
    label   TEXT NOT NULL,
    n       INTEGER NOT NULL,
    PRIMARY KEY (span, name, at, channel, label)
) WITHOUT ROWID;

-- Until when the rare labels of figures have become one.
CREATE TABLE settled (
    span  INTEGER NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL -- seconds since 1970
);
