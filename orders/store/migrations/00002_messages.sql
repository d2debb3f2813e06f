-- What the SMS about each order have cost.

-- +goose Up
CREATE TABLE order_messages (
    order_id TEXT    NOT NULL, -- the order itself may be written later
    ref      TEXT    NOT NULL, -- id of the SMS, so that one that is told twice counts once
    segments INTEGER NOT NULL,
    micros   BIGINT  NOT NULL, -- millionths of the currency; 0 where there is no tariff
    currency TEXT    NOT NULL,
    PRIMARY KEY (order_id, ref)
);
