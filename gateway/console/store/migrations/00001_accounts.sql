-- Times are nanoseconds since 1970 in UTC. Secrets that come back to us, such
-- as tokens, are kept as their SHA-256 only.

-- +goose Up
CREATE TABLE operators (
    folded  TEXT    NOT NULL PRIMARY KEY, -- the name with its case folded: Amina and amina are one
    name    TEXT    NOT NULL,
    role    TEXT    NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    hash    TEXT,                         -- of the password, with its parameters; null for who signs in elsewhere only
    subject TEXT    UNIQUE,               -- who they are at an OpenID Connect provider; null for who signs in here only
    stamp   TEXT    NOT NULL,             -- another one ends all sessions
    demo    INTEGER NOT NULL DEFAULT 0,   -- 1 for the ready-made operator of a demo
    added   BIGINT  NOT NULL
);

CREATE TABLE sessions (
    token    TEXT    NOT NULL PRIMARY KEY, -- its hash
    operator TEXT    NOT NULL,             -- folded name
    data     BLOB    NOT NULL,
    expires  BIGINT  NOT NULL,
    ended    INTEGER NOT NULL DEFAULT 0    -- 1 after signing out: what is still under way cannot begin it anew
);
CREATE INDEX sessions_of_operator ON sessions (operator, expires);
CREATE INDEX sessions_by_end ON sessions (expires);

-- Browsers in which an operator has signed in before.
CREATE TABLE devices (
    token    TEXT   NOT NULL PRIMARY KEY, -- its hash
    operator TEXT   NOT NULL REFERENCES operators (folded) ON DELETE CASCADE,
    used     BIGINT NOT NULL
);
CREATE INDEX devices_of_operator ON devices (operator, used);

-- Failed attempts to sign in, by what they have in common.
CREATE TABLE attempts (
    of       TEXT    NOT NULL PRIMARY KEY, -- a hash of the name, an address, or a device
    failures INTEGER NOT NULL,
    last     BIGINT  NOT NULL,
    free_at  BIGINT  NOT NULL              -- the next attempt is refused before
);
CREATE INDEX attempts_by_age ON attempts (last);

-- Links that let the first operator in.
CREATE TABLE links (
    token   TEXT   NOT NULL PRIMARY KEY, -- its hash
    expires BIGINT NOT NULL
);

CREATE TABLE acts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       BIGINT NOT NULL UNIQUE,
    operator TEXT   NOT NULL,
    what     TEXT   NOT NULL,
    about    TEXT   NOT NULL,
    detail   TEXT   NOT NULL
);

-- +goose StatementBegin
CREATE TRIGGER acts_stay BEFORE DELETE ON acts
BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER acts_stay_as_they_are BEFORE UPDATE ON acts
BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
-- +goose StatementEnd
