-- Operators who sign in at an OpenID Connect provider, links for those who were
-- invited, and the age of the audit log.

-- +goose Up
ALTER TABLE operators ADD COLUMN awaited TEXT; -- the subject or the e-mail address by which an administrator has linked them
ALTER TABLE operators ADD COLUMN by_claim INTEGER NOT NULL DEFAULT 0; -- 1 for whom a claim let in: their role follows it
CREATE UNIQUE INDEX operators_awaited ON operators (awaited);

-- Who was removed here and must not come back by a claim.
CREATE TABLE barred (
    subject TEXT   NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL
);

-- Links by which an operator chooses a password.
CREATE TABLE invitations (
    token    TEXT   NOT NULL PRIMARY KEY, -- its hash
    operator TEXT   NOT NULL UNIQUE REFERENCES operators (folded) ON DELETE CASCADE,
    expires  BIGINT NOT NULL
);

-- Acts before this time may go, and no others: it is 0 but for the moment in
-- which the old ones are taken out.
CREATE TABLE aging (before BIGINT NOT NULL);
INSERT INTO aging (before) VALUES (0);

-- +goose StatementBegin
CREATE TRIGGER aging_spares_the_young BEFORE UPDATE ON aging
WHEN NEW.before > (CAST(strftime('%s', 'now') AS INTEGER) - 29 * 86400) * 1000000000
BEGIN SELECT RAISE(ABORT, 'acts of the last 29 days stay: the audit log is append only'); END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER aging_is_one_row BEFORE INSERT ON aging
BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
-- +goose StatementEnd

DROP TRIGGER acts_stay;

-- +goose StatementBegin
CREATE TRIGGER acts_stay BEFORE DELETE ON acts
WHEN OLD.at >= (SELECT coalesce(max(before), 0) FROM aging)
BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END;
-- +goose StatementEnd
