-- +goose Up

-- Which count of the catalogue a product's stock is of: a version of the
-- catalogue sets the stock only where it brings another count.
ALTER TABLE stock ADD COLUMN count_id TEXT NOT NULL DEFAULT '';

UPDATE stock SET count_id = COALESCE((SELECT id FROM catalog_imports ORDER BY at DESC LIMIT 1), '');
