-- Types are those that SQLite and PostgreSQL both understand. Times are
-- nanoseconds since 1970 in UTC, money is in minor units.

-- +goose Up
CREATE TABLE orders (
    id          TEXT   NOT NULL PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,
    turn        BIGINT NOT NULL, -- sequence in the message log of the turn that placed it
    phone       TEXT   NOT NULL,
    channel     TEXT   NOT NULL,
    language    TEXT   NOT NULL,
    station     TEXT   NOT NULL,
    status      TEXT   NOT NULL,
    currency    TEXT   NOT NULL,
    total       BIGINT NOT NULL,
    pickup_code TEXT   NOT NULL,
    placed_at   BIGINT NOT NULL
);
CREATE INDEX orders_of_phone ON orders (phone, placed_at);

CREATE TABLE order_lines (
    order_id   TEXT    NOT NULL REFERENCES orders (id),
    line       INTEGER NOT NULL, -- from 1, as the villager listed them
    sku        TEXT    NOT NULL,
    qty        INTEGER NOT NULL CHECK (qty > 0),
    unit_price BIGINT  NOT NULL,
    taken      INTEGER NOT NULL, -- how many came out of counted stock and go back when it is cancelled
    PRIMARY KEY (order_id, line)
);

-- Every status that an order has had.
CREATE TABLE order_history (
    order_id TEXT    NOT NULL REFERENCES orders (id),
    step     INTEGER NOT NULL, -- from 1
    status   TEXT    NOT NULL,
    at       BIGINT  NOT NULL,
    PRIMARY KEY (order_id, step)
);

-- Why an order was rejected.
CREATE TABLE order_shortages (
    order_id  TEXT    NOT NULL REFERENCES orders (id),
    line      INTEGER NOT NULL, -- from 1
    sku       TEXT    NOT NULL,
    available INTEGER NOT NULL,
    PRIMARY KEY (order_id, line)
);

-- Every product of the catalogue; quantity is null where stock is not counted.
CREATE TABLE stock (
    sku      TEXT NOT NULL PRIMARY KEY,
    quantity INTEGER CHECK (quantity >= 0)
);

-- The catalogues whose stock figures were taken over.
CREATE TABLE catalog_imports (
    id       TEXT    NOT NULL PRIMARY KEY,
    at       BIGINT  NOT NULL,
    products INTEGER NOT NULL
);
