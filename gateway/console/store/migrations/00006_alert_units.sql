-- +goose Up
-- In what an alert's value and limit are: the currency of an account.
ALTER TABLE alerts ADD COLUMN unit TEXT NOT NULL DEFAULT '';
