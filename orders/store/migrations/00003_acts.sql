-- What operators do to orders, and how they look for them.

-- +goose Up
ALTER TABLE order_history ADD COLUMN operator TEXT NOT NULL DEFAULT ''; -- '' where the villager or the stock decided
ALTER TABLE order_history ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE order_history ADD COLUMN act TEXT NOT NULL DEFAULT '';

CREATE TABLE order_acts (
    id       TEXT    NOT NULL PRIMARY KEY,
    seq      BIGINT  NOT NULL UNIQUE, -- from 1, in the order in which they were done: clocks may go back
    order_id TEXT    NOT NULL REFERENCES orders (id),
    what     TEXT    NOT NULL,
    operator TEXT    NOT NULL,
    reason   TEXT    NOT NULL, -- the text of a note
    at       BIGINT  NOT NULL,
    outcome  TEXT    NOT NULL, -- JSON, for whoever asks again
    event    TEXT    NOT NULL, -- JSON of what is to be told; '' where there is nothing
    told     INTEGER NOT NULL  -- 0 until the event is kept by NATS
);
CREATE INDEX order_acts_of ON order_acts (order_id, seq);
CREATE INDEX order_acts_untold ON order_acts (seq) WHERE told = 0;

CREATE INDEX orders_placed ON orders (placed_at, number);
CREATE INDEX orders_status ON orders (status, placed_at, number);
CREATE INDEX order_lines_sku ON order_lines (sku, order_id);
